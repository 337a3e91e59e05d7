"""wine_quality: the file, the download, the stand-in, and every way in which a file can be wrong."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from mtl_core.datasets import wine_table
from mtl_core.datasets.wine_quality import WineQuality, standardised
from mtl_core.errors import DataError
from tests.datasets.helpers import Server, drain, files_in

SHARES = (0, 0.01, 0.1, 0.2, 0.35, 0.5, 0.75, 0.9)


def put(folder: Path, content: bytes) -> Path:
    path = wine_table.home_of(folder)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_the_real_file(real_wine: Path) -> None:
    path = wine_table.locate(real_wine)
    assert path is not None
    assert hashlib.md5(path.read_bytes()).hexdigest() == "2daeecee174368f8a33b82c8cccae3a5"  # noqa: S324
    table = wine_table.read_file(path)
    assert table.shape == (1599, 12)
    assert round(float(table[:, -1].mean()), 4) == 5.6360
    assert len(table) - len(np.unique(table, axis=0)) == 240
    np.testing.assert_array_equal(table[0], [7.4, 0.7, 0, 1.9, 0.076, 11, 34, 0.9978, 3.51, 0.56, 9.4, 5])


def test_the_real_file_as_samples(real_wine: Path) -> None:
    samples, _ = drain(WineQuality().load(real_wine, 0.2))
    assert (samples.source, samples.notes) == ("uci", ())
    assert {split: len(rows) for split, rows in samples.splits.items()} == {
        "train": 1023,
        "validation": 256,
        "test": 320,
    }
    assert samples.targets["good"].sum() == 855
    begin = time.perf_counter()
    drain(WineQuality().load(real_wine, 0.2))
    assert time.perf_counter() - begin < 0.5  # 0.03 s on a quiet machine


@pytest.mark.parametrize("validation", SHARES)
def test_duplicates_stay_on_one_side(real_wine: Path, validation: float) -> None:
    table = wine_table.read_file(real_wine / "wine_quality" / wine_table.FILE_NAME)
    grouped = WineQuality(group_duplicates=True)
    splits = drain(grouped.load(real_wine, validation))[0].splits
    assert {split: len(rows) for split, rows in splits.items()} == grouped.sizes(validation)
    sides = [{tuple(row) for row in table[rows]} for rows in splits.values()]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 1359


def test_a_plain_split_leaks_duplicates(real_wine: Path) -> None:
    table = wine_table.read_file(real_wine / "wine_quality" / wine_table.FILE_NAME)
    splits = drain(WineQuality().load(real_wine, 0.2))[0].splits
    train, test = ({tuple(row) for row in table[splits[split]]} for split in ("train", "test"))
    assert len(train & test) > 30


def test_the_scaler_sees_only_training_rows(published: bytes, tmp_path: Path) -> None:
    put(tmp_path, published)
    samples, _ = drain(WineQuality().load(tmp_path, 0.2))
    scaled, train = samples.inputs["table"], samples.splits["train"]
    np.testing.assert_allclose(scaled[train].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled[train].std(axis=0), 1, atol=1e-5)
    values = wine_table.parse(published, "here")[:, :-1]
    np.testing.assert_allclose(scaled, StandardScaler().fit(values[train]).transform(values), atol=1e-5)
    changed = values.copy()
    changed[np.concatenate([samples.splits["validation"], samples.splits["test"]])] *= 100
    np.testing.assert_array_equal(standardised(changed, train)[train], scaled[train])


def test_a_constant_column_is_scaled_to_zero() -> None:
    values = np.array([[1.0, 5.0], [3.0, 5.0], [9.0, 6.0]])
    np.testing.assert_array_equal(standardised(values, np.array([0, 1])), np.float32([[-1, 0], [1, 0], [7, 1]]))


def test_targets(published: bytes, tmp_path: Path) -> None:
    put(tmp_path, published)
    targets = drain(WineQuality().load(tmp_path, 0.2))[0].targets
    assert (targets["quality"].dtype, targets["good"].dtype) == (np.float32, np.int64)
    np.testing.assert_array_equal(targets["good"], targets["quality"] >= 6)


def test_the_file_may_lie_beside_the_other_data_sets(published: bytes, tmp_path: Path) -> None:
    (tmp_path / wine_table.FILE_NAME).write_bytes(published)
    assert drain(WineQuality().load(tmp_path, 0.2))[0].source == "uci"
    assert WineQuality().missing_files(tmp_path) == ()


def test_line_ends_of_windows_change_nothing(published: bytes, tmp_path: Path) -> None:
    put(tmp_path, published.replace(b"\n", b"\r\n"))
    assert drain(WineQuality().load(tmp_path, 0.2))[0].source == "uci"


def test_a_download_is_used_and_kept(
    published: bytes, tmp_path: Path, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.contents["/red.csv"] = published
    monkeypatch.setenv(wine_table.URL_VARIABLE, f"{server.url}/red.csv")
    for _ in range(2):
        samples, progress = drain(WineQuality().load(tmp_path / "data", 0.2))
        assert (samples.source, samples.notes) == ("uci", ())
        assert progress
    assert server.asked == ["/red.csv"]
    assert wine_table.home_of(tmp_path / "data").read_bytes() == published


def test_fetch_gets_what_is_missing_and_no_more(
    published: bytes, tmp_path: Path, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(wine_table.URL_VARIABLE, f"{server.url}/red.csv")
    wine = WineQuality()
    assert wine.missing_files(tmp_path) == (str(wine_table.home_of(tmp_path)),)
    assert wine.file_urls(tmp_path) == (f"{server.url}/red.csv",)
    with pytest.raises(DataError, match="404"):
        drain(wine.fetch(tmp_path))
    server.contents["/red.csv"] = published
    for _ in range(2):
        assert drain(wine.fetch(tmp_path))[0] == ()
    assert wine.missing_files(tmp_path) == ()
    assert len(server.asked) == 2


@pytest.mark.usefixtures("no_network")
def test_without_file_and_network_a_stand_in_says_so(tmp_path: Path) -> None:
    samples, _ = drain(WineQuality().load(tmp_path, 0.2))
    assert samples.source == "synthetic"
    (note,) = samples.notes
    assert "stand-in" in note
    assert str(wine_table.home_of(tmp_path)) in note
    assert "http://127.0.0.1:9/winequality-red.csv" in note
    assert {split: len(rows) for split, rows in samples.splits.items()} == WineQuality().sizes(0.2)
    assert files_in(tmp_path).keys() == {p for p in files_in(tmp_path) if p.startswith("home")}


def test_a_wrong_download_is_no_reason_for_a_stand_in(
    published: bytes, tmp_path: Path, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.contents["/red.csv"] = b"<html>please log in</html>"
    monkeypatch.setenv(wine_table.URL_VARIABLE, f"{server.url}/red.csv")
    with pytest.raises(DataError, match="Nothing of it was kept"):
        drain(WineQuality().load(tmp_path / "data", 0.2))
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_cannot_be_written_costs_only_the_copy(
    published: bytes, tmp_path: Path, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.contents["/red.csv"] = published
    monkeypatch.setenv(wine_table.URL_VARIABLE, f"{server.url}/red.csv")
    (tmp_path / "occupied").write_text("a file where a folder should be")
    samples, _ = drain(WineQuality().load(tmp_path / "occupied" / "data", 0.2))
    assert samples.source == "uci"
    assert "could not be kept" in samples.notes[0]
    with pytest.raises(DataError, match="could not be kept"):
        drain(WineQuality().fetch(tmp_path / "occupied" / "data"))


def damaged(published: bytes) -> dict[str, tuple[bytes, str]]:
    """Ways to spoil the file, and what the error must say."""
    lines = published.splitlines(keepends=True)
    cells = lines[3].split(b";")
    nan = b";".join([*cells[:2], b"NaN", *cells[3:]])
    empty = b";".join([*cells[:2], b"", *cells[3:]])
    word = b";".join([*cells[:2], b"a lot", *cells[3:]])
    column = b"".join(b";".join(line.split(b";")[:8] + line.split(b";")[9:]) for line in lines)
    other = b";".join([b"99", *cells[1:]])
    return {
        "empty": (b"", "it is empty"),
        "binary": (bytes(range(128, 256)), "it is corrupt: byte 0 is no text"),
        "cut between rows": (b"".join(lines[:500]), "it is truncated: 499 of 1599 rows"),
        "cut in a row": (b"".join(lines[:500])[:-20], "line 500 has .* cells, not 12: it is truncated or corrupt"),
        "only a header": (lines[0], "it is truncated: 0 of 1599 rows"),
        "NaN": (b"".join([*lines[:3], nan, *lines[4:]]), "line 4, column 'citric acid': .* finite number, found 'NaN'"),
        "empty cell": (b"".join([*lines[:3], empty, *lines[4:]]), "line 4, column 'citric acid': .* found ''"),
        "a word": (b"".join([*lines[:3], word, *lines[4:]]), "line 4, column 'citric acid': 'a lot' is no number"),
        "a column gone": (column, "column 'pH' is missing"),
        "edited": (b"".join([*lines[:3], other, *lines[4:]]), "altered: its checksum is sha256:.* the published file"),
        "a row more": (published + lines[-1], "altered: its checksum is sha256:"),
    }


KINDS = (
    "empty",
    "binary",
    "cut between rows",
    "cut in a row",
    "only a header",
    "NaN",
    "empty cell",
    "a word",
    "a column gone",
    "edited",
    "a row more",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_file_is_told_and_left_alone(published: bytes, tmp_path: Path, kind: str) -> None:
    content, words = damaged(published)[kind]
    path = put(tmp_path, content)
    with pytest.raises(DataError, match=words) as caught:
        drain(WineQuality().load(tmp_path, 0.2))
    assert str(path) in str(caught.value)
    assert "Delete or rename it" in str(caught.value)
    assert path.read_bytes() == content
    preview = WineQuality().preview(tmp_path)
    assert (preview.rows, preview.notes) == ((), (str(caught.value),))


def test_every_kind_of_damage_is_tested(published: bytes) -> None:
    assert tuple(damaged(published)) == KINDS


def test_a_folder_in_place_of_the_file_is_not_the_file(published: bytes, tmp_path: Path) -> None:
    wine_table.home_of(tmp_path).mkdir(parents=True)
    assert wine_table.locate(tmp_path) is None


@pytest.mark.usefixtures("no_network")
def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    samples, _ = drain(WineQuality().load(tmp_path / "data", 0.2))
    assert samples.source == "synthetic"
    assert f"The data folder {tmp_path / 'data'} cannot be used" in samples.notes[1]
    assert "MTL_DATA_DIR" in samples.notes[1]
    (tmp_path / "other" / "wine_quality" / "winequality-red.csv").mkdir(parents=True)
    samples, _ = drain(WineQuality().load(tmp_path / "other", 0.2))
    assert "is a folder, and must be a file" in samples.notes[1]


@pytest.mark.usefixtures("no_network")
def test_a_usable_empty_data_folder_is_no_trouble(tmp_path: Path) -> None:
    samples, _ = drain(WineQuality().load(tmp_path / "data", 0.2))
    assert len(samples.notes) == 1


def test_preview_of_the_file_and_of_the_stand_in(published: bytes, tmp_path: Path, server: Server) -> None:
    before = WineQuality().preview(tmp_path)
    assert before.source == "synthetic"
    assert str(wine_table.home_of(tmp_path)) in before.notes[0]
    put(tmp_path, published)
    after = WineQuality().preview(tmp_path)
    assert (after.source, after.notes, after.columns) == ("uci", (), wine_table.COLUMNS)
    assert len(after.rows) == 8
    assert after.rows[0] == pytest.approx(wine_table.stand_in()[0])
    assert server.asked == []
