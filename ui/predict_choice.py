"""Which run is asked, and the run of the same tasks alone beside it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mtl_core.errors import RunNotFound
from mtl_core.execution.local import ensure_runner
from mtl_core.predicting import partner
from mtl_core.runs.records import RunRecord
from mtl_core.settings import home_dir
from mtl_core.spec import RunSpec, parse_spec
from ui import hub, link, own_access, shown_run
from ui.fields import choice_name
from ui.names import dataset_title
from ui.once import drawn, once
from ui.owner import owner_token
from ui.plain_text import plain
from ui.shown_run import CLI
from ui.words import t

MOST = 60
RUN = "predict_run"
LINK = "run"
REFUSED = "predict_refused"
"""Run of a link that cannot be asked, and its status where it may be seen; told until another run is chosen."""


def owners() -> tuple[str, str]:
    """Whose runs this browser is offered."""
    return owner_token(), CLI


def choose() -> RunRecord | None:
    """The run to ask: that of a link that was just opened, else the one chosen, else the newest; None without any."""
    offered = {run.id: run for run in hub.store().runs(owner=owners(), status="finished", limit=MOST)}
    linked = _linked()
    _tell_refused()
    wanted = linked.id if linked is not None else st.session_state.get(RUN)
    if linked is not None:
        offered = {linked.id: linked} | offered
    if not offered:
        return None
    if wanted not in offered:
        wanted = next(iter(offered))
    if st.session_state.get(RUN) != wanted:
        st.session_state[RUN] = wanted
    names = {run.id: title(run) for run in offered.values()}
    call: dict[str, Any] = {"format_func": names.__getitem__, "on_change": _chosen, "label_visibility": "collapsed"}
    st.selectbox(t("predict.which"), list(offered), key=RUN, width=560, **call)
    link.put(LINK, st.session_state[RUN])
    return offered[st.session_state[RUN]]


def _chosen() -> None:
    """Callback: what is chosen stands in the link."""
    st.session_state.pop(REFUSED, None)
    link.put(LINK, st.session_state[RUN])


def _linked() -> RunRecord | None:
    """The run that the link names, if it can be asked."""
    named = link.get(LINK)
    if not named:
        return None
    try:
        record = hub.store().get(named)
    except RunNotFound:
        record = None
    if record is None or record.trashed is not None or own_access.hidden(record):
        st.session_state[REFUSED] = (named[:40], "")
        return None
    if record.status != "finished":
        st.session_state[REFUSED] = (record.id, record.status)
        return None
    if record.id != st.session_state.get(RUN):
        st.session_state.pop(REFUSED, None)
    return record


def _tell_refused() -> None:
    """Why the run of a link is not the one that is asked."""
    named, status = st.session_state.get(REFUSED, ("", ""))
    if status:
        st.info(t("predict.not_finished", status=t(f"status.{status}")), icon=":material/hourglass:")
    elif named:
        st.warning(t("predict.unknown_run", run=plain(named)), icon=":material/link_off:")


def title(run: RunRecord) -> str:
    """What the choice calls a run."""
    data = dataset_title(str(run.spec["dataset"]["name"]), run.spec["dataset"].get("options"))
    network = choice_name("architecture_name", str(run.spec["architecture"]["name"]))
    weighting = choice_name("weighting_name", str(run.spec["weighting"]["name"]))
    name = run.label or run.name
    return " · ".join([*([name] if name else []), data, network, weighting, run.id[:4]])


def find(run: RunRecord) -> RunRecord | None:
    """The run of single-task networks that is there already; looks through the store, so not at each question."""
    if partner.is_alone(parse_spec(run.spec)):
        return None
    wanted = partner.alone_spec(run)
    return None if wanted is None else partner.find_alone(hub.store(), wanted, owners())


def beside(run: RunRecord, found: RunRecord | None) -> RunRecord | None:
    """The run of single-task networks, which may still train; offers to train one where there is none.

    Args:
        run: that is asked.
        found: of :func:`find`.
    """
    begun = _begun(run.id)
    if begun is not None:
        return _told(begun)
    if found is None:
        _offered(run)
    return found


def _offered(run: RunRecord) -> None:
    """The button that trains each task alone, or why there is none."""
    if partner.is_alone(parse_spec(run.spec)):
        st.caption(f":material/info: {t('predict.is_alone')}")
        return
    wanted = partner.alone_spec(run)
    if wanted is None:
        st.caption(f":material/block: {t('predict.cannot_be_alone')}")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(t("predict.no_partner"), width="content")
        call: dict[str, Any] = {"on_click": _train, "args": (run.id, wanted, drawn()), "icon": ":material/play_arrow:"}
        st.button(t("predict.train_alone"), key="train_alone", **call)


def _key(run: str) -> str:
    return f"predict_alone:{run}"


def _train(run: str, wanted: RunSpec, token: int) -> None:
    """Callback: start the single-task networks, at full pace."""
    with shown_run.told():
        own_access.check(wanted)
        store, owner, name = hub.store(), owner_token(), t("predict.alone_name")
        begun = once(token, lambda: store.create(wanted, owner, name=name))
        ensure_runner(home_dir())
        st.session_state[_key(run)] = begun


def _begun(run: str) -> RunRecord | None:
    """The partner that was started here, unless it was thrown away since."""
    begun = st.session_state.get(_key(run))
    try:
        record = hub.store().get(begun) if begun is not None else None
    except RunNotFound:
        return None
    return None if record is None or record.trashed is not None else record


def _told(record: RunRecord) -> RunRecord | None:
    """How far the partner is that was started here; None where it came to nothing."""
    if record.status == "finished":
        return record
    if record.ended_for_now:
        st.caption(f":red[{t('predict.alone_failed', status=t(f'status.{record.status}'))}]")
        return None
    share = min(1.0, record.step / record.total_steps) if record.total_steps else 0.0
    st.progress(share, text=t("predict.alone_trains", epoch=f"{record.epoch:.0f}", epochs=record.spec["epochs"]))
    return record
