"""What a panel knows of its browser: only what is new travels, and who missed something gets the whole again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ui import feed as feeding
from ui.chart_data import ChartData, Trace
from ui.live_chart import chart_update
from ui.markup import markup_update
from ui.sent import EACH, Sent, panel

STILL: dict[str, object] = {"height": 300}


def chart(count: int) -> ChartData:
    x = [float(i) for i in range(count)]
    return ChartData((Trace("a", x, x, "#000000"),))


def test_the_first_drawing_is_whole_and_the_next_tells_the_difference() -> None:
    sent, first = Sent(), chart(5)
    with sent.drawing():
        assert sent.chart("a", first, STILL) is None
        assert not sent.has("b", "mark")
    with sent.drawing():
        assert sent.chart("a", chart(6), STILL) is first
        assert sent.has("b", "mark")
        assert not sent.has("c", "mark")


def test_a_chart_is_told_by_one_before_for_some_drawings() -> None:
    """So that a browser which skips a message, because another is there already, need not ask."""
    sent, told = Sent(), []
    for count in range(2, 2 + 2 * EACH + 2):
        with sent.drawing():
            known = sent.chart("a", chart(count), STILL)
            told.append(known and len(known.traces[0].x))
    assert told == [None, *[2] * EACH, *[2 + EACH] * EACH, 2 + 2 * EACH]


def test_what_was_not_drawn_last_time_is_sent_whole() -> None:
    sent = Sent()
    for drawn in (True, False):
        with sent.drawing():
            if drawn:
                sent.chart("a", chart(5), STILL)
    with sent.drawing():
        assert sent.chart("a", chart(5), STILL) is None, "its node was gone meanwhile"


def test_other_words_or_another_height_are_sent_whole() -> None:
    sent = Sent()
    with sent.drawing():
        sent.chart("a", chart(5), STILL)
    with sent.drawing():
        assert sent.chart("a", chart(5), {"height": 400}) is None


def test_who_missed_something_gets_the_whole() -> None:
    sent = Sent()
    with sent.drawing():
        sent.chart("a", chart(5), STILL)
        sent.has("b", "mark")
    sent.forget()
    with sent.drawing():
        assert sent.chart("a", chart(6), STILL) is None
        assert not sent.has("b", "mark")


def test_a_slot_that_was_drawn_before_its_panel_is_known_to_it() -> None:
    sent = Sent()
    assert "markup" in markup_update("<p>1</p>", sent, key="progress")
    with sent.drawing():
        assert "markup" not in markup_update("<p>1</p>", sent, key="progress")


def test_nothing_is_known_outside_of_a_panel() -> None:
    assert panel() is None
    with pytest.raises(ZeroDivisionError), Sent().drawing():
        _ = 1 / 0
    assert panel() is None
    assert "chart" in chart_update(chart(3), None, key="a")


def test_a_feed_carries_all_slots_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    mounted: list[dict[str, Any]] = []
    monkeypatch.setattr(feeding.parts, "mount", lambda _, data, **__: mounted.append(data))
    sent = Sent()
    for count in (100, 101, 101):
        with sent.drawing():
            feeding.feed({"tiles": f"<p>{count}</p>"}, {"loss": (chart(count), {"height": 300})})
    first, second, third = (data["slots"] for data in mounted)
    assert "script" in first["loss"]
    assert len(json.dumps(second)) < 400
    assert second["tiles"]["markup"] == "<p>101</p>"
    assert "markup" not in third["tiles"]
    assert third["loss"]["now"] == second["loss"]["now"]


def test_a_feed_outside_of_a_panel_is_refused() -> None:
    with pytest.raises(RuntimeError, match="while a panel is drawn"):
        feeding.feed({}, {})
