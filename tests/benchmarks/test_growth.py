"""Slopes, table and pictures of how cost grows: from made-up points, without timing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import growth
from benchmarks.eight import TABLE, session_of
from benchmarks.growth import AXES, fit, line_of, panels, read, slope, slopes, table, write
from benchmarks.growth_picture import BOTTOM, HEIGHT, LEFT, WIDTH, Line, Panel, picture, short
from benchmarks.growth_points import all_models, fields, measured
from mtl_core.batched.rules import MOST
from mtl_core.paths import merged

SVG = "{http://www.w3.org/2000/svg}"
MACHINE = {"processor": "Abacus", "cores": 2, "system": "Linux", "python": "3.11", "torch": "2.15"}


def made_up(axis: str, power: float) -> list[dict[str, Any]]:
    """Points whose seconds grow with this power and whose memory is in proportion, from 0.1 MB on."""
    return [
        {
            "series": series,
            "size": size,
            "x": size,
            "seconds": 1e-4 * size**power,
            "megabytes": 700 + 0.1 * size,
            "added": 0.1 * size,
        }
        for series in AXES[axis].series
        for size in AXES[axis].sizes
    ]


def kept(power: float = 1.5) -> dict[str, Any]:
    axes = {axis: {"date": "2026-01-02", "load": 0.1, "points": made_up(axis, power)} for axis in AXES}
    return {"machine": MACHINE, "axes": axes}


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 (our own)


def test_the_slope_of_a_power_is_the_power() -> None:
    sizes = [2.0, 4.0, 64.0, 139.0]
    assert slope(sizes, [3e-4 * size**0.75 for size in sizes]) == pytest.approx(0.75)
    assert slope(sizes, [5.0, 5.0, 5.0, 5.0]) == pytest.approx(0.0, abs=1e-12)


def test_the_words_of_a_line_tell_the_slope_of_all_and_that_of_its_end() -> None:
    bent = [{"x": 10**i, "seconds": seconds} for i, seconds in enumerate([1.0, 1.0, 1.0, 10.0, 100.0])]
    line = line_of("fixed", bent, "seconds", 1e3)
    assert line.words == "fixed: slope 0.50 (dashed), in the end 1.00"
    assert line.points == [(1, 1e3), (10, 1e3), (100, 1e3), (1000, 1e4), (10000, 1e5)]
    assert [[x for x, _ in ends] for ends in line.fits] == [[1, 10000], [100, 10000]]
    assert line.fits[1][1][1] == pytest.approx(1e5)


def test_a_slope_downwards_has_a_true_minus() -> None:
    assert slopes([(1, 8.0), (2, 4.0), (4, 2.0)]) == ("−1.00", "−1.00")


def test_memory_below_what_is_noticed_is_left_out_and_two_points_make_no_slope() -> None:
    found = [{"x": x, "added": 0.2 * x} for x in (1, 4, 16, 64)]
    line = line_of("fixed", found, "added", least=1.0)
    assert [x for x, _ in line.points] == [16, 64]
    assert (line.words, line.fits) == ("fixed: never above 13", ())


def test_the_fitted_line_goes_through_points_on_a_line_and_between_others() -> None:
    (_, first), (_, last) = fit([(1, 2.0), (10, 20.0), (1000, 2000.0)])
    assert (first, last) == (pytest.approx(2.0), pytest.approx(2000.0))
    assert fit([(1, 1.0), (10, 1000.0), (100, 1.0)]) == ((1, pytest.approx(10.0)), (100, pytest.approx(10.0)))


@pytest.mark.parametrize("axis", AXES)
def test_a_picture_is_well_formed_and_says_both_slopes(axis: str) -> None:
    growing = AXES[axis]
    svg = picture(growing.title, growing.x_label, panels(axis, made_up(axis, 1.5)))
    said = texts(svg)
    for series in growing.series:
        assert f"{series}: slope 1.50 (dashed), in the end 1.50" in said
        assert f"{series}: slope 1.00 (dashed), in the end 1.00" in said
    assert "Memory in MB, beyond the 700 MB of an idle process" in said
    assert said.count(growing.x_label) == 2
    assert len(svg) < 40_000


def test_a_picture_has_a_mark_for_each_point_inside_its_panel() -> None:
    growing = AXES["tasks"]
    svg = picture(growing.title, growing.x_label, panels("tasks", made_up("tasks", 1.0)))
    marks = [float(node.get("cx", "nan")) for node in ElementTree.fromstring(svg).iter(f"{SVG}circle")]  # noqa: S314
    noticed = sum(0.1 * size > 1.0 for size in growing.sizes)
    assert len(marks) == 2 * (1 + len(growing.sizes)) + 2 * (1 + noticed)
    assert all(0 < x < WIDTH for x in marks)


def test_a_fitted_line_stays_inside_the_frame() -> None:
    bent = [{"x": 10**i, "seconds": seconds} for i, seconds in enumerate([1.0, 1.0, 1.0, 10.0, 100.0])]
    svg = picture("t", "x", [Panel("s", [line_of("fixed", bent, "seconds")])])
    ways = [node.get("d", "") for node in ElementTree.fromstring(svg).iter(f"{SVG}path") if node.get("stroke-width")]  # noqa: S314
    places = [tuple(map(float, place.split())) for way in ways for place in way[1:].split("L")]
    assert len(places) == 4
    assert all(LEFT < x < WIDTH and 44 < y < HEIGHT - BOTTOM for x, y in places)


def test_words_with_signs_of_markup_stay_words() -> None:
    line = Line("a<b", 'a<b & "c"', [(1, 1), (2, 2), (4, 4)])
    assert 'a<b & "c"' in texts(picture("x & y", "n < 3", [Panel("s", [line])]))


def test_a_panel_without_points_is_drawn() -> None:
    assert "fixed: at most 0.2" in texts(picture("t", "x", [Panel("s", [Line("fixed", "fixed: at most 0.2", [])])]))


@pytest.mark.parametrize(("value", "text"), [(0.05, "0.05"), (20.0, "20"), (1e3, "1k"), (2.5e6, "2.5M")])
def test_ticks_are_short(value: float, text: str) -> None:
    assert short(value) == text


def test_what_was_kept_comes_back_with_the_axes_in_their_order(tmp_path: Path) -> None:
    file, found = tmp_path / "growth.json", kept()
    write(found | {"axes": dict(reversed(found["axes"].items()))}, file)
    assert read(file) == found
    assert list(read(file)["axes"]) == list(AXES)
    assert read(tmp_path / "none.json")["axes"] == {}


def test_the_table_has_a_row_a_series_with_its_slopes() -> None:
    rows = table(kept(0.5)).splitlines()[4:]
    assert len(rows) == sum(len(growing.series) for growing in AXES.values())
    assert "| samples | full batch | 1,000 … 1,000,000: 3.2 → 100 |" in rows[3]
    assert rows[0] == "| tasks | fixed | 2 … 139: 0.14 → 1.2 | 0.50 (0.50) | 700 → 714 | 1.00 (1.00) |"


def test_drawing_writes_a_picture_an_axis(tmp_path: Path) -> None:
    written = growth.draw(kept(), tmp_path / "pictures")
    assert [path.name for path in written] == ["tasks.svg", "samples.svg", "parameters.svg", "models.svg"]
    assert all(texts(path.read_text(encoding="utf-8")) for path in written)


def test_the_committed_pictures_are_those_of_the_committed_figures(tmp_path: Path) -> None:
    found = read()
    if not found["axes"]:
        pytest.skip("nothing has been measured yet")
    for path in growth.draw(found, tmp_path):
        assert path.read_bytes() == (growth.PICTURES / path.name).read_bytes(), (
            "run: python -m benchmarks.growth --draw"
        )


def test_each_axis_changes_what_it_names() -> None:
    def first(axis: str, series: str, size: int) -> Any:
        return session_of(merged(TABLE, fields(axis, series, size)))

    tasks = first("tasks", "mgda", 5)
    assert (len(tasks.tasks), tasks.spec.weighting.name) == (5, "mgda")
    assert len(first("samples", "batches of 64", 3_000).samples.inputs["table"]) == 3_000
    assert first("samples", "batches of 64", 3_000).batch_size == 64
    full = first("samples", "full batch", 3_000)
    assert full.batch_size == len(full.splits["train"])
    assert first("parameters", "batches of 64", 16).spec.architecture.hidden == [16, 16]


def test_the_x_of_parameters_is_their_number() -> None:
    found = measured("parameters", "batches of 64", 16, seconds=0.0)
    assert found["x"] == 11 * 16 + 16 + 16 * 16 + 16 + 2 * (16 + 1)
    assert found["seconds"] > 0
    assert found["megabytes"] > found["added"] >= 0


def test_models_train_in_stacks_of_a_sweep_and_a_few_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    stacks: list[list[int]] = []

    def noted(sessions: list[Any]) -> Any:
        stacks.append([session.spec.seed for session in sessions])
        return lambda: None

    monkeypatch.setattr("benchmarks.growth_points.step_together", noted)
    monkeypatch.setattr("benchmarks.growth_points.timed", lambda *_: 1.0)
    first = session_of(merged(TABLE, fields("models at once", "batches of 64", 1)))
    assert all_models(first, 10 * MOST + 3, 0.0) == 10 + 1
    assert [len(stack) for stack in stacks] == [MOST] * 6 + [3]
    assert stacks[-1] == list(range(10 * MOST, 10 * MOST + 3))


@pytest.mark.parametrize("axis", AXES)
def test_a_point_of_every_axis_and_series_can_be_measured(axis: str) -> None:
    for series in AXES[axis].series:
        found = measured(axis, series, min(AXES[axis].quick), seconds=0.0)
        assert found["seconds"] > 0, series


def test_models_that_train_as_one_are_stepped_and_read() -> None:
    assert measured("models at once", "batches of 64", 3, seconds=0.0)["seconds"] > 0
