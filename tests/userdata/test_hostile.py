"""Thousands of files that were tampered with: each is read or refused with words, and none does anything else."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mtl_core.errors import MTLError
from mtl_core.userdata.adding import examine
from mtl_core.userdata.inspection import inspect
from tests.userdata.makers import archive, flats, png, scenes, table, uses

PIECES = (
    b'"',
    b"\n",
    b"\r",
    b";;;",
    b",,",
    b"\0",
    b"1e999",
    b"=cmd()",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"../",
    "中é".encode(),
)


def parquet() -> bytes:
    stream = io.BytesIO()
    pd.DataFrame(flats(30)).to_parquet(stream)
    return stream.getvalue()


def pictures() -> bytes:
    """A whole zip around pictures of which the bytes are tampered with one by one."""
    return png(np.random.default_rng(0).integers(0, 255, (16, 16, 3)).astype(np.uint8))


SOURCES: dict[str, Callable[[], bytes]] = {
    "csv": lambda: table(flats(40), ";", "\r\n"),
    "utf-16": lambda: table(flats(20)).decode().encode("utf-16"),
    "parquet": parquet,
    "zip": lambda: archive(scenes(12)),
    "png": pictures,
    "bmp": lambda: png(np.zeros((9, 9, 3), np.uint8), "BMP"),
    "gif": lambda: png(np.eye(9, dtype=np.uint8), "GIF"),
    "webp": lambda: png(np.zeros((9, 9, 3), np.uint8), "WEBP"),
    "jpeg": lambda: png(np.zeros((9, 9, 3), np.uint8), "JPEG"),
}


def tampered(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        place = draw.randrange(len(changed) + 1)
        match draw.randrange(5):
            case 0 | 1 if place < len(changed):
                changed[place] = draw.randrange(256)
            case 2:
                del changed[place : place + draw.randint(1, 40)]
            case 3:
                changed[place:place] = draw.choice(PIECES)
            case 4:
                changed[place:place] = draw.randbytes(draw.randint(1, 20))
    return bytes(changed[: draw.randrange(len(changed) + 1)] if draw.random() < 0.1 else changed)


def around(picture: bytes) -> bytes:
    """A zip with a picture among good ones."""
    files: dict[str, bytes | str] = {f"{i}.png": SOURCES["bmp"]() for i in range(11)}
    rows = [f"{i}.png,{i % 2}" for i in range(12)]
    return archive({**files, "11.png": picture, "data.csv": "\n".join(["image,y", *rows])})


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_what_was_tampered_with_is_read_or_refused(kind: str) -> None:
    draw = random.Random(f"seed of {kind}")
    good, picture = SOURCES[kind](), kind in ("png", "bmp", "gif", "webp", "jpeg")
    ends = {"read": 0, "refused": 0}
    for _ in range(150):
        content = tampered(good, draw)
        try:
            found = inspect(around(content) if picture else content, "upload")
            examine(found, uses(y="binary") if picture else None)
            ends["read"] += 1
        except MTLError:
            ends["refused"] += 1
    assert ends["refused"] > 0, ends


def test_bytes_of_pure_chance_are_refused() -> None:
    draw = random.Random(1)
    for size in (1, 2, 10, 100, 5000):
        for _ in range(20):
            with pytest.raises(MTLError):
                examine(inspect(draw.randbytes(size), "upload"))


def test_one_row_repeated_and_very_wide_or_long_tables_end_soon() -> None:
    wide = ",".join(f"c{i}" for i in range(2000))
    found = inspect(f"{wide}\n{','.join(['1'] * 2000)}\n".encode(), "wide.csv")
    assert len(found.columns) == 2000
    same = ",".join(["x"] * 2000)
    found = inspect(f"{same}\n{','.join(['1'] * 2000)}\n".encode(), "same.csv")
    assert len({report.name for report in found.columns}) == 2000
    assert inspect(b"a\n" + b"\n" * 1_000_000 + b"1\n", "blank.csv").rows == 1
