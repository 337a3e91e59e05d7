"""Of a text file: is it one, in which encoding, and what separates its fields."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from itertools import islice

from mtl_core.errors import DataError

DELIMITERS = ",;\t|"
SAMPLE = 65_536
PIECE = 2**20
FEW = 8
"""Control characters that a text may hold by mistake."""
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "big5", "shift_jis", "euc_kr", "cp1250", "cp1251", "cp1252")
"""What a person may choose where the guess is wrong."""
KNOWN = {
    b"PK\x03\x04": "an archive or an Excel file: save the sheet as CSV, or give a zip with a data.csv in it",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file: save the sheet as CSV",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "packed with gzip: unpack it first",
    b"\x80\x04\x95": "a pickle, which is never opened",
    b"\x93NUMPY": "a NumPy array: save it as CSV",
    b"\x89HDF": "an HDF5 file: save the table as CSV or Parquet",
    b"SQLite f": "a database: export the table as CSV",
}
"""First bytes of what people take for a CSV file, and what it is."""


def encoding_of(content: bytes, place: str) -> str:
    """The encoding that all of the content can be read in: UTF-8, UTF-16 by its mark, GB 18030, else Windows-1252.

    GB 18030 is believed only if nearly all of its characters are common ones (GB 2312): Western letters with
    accents can look like rare Chinese ones.

    Raises:
        DataError: if it is no text, naming what it seems to be.
    """
    _refuse_known(content, place)
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return check_encoding(content, encoding, place)
    zero = content.find(b"\0")
    if zero >= 0:
        raise DataError(f"{place} is no text: byte {zero} is 0. Save it as CSV in UTF-8")
    if _reads(content, "utf-8") is None:
        _refuse_garbage(content.decode("utf-8", "ignore")[:SAMPLE], place)
        return "utf-8"
    if _reads(content, "gb18030") is None and _common_chinese(content[:SAMPLE]):
        return "gb18030"
    _refuse_garbage(content[:SAMPLE].decode("cp1252", "replace"), place)
    return check_encoding(content, "cp1252", place)


def check_encoding(content: bytes, encoding: str, place: str) -> str:
    """The encoding, if all of the content can be read in it.

    Raises:
        DataError: if it is none of :data:`ENCODINGS`, or lacks a byte of the content.
    """
    if encoding not in ENCODINGS:
        raise DataError(f"{encoding!r} is no encoding that is read here; choose one of {', '.join(ENCODINGS)}")
    trouble = _reads(content, encoding)
    if trouble is not None:
        line = content.count(b"\n", 0, trouble) + 1
        raise DataError(f"{place} cannot be read as {encoding}: byte {trouble} (line {line}). Save it as UTF-8")
    return encoding


def delimiter_of(sample: str) -> str:
    """What separates the fields: the candidate that gives the first rows as many fields as the header, and the most.

    Args:
        sample: the beginning of the file; its last line may be cut.
    """
    lines = sample.splitlines(keepends=True)
    whole = "".join(lines[:-1] if len(lines) > 1 else lines)
    return max(DELIMITERS, key=lambda delimiter: _fit(whole, delimiter))


def _fit(sample: str, delimiter: str) -> tuple[float, int]:
    """Share of rows with as many fields as the first one, and that number; a single field fits nothing."""
    try:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        counts = [len(row) for row in islice(reader, 200)]
    except csv.Error:
        return 0.0, 0
    counts = [count for count in counts if count]
    if not counts or counts[0] < 2:
        return 0.0, 0
    return round(Counter(counts)[counts[0]] / len(counts), 1), counts[0]


def _refuse_known(content: bytes, place: str) -> None:
    if not content.strip():
        raise DataError(f"{place} is empty: a table has a line with names and a line for each row")
    for first, what in KNOWN.items():
        if content.startswith(first):
            raise DataError(f"{place} is no CSV: it is {what}")


def _refuse_garbage(sample: str, place: str) -> None:
    """Text has next to no control characters; binary files are full of them."""
    strange = sum(1 for letter in sample if (ord(letter) < 32 and letter not in "\t\r\n\f") or letter == "\ufffd")
    if strange > max(FEW, 0.01 * len(sample)):
        raise DataError(f"{place} is no text: {strange} of its first {len(sample)} characters are control characters")


def _common_chinese(sample: bytes) -> bool:
    letters = [letter for letter in sample.decode("gb18030", "ignore") if ord(letter) > 127]
    common = sum(1 for letter in letters if _in_gb2312(letter))
    return common >= 0.9 * len(letters)


def _in_gb2312(letter: str) -> bool:
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _reads(content: bytes, encoding: str) -> int | None:
    """Where the first byte is that the encoding does not have, or None; read in pieces to spare memory."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), PIECE):
        piece = content[start : start + PIECE]
        try:
            decoder.decode(piece, start + PIECE >= len(content))
        except UnicodeDecodeError as error:
            return start + max(0, error.start - (len(error.object) - len(piece)))
    return None
