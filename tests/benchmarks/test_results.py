"""Rows, table and guard of the speeds: from made-up rounds, without timing."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import results
from benchmarks.pairs import Found, Pair
from benchmarks.results import fallen, line, met, row_of, table, written
from benchmarks.subjects import SUBJECTS

MACHINE = {"processor": "Abacus", "cores": 2, "system": "Linux", "python": "3.11", "torch": "2.15"}


def pair(**fields: Any) -> Pair:
    return Pair(
        **({"name": "x/y", "a": "by hand", "b": "ours", "target": 2.0, "measure": lambda _: Found([1.0])} | fields)
    )


def row(*values: float, **fields: Any) -> dict[str, Any]:
    return row_of(pair(**fields), Found(list(values)))


def test_a_row_has_the_median_and_the_quartiles_of_its_rounds() -> None:
    found = row_of(pair(), Found([5.0, 1.0, 2.0, 3.0, 4.0], 0.123456, 0.05, {"rows": 7}))
    assert (found["ratio"], found["quartiles"], found["rounds"]) == (3.0, [2.0, 4.0], 5)
    assert (found["seconds_a"], found["seconds_b"], found["notes"]) == (0.1235, 0.05, {"rows": 7})
    assert row(1.5)["quartiles"] == [1.5, 1.5]


@pytest.mark.parametrize(
    ("ratio", "lower", "good"), [(2.0, False, True), (1.99, False, False), (2.0, True, True), (2.01, True, False)]
)
def test_a_gain_must_reach_its_target_and_a_cost_must_not_exceed_it(ratio: float, lower: bool, good: bool) -> None:
    assert met(row(ratio, lower=lower)) is good
    assert met(row_of(pair(), "no such library")) is None


@pytest.mark.parametrize(
    ("now", "then", "lower", "behind"),
    [
        (8.1, 10.0, False, False),
        (7.9, 10.0, False, True),
        (20.0, 10.0, False, False),
        (1.24, 1.0, True, False),
        (1.26, 1.0, True, True),
        (0.5, 1.0, True, False),
    ],
)
def test_a_fifth_below_the_committed_ratio_has_fallen_behind(
    now: float, then: float, lower: bool, behind: bool
) -> None:
    assert fallen(row(now, lower=lower), row(then, lower=lower)) is behind


def test_seconds_and_what_was_never_measured_are_not_guarded() -> None:
    assert not fallen(row(9.0, unit="ms", lower=True), row(1.0, unit="ms", lower=True))
    assert not fallen(row(1.0), row_of(pair(), "no such library"))
    assert fallen(row_of(pair(), "no such library"), row(1.0)), "what was measured once can be measured again"


def test_the_table_says_what_was_met_and_why_something_is_missing() -> None:
    pairs = {
        "x/met": row(3.0, 3.0, 3.0),
        "x/missed": row(1.0, threads=2),
        "x/absent": row_of(pair(b="theirs"), "LibMTL is missing"),
        "x/cost": row(1.5, lower=True),
    }
    lines = table({"machine": MACHINE, "pairs": pairs}).splitlines()
    assert lines[0] == "Abacus, 2 cores, Linux, Python 3.11, torch 2.15; one thread unless said."
    every = [
        "| ours | by hand | ≥ 2 × | **3 ×** (3–3) |",
        "| ours | by hand, 2 threads | ≥ 2 × | 1 × (1–1) |",
        "| theirs | by hand | ≥ 2 × | not measured: LibMTL is missing |",
        "| ours | by hand | ≤ 2 × | **1.5 ×** (1.5–1.5) |",
    ]
    head = ["| work | against | aim | measured (quartiles) |", "|---|---|---|---|"]
    missed = ["2 of 3 aims are met. These are missed:", "", *head, every[1], ""]
    folded = ["<details><summary>All 4 measurements</summary>", "", *head, *every, "", "</details>"]
    assert lines[2:] == [*head, "", *missed, *folded]
    assert line("x/missed", pairs["x/missed"]).endswith("missed")
    assert "LibMTL is missing" in line("x/absent", pairs["x/absent"])


def test_what_matters_most_comes_first_and_is_measured() -> None:
    shown = table({"machine": MACHINE, "pairs": {"x/y": row(1.0), results.FIRST[0]: row(25.0)}}).splitlines()
    assert next(text for text in shown if text.startswith("| ours")).endswith("**25 ×** (25–25) |")
    known = {one.name for subject in SUBJECTS for one in importlib.import_module(f"benchmarks.{subject}").PAIRS}
    assert set(results.FIRST) <= known


def test_an_aim_that_is_always_met_misses_nothing() -> None:
    lines = table({"machine": MACHINE, "pairs": {"x/y": row(3.0)}}).splitlines()
    assert "1 of 1 aims are met." in lines


def test_the_table_goes_between_the_marks_of_the_readme() -> None:
    found = {"machine": MACHINE, "pairs": {"x/y": row(3.0)}}
    once = written(f"before\n{results.MARK}\nold\n{results.MARK}\nafter\n", found)
    assert once.startswith(f"before\n{results.MARK}\nAbacus")
    assert once.endswith(f"{results.MARK}\nafter\n")
    assert "old" not in once
    assert written(once, found) == once
    with pytest.raises(ValueError, match="it has it 1 times"):
        written(f"only {results.MARK} one", found)


@pytest.fixture
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A results file with one pair of ratio 10."""
    file = tmp_path / "results.json"
    results.write({"machine": MACHINE, "pairs": {"x/y": row(10.0)}}, file)
    monkeypatch.setattr(results, "read", lambda: results.json.loads(file.read_text(encoding="utf-8")))
    return file


def measures(monkeypatch: pytest.MonkeyPatch, *ratios: float) -> list[str]:
    """The command measures these ratios, one a call; gives the names asked for."""
    asked, left = [], list(ratios)

    def fresh(only: str, *, quick: bool) -> Any:
        asked.append(only)
        yield "x/y", row(left.pop(0))

    monkeypatch.setattr(command, "fresh", fresh)
    return asked


def test_check_fails_and_names_the_pair(
    committed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = measures(monkeypatch, 7.0, 7.5)
    monkeypatch.setattr("sys.argv", ["benchmarks", "--check", "--quick"])
    assert command.main() == 1
    assert asked == ["", "x/y"]
    assert "x/y: 7.5, the committed table has 10.0" in capsys.readouterr().out


def test_a_ratio_that_recovers_when_measured_again_passes(committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measures(monkeypatch, 7.0, 9.0)
    monkeypatch.setattr("sys.argv", ["benchmarks", "--check"])
    before = committed.read_bytes()
    assert command.main() == 0
    assert committed.read_bytes() == before, "a check writes nothing"


def test_every_subject_is_a_file_and_stands_once() -> None:
    folder = Path(results.__file__).parent
    assert len(set(SUBJECTS)) == len(SUBJECTS)
    for subject in SUBJECTS:
        assert re.search(r"^PAIRS\b", (folder / f"{subject}.py").read_text(encoding="utf-8"), re.MULTILINE), subject


def test_a_subject_that_breaks_fails_the_command_and_the_others_are_kept(
    committed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fresh(only: str, *, quick: bool) -> Any:
        yield "x/y", row(9.0)
        raise RuntimeError("these broke, see above: z (code 1)")

    kept: list[dict[str, Any]] = []
    monkeypatch.setattr(command, "fresh", fresh)
    monkeypatch.setattr(command, "kept", kept.append)
    monkeypatch.setattr("sys.argv", ["benchmarks"])
    assert command.main() == 1
    assert list(kept[0]) == ["x/y"]
    assert "z (code 1)" in capsys.readouterr().err
