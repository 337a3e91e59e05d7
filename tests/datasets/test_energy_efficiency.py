"""energy_efficiency: workbook and text hold the same table, shapes stay together on wish, and what is wrong is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtl_core.datasets import energy_table
from mtl_core.datasets.base import SPLITS
from mtl_core.datasets.energy_efficiency import EnergyEfficiency
from mtl_core.datasets.files import checksum_of
from mtl_core.errors import DataError
from tests.datasets.conftest import real_file
from tests.datasets.helpers import Server, drain

SHARES = (0, 0.003, 0.2, 0.5, 0.9)


@pytest.fixture
def real_energy() -> Path:
    return real_file("energy_efficiency", "ENB2012_data.xlsx")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """The known address leads to a port of this machine at which nobody listens."""
    monkeypatch.setattr(energy_table, "URLS", ("http://127.0.0.1:9/ENB2012_data.xlsx",))


@pytest.fixture
def text(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A complete text with made-up loads, whose values stand in for the published ones."""
    table = energy_table.stand_in()
    monkeypatch.setattr(energy_table, "VALUES_CHECKSUM", energy_table.values_checksum(table))
    lines = [",".join(energy_table.CODES), *(",".join(f"{value:g}" for value in row) for row in table)]
    return ("\n".join(lines) + "\n").encode()


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / "energy_efficiency" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_workbook_and_the_text_are_one_table(real_energy: Path) -> None:
    workbook = energy_table.read_file(real_energy / "energy_efficiency" / "ENB2012_data.xlsx")
    assert workbook.shape == (768, 10)
    np.testing.assert_array_equal(workbook[0], [0.98, 514.5, 294, 110.25, 7, 2, 0, 0, 15.55, 21.33])
    np.testing.assert_allclose(workbook[:, 8:].mean(axis=0), [22.3072, 24.5878], atol=1e-4)
    assert energy_table.locate(real_energy) == real_energy / "energy_efficiency" / "ENB2012_data.xlsx"
    path = real_energy / "energy_efficiency" / "ENB2012.csv"
    if not path.is_file():
        pytest.skip("ENB2012.csv is not in MTL_DATA_DIR")
    np.testing.assert_array_equal(energy_table.read_file(path), workbook)


def test_the_published_inputs_are_a_full_design(real_energy: Path) -> None:
    workbook = energy_table.read_file(real_energy / "energy_efficiency" / "ENB2012_data.xlsx")
    np.testing.assert_array_equal(workbook[:, :8], energy_table.design())
    numbers = energy_table.shape_numbers()
    for shape in range(12):
        assert len(np.unique(workbook[numbers == shape, :5], axis=0)) == 1
    np.testing.assert_array_equal(np.bincount(numbers), [64] * 12)


def test_the_stand_in_resembles_the_published_loads(real_energy: Path) -> None:
    workbook, made = energy_table.read_file(energy_table.home_of(real_energy)), energy_table.stand_in()
    for column in (8, 9):
        assert np.corrcoef(workbook[:, column], made[:, column])[0, 1] > 0.95
        assert made[:, column].mean() == pytest.approx(workbook[:, column].mean(), abs=0.2)
        assert made[:, column].std() == pytest.approx(workbook[:, column].std(), rel=0.03)


def test_samples_of_the_real_file(real_energy: Path) -> None:
    samples, _ = drain(EnergyEfficiency().load(real_energy, 0.2))
    assert (samples.source, samples.notes, samples.rescaled) == ("uci", (), ("table",))
    assert list(samples.targets) == [task.name for task in EnergyEfficiency().tasks()] == ["heating", "cooling"]
    assert {task.unit for task in EnergyEfficiency().tasks()} == {"kWh/m²"}
    assert samples.columns == energy_table.COLUMNS[:8]
    train = samples.inputs["table"][samples.splits["train"]]
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-5)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("group_shapes", [False, True])
@pytest.mark.parametrize("validation", SHARES)
def test_sizes_are_what_the_split_has(tmp_path: Path, validation: float, group_shapes: bool) -> None:
    energy = EnergyEfficiency(group_shapes=group_shapes)
    splits = drain(energy.load(tmp_path, validation))[0].splits
    assert {split: len(splits[split]) for split in SPLITS} == energy.sizes(validation)
    assert sorted(np.concatenate(list(splits.values()))) == list(range(768))
    assert len(splits["train"]) > 0


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("validation", SHARES)
def test_a_shape_stays_on_one_side(tmp_path: Path, validation: float) -> None:
    samples, _ = drain(EnergyEfficiency(group_shapes=True).load(tmp_path, validation))
    shapes = energy_table.shape_numbers()
    sides = [set(shapes[rows]) for rows in samples.splits.values()]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 12
    assert len(sides[2]) == 3
    np.testing.assert_array_equal(samples.groups, shapes)
    plain, _ = drain(EnergyEfficiency().load(tmp_path, validation))
    assert plain.groups is None
    assert set(shapes[plain.splits["test"]]) == set(range(12))


@pytest.mark.usefixtures("offline")
def test_without_file_and_network_a_stand_in_says_so(tmp_path: Path) -> None:
    energy = EnergyEfficiency()
    samples, _ = drain(energy.load(tmp_path, 0.2))
    assert samples.source == "synthetic"
    assert str(energy_table.home_of(tmp_path)) in samples.notes[0]
    assert "http://127.0.0.1:9/ENB2012_data.xlsx" in samples.notes[0]
    assert energy.preview(tmp_path).source == "synthetic"
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9"):
        drain(energy.fetch(tmp_path))


def test_the_workbook_is_downloaded_checked_and_kept(
    real_energy: Path, tmp_path: Path, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(energy_table, "URLS", (f"{server.url}/ENB2012_data.xlsx",))
    content = energy_table.home_of(real_energy).read_bytes()
    server.contents["/ENB2012_data.xlsx"] = content[:-1]
    with pytest.raises(DataError, match="Nothing of it was kept"):
        drain(EnergyEfficiency().load(tmp_path, 0.2))
    server.contents["/ENB2012_data.xlsx"] = content
    for _ in range(2):
        assert drain(EnergyEfficiency().load(tmp_path, 0.2))[0].source == "uci"
    assert len(server.asked) == 2
    assert energy_table.home_of(tmp_path).read_bytes() == content
    assert drain(EnergyEfficiency().fetch(tmp_path))[0] == ()
    assert EnergyEfficiency().missing_files(tmp_path) == EnergyEfficiency().file_urls(tmp_path) == ()


def test_a_text_with_the_published_values_will_do(text: bytes, tmp_path: Path) -> None:
    put(tmp_path, "ENB2012.csv", text.replace(b"\n", b"\r\n").replace(b",7,", b",7.0,"))
    samples, _ = drain(EnergyEfficiency().load(tmp_path, 0.2))
    assert samples.source == "uci"
    np.testing.assert_array_equal(samples.targets["heating"], energy_table.stand_in()[:, 8].astype(np.float32))
    preview = EnergyEfficiency().preview(tmp_path)
    assert (preview.columns, len(preview.rows), preview.notes) == (energy_table.COLUMNS, 8, ())


def damaged(text: bytes) -> dict[str, tuple[bytes, str]]:
    """Ways to spoil the text, and what the error must say."""
    lines = text.splitlines(keepends=True)
    cells = lines[3].split(b",")
    word = b",".join([cells[0], b"large", *cells[2:]])
    return {
        "empty": (b"", "it is empty"),
        "cut": (b"".join(lines[:100]), "it is truncated: 99 of 768 rows"),
        "a word": (b"".join([*lines[:3], word, *lines[4:]]), "line 4, column 'X2': 'large' is no number"),
        "a column gone": (text.replace(b"Y2", b"Z"), "column 'Y2' is missing"),
        "edited": (b"".join([lines[0], lines[2], lines[1], *lines[3:]]), "its values were altered"),
        "a row more": (text + lines[-1], "its values were altered"),
    }


@pytest.mark.parametrize("kind", ["empty", "cut", "a word", "a column gone", "edited", "a row more"])
def test_a_spoilt_text_is_told_and_left_alone(text: bytes, tmp_path: Path, kind: str) -> None:
    content, words = damaged(text)[kind]
    path = put(tmp_path, "ENB2012.csv", content)
    with pytest.raises(DataError, match=words) as caught:
        drain(EnergyEfficiency().load(tmp_path, 0.2))
    assert str(path) in str(caught.value)
    assert EnergyEfficiency().preview(tmp_path).notes == (str(caught.value),)
    assert path.read_bytes() == content


def test_an_unknown_workbook_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipfile.ZipFile", lambda *_: pytest.fail("an unknown archive was opened"))
    path = put(tmp_path, "ENB2012_data.xlsx", b"PK\x03\x04 something else")
    with pytest.raises(DataError, match="its 19 bytes have checksum sha256:") as caught:
        drain(EnergyEfficiency().load(tmp_path, 0.2))
    assert str(path) in str(caught.value)
    assert checksum_of(b"PK\x03\x04 something else", "sha256:") in str(caught.value)
