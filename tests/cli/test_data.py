"""``data`` from outside: add, check, list, share, export, remove; and a spec that trains on what was added."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mtl_core.cli.parser import main
from mtl_core.userdata import catalogue
from tests.cli.calls import call, last_json, spec_file
from tests.conftest import PROJECT
from tests.userdata.makers import archive, flats, scenes, table

MIXED = ("--target", "rent:regression:€", "--target", "quiet:binary")


def file_of(folder: Path, delimiter: str = ";") -> str:
    path = folder / "flats.csv"
    path.write_bytes(table(flats(), delimiter))
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command, without a process of its own."""
    code = main(["data", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def added(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, err = said(capsys, "add", *arguments, "--json")
    assert code == 0, err
    found: dict[str, Any] = last_json(out)
    return found


@pytest.mark.slow
@pytest.mark.acceptance
def test_from_a_mixed_file_to_a_trained_model(tmp_path: Path, home: Path) -> None:
    done = call("data", "add", "flats", "--csv", file_of(tmp_path), *MIXED)
    assert done.returncode == 0, done.stderr
    assert "'area': 9 of 80 values are missing (11.2 %)" in done.stdout
    assert "'flat id': Looks like a number or name of the row itself: it is left out" in done.stdout
    snippet = next(line for line in done.stdout.splitlines() if "in a spec:" in line).split("in a spec:")[1]
    spec = spec_file(tmp_path, f"{snippet.strip()}\nepochs: 5\ndevice: cpu\n")
    result = last_json(call("train", spec, "--json").stdout)
    assert result["status"] == "finished"
    assert (result["data"]["name"], result["data"]["source"]) == ("own", "user")
    assert result["data"]["sizes"] == {"train": 51, "validation": 13, "test": 16}
    assert result["metrics"]["test"].keys() == {"rent", "quiet"}


def test_adding_tells_what_was_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = added(capsys, "flats", "--csv", file_of(tmp_path), *MIXED, "--input", "age:categorical", "--ignore", "area")
    assert found["id"].startswith("flats-")
    assert (found["name"], found["rows"], found["shared"]) == ("flats", 80, False)
    assert {name: (column["role"], column["kind"]) for name, column in found["columns"].items()} == {
        "age": ("input", "categorical"),
        "district": ("input", "categorical"),
        "rent": ("target", "regression"),
        "quiet": ("target", "binary"),
    }
    assert [(task["name"], task["unit"]) for task in found["tasks"]] == [("rent", "€"), ("quiet", "")]
    assert {"id_like_left_out", "missing_category", "rare_categories"} <= {one["code"] for one in found["findings"]}
    assert all(one["what"] and one["severity"] for one in found["findings"])


def test_targets_are_guessed_and_the_guess_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "add", "flats", "--csv", file_of(tmp_path))
    assert code == 0
    assert "targets quiet (guessed: --target says otherwise)" in out
    assert "only you see it" in out


def test_a_folder_and_a_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.zip").write_bytes(archive(scenes()))
    for name, content in scenes().items():
        path = tmp_path / "s" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for name in ("s", "s.zip"):
        found = added(capsys, name, "--folder", str(tmp_path / name), "--target", "mask", "--target", "colour")
        assert [(task["name"], task["kind"]) for task in found["tasks"]] == [
            ("mask", "segmentation"),
            ("colour", "binary"),
        ]


def test_check_reports_on_files_and_on_what_was_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = file_of(tmp_path)
    code, out, _ = said(capsys, "check", file, "--target", "rent", "--target", "quiet", "--json")
    before = last_json(out)
    assert (code, before["ok"]) == (0, True)
    assert last_json(said(capsys, "list", "--json")[1]) == []
    data = added(capsys, "flats", "--csv", file, *MIXED)["id"]
    for what in ("flats", data):
        code, out, _ = said(capsys, "check", what, "--json")
        found = last_json(out)
        assert (code, found["ok"], found["id"]) == (0, True, data)
        assert found["findings"] == before["findings"]
    assert "nothing is in the way of training" in said(capsys, "check", "flats")[1]
    few = tmp_path / "few.csv"
    few.write_text("a,b\n" + "1,2\n2,3\n" * 3)
    code, out, _ = said(capsys, "check", str(few))
    assert code == 1
    assert "Only 6 rows have a target" in out
    assert "this cannot be trained on" in out


def test_list_share_export_and_remove(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no data of your own yet" in said(capsys, "list")[1]
    data = added(capsys, "flats", "--csv", file_of(tmp_path))["id"]
    assert f"{data} " in said(capsys, "list")[1]
    assert "private" in said(capsys, "list")[1]
    assert said(capsys, "share", "flats")[:2] == (0, "flats: shared\n")
    assert [entry.id for entry in catalogue.listing("somebody")] == [data]
    assert said(capsys, "share", "flats", "--private")[:2] == (0, "flats: private\n")
    assert catalogue.listing("somebody") == []
    out = tmp_path / "flats.zip"
    assert last_json(said(capsys, "export", "flats", "--out", str(out), "--json")[1])["bytes"] == out.stat().st_size
    assert added(capsys, "again", "--folder", str(out), *MIXED)["rows"] == 80
    assert said(capsys, "export", "flats", "--out", str(tmp_path / "none" / "f.zip"))[0] == 1
    said(capsys, "remove", "again")
    assert last_json(said(capsys, "remove", data, "--json")[1]) == {"id": data, "removed": True}
    assert last_json(said(capsys, "list", "--json")[1]) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--target", "price"],
            "--target: no column of this name; there are flat id, area, age, district, rent, quiet",
        ),
        (["--target", "rent:numeric"], "--target: must be NAME or NAME:KIND with a kind out of regression, binary"),
        (["--target", "rent", "--ignore", "rent"], "--ignore: this column is named by another option too"),
        (
            ["--target", "rent:binary"],
            "columns.rent.kind: must have exactly 2 different values to be binary; it has 80",
        ),
        (["--target", "quiet:regression"], "columns.quiet.kind: must hold numbers to be regression; 80 of 80"),
        (["--target", "rent", "--input", "district:numeric"], "columns.district.kind: must hold numbers to be numeric"),
        (["--target", "quiet:segmentation"], "columns.quiet.kind: cannot be segmentation: it is categorical"),
        ([*(f"--ignore={name}" for name in flats()), ""][:-1], "columns: at least one column must be input"),
    ],
)
def test_bad_options_are_named_and_nothing_is_added(
    arguments: list[str], message: str, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, "add", "flats", "--csv", file_of(tmp_path), *arguments, "--json")
    assert code == 2
    assert message in err
    assert last_json(out)["problems"]
    assert not (home / "own").exists()


def test_broken_files_and_unknown_names_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n3,4,5\n" + "1,2\n5,4\n" * 10)
    code, out, err = said(capsys, "add", "x", "--csv", str(bad), "--json")
    assert (code, "line 3 has 3 fields instead of 2" in err) == (1, True)
    assert "line 3" in last_json(out)["error"]
    assert said(capsys, "add", "x", "--csv", str(bad), "--leave-out-bad-rows")[0] == 0
    assert said(capsys, "add", "y", "--csv", str(tmp_path / "none.csv"))[0] == 1
    for action in ("check", "share", "remove"):
        code, _, err = said(capsys, action, "nobody")
        assert (code, "there is no data set 'nobody'" in err) == (1, True)


def test_names_with_colons_and_other_delimiters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{a}:{b}\n" for a, b in [("x", "good"), *((i * 0.5, i % 2) for i in range(20))]))
    found = added(capsys, "t", "--csv", str(path), "--delimiter", ":", "--target", "good:binary")
    assert found["tasks"][0]["classes"] == ["0", "1"]
    path.write_text("".join(f"{a},{b}\n" for a, b in [("x", "a:b"), *((i * 0.5, i % 2) for i in range(20))]))
    assert added(capsys, "u", "--csv", str(path), "--target", "a:b:binary")["tasks"][0]["name"] == "a_b"
    assert added(capsys, "v", "--csv", str(path), "--target", "a:b")["tasks"][0]["name"] == "a_b"


def test_own_data_need_no_torch(tmp_path: Path, home: Path) -> None:
    calls = (["add", "flats", "--csv", file_of(tmp_path), *MIXED], ["check", "flats"], ["list"], ["remove", "flats"])
    for arguments in calls:
        script = (
            f"import sys; from mtl_core.cli import main\nassert main({['data', *arguments]!r}) == 0\n"
            "sys.exit(bool({'torch', 'sklearn', 'streamlit'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (arguments, done.stderr)
