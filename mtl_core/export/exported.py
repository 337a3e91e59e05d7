"""Exported: a file that a person takes away; and the runs that can be taken."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from mtl_core.errors import MTLError
from mtl_core.runs.records import RunRecord

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Date of the files in a zip, so that the same run gives the same bytes."""


@dataclass(frozen=True)
class Exported:
    """A file.

    Attributes:
        name: a file name.
        content: its bytes.
        mime: their media type.
        left_out: what is not there of what was asked for, and why.
    """

    name: str
    content: bytes
    mime: str
    left_out: tuple[str, ...] = ()


def file_name(record: RunRecord, ending: str) -> str:
    """A file name that says which run it is of: letters, digits and dashes, then the ending."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", record.name or record.spec["dataset"]["name"]).strip("-").lower()[:40]
    return f"{words or 'run'}-{re.sub(r'[^A-Za-z0-9]', '-', record.id)}{ending}"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip; what is compressed already is only stored."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.external_attr = 0o644 << 16
            packed = name.endswith((".npz", ".zip", ".safetensors", ".pt", ".parquet", ".png"))
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def of_finished(record: RunRecord, what: str) -> RunRecord:
    """The record, if its run has finished.

    Raises:
        MTLError: where it has not, with what can be exported instead.
    """
    if record.status != "finished" or record.result is None:
        raise MTLError(
            f"run {record.id} is {record.status}: {what} needs a finished run; "
            "let it finish (`runs resume`), or export its spec, metrics or report"
        )
    return record
