"""Pictures, masks and sentences out of folders and zips; and everything that such archives try."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtl_core.errors import DataError, SpecError
from mtl_core.userdata.adding import examine
from mtl_core.userdata.inspection import Inspection, inspect
from mtl_core.userdata.limits import COMMAND_LINE
from tests.userdata.makers import archive, png, scenes, uses

Files = dict[str, bytes | str]


def folder_of(files: Files, root: Path) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def labelled(pictures: list[bytes], header: str = "image,y") -> Files:
    """Pictures with the classes 0 and 1 in turn."""
    rows = [f"{i}.png,{i % 2}" for i in range(len(pictures))]
    return {f"{i}.png": content for i, content in enumerate(pictures)} | {"data.csv": "\n".join([header, *rows])}


def square(value: int = 100, side: int = 8) -> bytes:
    return png(np.full((side, side, 3), value, np.uint8))


def test_a_zip_and_its_folder_give_the_same(tmp_path: Path) -> None:
    packed = inspect(archive(scenes()), "scenes.zip")
    lying = inspect(folder_of(scenes(), tmp_path / "scenes"))
    nested = inspect(archive({f"scenes/{name}": content for name, content in scenes().items()}), "scenes.zip")
    for one in (packed, lying, nested):
        assert {report.name: report.type for report in one.columns} == {
            "image": "image",
            "mask": "mask",
            "sentence": "text",
            "colour": "categorical",
            "width": "numeric",
        }
        prepared = examine(one, uses(mask="segmentation", colour="binary", width="regression")).prepared
        assert prepared.of(prepared.columns[0]).shape == (40, 3, 32, 32)
        assert np.array_equal(prepared.arrays["c1"], examine(packed).prepared.arrays["c1"])
    assert packed.origin.sha256 == lying.origin.sha256 == nested.origin.sha256


def test_suggestions_for_pictures_with_masks_and_text() -> None:
    found = inspect(archive(scenes()), "scenes.zip").suggested
    assert {name: (choice.role, choice.kind) for name, choice in found.items()} == {
        "image": ("input", "image"),
        "mask": ("target", "segmentation"),
        "sentence": ("input", "text"),
        "colour": ("input", "categorical"),
        "width": ("input", "numeric"),
    }


def test_masks_lie_on_their_pictures() -> None:
    prepared = examine(inspect(archive(scenes()), "scenes.zip"), uses(mask="segmentation")).prepared
    picture, mask = prepared.arrays["c0"], prepared.arrays["c1"]
    coloured = (picture.max(axis=1) - picture.min(axis=1)) > 100  # red and blue, not the grey ground
    agree = (coloured == (mask == 1)).mean()
    assert agree > 0.97
    assert set(np.unique(mask)) == {0, 1}


def test_grey_pictures_have_one_channel_and_sixteen_bits_are_scaled() -> None:
    grey = [png(np.full((8, 8), 40 * (i % 3), np.uint8)) for i in range(12)]
    deep = [png(np.full((8, 8), 40 * 257 * (i % 3), np.uint16)) for i in range(12)]
    for pictures in (grey, deep):
        prepared = examine(inspect(archive(labelled(pictures)), "p.zip"), uses(y="binary")).prepared
        assert prepared.arrays["c0"].shape == (12, 1, 32, 32)
        assert prepared.arrays["c0"][:3, 0, 0, 0].tolist() == [0, 40, 80]


def test_pictures_keep_the_smallest_side_that_loses_nothing() -> None:
    for side, kept in ((8, 32), (32, 32), (33, 48), (100, 128), (300, 128)):
        found = inspect(archive(labelled([square(i * 9, side) for i in range(12)])), "p.zip", limits=COMMAND_LINE)
        assert examine(found, uses(y="binary")).prepared.pictures.side == kept  # type: ignore[union-attr]


def test_black_and_white_masks_are_classes_and_255_beside_others_has_no_label() -> None:
    def masks(values: list[int]) -> Files:
        files: Files = {}
        for i in range(12):
            mask = np.full((32, 32), values[0], np.uint8)
            mask[i:, :] = values[i % len(values)]
            files |= {f"i{i}.png": square(i * 5, 32), f"m{i}.png": png(mask)}
        rows = [f"i{i}.png,m{i}.png" for i in range(12)]
        return {**files, "data.csv": "\n".join(["image,mask", *rows])}

    both = examine(inspect(archive(masks([0, 255])), "m.zip"))
    assert both.tasks[0].classes == ("0", "255")
    assert set(np.unique(both.prepared.arrays["c1"])) == {0, 1}
    assert "mask_255" in [one.code for one in both.findings]
    trimap = examine(inspect(archive(masks([1, 2, 3, 255])), "m.zip"))
    assert trimap.tasks[0].classes == ("1", "2", "3")
    assert set(np.unique(trimap.prepared.arrays["c1"])) == {0, 1, 2, 255}
    assert "no_background" in [one.code for one in trimap.findings]


def test_a_missing_mask_is_a_missing_target_and_a_missing_picture_is_refused() -> None:
    files = scenes()
    table = str(files["data.csv"]).replace("masks/3.png", "").replace("pictures/7.png", "")
    found = inspect(archive({**files, "data.csv": table}), "s.zip")
    with pytest.raises(DataError, match=r"column 'image' has no picture in line 9"):
        examine(found)
    table = str(files["data.csv"]).replace("masks/3.png", "")
    prepared = examine(
        inspect(archive({**files, "data.csv": table}), "s.zip"), uses(mask="segmentation", colour="binary")
    ).prepared
    assert (prepared.arrays["c1"][3] == 255).all()
    assert (prepared.arrays["c1"][[0, 1, 2, 4]] != 255).all()


def test_oblong_pictures_and_masks_of_another_shape_are_told() -> None:
    files: Files = {f"i{i}.png": png(np.full((10, 20, 3), 20 * i, np.uint8)) for i in range(12)}
    files |= {f"m{i}.png": png(np.eye(10, dtype=np.uint8)) for i in range(12)}
    files["data.csv"] = "\n".join(["image,mask", *(f"i{i}.png,m{i}.png" for i in range(12))])
    codes = [one.code for one in examine(inspect(archive(files), "s.zip")).findings]
    assert {"stretched", "mask_shape"} <= {*codes}


def test_a_mask_needs_a_picture_and_only_one_picture_can_be_read() -> None:
    found = inspect(archive(scenes()), "s.zip")
    with pytest.raises(SpecError, match=r"columns\.mask\.role: a mask needs a picture"):
        examine(found, uses(image="ignore", mask="segmentation"))
    with pytest.raises(SpecError, match=r"columns\.mask\.kind: cannot be multiclass: it is mask"):
        examine(found, uses(mask="multiclass"))
    with pytest.raises(SpecError, match=r"columns\.width\.kind: cannot be image: it is numeric"):
        examine(found, uses(width="image"))


# --- what archives try


def member(name: str, mode: int = 0o100644, content: bytes = b"x") -> bytes:
    """A zip with a good table and one member of this name and mode."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("data.csv", "image,y\na.png,1\n")
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        packed.writestr(info, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    "name", ["../evil.png", "/etc/passwd", "a/../../b.png", "..\\evil.png", "C:\\x.png", "a\nb.png"]
)
def test_a_member_that_leads_outside_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="must be the name of a file within"):
        inspect(member(name), "slip.zip")


@pytest.mark.parametrize("cell", ["../evil.png", "/etc/passwd.png", "a/../../b.png", "..\\evil.png", "C:\\x.png"])
@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_a_cell_that_leads_outside_is_named_with_line_and_column(cell: str, kind: str, tmp_path: Path) -> None:
    files: Files = {"data.csv": f"image,y\na.png,0\n{cell},1\n", "a.png": square()}
    (tmp_path / "evil.png").write_bytes(square())
    source = archive(files) if kind == "zip" else folder_of(files, tmp_path / "inner")
    with pytest.raises(DataError, match=r"line 3, column 'image': .*must be the name of a file within"):
        inspect(source, "slip.zip")


def test_links_are_not_followed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"link\.png is a link"):
        inspect(member("link.png", stat.S_IFLNK | 0o777, b"/etc/passwd"), "link.zip")
    root = folder_of({"data.csv": "image,y\nlink.png,0\n"}, tmp_path / "inner")
    (tmp_path / "secret.png").write_bytes(square())
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match=r"link\.png is a link, which is not followed"):
        inspect(root)
    (root / "sub").symlink_to(tmp_path)
    (root / "data.csv").write_text("image,y\nsub/secret.png,0\n")
    with pytest.raises(DataError, match="is a link, which is not followed"):
        inspect(root)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(DataError, match=r"zeros\.png unfolds more than 200 times"):
        inspect(archive({"data.csv": "image,y\nzeros.png,1\n", "zeros.png": b"\0" * 3_000_000}), "bomb.zip")
    few = replace(COMMAND_LINE, members=3, unpacked=10_000)
    with pytest.raises(DataError, match="holds 4 files; at most 3"):
        inspect(archive({"data.csv": "a", "1": b"", "2": b"", "3": b""}), "many.zip", limits=few)
    with pytest.raises(DataError, match="unfolds to more than 10000 bytes"):
        inspect(archive({"data.csv": "a,b\n" + "1,2\n" * 5000}), "large.zip", limits=few)


def test_a_member_that_lies_about_its_size_is_cut_off() -> None:
    honest = archive({"data.csv": "image,y\n" + "a.png,1\n" * 400, "a.png": square()})
    size = struct.pack("<I", len("image,y\n" + "a.png,1\n" * 400))
    with pytest.raises(DataError, match="is damaged"):
        inspect(honest.replace(size, struct.pack("<I", 100)), "liar.zip")


@pytest.mark.parametrize("names", [["data.csv", "a/data.csv"], ["table.csv"], ["a/b/data.csv"]])
def test_one_table_must_be_found(names: list[str]) -> None:
    with pytest.raises(DataError, match=r"must hold one data\.csv"):
        inspect(archive(dict.fromkeys(names, "a,b\n1,2\n")), "s.zip")


def test_a_folder_without_a_table_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no data\.csv"):
        inspect(tmp_path)


@pytest.mark.parametrize("encrypted", [True, False])
def test_encrypted_and_oddly_packed_members_are_refused(encrypted: bool) -> None:
    content = bytearray(archive({"data.csv": "a,b\n1,2\n"}))
    start = content.index(b"PK\x01\x02")
    if encrypted:
        content[start + 8] |= 1
    else:
        content[start + 10] = 14  # LZMA
    with pytest.raises(DataError, match="is encrypted" if encrypted else "is packed in a way that is not read"):
        inspect(bytes(content), "s.zip")


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header promises so many pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checksum = struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + checksum + square()[33:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (huge_png(60_000, 60_000), "pixels; at most"),
        (huge_png(20_000, 4_000), "80000000|pixels; at most"),
        (b"no picture at all", "no picture that is read here"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture that is read here"),
        (b"", "no picture that is read here"),
    ],
)
def test_a_picture_is_refused_by_its_header_with_line_and_column(content: bytes, message: str) -> None:
    files = labelled([square(), content, square()])
    with pytest.raises(DataError, match=rf"data\.csv|line 3, column 'image': 1\.png.*({message})"):
        inspect(archive(files), "p.zip")
    with pytest.raises(DataError, match=r"line 3, column 'image'"):
        inspect(archive(files), "p.zip")


def test_a_truncated_picture_is_named_with_line_and_column() -> None:
    draw = np.random.default_rng(0)
    whole = [png(draw.integers(0, 255, (32, 32, 3)).astype(np.uint8)) for _ in range(12)]
    found = inspect(archive(labelled([*whole[:4], whole[4][:900], *whole[5:]])), "p.zip")
    with pytest.raises(DataError, match=r"line 6, column 'image': 4\.png is a damaged picture"):
        examine(found, uses(y="binary"))


def test_a_file_that_is_not_there_is_named_with_line_and_column() -> None:
    files = labelled([square(), square()])
    del files["1.png"]
    with pytest.raises(DataError, match=r"line 3, column 'image': p\.zip: 1\.png is not there"):
        inspect(archive(files), "p.zip")


def test_masks_that_are_no_masks_are_refused() -> None:
    def with_mask(content: bytes) -> Inspection:
        files: Files = {f"i{i}.png": square(i, 32) for i in range(12)} | {"m.png": content}
        return inspect(
            archive({**files, "data.csv": "\n".join(["image,mask", *(f"i{i}.png,m.png" for i in range(12))])}), "m.zip"
        )

    draw = np.random.default_rng(0)
    for content, message in (
        (png(draw.integers(0, 9, (32, 32, 3)).astype(np.uint8)), "must be grey or have a palette"),
        (png(draw.integers(0, 9, (32, 32)).astype(np.uint8), "JPEG"), "must not be a JPEG"),
        (png(np.zeros((32, 32), np.uint8)), "2 to 200 different numbers; found 1"),
        (png(np.arange(1024).reshape(32, 32).astype(np.uint16)), "one number from 0 to 255"),
    ):
        with pytest.raises(DataError, match=message):
            examine(with_mask(content))


def test_limits_on_pictures_hold() -> None:
    files = labelled([square(i) for i in range(12)])
    with pytest.raises(DataError, match="12 pictures and masks are named; at most 5"):
        inspect(archive(files), "p.zip", limits=replace(COMMAND_LINE, pictures=5))
    with pytest.raises(DataError, match="768 pixels together; at most 500"):
        inspect(archive(files), "p.zip", limits=replace(COMMAND_LINE, all_pixels=500))
    found = inspect(archive(files), "p.zip", limits=replace(COMMAND_LINE, unpacked=10_000))
    with pytest.raises(DataError, match="would take 36864 bytes; at most 10000"):
        examine(found, uses(y="binary"))
