"""The report: whole, by itself, harmless whatever a data set is called; and the curves in it."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from mtl_core.errors import MTLError
from mtl_core.events import Event
from mtl_core.export import EXPORTS, report_html
from mtl_core.export.svg import MOST_POINTS, Axis, Series, chart, thinned
from mtl_core.runs.results import result_of
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.export.helpers import Bench
from tests.runs.events import evaluation, started, step

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Page(HTMLParser):
    """Tags that are open, every tag with its attributes, headings, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def svg_of(text: str | bytes) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own text


def page_of(store: Store, run: str) -> Page:
    return Page(report_html(store, run).content.decode())


@pytest.fixture(scope="module")
def page(bench: Bench, wine: str) -> Page:
    return page_of(bench.store, wine)


def test_it_has_every_section(page: Page) -> None:
    assert page.open == []
    assert page.headings == [
        "Results",
        "What was trained",
        "Curves",
        "Changes during the run",
        "Data",
        "Parameters",
        "Environment",
        "Do it again",
    ]


def test_it_needs_nothing_from_elsewhere(page: Page) -> None:
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed"}
    outside = [(tag, name) for tag, attrs in page.tags for name in attrs if name in ("src", "href", "srcset", "action")]
    assert outside == []
    assert not re.search(r"url\(|@import", page.text)


def test_it_holds_for_light_and_dark(bench: Bench, wine: str) -> None:
    text = report_html(bench.store, wine).content.decode()
    assert "color-scheme:light dark" in text
    assert text.count("prefers-color-scheme:dark") == 2  # the page's colours and the figures'


def test_it_tells_the_numbers_the_differences_and_the_change(bench: Bench, wine: str, page: Page) -> None:
    metrics = result_of(bench.store, bench.store.get(wine))["metrics"]
    assert f"{metrics['test']['quality']['mse']:.5g}" in page.text
    assert "architecture.hidden" in page.text
    assert "weighting.lambdas.quality" in page.text
    assert f"Run {wine}: finished after 6 epochs and 6 steps" in page.text
    assert "python -m mtl_core train spec.yaml" in page.text


def test_it_draws_losses_metrics_and_weights(page: Page) -> None:
    labels = [attrs["aria-label"] or "" for tag, attrs in page.tags if tag == "svg"]
    titles = [label.removesuffix(" (logarithmic)") for label in labels]
    assert titles == ["quality: loss", "quality: mse", "good: loss", "good: accuracy", "weights of the losses"]


HOSTILE = "<script>alert('x')</script><b>&\""


def test_note_and_tags_stand_at_the_top(bench: Bench) -> None:
    run = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test")
    with bench.store.database.write() as connection:
        sql = "UPDATE runs SET note = ?, tags = ? WHERE id = ?"
        connection.execute(sql, ("the one to keep", '["first", "second"]', run))
    assert "the one to keep\nTags: first, second" in page_of(bench.store, run).text


def test_names_are_text_wherever_they_stand(bench: Bench) -> None:
    run = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test", name=HOSTILE)
    writer = bench.store.writer(run)
    writer.append(started())
    for number in (1, 2, 3):
        writer.append(step(number))
        told = {"split": "train", "loss": {HOSTILE: 1 / number}, "metrics": {HOSTILE: {"mse": 1.0 + number}}}
        writer.append(Event("evaluation", number, number, 0.1, told))
    writer.append(Event("change", 3, 3.0, 0.1, {"field": HOSTILE, "old": HOSTILE, "new": 2.0, "by": HOSTILE}))
    writer.append(Event("failed", 3, 3.0, 0.1, {"message": HOSTILE, "where": "here", "advice": None}))
    writer.flush()
    found = page_of(bench.store, run)
    assert found.open == []
    assert not {"script", "b"} & {tag for tag, _ in found.tags}
    assert found.text.count("alert('x')") >= 8
    assert f"{HOSTILE} (at here)" in found.text
    for name, content in unzipped(EXPORTS["figures"](bench.store, run).content).items():
        assert re.fullmatch(r"\w+\.svg", name)
        assert svg_of(content).tag == "{http://www.w3.org/2000/svg}svg"


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_queued_run_has_a_report_without_what_is_not_there(bench: Bench) -> None:
    run = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test")
    found = page_of(bench.store, run)
    assert found.open == []
    assert found.headings == ["What was trained", "Data", "Environment", "Do it again"]
    with pytest.raises(MTLError, match=f"run {run} is queued and has fewer than two evaluations"):
        EXPORTS["figures"](bench.store, run)


def test_a_run_whose_spec_is_not_understood_any_more_has_a_report(bench: Bench) -> None:
    run = bench.store.create(parse_spec({"dataset": "tiny_table"}), "test")
    with bench.store.database.write() as connection:
        sql = "UPDATE runs SET spec = json_set(spec, '$.architecture.name', 'gone') WHERE id = ?"
        connection.execute(sql, (run,))
    assert "unknown name" in page_of(bench.store, run).text


def test_of_many_tasks_the_first_are_drawn_and_the_rest_is_said(bench: Bench) -> None:
    run = bench.store.create(parse_spec({"dataset": "school"}), "test")
    writer = bench.store.writer(run)
    names = parse_spec({"dataset": "school"}).tasks
    for number in (1, 2):
        told: dict[str, Any] = {"loss": dict.fromkeys(names, number), "metrics": {}}
        writer.append(Event("evaluation", number, number, 0.1, {"split": "train", **told}))
    writer.append(evaluation(3))
    writer.flush()
    found = page_of(bench.store, run)
    assert sum(tag == "svg" for tag, _ in found.tags) == 12
    assert "The first 12 of 139 tasks" in found.text


# --- figures


def test_an_axis_is_logarithmic_where_the_values_span_much() -> None:
    falling = Series("train", [(i, 10.0**-i) for i in range(4)])
    assert "(logarithmic)" in chart("loss", [falling], x_label="epoch")
    assert "(logarithmic)" not in chart("loss", [Series("train", [(0, 1.0), (1, 2.0)])], x_label="epoch")
    assert "(logarithmic)" not in chart("loss", [Series("train", [(0, 100.0), (1, -2.0)])], x_label="epoch")


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis(0, 1, 0, 100), [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (Axis(0.2, 0.62, 0, 100), [0.2, 0.3, 0.4, 0.5, 0.6]),
        (Axis(-3, 97, 0, 100), [0, 20, 40, 60, 80]),
        (Axis(0.001, 1000, 0, 100, log=True), [0.001, 0.01, 0.1, 1, 10, 100, 1000]),
        (Axis(1, 30, 0, 100, log=True), [1, 2, 5, 10, 20]),
    ],
)
def test_ticks_are_round(axis: Axis, ticks: list[float]) -> None:
    assert axis.ticks() == pytest.approx(ticks)


def test_an_axis_goes_from_end_to_end() -> None:
    assert [Axis(2, 4, 10, 110).at(value) for value in (2, 3, 4)] == [10, 60, 110]
    assert [Axis(1, 100, 10, 110, log=True).at(value) for value in (1, 10, 100)] == pytest.approx([10, 60, 110])


def test_thinning_keeps_the_extremes_and_the_last_point() -> None:
    points: list[tuple[float, float | None]] = [(i, float(i % 7)) for i in range(10_000)]
    points[4321], points[-2] = (4321, 99.0), (9998, -5.0)
    kept = thinned(points)
    assert len(kept) <= MOST_POINTS
    assert {(4321, 99.0), (9998, -5.0), points[-1]} <= set(kept)
    assert kept == sorted(kept)


def test_gaps_and_lonely_points_are_borne() -> None:
    assert chart("loss", [Series("train", [(0, 1.0)])], x_label="epoch") == ""
    assert chart("loss", [Series("train", [(0, None), (1, float("nan"))])], x_label="epoch") == ""
    drawn = chart("loss", [Series("train", [(0, 1.0), (1, None), (2, 1.0)])], x_label="epoch", marks=[1, 7])
    assert drawn.count('class="mark"') == 1
    assert svg_of(drawn).tag == "svg"


def test_many_names_stand_in_rows_above_the_lines() -> None:
    lines = [Series(f"a task with a name that is long {i}", [(0, 1.0), (1, 2.0)]) for i in range(12)]
    drawn = svg_of(chart("weights", lines, x_label="epoch"))
    names = [text for text in drawn.iter("text") if (text.text or "").endswith("…")]
    places = [(float(text.get("x", 0)), float(text.get("y", 0))) for text in names]
    assert len(set(places)) == 12
    assert all(x + 6 * len(text.text or "") < 460 for text, (x, _) in zip(names, places, strict=True))
    highest = min(float(p.split(",")[1]) for line in drawn.iter("polyline") for p in line.get("points", "").split())
    assert highest > max(y for _, y in places)
