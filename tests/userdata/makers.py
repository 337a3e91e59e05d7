"""Files as people have them, made for the tests: tables, pictures, archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from mtl_core.userdata.inspection import Inspection, inspect
from mtl_core.userdata.manifest import Choice


def table(columns: Mapping[str, Sequence[Any]], delimiter: str = ",", end: str = "\n") -> bytes:
    """A CSV file of these columns."""
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join(delimiter.join(str(cell) for cell in row) + end for row in rows).encode()


def looked_at(columns: Mapping[str, Sequence[Any]], **options: Any) -> Inspection:
    """The inspection of a CSV file of these columns."""
    return inspect(table(columns), "some.csv", **options)


def uses(**kinds: str) -> dict[str, Choice]:
    """``uses(age="numeric", good="binary")``: choices by kind; ``ignore`` for a column that is left out."""
    roles = {"ignore": "ignore", **dict.fromkeys(("numeric", "categorical", "text", "image"), "input")}
    return {
        name: Choice.model_validate({"role": roles.get(kind, "target"), "kind": None if kind == "ignore" else kind})
        for name, kind in kinds.items()
    }


def flats(rows: int = 80, seed: int = 0) -> dict[str, list[Any]]:
    """A mixed table: an id, two numbers with holes, a category with holes, two targets that follow from them."""
    draw = np.random.default_rng(seed)
    area, age = draw.uniform(20, 120, rows).round(1), draw.integers(0, 90, rows)
    place = draw.choice(["hills", "harbour", "old town"], rows)
    rent = (10 * area - 2 * age + draw.normal(0, 60, rows)).round(2)
    quiet = np.where((place == "hills") ^ (draw.uniform(size=rows) < 0.2), "yes", "no")
    return {
        "flat id": [f"F{i:04d}" for i in range(rows)],
        "area": [str(value) if i % 9 else "?" for i, value in enumerate(area)],
        "age": [str(value) if i % 7 else "" for i, value in enumerate(age)],
        "district": [value if i % 10 else "NA" for i, value in enumerate(place)],
        "rent": rent.tolist(),
        "quiet": quiet.tolist(),
    }


def png(pixels: np.ndarray, form: str = "PNG", **options: Any) -> bytes:
    """A picture file with these pixels."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, form, **options)
    return stream.getvalue()


def archive(files: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return stream.getvalue()


def scenes(rows: int = 40, side: int = 20) -> dict[str, bytes | str]:
    """A folder's files: a red or blue square each, its mask, a sentence, its class, and how large it is."""
    draw = np.random.default_rng(3)
    files: dict[str, bytes | str] = {}
    lines = ["image,mask,sentence,colour,width"]
    for i in range(rows):
        width, (top, left) = int(draw.integers(4, 12)), draw.integers(0, side - 12, 2)
        red = bool(draw.integers(2))
        picture, mask = np.full((side, side, 3), 240, np.uint8), np.zeros((side, side), np.uint8)
        picture[top : top + width, left : left + width] = (220, 30, 30) if red else (30, 30, 220)
        mask[top : top + width, left : left + width] = 1
        files |= {f"pictures/{i}.png": png(picture), f"masks/{i}.png": png(mask)}
        size = "small" if width < 8 else "large"
        lines.append(f"pictures/{i}.png,masks/{i}.png,a {size} square number {i},{'red' if red else 'blue'},{width}")
    return {**files, "data.csv": "\n".join(lines)}
