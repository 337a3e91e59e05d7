"""Which run this session looks at, and what may be ordered of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mtl_core.control import Command
from mtl_core.errors import MTLError, RunNotFound
from mtl_core.execution.local import ensure_runner
from mtl_core.paths import get_path
from mtl_core.runs.records import RunRecord
from mtl_core.settings import home_dir
from mtl_core.spec import EVERY, RunSpec, steering_rule
from ui import form_state, hub, link, once, own_access, whole_page
from ui.hub import LAMBDAS, RunView
from ui.owner import owner_token

RUN = "shown_run"
TROUBLE = "order_trouble"
PACE = "pace"
PACES: dict[str, float | None] = {"slow": 60.0, "watch": 15.0, "full": None}
"""Seconds that a whole run takes at least."""
CLI = "cli"
SETTLE_SECONDS = 2.0
POLL_SECONDS = 0.02
ANSWER_SECONDS = 0.4
"""The longest that an order holds back the page: a step may be long, and the page follows by itself later."""
FLIPS = ("pause", "resume", "stop")
"""Orders that change what the control bar offers."""
FIRST_POINT_SECONDS = 0.25
"""The longest that Start holds back the page; a worker that is not warm takes seconds, and the page comes first."""


@dataclass(frozen=True)
class Shown:
    """What the session looks at.

    Attributes:
        id: of the run, or None for the recorded one.
        view: of the run; None where the id is nobody's.
        mine: whether this browser may steer it.
        private: whether it is somebody else's on data that are not shared, and so not shown.
    """

    id: str | None = None
    view: RunView | None = None
    mine: bool = False
    private: bool = False

    @property
    def live(self) -> bool:
        """Whether it goes on, or waits to."""
        return self.view is not None and not self.view.ended

    @property
    def steerable(self) -> bool:
        """Whether λ, γ and learning rate act on it at once."""
        return self.live and self.mine and not self.together

    @property
    def together(self) -> bool:
        """Whether it trains as one with other runs of its group."""
        return self.live and self.view is not None and self.view.series.started.get("engine") == "batched"


def shown() -> Shown:
    """The run of the link, else the one that this session looked at last; before both one that it has just begun."""
    if begun := once.unshown(_session()):
        show(begun)
        once.shown(_session())
    named = link.get("run") or st.session_state.get(RUN)
    if not named:
        return Shown()
    st.session_state[RUN] = named
    try:
        view = hub.hub().view(named)
    except RunNotFound:
        return Shown(named)
    if view.record.trashed is not None:
        return Shown(named)
    if own_access.hidden(view.record):
        return Shown(named, private=True)
    return Shown(named, view, view.record.owner in (owner_token(), CLI))


def show(run: str | None) -> None:
    """Look at another run, or at the recorded one; for callbacks."""
    if run is None:
        st.session_state.pop(RUN, None)
        link.drop("run")
    else:
        st.session_state[RUN] = run
        link.put("run", run)


def open_later(run: str, key: str) -> None:
    """Callback: the run's spec into the form, its id under ``key``, where a page finds it and goes to the Playground.

    A callback cannot change the page itself.
    """
    with told():
        form_state.adopt(hub.hub().fresh(run).spec)
        st.session_state[key] = run


def start(token: int) -> None:
    """Callback of Start: train what the form says; once for each token (:mod:`ui.once`)."""
    built = form_state.current()
    if not built.problems:
        _begin(built.spec, token)
    whole_page.needed()


def restart(run: str, token: int, *, keep_schedule: bool) -> None:
    """Callback: the same spec from its beginning, with the changes made by hand (replay) or without (restart)."""
    with told():
        view = hub.hub().fresh(run)
        if not view.ended:
            hub.store().send(run, Command("stop"))
        spec = view.spec if keep_schedule else view.spec.model_copy(update={"schedule": []})
        form_state.adopt(spec)
        _begin(spec, token)
    whole_page.needed()


def order(run: str, name: Any) -> None:
    """Callback of pause, resume, step, epoch and stop."""
    with told():
        before = hub.store().get(run).status
        hub.store().send(run, Command(name))
        if name in FLIPS:
            answered(run, ANSWER_SECONDS, lambda record: record.status != before)


def order_shown(run: str, name: Any) -> None:
    """As :func:`order`, for the run that the session looks at.

    Args:
        run: for which the button was drawn; where another was begun since, which the page does not
            show yet, that one is meant.
        name: of the order.
    """
    order(st.session_state.get(RUN, run), name)


def go_on(run: str, more_epochs: int = 0, token: int | None = None) -> None:
    """Callback of resume and continue: back into the queue from the last checkpoint, where it is not there yet.

    Args:
        run: its id.
        more_epochs: beyond the planned ones.
        token: of the button's drawing (:mod:`ui.once`): a quick run may have ended again when a click comes twice.
    """

    def requeue() -> str:
        hub.store().requeue(run, more_epochs)
        return run

    with told():
        record = hub.store().get(run)
        if record.ended_for_now:
            own_access.check_again(record)
            once.once(once.drawn() if token is None else token, requeue)
            hub.hub().fresh(run)  # else the page is drawn for the end that another drawing read a moment ago, and stays
        ensure_runner(home_dir())
        show(run)


def go_on_shown(run: str) -> None:
    """As :func:`go_on`, for the control bar."""
    go_on(run)
    whole_page.needed()


def go_on_for(run: str, key: str, token: int) -> None:
    """Callback of continue, for as many epochs as its field says."""
    go_on(run, max(1, int(st.session_state[key] or 1)), token)
    whole_page.needed()


def set_pace(run: str | None) -> None:
    """Callback of the pace: at once where a run goes on, and for the next ones."""
    if run is not None:
        with told():
            hub.store().send(run, Command("pace", value=PACES[st.session_state[PACE] or "watch"]))
            hub.hub().fresh(run)  # else the switch goes back to the pace that was read a moment ago
    whole_page.needed()


def steer(path: str, key: str, run: str) -> None:
    """Callback of a slider beside a run."""
    steer_to(path, float(st.session_state[key]), run)


def steer_to(path: str, value: float, run: str) -> None:
    """One order to the run, and the form keeps the value for the next one."""
    with told():
        hub.store().send(run, Command("set", path, value))
    st.session_state[_steered(run, path)] = (value, time.monotonic())
    if get_path(form_state.current().spec, path) is not None:
        form_state.set_value(path, value)


def steer_every(view: RunView, value: float, exceptions: Mapping[str, float]) -> None:
    """λ of all tasks at once, in one order where the engine takes one; exceptions keep theirs."""
    run, path = view.record.id, f"{LAMBDAS}{EVERY}"
    whole = steering_rule(view.spec, path, value) is None
    changes = {path: value} if whole else {f"{LAMBDAS}{task}": value for task in view.spec.tasks}
    changes |= {f"{LAMBDAS}{task}": kept for task, kept in exceptions.items() if whole or kept != value}
    with told():
        hub.store().send(run, *(Command("set", name, float(number)) for name, number in changes.items()))
    st.session_state[_steered(run, path)] = (value, time.monotonic())


def ordered(run: str, path: str) -> float | None:
    """What was ordered here a moment ago, and the run may not have told yet."""
    value, at = st.session_state.get(_steered(run, path), (0.0, float("-inf")))
    return float(value) if time.monotonic() - at < SETTLE_SECONDS else None


def steered(view: RunView, path: str, planned: float) -> float:
    """Where a slider beside a run stands: at what was ordered here a moment ago, else where the run is."""
    found = ordered(view.record.id, path)
    return view.value(path, planned) if found is None else found


def trouble() -> None:
    """What the last order ran into, once."""
    message = st.session_state.pop(TROUBLE, None)
    if message:
        st.error(message, icon=":material/error:")


def _begin(spec: RunSpec, token: int) -> None:
    with told():
        own_access.check(spec)
        store, owner, pace = hub.store(), owner_token(), PACES[st.session_state.get(PACE) or "watch"]
        run = once.once(token, lambda: store.create(spec, owner, pace=pace), by=_session())
        ensure_runner(home_dir())
        show(run)
        once.shown(_session())
        answered(run, FIRST_POINT_SECONDS, lambda record: record.step > 0 or record.ended_for_now)


def _session() -> str:
    """This tab's."""
    context = get_script_run_ctx(suppress_warning=True)
    return "" if context is None else context.session_id


def answered(run: str, seconds: float, done: Callable[[RunRecord], bool]) -> None:
    """Wait a moment for the worker, so that what is drawn after a click already shows what it did."""
    until = time.monotonic() + seconds
    while not done(hub.store().get(run)) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    hub.hub().fresh(run)


def _steered(run: str, path: str) -> str:
    return f"steered:{run}:{path}"


@contextmanager
def told() -> Iterator[None]:
    """Keep an error that a person can mend for :func:`trouble`, so that a callback does not end the page."""
    try:
        yield
    except MTLError as error:
        st.session_state[TROUBLE] = str(error)
