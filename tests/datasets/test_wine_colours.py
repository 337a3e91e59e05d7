"""wine_colours: two tasks whose rows are their own, split colour by colour, from files, a server or stand-ins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from mtl_core.datasets import wine_table
from mtl_core.datasets.base import SPLITS, Samples
from mtl_core.datasets.files import checksum_of
from mtl_core.datasets.wine_colours import WineColours
from mtl_core.datasets.wine_quality import WineQuality
from mtl_core.errors import DataError
from tests.datasets.conftest import real_file
from tests.datasets.helpers import Server, drain

RED, WHITE = 1599, 4898


@pytest.fixture
def both_real(real_wine: Path) -> Path:
    return real_file("wine_quality", "winequality-white.csv")


@pytest.fixture
def white_published(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A complete white file with made-up values, whose checksum stands in for the published one."""
    lines = [";".join(f'"{name}"' for name in wine_table.COLUMNS)]
    lines += [";".join(f"{value:g}" for value in row) for row in wine_table.stand_in("white")]
    content = ("\n".join(lines) + "\n").encode()
    monkeypatch.setattr(wine_table, "WHITE_CHECKSUM", checksum_of(content, "sha256:"))
    monkeypatch.setattr(wine_table, "WHITE_SIZE", len(content))
    return content


def loaded(folder: Path, **options: str | bool) -> Samples:
    samples, _ = drain(WineColours.model_validate(options).load(folder, 0.2))
    assert isinstance(samples, Samples)
    return samples


def test_the_real_white_file(both_real: Path) -> None:
    path = wine_table.locate(both_real, "white")
    assert path is not None
    table = wine_table.read_file(path, "white")
    assert table.shape == (4898, 12)
    assert len(table) - len(np.unique(table, axis=0)) == 937
    np.testing.assert_array_equal(table[0], [7, 0.27, 0.36, 20.7, 0.045, 45, 170, 1.001, 3, 0.45, 8.8, 6])
    scores, counts = np.unique(table[:, -1], return_counts=True)
    assert dict(zip(scores.astype(int).astype(str), counts, strict=True)) == wine_table.facts("white")["quality_counts"]


def test_each_task_has_its_own_rows(both_real: Path) -> None:
    samples = loaded(both_real)
    red, white = samples.targets["red"], samples.targets["white"]
    assert (red.dtype, white.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(np.isfinite(red), np.arange(RED + WHITE) < RED)
    np.testing.assert_array_equal(np.isfinite(white), np.isnan(red))
    assert round(float(np.nanmean(red)), 4) == 5.6360
    assert round(float(np.nanmean(white)), 4) == 5.8779
    np.testing.assert_array_equal(samples.strata, np.isfinite(white).astype(int))
    assert (samples.source, samples.notes) == ("uci", ())


def test_good_is_a_class_and_missing_is_minus_one(both_real: Path) -> None:
    samples = loaded(both_real, target="good")
    tasks = WineColours(target="good").tasks()
    assert [(task.name, task.kind) for task in tasks] == [("red", "binary"), ("white", "binary")]
    for name, goods in (("red", 855), ("white", 2198 + 880 + 175 + 5)):
        assert samples.targets[name].dtype == np.int64
        assert set(np.unique(samples.targets[name])) == {-1, 0, 1}
        assert (samples.targets[name] == 1).sum() == goods


def test_the_red_rows_are_split_as_those_of_wine_quality(both_real: Path) -> None:
    alone = drain(WineQuality().load(both_real, 0.2))[0].splits
    together = loaded(both_real).splits
    for split in SPLITS:
        np.testing.assert_array_equal(together[split][together[split] < RED], alone[split])


@pytest.mark.parametrize("group_duplicates", [False, True])
@pytest.mark.parametrize("validation", [0, 0.01, 0.2, 0.5, 0.9])
def test_each_colour_is_split_by_itself(both_real: Path, validation: float, group_duplicates: bool) -> None:
    wine = WineColours(group_duplicates=group_duplicates)
    splits = drain(wine.load(both_real, validation))[0].splits
    assert {split: len(splits[split]) for split in SPLITS} == wine.sizes(validation)
    assert sorted(np.concatenate(list(splits.values()))) == list(range(RED + WHITE))
    assert (splits["test"] < RED).sum() == 320
    assert (splits["test"] >= RED).sum() == 980


def test_groups_are_the_equal_rows_of_a_colour(both_real: Path) -> None:
    together, plain = loaded(both_real, group_duplicates=True), loaded(both_real)
    groups = together.groups
    assert groups is not None
    assert plain.groups is None
    assert len(np.unique(groups)) == RED - 240 + WHITE - 937
    sides = [set(groups[rows]) for rows in together.splits.values()]
    assert sum(map(len, sides)) == len(set.union(*sides))
    assert len(set(groups[plain.splits["train"]]) & set(groups[plain.splits["test"]])) > 100


def test_inputs_are_standardised_over_the_training_rows_of_both(both_real: Path) -> None:
    samples = loaded(both_real)
    train = samples.inputs["table"][samples.splits["train"]]
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-5)
    assert samples.rescaled == ("table",)
    assert samples.columns == wine_table.COLUMNS[:-1]


@pytest.mark.usefixtures("no_network")
def test_one_stand_in_makes_the_whole_synthetic(published: bytes, tmp_path: Path) -> None:
    path = wine_table.home_of(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(published)
    samples = loaded(tmp_path)
    assert samples.source == "synthetic"
    (note,) = samples.notes
    assert "4898 rows" in note
    assert str(wine_table.home_of(tmp_path, "white")) in note
    assert "http://127.0.0.1:9/winequality-white.csv" in note
    assert WineColours().missing_files(tmp_path) == (str(wine_table.home_of(tmp_path, "white")),)
    preview = WineColours().preview(tmp_path)
    assert preview.source == "synthetic"
    assert [row[0] for row in preview.rows] == ["red"] * 4 + ["white"] * 4
    assert all(len(row) == len(preview.columns) == 13 for row in preview.rows)


def test_both_files_are_fetched_from_one_address(
    published: bytes,
    white_published: bytes,
    tmp_path: Path,
    home: Path,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(wine_table.URL_VARIABLE, f"{server.url}/mirror/winequality-red.csv")
    wine, white = WineColours(), f"{server.url}/mirror/winequality-white.csv"
    assert wine.file_urls(tmp_path) == (f"{server.url}/mirror/winequality-red.csv", white)
    server.contents["/mirror/winequality-red.csv"] = published
    with pytest.raises(DataError, match=r"winequality-white\.csv: the server answered 404"):
        drain(wine.fetch(tmp_path))
    server.contents["/mirror/winequality-white.csv"] = white_published
    assert drain(wine.fetch(tmp_path))[0] == ()
    assert wine.missing_files(tmp_path) == wine.file_urls(tmp_path) == ()
    assert loaded(tmp_path).source == "uci"
    assert len(server.asked) == 3


def test_a_spoilt_white_file_is_named(white_published: bytes, tmp_path: Path) -> None:
    path = wine_table.home_of(tmp_path, "white")
    path.parent.mkdir(parents=True)
    path.write_bytes(white_published[:-200])
    with pytest.raises(DataError, match=r"winequality-white\.csv is not the published .*truncated"):
        wine_table.read_file(path, "white")
    path.write_bytes(white_published.replace(b"\n", b"\r\n"))
    np.testing.assert_array_equal(wine_table.read_file(path, "white"), wine_table.stand_in("white"))
    preview = WineColours().preview(tmp_path)
    assert len(preview.rows) == 8
    path.write_bytes(b"")
    assert "it is empty" in WineColours().preview(tmp_path).notes[0]


def test_the_white_stand_in_has_the_published_shape() -> None:
    table, known = wine_table.stand_in("white"), wine_table.facts("white")
    assert table.shape == (WHITE, 12)
    scores, counts = np.unique(table[:, -1], return_counts=True)
    assert dict(zip(scores.astype(int).astype(str), counts, strict=True)) == known["quality_counts"]
    for name, values in zip(wine_table.COLUMNS[:-1], table.T, strict=False):
        about = known["columns"][name]
        quantiles = np.quantile(values, np.linspace(0, 1, 21))
        span = about["quantiles"][-1] - about["quantiles"][0]
        np.testing.assert_allclose(quantiles, about["quantiles"], atol=0.02 * span)
    np.testing.assert_allclose(spearmanr(table).statistic, known["spearman"], atol=0.05)
