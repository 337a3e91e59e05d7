"""The page of measurements: what was not measured again stays, with its day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.measurements import Measurements, rows_of

FIRST, SECOND = date(2026, 1, 2), date(2026, 3, 4)


def book(*rows: tuple[str, str, str]) -> Measurements:
    return Measurements(list(rows))


def test_rows_that_were_not_measured_again_stay_with_their_day(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    book(("kills", "20 of 20", "20"), ("paint", "2 s", "3 s")).write(page, outcome="2 passed", day=FIRST)
    book(("paint", "1 s", "3 s"), ("stop", "0.1 s", "1 s")).write(page, outcome="2 passed", day=SECOND)
    assert rows_of(page) == [
        ("kills", "20 of 20", "20", "2026-01-02"),
        ("paint", "1 s", "3 s", "2026-03-04"),
        ("stop", "0.1 s", "1 s", "2026-03-04"),
    ]


def test_rows_that_go_on_belong_to_the_row_before_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    mnist = ("mnist", "99 %", "98 %"), ("… seconds", "160", "300")
    digits = ("digits", "98 %", "97 %"), ("… seconds", "25", "60")
    book(*mnist, *digits).write(page, outcome="4 passed", day=FIRST)
    book(("mnist", "97 %", "98 %"), ("… seconds", "150", "300")).write(page, outcome="1 failed", day=SECOND)
    assert [(what, measured) for what, measured, _, _ in rows_of(page)] == [
        ("mnist", "97 %"),
        ("… seconds", "150"),
        ("digits", "98 %"),
        ("… seconds", "25"),
    ]


def test_the_page_tells_what_the_last_time_covered(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    book(("a | b", "1", "2"), ("kills", "20", "20")).write(page, outcome="2 tests passed, 0 failed", day=FIRST)
    book(("kills", "19", "20")).write(page, outcome="0 tests passed, 1 failed, 3 skipped", day=SECOND)
    text = page.read_text(encoding="utf-8")
    assert "2026-03-04 · 0 tests passed, 1 failed, 3 skipped, 1 of the rows below measured" in text
    assert rows_of(page)[0] == ("a · b", "1", "2", "2026-01-02")


def test_a_page_without_days_gives_no_rows(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n| what | measured | wanted |\n|---|---|---|\n| a | 1 | 2 |\n", encoding="utf-8")
    assert rows_of(page) == []
    assert rows_of(tmp_path / "none.md") == []
