"""mnist: torchvision's files, read where they lie without writing there."""

from __future__ import annotations

import gzip
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from mtl_core.datasets import mnist_files
from mtl_core.datasets.mnist import Mnist
from mtl_core.errors import DataError
from mtl_core.settings import home_dir
from tests.datasets.helpers import Server, drain, files_in

LABELS = "t10k-labels-idx1-ubyte"


def test_the_files_are_torchvisions() -> None:
    from torchvision.datasets import MNIST

    assert list(mnist_files.MIRRORS) == MNIST.mirrors
    files = [mnist_files.remote_file(name) for name in mnist_files.UNPACKED]
    assert [(file.name, file.checksum.removeprefix("md5:")) for file in files] == MNIST.resources
    assert files[0].urls == tuple(f"{mirror}train-images-idx3-ubyte.gz" for mirror in MNIST.mirrors)


def test_the_real_files(real_mnist: Path) -> None:
    before = files_in(real_mnist / "MNIST")
    drain(Mnist().load(real_mnist, 0.2))
    begin = time.perf_counter()
    samples, progress = drain(Mnist().load(real_mnist, 0.2))
    assert time.perf_counter() - begin < 5
    assert files_in(real_mnist / "MNIST") == before
    assert (samples.source, samples.notes, len(progress)) == ("torchvision", (), 4)
    pictures, digits = samples.inputs["image"], samples.targets["digit"]
    assert (pictures.shape, pictures.dtype) == ((70_000, 1, 28, 28), np.uint8)
    assert list(digits[:5]) == [5, 0, 4, 1, 9]
    assert list(digits[60_000:60_005]) == [7, 2, 1, 0, 4]
    assert round(float(pictures[:60_000].mean() / 255), 4) == 0.1307
    np.testing.assert_array_equal(samples.splits["test"], np.arange(60_000, 70_000))
    some = np.arange(0, 70_000, 997)
    wanted = np.where(pictures[some, 0] / 255 > 0.5, digits[some, None, None] + 1, 0)
    np.testing.assert_array_equal(samples.targets["mask"][some], wanted)


def test_unpacked_files_are_read_too(real_mnist: Path, tmp_path: Path) -> None:
    raw = mnist_files.raw_folder(tmp_path / "data")
    raw.mkdir(parents=True)
    for name in mnist_files.UNPACKED:
        packed = mnist_files.raw_folder(real_mnist) / f"{name}.gz"
        (raw / name).write_bytes(gzip.decompress(packed.read_bytes()))
    before = files_in(tmp_path / "data")
    samples, _ = drain(Mnist().load(tmp_path / "data", 0))
    assert len(samples.splits["train"]) == 60_000
    assert files_in(tmp_path / "data") == before
    assert not (home_dir() / "cache").exists()


def test_a_download_fills_what_is_missing(
    real_mnist: Path, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist_files, "MIRRORS", (f"{server.url}/gone/", f"{server.url}/mnist/"))
    source, raw = mnist_files.raw_folder(real_mnist), mnist_files.raw_folder(tmp_path / "data")
    raw.mkdir(parents=True)
    shutil.copyfile(source / "train-images-idx3-ubyte.gz", raw / "train-images-idx3-ubyte.gz")
    for path in source.glob("*.gz"):
        server.contents[f"/mnist/{path.name}"] = path.read_bytes()
    missing, urls = Mnist().missing_files(tmp_path / "data"), Mnist().file_urls(tmp_path / "data")
    assert [Path(path).name for path in missing] == [url.rpartition("/")[2] for url in urls]
    assert len(missing) == 3
    drain(Mnist().fetch(tmp_path / "data"))
    assert sorted(files_in(raw)) == sorted(path.name for path in source.glob("*.gz"))
    assert (len(server.asked), Mnist().missing_files(tmp_path / "data")) == (6, ())
    assert len(Mnist().preview(tmp_path / "data").captions) == 10


def test_a_download_that_cannot_be_kept_still_serves(
    real_mnist: Path, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist_files, "MIRRORS", (f"{server.url}/",))
    server.contents[f"/{LABELS}.gz"] = (mnist_files.raw_folder(real_mnist) / f"{LABELS}.gz").read_bytes()
    (tmp_path / "occupied").write_text("a file where a folder should be")
    (path, note), _ = drain(mnist_files.unpacked(tmp_path / "occupied", LABELS))
    assert path.stat().st_size == 10_008
    assert "could not be kept" in note
    assert mnist_files.locate(tmp_path / "occupied", LABELS) == path


@pytest.mark.usefixtures("no_network")
def test_without_files_and_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'digits' has the same tasks") as caught:
        drain(Mnist().load(tmp_path / "data", 0.2))
    assert str(mnist_files.raw_folder(tmp_path / "data")) in str(caught.value)
    assert "train-images-idx3-ubyte.gz" in str(caught.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, suffix: str) -> None:
    raw = mnist_files.raw_folder(tmp_path / "data")
    raw.mkdir(parents=True)
    for name in mnist_files.UNPACKED:
        (raw / f"{name}{suffix}").write_bytes(gzip.compress(b"\0" * 10)[:-3])
    with pytest.raises(DataError, match=r"truncated, corrupt or altered.*has md5:.*Delete it") as caught:
        drain(Mnist().load(tmp_path / "data", 0.2))
    assert str(raw / f"train-images-idx3-ubyte{suffix}") in str(caught.value)
    with pytest.raises(DataError, match="truncated, corrupt or altered"):
        drain(Mnist().fetch(tmp_path / "data"))
    assert len(files_in(tmp_path / "data")) == 4
    preview = Mnist().preview(tmp_path / "data")
    assert preview.images is None
    assert "cannot be shown" in preview.notes[0]


def test_a_home_that_cannot_be_written_is_told(
    real_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    monkeypatch.setenv("MTL_HOME", str(tmp_path / "occupied" / "home"))
    with pytest.raises(DataError, match=r"cannot be unpacked to .*set MTL_HOME"):
        drain(mnist_files.unpacked(real_mnist, LABELS))


def test_a_spoilt_cache_is_unpacked_anew(real_mnist: Path) -> None:
    (path, _), _ = drain(mnist_files.unpacked(real_mnist, LABELS))
    path.write_bytes(b"spoilt")
    (again, _), _ = drain(mnist_files.unpacked(real_mnist, LABELS))
    assert (again, again.stat().st_size) == (path, 10_008)


@pytest.mark.usefixtures("home")
def test_preview_without_files_is_a_note(tmp_path: Path) -> None:
    preview = Mnist().preview(tmp_path / "data")
    assert preview.images is None
    assert "Put train-images-idx3-ubyte.gz" in preview.notes[0]
