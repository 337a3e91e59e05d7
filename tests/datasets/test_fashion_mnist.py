"""fashion_mnist: MNIST's format with other files, a part of the rows, and a picture to make."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from mtl_core.datasets import fashion_mnist
from mtl_core.datasets.fashion_mnist import GARMENTS, FashionMnist
from mtl_core.datasets.files import checksum_of
from mtl_core.errors import DataError
from tests.datasets.conftest import real_file
from tests.datasets.helpers import Server, drain, files_in
from tests.datasets.picture_makers import idx

ROWS = {"train": 300, "t10k": 50}
RANDOM = np.random.default_rng(0)
PICTURES = {part: RANDOM.integers(0, 256, (rows, 28, 28), dtype=np.uint8) for part, rows in ROWS.items()}
CLASSES = {part: np.arange(rows) * 7 % 10 for part, rows in ROWS.items()}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, home: Path) -> dict[str, bytes]:
    """350 pictures of noise that stand for the published files."""
    unpacked = {}
    for part in ROWS:
        unpacked[f"{part}-images-idx3-ubyte"] = idx(PICTURES[part])
        unpacked[f"{part}-labels-idx1-ubyte"] = idx(CLASSES[part])
    packed = {name: gzip.compress(content, mtime=0) for name, content in unpacked.items()}
    sizes = {name: (checksum_of(content, "md5:"), len(content)) for name, content in packed.items()}
    monkeypatch.setattr(fashion_mnist, "PACKED", sizes)
    monkeypatch.setattr(fashion_mnist, "UNPACKED", {n: checksum_of(content, "md5:") for n, content in unpacked.items()})
    monkeypatch.setattr(fashion_mnist, "MIRRORS", ("http://127.0.0.1:9/",))
    monkeypatch.setattr(fashion_mnist, "TRAINED", ROWS["train"])
    monkeypatch.setattr(fashion_mnist, "TESTED", ROWS["t10k"])
    return packed


def put(packed: dict[str, bytes], folder: Path) -> None:
    raw = fashion_mnist.files().raw_folder(folder)
    raw.mkdir(parents=True)
    for name, content in packed.items():
        (raw / f"{name}.gz").write_bytes(content)


def test_the_files_are_torchvisions() -> None:
    from torchvision.datasets import FashionMNIST

    assert list(fashion_mnist.MIRRORS) == FashionMNIST.mirrors
    files = [fashion_mnist.files().remote_file(name) for name in fashion_mnist.UNPACKED]
    assert [(file.name, file.checksum.removeprefix("md5:")) for file in files] == FashionMNIST.resources
    assert list(GARMENTS) == FashionMNIST.classes


@pytest.mark.parametrize("rows", [100, 300])
def test_the_first_rows_train_and_all_of_the_test_part_tests(
    published: dict[str, bytes], tmp_path: Path, rows: int
) -> None:
    put(published, tmp_path / "data")
    before = files_in(tmp_path / "data")
    fashion = FashionMnist(rows=rows)
    samples, progress = drain(fashion.load(tmp_path / "data", 0.2))
    assert files_in(tmp_path / "data") == before
    assert (samples.source, samples.notes, len(progress)) == ("torchvision", (), 4)
    assert {name: len(part) for name, part in samples.splits.items()} == fashion.sizes(0.2)
    assert fashion.sizes(0.2) == {"train": rows * 4 // 5, "validation": rows // 5, "test": 50}
    pictures, classes = samples.inputs["image"], samples.targets["garment"]
    np.testing.assert_array_equal(pictures[:rows, 0], PICTURES["train"][:rows])
    np.testing.assert_array_equal(pictures[samples.splits["test"], 0], PICTURES["t10k"])
    np.testing.assert_array_equal(classes, np.concatenate([CLASSES["train"][:rows], CLASSES["t10k"]]))
    assert np.bincount(classes[samples.splits["validation"]]).tolist() == [rows // 50] * 10
    assert samples.strata is classes
    assert samples.targets.keys() == {"garment"}


def test_a_download_fills_what_is_missing(
    published: dict[str, bytes], tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fashion_mnist, "MIRRORS", (f"{server.url}/",))
    server.contents |= {f"/{name}.gz": content for name, content in published.items()}
    fashion = FashionMnist(rows=100)
    missing, urls = fashion.missing_files(tmp_path / "data"), fashion.file_urls(tmp_path / "data")
    assert [Path(path).name for path in missing] == [url.rpartition("/")[2] for url in urls]
    drain(fashion.fetch(tmp_path / "data"))
    assert (len(server.asked), fashion.missing_files(tmp_path / "data")) == (4, ())
    preview = fashion.preview(tmp_path / "data")
    assert preview.images is not None
    np.testing.assert_array_equal(preview.images, PICTURES["t10k"][:10])
    assert preview.captions == tuple(GARMENTS[i * 7 % 10] for i in range(10))
    assert len(drain(fashion.load(tmp_path / "data", 0))[0].splits["train"]) == 100


@pytest.mark.usefixtures("published")
def test_without_files_and_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"FashionMNIST is not there.*127\.0\.0\.1:9.*'shapes'") as caught:
        drain(FashionMnist().load(tmp_path / "data", 0.2))
    assert str(tmp_path / "data" / "FashionMNIST" / "raw") in str(caught.value)
    assert "train-images-idx3-ubyte.gz" in str(caught.value)
    assert not (tmp_path / "data").exists()
    assert "preview does not download" in FashionMnist().preview(tmp_path / "data").notes[0]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_damaged_file_is_told_and_left_alone(published: dict[str, bytes], tmp_path: Path, suffix: str) -> None:
    raw = fashion_mnist.files().raw_folder(tmp_path / "data")
    raw.mkdir(parents=True)
    for name, content in published.items():
        (raw / f"{name}{suffix}").write_bytes(content[:-3])
    with pytest.raises(DataError, match=r"truncated, corrupt or altered.*Delete it") as caught:
        drain(FashionMnist().load(tmp_path / "data", 0.2))
    assert str(raw / f"train-images-idx3-ubyte{suffix}") in str(caught.value)
    with pytest.raises(DataError, match="truncated, corrupt or altered"):
        drain(FashionMnist().fetch(tmp_path / "data"))
    assert len(files_in(tmp_path / "data")) == 4


@pytest.mark.usefixtures("home")
def test_the_real_files() -> None:
    folder = real_file("FashionMNIST", "raw", "train-images-idx3-ubyte.gz")
    samples, _ = drain(FashionMnist(rows=60_000).load(folder, 0))
    assert samples.inputs["image"].shape == (70_000, 1, 28, 28)
    assert samples.targets["garment"][:5].tolist() == [9, 0, 0, 3, 0]
    assert np.bincount(samples.targets["garment"]).tolist() == [7000] * 10
