"""One message for all that a panel keeps up to date anywhere on the page, instead of one for each element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui import parts
from ui.live_chart import ChartData, chart_update
from ui.markup import markup_update
from ui.sent import panel

KEY = "feed"


def feed(markup: Mapping[str, str], charts: Mapping[str, tuple[ChartData, Mapping[str, Any]]]) -> None:
    """Bring slots up to date; what is in them already does not travel.

    Args:
        markup: by the slot's key.
        charts: likewise, with what :func:`ui.live_chart.live_chart` was called with besides.

    Raises:
        RuntimeError: outside of a panel.
    """
    sent = panel()
    if sent is None:
        raise RuntimeError("feed() must be called while a panel is drawn (ui.sent.Sent.drawing)")
    slots: dict[str, Any] = {key: markup_update(text, sent, key=key) for key, text in markup.items()}
    slots |= {key: chart_update(figure, sent, key=key, **call) for key, (figure, call) in charts.items()}
    parts.mount("feed", {"slots": slots}, key=KEY, on_whole_change=sent.forget)
