"""What a click begins is begun once, and every click is told what it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest

from ui import once
from ui.once import drawn


def test_two_clicks_at_the_same_time_get_the_same_thing() -> None:
    made, token, together = count(), drawn(), Barrier(8)

    def click() -> str:
        together.wait()
        return once.once(token, lambda: f"run {next(made)}")

    with ThreadPoolExecutor(8) as pool:
        found = {each.result() for each in [pool.submit(click) for _ in range(8)]}
    assert found == {"run 0"}
    assert next(made) == 1


def test_a_button_that_is_drawn_anew_begins_something_new() -> None:
    made = count()
    assert [once.once(drawn(), lambda: str(next(made))) for _ in range(3)] == ["0", "1", "2"]


def test_what_failed_is_tried_again() -> None:
    token = drawn()

    def fails() -> str:
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        once.once(token, fails)
    assert once.once(token, lambda: "run") == "run"


def test_old_tokens_are_forgotten() -> None:
    for _ in range(once.KEPT + 10):
        once.once(drawn(), lambda: "run")
    assert len(once._made) == once.KEPT


def test_what_a_session_began_waits_until_it_is_shown() -> None:
    run = once.once(drawn(), lambda: "begun here", by="one")
    assert once.unshown("other") is None
    assert once.unshown("one") == once.unshown("one") == run, "showing it may be stopped half-way as well"
    once.shown("one")
    assert once.unshown("one") is None


def test_what_was_shown_is_not_left() -> None:
    token = drawn()
    for _ in range(2):  # the second click is handed what the first has made
        once.once(token, lambda: "begun", by="one")
        once.shown("one")
        assert once.unshown("one") is None
