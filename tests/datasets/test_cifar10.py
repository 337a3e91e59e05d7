"""cifar10: the binary archive, or torchvision's pickles, which run nothing."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl_core.datasets import cifar10, cifar10_files
from mtl_core.datasets.cifar10 import OBJECTS, Cifar10
from mtl_core.datasets.cifar10_files import PARTS
from mtl_core.datasets.files import checksum_of
from mtl_core.errors import DataError
from mtl_core.settings import home_dir
from tests.datasets.conftest import real_file
from tests.datasets.helpers import Server, drain, files_in
from tests.datasets.picture_makers import binary_batch, packed, pickled_batch

BATCH = 40
ROWS = BATCH * 6
PICTURES = np.random.default_rng(0).integers(0, 256, (ROWS, 3, 32, 32), dtype=np.uint8)
CLASSES = np.arange(ROWS) * 7 % 10


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Files of 40 pictures, and no network."""
    monkeypatch.setattr(cifar10_files, "BATCH", BATCH)
    monkeypatch.setattr(cifar10, "TRAINED", BATCH * 5)
    monkeypatch.setattr(cifar10, "TESTED", BATCH)
    for name in ("BINARY", "PYTHON"):
        file = getattr(cifar10_files, name)
        monkeypatch.setattr(cifar10_files, name, replace(file, urls=(f"http://127.0.0.1:9/{file.name}",)))


def batch(part: int) -> tuple[np.ndarray, np.ndarray]:
    rows = slice(part * BATCH, (part + 1) * BATCH)
    return PICTURES[rows], CLASSES[rows]


def trusted(name: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take this archive for the published one."""
    content = path.read_bytes()
    file = replace(getattr(cifar10_files, name), checksum=checksum_of(content, "md5:"), size=len(content))
    monkeypatch.setattr(cifar10_files, name, file)


def binary_archive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {f"cifar-10-batches-bin/{part}.bin": binary_batch(*batch(i)) for i, part in enumerate(PARTS)}
    path = packed(folder / "cifar-10-binary.tar.gz", {"cifar-10-batches-bin/readme.html": b"words", **files})
    trusted("BINARY", path, monkeypatch)
    return path


def pickles(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    files = {part: pickled_batch(*batch(i)) for i, part in enumerate(PARTS)}
    monkeypatch.setattr(cifar10_files, "PICKLES", {name: checksum_of(c, "md5:") for name, c in files.items()})
    return files


def lay_out(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "binary":
        binary_archive(folder, monkeypatch)
    elif kind == "folder":
        for name, content in pickles(monkeypatch).items():
            (folder / "cifar-10-batches-py").mkdir(parents=True, exist_ok=True)
            (folder / "cifar-10-batches-py" / name).write_bytes(content)
    else:
        inside = {f"cifar-10-batches-py/{name}": content for name, content in pickles(monkeypatch).items()}
        trusted("PYTHON", packed(folder / "cifar-10-python.tar.gz", inside), monkeypatch)


def test_the_files_are_torchvisions() -> None:
    from torchvision.datasets import CIFAR10

    published = [*CIFAR10.train_list, *CIFAR10.test_list]
    assert [[name, sum_.removeprefix("md5:")] for name, sum_ in cifar10_files.PICKLES.items()] == published
    assert (cifar10_files.PYTHON.name, cifar10_files.PYTHON.checksum) == (CIFAR10.filename, f"md5:{CIFAR10.tgz_md5}")
    assert f"{cifar10_files.SITE}{cifar10_files.PYTHON.name}" == CIFAR10.url


@pytest.mark.filterwarnings("ignore:numpy.core:DeprecationWarning")
def test_the_small_pickles_are_such_as_torchvision_opens() -> None:
    entry = pickle.loads(pickled_batch(*batch(0)), encoding="latin1")  # noqa: S301 (made here)
    np.testing.assert_array_equal(entry["data"], PICTURES[:BATCH].reshape(BATCH, -1))
    assert entry["labels"] == CLASSES[:BATCH].tolist()


@pytest.mark.parametrize("kind", ["binary", "folder", "archive"])
def test_every_layout_gives_the_same_rows(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(kind, tmp_path / "data", monkeypatch)
    before = files_in(tmp_path / "data")
    samples, progress = drain(Cifar10(rows=100).load(tmp_path / "data", 0.2))
    assert files_in(tmp_path / "data") == before
    assert (samples.source, samples.notes) == ("torchvision", ())
    assert [step.done for step in progress if step.unit == "pictures"][-6:] == list(range(0, ROWS, BATCH))
    assert {name: len(part) for name, part in samples.splits.items()} == Cifar10(rows=100).sizes(0.2)
    used = [*range(100), *range(5 * BATCH, ROWS)]
    np.testing.assert_array_equal(samples.inputs["image"], PICTURES[used])
    np.testing.assert_array_equal(samples.targets["object"], CLASSES[used])
    assert (samples.targets["object"].dtype, samples.targets.keys()) == (np.int64, {"object"})
    assert samples.strata is samples.targets["object"]
    np.testing.assert_array_equal(samples.splits["test"], np.arange(100, 140))


def test_the_second_start_reads_the_cache_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = binary_archive(tmp_path / "data", monkeypatch)
    first, _ = drain(Cifar10(rows=100).load(tmp_path / "data", 0.2))
    monkeypatch.setattr(cifar10_files, "read", lambda found: pytest.fail(f"{found} was read again"))
    again, progress = drain(Cifar10(rows=200).load(tmp_path / "data", 0.2))
    assert len(progress) == 1
    np.testing.assert_array_equal(again.inputs["image"][:100], first.inputs["image"][:100])
    assert list(files_in(home_dir() / "cache")) == ["cifar10.npz"]
    os.utime(path, ns=(1, 1))
    with pytest.raises(pytest.fail.Exception, match="was read again"):
        drain(Cifar10(rows=100).load(tmp_path / "data", 0.2))


def test_a_download_fills_what_is_missing(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = binary_archive(tmp_path / "other", monkeypatch).read_bytes()
    server.contents["/cifar-10-binary.tar.gz"] = content
    urls = (f"{server.url}/cifar-10-binary.tar.gz",)
    monkeypatch.setattr(cifar10_files, "BINARY", replace(cifar10_files.BINARY, urls=urls))
    goal = tmp_path / "data" / "cifar-10-binary.tar.gz"
    assert (Cifar10().missing_files(tmp_path / "data"), Cifar10().file_urls(tmp_path / "data")) == ((str(goal),), urls)
    _, progress = drain(Cifar10().fetch(tmp_path / "data"))
    assert (progress[-1].done, progress[-1].total) == (len(content), len(content))
    assert (list(files_in(tmp_path / "data")), Cifar10().missing_files(tmp_path / "data")) == ([goal.name], ())
    assert drain(Cifar10(rows=100).load(tmp_path / "data", 0))[0].inputs["image"].shape == (140, 3, 32, 32)


@pytest.mark.parametrize("kind", ["binary", "folder", "archive"])
@pytest.mark.parametrize("decoded", [False, True])
def test_the_preview_shows_the_first_pictures(
    kind: str, decoded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(kind, tmp_path / "data", monkeypatch)
    if decoded:
        drain(Cifar10(rows=100).load(tmp_path / "data", 0))
    preview = Cifar10().preview(tmp_path / "data")
    assert preview.images is not None
    np.testing.assert_array_equal(preview.images, PICTURES[:10].transpose(0, 2, 3, 1))
    assert preview.captions == tuple(OBJECTS[i * 7 % 10] for i in range(10))


def test_without_files_and_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"CIFAR-10 is not there.*127\.0\.0\.1:9.*'shapes'") as caught:
        drain(Cifar10().load(tmp_path / "data", 0.2))
    assert f"into {tmp_path / 'data'}" in str(caught.value)
    assert "preview does not download" in Cifar10().preview(tmp_path / "data").notes[0]


@pytest.mark.parametrize("kind", ["binary", "folder", "archive"])
def test_a_damaged_file_is_told_and_left_alone(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(kind, tmp_path / "data", monkeypatch)
    path = next(path for path in sorted(tmp_path.rglob("*")) if path.is_file())
    path.write_bytes(path.read_bytes()[:-9])
    for work in (Cifar10().load(tmp_path / "data", 0.2), Cifar10().fetch(tmp_path / "data")):
        with pytest.raises(DataError, match=r"truncated, corrupt or altered.*Delete it") as caught:
            drain(work)
        assert str(path) in str(caught.value)
    assert path.exists()
    assert not (home_dir() / "cache").exists()


def test_an_archive_that_lacks_a_part_or_has_a_wrong_class_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"cifar-10-batches-bin/{part}.bin": binary_batch(*batch(i)) for i, part in enumerate(PARTS[:-1])}
    trusted("BINARY", packed(tmp_path / "cifar-10-binary.tar.gz", files), monkeypatch)
    with pytest.raises(DataError, match="lacks test_batch"):
        drain(Cifar10().load(tmp_path, 0.2))
    files["cifar-10-batches-bin/test_batch.bin"] = binary_batch(batch(5)[0], batch(5)[1] + 1)
    trusted("BINARY", packed(tmp_path / "cifar-10-binary.tar.gz", files), monkeypatch)
    with pytest.raises(DataError, match=r"test_batch\.bin is corrupt: a picture has class 10"):
        drain(Cifar10().load(tmp_path, 0.2))


class Bomb:
    """A pickle of this writes a file when it is opened as pickles usually are."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path, str]]:
        return Path.write_text, (self.path, "boom")


def test_a_pickle_that_is_not_the_published_one_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out("folder", tmp_path / "data", monkeypatch)
    trace = tmp_path / "trace"
    content = pickle.dumps({b"data": Bomb(trace)}, protocol=2)
    (tmp_path / "data" / "cifar-10-batches-py" / "data_batch_1").write_bytes(content)
    with pytest.raises(DataError, match="truncated, corrupt or altered"):
        drain(Cifar10().load(tmp_path / "data", 0.2))
    assert "cannot be shown" in Cifar10().preview(tmp_path / "data").notes[0]
    trusting = {**cifar10_files.PICKLES, "data_batch_1": checksum_of(content, "md5:")}
    monkeypatch.setattr(cifar10_files, "PICKLES", trusting)
    with pytest.raises(DataError, match=r"names \S+, which the published ones do not"):
        drain(Cifar10().load(tmp_path / "data", 0.2))
    assert not trace.exists()
    pickle.loads(content)  # noqa: S301 (shows that the trap works)
    assert trace.exists()


@pytest.mark.parametrize(
    "layout", ["cifar-10-binary.tar.gz", "cifar-10-batches-py/data_batch_1", "cifar-10-python.tar.gz"]
)
def test_the_real_files(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = real_file(*layout.split("/"))
    for module, name, value in (
        (cifar10_files, "BATCH", 10_000),
        (cifar10, "TRAINED", 50_000),
        (cifar10, "TESTED", 10_000),
    ):
        monkeypatch.setattr(module, name, value)
    samples, _ = drain(Cifar10(rows=50_000).load(folder, 0))
    assert samples.inputs["image"].shape == (60_000, 3, 32, 32)
    assert samples.targets["object"][:5].tolist() == [6, 9, 9, 4, 1]
    assert np.bincount(samples.targets["object"]).tolist() == [6000] * 10
