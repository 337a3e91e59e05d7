"""All stored numbers of a run as a table: CSV or Parquet, a row a number, as ``train --out`` writes them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from mtl_core.cli.outputs import COLUMNS, all_events, tidy_rows
from mtl_core.export.exported import Exported, file_name
from mtl_core.runs.store import Store

Row = tuple[int, float, str, str, str, float | None]


def metrics_csv(store: Store, run: str) -> Exported:
    """Every stored loss, weight and metric with its step, epoch, split and task.

    Raises:
        RunNotFound: if no run has this id.
    """
    record = store.get(run)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(store, run))
    return Exported(file_name(record, "-metrics.csv"), text.getvalue().encode(), "text/csv")


def metrics_parquet(store: Store, run: str) -> Exported:
    """The same as Parquet: ``step`` int64, ``epoch`` and ``value`` float64 (null where there is no number), texts.

    Raises:
        RunNotFound: if no run has this id.
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import parquet  # type: ignore[import-untyped]

    record = store.get(run)
    columns = list(zip(*_rows(store, run), strict=True)) or [()] * len(COLUMNS)
    kinds = [pa.int64(), pa.float64(), pa.string(), pa.string(), pa.string(), pa.float64()]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    buffer = io.BytesIO()
    parquet.write_table(pa.table(arrays, names=list(COLUMNS)), buffer)
    mime = "application/vnd.apache.parquet"
    return Exported(file_name(record, "-metrics.parquet"), buffer.getvalue(), mime)


def _rows(store: Store, run: str) -> Iterator[Row]:
    for event in all_events(store, run):
        yield from tidy_rows(event)
