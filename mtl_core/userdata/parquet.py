"""A Parquet file as named columns of text, read piece by piece so that its promises need not be believed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import parquet  # type: ignore[import-untyped]

from mtl_core.errors import DataError
from mtl_core.userdata.findings import finding
from mtl_core.userdata.limits import Limits
from mtl_core.userdata.names import usable_names
from mtl_core.userdata.reading import RawTable
from mtl_core.userdata.texts import Texts

MAGIC = b"PAR1"
PIECE = 4096
"""Rows read at a time."""


def read_parquet(content: bytes, place: str, limits: Limits) -> RawTable:
    """The table in a Parquet file; columns of lists, structures or bytes are left out and reported.

    Raises:
        DataError: if it is damaged, empty or beyond the limits.
    """
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        _check(file, place, limits)
        readable = [field.name for field in file.schema_arrow if _readable(field.type)]
        left_out = [(field.name, str(field.type)) for field in file.schema_arrow if not _readable(field.type)]
        if not readable:
            raise DataError(f"{place} has no column of numbers or texts")
        packed = [field.name for field in file.schema_arrow if _is_text(field.type)]
        file = parquet.ParquetFile(pa.BufferReader(content), read_dictionary=packed)
        columns = [Texts.of(column).cleaned() for column in _pieces(file, readable, place, limits)]
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DataError(f"{place} cannot be read as Parquet: {str(error)[:200]}") from error
    if not len(columns[0]):
        raise DataError(f"{place} has no rows")
    names, found = usable_names(readable)
    found += [finding("unread_column", name[:40], what=what[:60]) for name, what in left_out]
    lines = np.arange(1, len(columns[0]) + 1, dtype=np.int64)
    return RawTable(names, tuple(columns), lines, "row", findings=tuple(found))


def _check(file: Any, place: str, limits: Limits) -> None:
    rows, columns = file.metadata.num_rows, file.metadata.num_columns
    if columns > limits.columns:
        raise DataError(f"{place} has {columns} columns; at most {limits.columns} can be read")
    if rows > limits.rows:
        raise DataError(f"{place} has {rows} rows; at most {limits.rows} can be read")
    groups = range(file.metadata.num_row_groups)
    if sum(file.metadata.row_group(i).total_byte_size for i in groups) > limits.unpacked:
        raise DataError(f"{place} unfolds to more than {limits.unpacked} bytes")
    if len(set(file.schema_arrow.names)) < len(file.schema_arrow.names):
        raise DataError(f"{place} has two columns of the same name; rename one")


def _pieces(file: Any, names: list[str], place: str, limits: Limits) -> list[list[Any]]:
    pieces: list[list[Any]] = [[] for _ in names]
    size = rows = 0
    for batch in file.iter_batches(PIECE, columns=names):
        rows += len(batch)
        for column, name in zip(pieces, names, strict=True):
            texts = _as_text(batch.column(name), place, name)
            size += texts.nbytes
            column.append(texts)
            if size > limits.unpacked or rows > limits.rows:
                raise DataError(f"{place} unfolds to more than {limits.unpacked} bytes or {limits.rows} rows")
    return pieces


def _as_text(values: Any, place: str, name: str) -> Any:
    if pa.types.is_dictionary(values.type):
        lengths = pc.binary_length(values.dictionary.cast(pa.string()))
        if (pc.max(lengths).as_py() or 0) * len(values) > 2**28:
            raise DataError(f"{place}, column {name!r} holds texts that are too long")
        values = values.dictionary_decode()
    texts = values.cast(pa.string())
    texts.validate(full=True)  # that they are UTF-8 is only promised by the file
    return texts


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _readable(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    simple = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_boolean,
        pa.types.is_temporal,
        pa.types.is_null,
    )
    return _is_text(kind) or any(test(kind) for test in simple)
