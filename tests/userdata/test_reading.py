"""CSV and Parquet files as people have them: delimiters, encodings, line ends, and broken rows by line and column."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtl_core.errors import DataError
from mtl_core.userdata.inspection import Inspection, inspect
from mtl_core.userdata.limits import COMMAND_LINE
from tests.userdata.makers import flats, table

ROWS = "name;size;kind\nÄpfel;1,5;rot\nBirnen;2,25;grün\n"


def cells(inspection: Inspection) -> list[tuple[str | None, ...]]:
    return list(inspection.preview)


def codes(inspection: Inspection) -> list[str]:
    return [found.code for found in inspection.findings]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_end_make_no_difference(delimiter: str, end: str) -> None:
    columns = {"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [0.5, 1.5, "?"]}
    found = inspect(table(columns, delimiter, end), "t.csv")
    assert found.origin.delimiter == delimiter
    assert [report.name for report in found.columns] == ["a", "b", "c"]
    assert cells(found) == [("1", "x", "0.5"), ("2", "y", "1.5"), ("3", "z", None)]
    assert found.table.lines.tolist() == [2, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found(encoding: str) -> None:
    found = inspect(ROWS.encode(encoding), "t.csv")
    assert cells(found)[0] == ("Äpfel", "1,5", "rot")
    assert found.columns[0].name == "name"
    assert ("encoding" in codes(found)) == (encoding == "cp1252")


def test_chinese_and_western_bytes_are_told_apart() -> None:
    chinese = "品种,质量\n红葡萄酒,好\n白葡萄酒,坏\n" * 3
    assert cells(inspect(chinese.encode("gb18030"), "t.csv"))[0] == ("红葡萄酒", "好")
    western = "Straße,Größe\nWeißdornweg,groß\nHöhe,süß\n"
    assert cells(inspect(western.encode("cp1252"), "t.csv"))[0] == ("Weißdornweg", "groß")


def test_an_encoding_that_was_chosen_is_believed_or_named() -> None:
    assert cells(inspect("a,b\nж,1\n".encode("cp1251"), "t.csv", encoding="cp1251")) == [("ж", "1")]
    with pytest.raises(DataError, match=r"byte 4 \(line 2\)"):
        inspect("a,b\nж,1\n".encode("cp1251"), "t.csv", encoding="utf-8")
    with pytest.raises(DataError, match=r"'zlib' is no encoding that is read here"):
        inspect(b"a,b\n1,2\n", "t.csv", encoding="zlib")


def test_quoted_fields_hold_delimiters_quotes_and_line_ends_and_lines_stay_true() -> None:
    text = 'id,text\n1,"a, b"\n2,"says ""yes"""\n3,"two\nlines"\n4,last\n'
    found = inspect(text.encode(), "t.csv")
    assert cells(found) == [("1", "a, b"), ("2", 'says "yes"'), ("3", "two lines"), ("4", "last")]
    assert found.table.lines.tolist() == [2, 3, 4, 6]


def test_excels_first_line_and_a_delimiter_at_each_end_are_understood() -> None:
    found = inspect(b"sep=;\r\na;b;\r\n1;2;\r\n3;4;\r\n", "t.csv")
    assert [report.name for report in found.columns] == ["a", "b"]
    assert found.table.lines.tolist() == [3, 4]


@pytest.mark.parametrize("cell", ["?", "", "NA", "nan", "N/A", "null", " ? ", "#N/A"])
def test_what_stands_for_missing_is_missing(cell: str) -> None:
    found = inspect(f"a,b\n1,x\n{cell},y\n3,z\n".encode(), "t.csv")
    assert [row[0] for row in cells(found)] == ["1", None, "3"]
    assert found.columns[0].missing == 1
    assert found.columns[0].type == "numeric"


def test_blank_lines_and_rows_without_a_value_are_left_out() -> None:
    found = inspect(b"a,b\n1,2\n\n,\n3,4\n,\n\n", "t.csv")
    assert cells(found) == [("1", "2"), ("3", "4")]
    assert found.table.lines.tolist() == [2, 5]
    (noticed,) = [one for one in found.findings if one.code == "empty_rows"]
    assert noticed.values["count"] == 2


def test_a_ragged_row_is_named_with_line_and_column() -> None:
    text = b"a,b,c\n1,2,3\n4,5,6,7\n8,9\n"
    with pytest.raises(DataError) as caught:
        inspect(text, "wine.csv")
    assert "wine.csv: line 3 has 4 fields instead of 3 ('7' is beyond the last column)" in str(caught.value)
    assert "line 4 has 2 fields instead of 3 ('c' is lacking)" in str(caught.value)
    found = inspect(text, "wine.csv", leave_out_bad_rows=True)
    assert cells(found) == [("1", "2", "3")]
    (noticed,) = [one for one in found.findings if one.code == "bad_rows"]
    assert noticed.values["count"] == 2
    assert noticed.values["places"] == "3 (4), 4 (2)"


def test_many_bad_rows_are_counted_and_a_few_named() -> None:
    with pytest.raises(DataError, match=r"line 6 .* … \(\+15\)\. Mend") as caught:
        inspect(b"a,b\n" + b"1,2,3\n" * 20, "t.csv")
    assert "line 7 " not in str(caught.value)


@pytest.mark.parametrize("text", ['a,b\n1,2\n3,"x\n5,6\n', 'a,b\n1,2\n3,"x"y\n5,6\n'])
def test_a_quotation_mark_that_is_not_closed_is_named_with_its_line(text: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv, line 3: a quotation mark is not closed"):
        inspect(text.encode(), "t.csv")


def test_names_are_made_usable_and_the_change_is_told() -> None:
    found = inspect(b"a,a,, \x07b\t ,a\n1,2,3,4,5\n", "t.csv")
    assert [report.name for report in found.columns] == ["a", "a (2)", "column 3", "b", "a (3)"]
    assert [(one.column, one.code) for one in found.findings if one.code.startswith("renamed")] == [
        ("a (2)", "renamed_twice"),
        ("column 3", "renamed_empty"),
        ("a (3)", "renamed_twice"),
    ]


def test_similar_names_and_a_header_of_numbers_are_told() -> None:
    found = inspect(b"Total SO2,total_so2,x1,x2\n1,2,3,4\n", "t.csv")
    assert [(one.column, one.values["other"]) for one in found.findings if one.code == "similar_names"] == [
        ("total_so2", "Total SO2")
    ]
    assert "no_header" in codes(inspect(b"5.1,3.5\n4.9,3.0\n", "t.csv"))
    assert "no_header" not in codes(found)


def test_parquet_gives_what_csv_gives() -> None:
    stream = io.BytesIO()
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [0.5, np.nan, 2.0],
            "flag": [True, False, True],
            "kind": pd.Categorical(["a", None, "b"]),
            "when": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
            "many": [[1], [2], [3]],
        }
    )
    frame.to_parquet(stream)
    found = inspect(stream.getvalue(), "t.parquet")
    assert found.origin.format == "parquet"
    assert {report.name: report.type for report in found.columns} == {
        "n": "numeric",
        "x": "numeric",
        "flag": "categorical",
        "kind": "categorical",
        "when": "date",
    }
    assert [row[:4] for row in cells(found)] == [
        ("1", "0.5", "true", "a"),
        ("2", None, "false", None),
        ("3", "2", "true", "b"),
    ]
    assert [one.column for one in found.findings if one.code == "unread_column"] == ["many"]


def test_a_parquet_file_that_unfolds_too_far_is_refused() -> None:
    stream = io.BytesIO()
    pd.DataFrame({"text": ["x" * 2000] * 100_000, "y": range(100_000)}).to_parquet(stream)
    assert len(stream.getvalue()) < 1_000_000
    with pytest.raises(DataError, match=r"unfolds to more than 104857600 bytes"):
        inspect(stream.getvalue(), "bomb.parquet")


def test_the_checksum_is_that_of_the_file() -> None:
    import hashlib

    content = table(flats())
    origin = inspect(content, "/some/where/flats.csv").origin
    assert (origin.name, origin.bytes) == ("flats.csv", len(content))
    assert origin.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n \n", "is empty"),
        (b"\xef\xbb\xbf", "has no header"),
        (b"a,b,c\n", "a header and no rows"),
        (b"a,b\n1,\x002\n", "byte 6 is 0"),
        (bytes(range(1, 32)) * 40, "control characters"),
        (b"PK\x03\x04" + b"\0" * 40, "no whole zip archive"),
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"\x80\x04\x95 pickle", "a pickle, which is never opened"),
        (b"\x1f\x8b\x08...", "packed with gzip"),
        (b"PAR1" + b"x" * 50 + b"PAR1", "cannot be read as Parquet"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "a field is longer"),
        (b"x" * 1_200_000, "line 1 is longer"),
        (
            b",".join(b"c%d" % i for i in range(10_000)) + b"\n" + b",".join([b"1"] * 10_000),
            "10000 columns; at most 2000",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_named(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        inspect(content, "t.csv")


def test_too_large_and_too_many_rows_are_refused(monkeypatch: Any) -> None:
    from dataclasses import replace

    few = replace(COMMAND_LINE, rows=5, file=100)
    with pytest.raises(DataError, match="more than 5 rows"):
        inspect(b"a,b\n" + b"1,2\n" * 6, "t.csv", limits=few)
    with pytest.raises(DataError, match="the most that can be read"):
        inspect(b"a,b\n" + b"1,2\n" * 60, "t.csv", limits=few)
    assert inspect(b"a,b\n" + b"1,2\n" * 5, "t.csv", limits=few).rows == 5


def test_formulas_stay_text_and_huge_numbers_are_no_numbers() -> None:
    found = inspect(b"f,x\n=cmd|'/c calc'!A0,1e400\n=1+1,1e29\n@SUM(A1),-1e31\n", "t.csv")
    assert [row[0] for row in cells(found)] == ["=cmd|'/c calc'!A0", "=1+1", "@SUM(A1)"]
    assert found.columns[0].type == "categorical"
