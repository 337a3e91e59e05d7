"""The runner is woken after the paint: once, in a thread, and its trouble is told."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mtl_core.errors import MTLError
from tests.waiting import wait_for
from ui.waking import Waking

HOME = Path("home")


def test_it_is_woken_once_however_often_it_is_asked_for() -> None:
    woken: list[Path] = []
    waking = Waking(woken.append, 0.05)
    for _ in range(5):
        waking.later(HOME)
    assert woken == [], "not before the page is painted"
    wait_for(lambda: woken)
    assert woken == [HOME]


def test_it_is_asked_for_again_after_it_was_woken() -> None:
    woken: list[Path] = []
    waking = Waking(woken.append, 0.0)
    waking.later(HOME)
    wait_for(lambda: len(woken) == 1)
    wait_for(lambda: threading.active_count() == 1 or waking._timer is None)
    waking.later(HOME)
    wait_for(lambda: len(woken) == 2)


def test_what_goes_wrong_is_told_the_next_time_and_it_is_tried_again() -> None:
    tried: list[Path] = []

    def fail(home: Path) -> None:
        tried.append(home)
        raise MTLError("the runner did not start within 20 s")

    waking = Waking(fail, 0.0)
    waking.later(HOME)
    wait_for(lambda: waking._timer is None)
    with pytest.raises(MTLError, match="did not start"):
        waking.later(HOME)
    wait_for(lambda: len(tried) == 2)
