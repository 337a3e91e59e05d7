"""What is counted of a live page: messages, late answers, percentiles, windows; without server and timing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import browser, viewers
from benchmarks.live_page import ends_a_refresh, kind_of
from benchmarks.pairs import NotMeasured


def finished(status: int = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = status  # type: ignore[assignment]
    return message


def chart(text: str = "{}", name: str = "") -> ForwardMsg:
    message = ForwardMsg(hash=name)
    message.metadata.cacheable = bool(name)
    message.delta.new_element.bidi_component.component_name = "mtl_live_chart"
    message.delta.new_element.bidi_component.json = text
    return message


def auto_rerun(fragment: str) -> ForwardMsg:
    message = ForwardMsg()
    message.auto_rerun.interval, message.auto_rerun.fragment_id = 0.5, fragment
    return message


class Socket:
    """Answers with prepared messages; keeps what was asked."""

    def __init__(self, *answers: ForwardMsg) -> None:
        self.answers, self.asked = list(answers), []  # type: ignore[var-annotated]

    async def send(self, payload: bytes) -> None:
        self.asked.append(BackMsg.FromString(payload).rerun_script)

    async def recv(self, decode: bool) -> bytes:
        return self.answers.pop(0).SerializeToString()


def viewer(*answers: ForwardMsg) -> tuple[viewers.Viewer, Socket]:
    socket = Socket(*answers)
    return viewers.Viewer(socket, "run=abc"), socket  # type: ignore[arg-type]


def test_a_message_is_named_after_what_it_carries() -> None:
    block, metric = ForwardMsg(), ForwardMsg()
    block.delta.add_block.flex_container.SetInParent()
    metric.delta.new_element.metric.SetInParent()
    names = [kind_of(message) for message in (chart(), metric, block, finished(), ForwardMsg())]
    assert names == ["mtl_live_chart", "metric", "block flex_container", "script_finished", "nothing"]


def test_only_a_fragment_that_was_drawn_to_its_end_is_a_refresh() -> None:
    others = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN)
    assert ends_a_refresh(finished())
    assert not any(ends_a_refresh(finished(status)) for status in others)
    assert not ends_a_refresh(chart())


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 3.0), (95, 5.0), (20, 1.0), (21, 2.0), (100, 5.0), (0, 1.0), (80, 4.0)]
)
def test_a_percentile_is_a_value_that_was_seen(percent: float, expected: float) -> None:
    assert viewers.percentile([5.0, 1.0, 3.0, 2.0, 4.0], percent) == expected


LATE = [(10.0, 10.5, 0), (10.1, 10.5, 0), (10.5, 10.5, 0), (10.6, 11.0, 1), (12.4, 12.5, 4)]


@pytest.mark.parametrize(("now", "expected", "skipped"), LATE)
def test_a_late_answer_costs_the_questions_it_covers(now: float, expected: float, skipped: int) -> None:
    assert viewers.next_due(10.0, now, 0.5) == (pytest.approx(expected), skipped)


def test_a_viewer_asks_for_the_page_and_then_for_the_fragment_it_was_told() -> None:
    opening = ForwardMsg()
    opening.new_session.page_script_hash = "page"
    moved = ForwardMsg()
    moved.page_info_changed.query_string = "run=abc&lang=en"
    answers = [chart("{}", "seen"), finished(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)]
    one, socket = viewer(opening, auto_rerun("panel"), moved, finished(ForwardMsg.FINISHED_SUCCESSFULLY), *answers)
    asyncio.run(one.open())
    assert asyncio.run(one.refresh()) >= 0
    first, second = socket.asked
    assert (first.query_string, first.fragment_id, first.is_auto_rerun) == ("run=abc", "", False)
    assert (second.query_string, second.fragment_id, second.is_auto_rerun) == ("run=abc&lang=en", "panel", True)
    assert second.page_script_hash == "page"
    assert not socket.answers


def test_a_viewer_names_the_large_messages_it_has_as_a_browser_does() -> None:
    again = ForwardMsg(ref_hash="seen")
    one, socket = viewer(chart("{}", "seen"), chart(), finished(), again, finished(), finished(), finished())
    for _ in range(4):
        asyncio.run(one.refresh())
    assert [list(asked.cached_message_hashes) for asked in socket.asked] == [[], ["seen"], ["seen"], []]


def test_a_page_without_a_live_panel_is_an_error() -> None:
    one, _ = viewer(chart(), finished(ForwardMsg.FINISHED_SUCCESSFULLY))
    with pytest.raises(RuntimeError, match="without a live panel"):
        asyncio.run(one.open())


def test_a_window_is_shared_out_among_its_refreshes() -> None:
    traffic = browser.Traffic()
    for message in (chart("x" * 100), finished(), chart("x" * 300), finished()):
        traffic.frame(message.SerializeToString())
    traffic.frame("text")
    before = {f"{part}Duration": 1.0 for part in browser.PARTS}
    seen = browser.window(before, before | {"TaskDuration": 1.3, "ScriptDuration": 1.1}, traffic)
    assert seen.refreshes == 2
    assert seen.milliseconds == pytest.approx(dict.fromkeys(browser.PARTS, 0.0) | {"Task": 150.0, "Script": 50.0})
    sizes = [len(chart("x" * count).SerializeToString()) for count in (100, 300)]
    assert seen.bytes["mtl_live_chart"] == sum(sizes) / 2
    traffic.clear()
    with pytest.raises(ValueError, match="no refresh"):
        browser.window(before, before, traffic)


def without_chromium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)


def without_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)


@pytest.mark.parametrize(("missing", "why"), [(without_chromium, "no Chromium"), (without_playwright, "playwright is")])
def test_without_a_browser_nothing_is_measured_and_it_says_why(
    missing: Callable[[pytest.MonkeyPatch], None], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing(monkeypatch)
    with pytest.raises(NotMeasured, match=why):
        browser._refresh(1)
    with pytest.raises(NotMeasured, match=why):
        browser._paint(0)(1)
