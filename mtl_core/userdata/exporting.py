"""A data set as a zip that anyone can open, and that can be added again: ``data.csv``, pictures, masks, manifest."""

from __future__ import annotations

import csv
import io
import zipfile
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_core.text import Vocabulary
from mtl_core.userdata.archives import TABLE
from mtl_core.userdata.keeping import manifest_of, prepared_of
from mtl_core.userdata.manifest import Column
from mtl_core.userdata.prepared import Prepared, labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

OTHER = "other"
"""Stands for the categories that were too rare to be kept apart."""


def exported(data: str, home: Path | None = None) -> bytes:
    """The zip of a data set: its rows as they are kept, in the order of the file that it was made from.

    Rare categories stand there as ``other``, sentences as their words in small letters, pictures at the size at which
    they are kept.

    Raises:
        DataError: if it is removed or damaged.
    """
    prepared = prepared_of(data, home)
    known = Vocabulary(prepared.words)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        columns = [_cells(prepared, column, known, archive) for column in prepared.columns]
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([column.name for column in prepared.columns])
        writer.writerows(zip(*columns, strict=True))
        archive.writestr(TABLE, text.getvalue())
        archive.writestr("manifest.json", manifest_of(data, home).model_dump_json(indent=1, exclude={"owner"}))
    return stream.getvalue()


def _cells(prepared: Prepared, column: Column, known: Vocabulary, archive: zipfile.ZipFile) -> list[str]:
    """The cells of a column as texts; pictures go into the archive, and the cells name them."""
    values = prepared.of(column)
    if column.kind in ("numeric", "regression"):
        return ["" if isnan(value) else repr(value) for value in values.tolist()]
    if column.kind == "text":
        return [known.decode(row) for row in values]
    if column.kind in ("image", "segmentation"):
        there = labelled(column, values) if column.kind == "segmentation" else np.ones(len(values), bool)
        folder = f"{'pictures' if column.kind == 'image' else 'masks'}-{prepared.columns.index(column)}"
        return [
            _put(archive, f"{folder}/{i:06d}.png", v) if t else ""
            for i, (v, t) in enumerate(zip(values, there, strict=True))
        ]
    names = [*(column.classes or column.categories), OTHER, ""]
    return [names[code] for code in values.tolist()]


def _put(archive: zipfile.ZipFile, name: str, pixels: NDArray[Any]) -> str:
    from PIL import Image

    if pixels.ndim == 3:
        pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
        pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    archive.writestr(name, stream.getvalue())
    return name
