"""pets: the lists say which rows and breeds there are; pictures and masks come from a folder or from archives."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl_core.datasets import pets_files, pets_pictures
from mtl_core.datasets.files import checksum_of
from mtl_core.datasets.pets import Pets
from mtl_core.datasets.pets_files import ANNOTATIONS, BREEDS, IMAGES
from mtl_core.errors import DataError
from mtl_core.settings import home_dir
from tests.datasets.conftest import real_file
from tests.datasets.helpers import Server, drain, files_in
from tests.datasets.picture_makers import image_file, packed

TRAINED = [f"{breed}_{number}" for breed in ("Bengal", "Abyssinian", "shiba_inu") for number in (1, 2, 3, 4)]
TESTED = ["shiba_inu_30", "Abyssinian_30", "Bengal_30"]
LABEL = {"Abyssinian": 1, "Bengal": 6, "shiba_inu": 32}
COLOUR = {"Abyssinian": 250, "Bengal": 130, "shiba_inu": 10}


def breed_of(name: str) -> str:
    return name.rpartition("_")[0]


def small_set() -> dict[str, bytes]:
    """15 pictures of 80×40: a grey as the breed says, the left half of the middle square is the animal."""
    files = {"annotations/README": b"words"}
    for name in (*TRAINED, *TESTED):
        pixels = np.full((40, 80, 3), COLOUR[breed_of(name)], dtype=np.uint8)
        trimap = np.full((40, 80), 2, dtype=np.uint8)
        trimap[:, :38], trimap[:, 38:42] = 1, 3
        files[f"images/{name}.jpg"] = image_file(pixels, "JPEG")
        files[f"annotations/trimaps/{name}.png"] = image_file(trimap)
    for part, names in (("trainval", TRAINED), ("test", TESTED)):
        lines = [f"{name} {LABEL[breed_of(name)]} 1 1" for name in names]
        files[f"annotations/{part}.txt"] = "\n".join(lines).encode() + b"\n"
    return files


@pytest.fixture
def data(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of this test, empty, and no network."""
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))
    archives = tuple(replace(file, urls=(f"http://127.0.0.1:9/{file.name}",)) for file in (IMAGES, ANNOTATIONS))
    monkeypatch.setattr(pets_files, "ARCHIVES", archives)
    return tmp_path / "data"


@pytest.fixture
def folder(data: Path) -> Path:
    """The data folder with the small set unpacked in it."""
    for name, content in small_set().items():
        path = data / "oxford-iiit-pet" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return data


@pytest.fixture
def archived(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder with the small set in its two archives."""
    files, archives = small_set(), []
    for archive in pets_files.ARCHIVES:
        part = archive.name.partition(".")[0]
        inside = {name: content for name, content in reversed(files.items()) if name.startswith(f"{part}/")}
        content = packed(data / "oxford-iiit-pet" / archive.name, inside).read_bytes()
        archives.append(replace(archive, checksum=checksum_of(content, "md5:"), size=len(content)))
    monkeypatch.setattr(pets_files, "ARCHIVES", tuple(archives))
    monkeypatch.setattr(pets_files, "BREEDS", ("Abyssinian", "Bengal", "Shiba Inu"))
    return data


def test_the_files_are_torchvisions() -> None:
    from torchvision.datasets import OxfordIIITPet

    published = [(file.urls[0], file.checksum.removeprefix("md5:")) for file in pets_files.ARCHIVES]
    assert published == list(OxfordIIITPet._RESOURCES)
    assert (len(BREEDS), len(set(BREEDS))) == (37, 37)
    assert list(BREEDS) == sorted(BREEDS)


@pytest.mark.parametrize("layout", ["folder", "archived"])
def test_both_layouts_give_the_same_rows(layout: str, request: pytest.FixtureRequest) -> None:
    data: Path = request.getfixturevalue(layout)
    before = files_in(data)
    samples, progress = drain(Pets(size=32).load(data, 0.25))
    assert files_in(data) == before
    assert [step.done for step in progress if step.what == "pets"][-1] == 15
    assert samples.source == "torchvision"
    names = [*TRAINED, *TESTED]
    greys = np.array([COLOUR[breed_of(name)] for name in names])
    assert samples.inputs["image"].shape == (15, 3, 32, 32)
    assert np.abs(samples.inputs["image"].astype(int) - greys[:, None, None, None]).max() <= 2
    assert samples.targets["breed"].tolist() == [sorted(LABEL).index(breed_of(name)) for name in names]
    mask = samples.targets["mask"]
    assert mask.shape == (15, 32, 32)
    for columns, region in ((slice(13), 1), (slice(15, 17), 2), (slice(19, 32), 0)):
        assert np.unique(mask[:, :, columns]).tolist() == [region]
    assert samples.splits["test"].tolist() == [12, 13, 14]
    assert sorted([*samples.splits["train"], *samples.splits["validation"]]) == list(range(12))
    assert samples.strata is samples.targets["breed"]
    assert samples.targets.keys() == {"breed", "mask"}


@pytest.mark.usefixtures("folder")
def test_breeds_and_sizes_are_those_of_the_lists() -> None:
    breed, mask, image = Pets().tasks()
    assert breed.classes == ("Abyssinian", "Bengal", "Shiba Inu")
    assert mask.classes == ("background", "pet", "border")
    assert image.kind == "generation"
    assert Pets().sizes(0.25) == {"train": 9, "validation": 3, "test": 3}


@pytest.mark.parametrize("spoilt", [False, True])
def test_without_usable_lists_the_published_facts_hold(data: Path, spoilt: bool) -> None:
    if spoilt:
        for name in pets_files.LISTS:
            (data / "oxford-iiit-pet" / name).parent.mkdir(parents=True, exist_ok=True)
            (data / "oxford-iiit-pet" / name).write_text("no list\n")
        (data / "oxford-iiit-pet" / "images").mkdir()
    assert Pets().tasks()[0].classes == BREEDS
    assert Pets().sizes(0) == {"train": 3680, "validation": 0, "test": 3669}


@pytest.mark.usefixtures("data")
def test_a_part_of_the_set_is_told(folder: Path) -> None:
    note = "A part of the published set: 15 of 7349 pictures, 3 of 37 breeds."
    assert drain(Pets(size=32).load(folder, 0))[0].notes == (note,)
    assert Pets().preview(folder).notes == (note,)


@pytest.mark.parametrize("layout", ["folder", "archived"])
def test_the_second_start_decodes_nothing_until_a_file_changes(
    layout: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    data: Path = request.getfixturevalue(layout)
    first, _ = drain(Pets(size=32).load(data, 0))
    drain(Pets(size=40).load(data, 0))
    assert sorted(files_in(home_dir() / "cache")) == ["pets-32.npz", "pets-40.npz"]
    monkeypatch.setattr(pets_pictures, "decoded", lambda *given: pytest.fail(f"decoded again: {given}"))
    again, progress = drain(Pets(size=32).load(data, 0))
    assert len(progress) == 1
    np.testing.assert_array_equal(again.inputs["image"], first.inputs["image"])
    np.testing.assert_array_equal(again.targets["mask"], first.targets["mask"])
    np.testing.assert_array_equal(again.targets["breed"], first.targets["breed"])
    changed = max((data / "oxford-iiit-pet").rglob("*.png" if layout == "folder" else "images.tar.gz"))
    os.utime(changed, ns=(1, 1))
    with pytest.raises(pytest.fail.Exception, match="decoded again"):
        drain(Pets(size=32).load(data, 0))


def test_a_home_that_cannot_be_written_is_a_note(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    monkeypatch.setenv("MTL_HOME", str(tmp_path / "occupied" / "home"))
    samples, _ = drain(Pets(size=32).load(folder, 0))
    assert "Set MTL_HOME to a folder that can be written" in samples.notes[-1]


def test_a_download_brings_both_archives(archived: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    home = archived / "oxford-iiit-pet"
    server.contents |= {f"/{path.name}": path.read_bytes() for path in home.iterdir()}
    served = tuple(replace(file, urls=(f"{server.url}/{file.name}",)) for file in pets_files.ARCHIVES)
    monkeypatch.setattr(pets_files, "ARCHIVES", served)
    (home / "images.tar.gz").unlink()
    assert Pets().missing_files(archived) == (str(home / "images.tar.gz"),)
    assert Pets().file_urls(archived) == (f"{server.url}/images.tar.gz",)
    _, progress = drain(Pets().fetch(archived))
    assert {step.what for step in progress} == {
        "images.tar.gz",
        "images.tar.gz: checksum",
        "annotations.tar.gz: checksum",
    }
    shutil.rmtree(home)
    samples, _ = drain(Pets(size=32).load(archived, 0))
    assert sorted(files_in(home)) == ["annotations.tar.gz", "images.tar.gz"]
    assert (len(samples.inputs["image"]), Pets().missing_files(archived)) == (15, ())


def test_an_archive_with_another_checksum_is_not_read(archived: Path) -> None:
    path = archived / "oxford-iiit-pet" / "images.tar.gz"
    path.write_bytes(path.read_bytes() + b"more")
    for work in (Pets().load(archived, 0.2), Pets().fetch(archived)):
        with pytest.raises(DataError, match=r"images\.tar\.gz is truncated, corrupt or altered.*Delete it"):
            drain(work)
    assert not (home_dir() / "cache").exists()


def test_without_files_and_network_the_error_says_what_to_do(data: Path) -> None:
    with pytest.raises(DataError, match=r"Oxford-IIIT Pet is not there.*127\.0\.0\.1:9.*'shapes'") as caught:
        drain(Pets().load(data, 0.2))
    assert str(data / "oxford-iiit-pet") in str(caught.value)
    assert not data.exists()
    assert "preview does not download" in Pets().preview(data).notes[0]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("images/Bengal_2.jpg", image_file(np.zeros((40, 80, 3), np.uint8), "JPEG")[:300], "Bengal_2.jpg is truncated"),
        ("images/Bengal_2.jpg", b"<html>", "Bengal_2.jpg is truncated or no JPEG"),
        ("images/Bengal_2.jpg", None, "Bengal_2.jpg cannot be read: No such file"),
        ("images/Bengal_2.jpg", image_file(np.zeros((40, 70, 3), np.uint8)), r"of one size, found \(70, 40\) and \(80"),
        ("annotations/trimaps/Bengal_2.png", None, "Bengal_2.png cannot be read: No such file"),
        (
            "annotations/trimaps/Bengal_2.png",
            image_file(np.zeros((40, 80), np.uint8)),
            "values 1, 2 and 3, found 0 to 0",
        ),
        ("annotations/trimaps/Bengal_2.png", image_file(np.full((40, 80), 4, np.uint8)), "Bengal_2.png: a trimap has"),
        ("annotations/test.txt", b"Bengal_30 6 1 1\nBengal_31 6\n", r"test\.txt, line 2: must read"),
        ("annotations/test.txt", b"../../etc/passwd_1 6 1 1\n", r"test\.txt, line 1: must read .*found '\.\./\.\./etc"),
        ("annotations/test.txt", b"Bengal_1 6 1 1\n", "list 'Bengal_1' twice"),
        ("annotations/test.txt", b"Sphynx_1 6 1 1\n", "has number 6, and so has 'Sphynx'"),
        ("annotations/test.txt", b"\n", r"test\.txt lists no picture"),
        ("annotations/test.txt", b"\xff\xfe 6 1 1\n", r"test\.txt, line 1: must read"),
    ],
)
def test_what_is_damaged_is_named(folder: Path, name: str, content: bytes | None, message: str) -> None:
    path = folder / "oxford-iiit-pet" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        drain(Pets(size=32).load(folder, 0.2))
    assert not list(home_dir().glob("cache/*"))


def test_the_preview_shows_pictures_from_all_over_the_lists(folder: Path) -> None:
    before = Pets(size=32).preview(folder)
    drain(Pets(size=32).load(folder, 0))
    after = Pets(size=32).preview(folder)
    assert before.images is not None
    assert after.images is not None
    assert before.images.shape == (10, 32, 32, 3)
    np.testing.assert_array_equal(before.images, after.images)
    assert before.captions == after.captions
    assert set(before.captions) == {"Abyssinian", "Bengal", "Shiba Inu"}


def test_packed_pictures_are_shown_once_they_are_decoded(archived: Path) -> None:
    assert Pets(size=32).preview(archived).notes == ("The pictures are shown once a run has decoded them.",)
    drain(Pets(size=32).load(archived, 0))
    assert len(Pets(size=32).preview(archived).captions) == 10


def test_the_real_files(home: Path) -> None:
    folder = real_file("oxford-iiit-pet", "annotations", "test.txt")
    begin = time.perf_counter()
    first, _ = drain(Pets().load(folder, 0.2))
    between = time.perf_counter()
    samples, _ = drain(Pets().load(folder, 0.2))
    end = time.perf_counter()
    assert end - between < 1
    assert end - between < between - begin
    rows = pets_files.listed(folder)
    assert set(rows.breeds) <= set(BREEDS)
    for line in (folder / "oxford-iiit-pet" / "annotations" / "test.txt").read_text().splitlines():
        name, label, *_ = line.split()
        assert rows.breeds[rows.breed[rows.names.index(name)]] == BREEDS[int(label) - 1]
    assert samples.targets["breed"].max() == len(rows.breeds) - 1
    shares = [(samples.targets["mask"] == region).mean() for region in range(3)]
    assert shares[0] > shares[1] > shares[2] > 0.05
    np.testing.assert_array_equal(samples.inputs["image"], first.inputs["image"])
    assert {name: len(part) for name, part in samples.splits.items()} == {
        "train": rows.trained - -(-rows.trained // 5),
        "validation": -(-rows.trained // 5),
        "test": len(rows.names) - rows.trained,
    }


def test_a_real_picture_agrees_with_torchvisions(home: Path) -> None:
    folder = real_file("oxford-iiit-pet", "annotations", "test.txt")
    from torchvision.datasets import OxfordIIITPet

    theirs = OxfordIIITPet(str(folder), split="test", target_types=("category", "segmentation"))
    samples, _ = drain(Pets().load(folder, 0))
    first = samples.splits["test"][0]
    for row in (0, len(theirs) // 2, len(theirs) - 1):
        picture, (_, trimap) = theirs[row]
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        box = (left, top, left + side, top + side)
        small = np.asarray(picture.crop(box).resize((64, 64)), dtype=int).transpose(2, 0, 1)
        assert np.abs(small - samples.inputs["image"][first + row]).mean() < 6
        regions = np.array([0, 1, 0, 2])[np.asarray(trimap.crop(box).resize((64, 64), 0))]
        assert (regions == samples.targets["mask"][first + row]).mean() > 0.97
