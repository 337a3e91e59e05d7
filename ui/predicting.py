"""The page of predictions: a finished run answers while its inputs are moved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mtl_core.errors import MTLError
from mtl_core.execution.predicting import STARTING, Predictor
from mtl_core.runs.records import RunRecord
from mtl_core.settings import home_dir
from mtl_core.spec import RunSpec, parse_spec
from ui import predict_board, predict_choice, predict_data, predict_question
from ui.words import t

WAITING_SECONDS = 0.3
OWN_TYPES = ("png", "jpg", "jpeg", "webp", "bmp", "gif")
OWN_MEGABYTES = 20


@st.cache_resource(max_entries=2)
def _predictor(home: Path) -> Predictor:
    return Predictor(home)


def predictor() -> Predictor:
    """The process that answers, one for all sessions of this server."""
    return _predictor(home_dir())


def play() -> None:
    """The whole page."""
    run = predict_choice.choose()
    if run is None:
        st.info(t("predict.none"), icon=":material/inbox:")
        st.page_link("pages/playground.py", label=t("runs.to_playground"), icon=":material/tune:")
        return
    st.fragment(_body, run_every=WAITING_SECONDS if _goes_on(run) else None)(run, predict_choice.find(run))


def _goes_on(run: RunRecord) -> bool:
    """Whether something happens by itself: a network that is read, or single tasks that train."""
    return bool(st.session_state.get(f"predict_goes_on:{run.id}", True))


def _body(run: RunRecord, found: RunRecord | None) -> None:
    before = _goes_on(run)
    about, goes_on = _opened(run)
    if about is not None:
        beside = predict_choice.beside(run, found)
        trains = beside is not None and beside.status != "finished"
        partner, loading = _opened(beside) if beside is not None and not trains else (None, False)
        goes_on = trains or loading
        goes_on |= not _board(run, about, [beside.id] if beside is not None and partner is not None else [])
    st.session_state[f"predict_goes_on:{run.id}"] = goes_on
    if goes_on != before:
        st.rerun()


def _opened(run: RunRecord) -> tuple[dict[str, Any] | None, bool]:
    """What there is to know of a run that is open, and whether it is still being read."""
    try:
        state = predictor().open(run.id)
    except MTLError as error:
        state = {"status": "failed", "message": str(error)}
    if state["status"] == "ready":
        return state["about"], False
    if state["status"] == "loading":
        total, what = state["total"], str(state["what"])
        words = t("predict.start") if what == STARTING else t("predict.load", what=what)
        st.progress(min(1.0, state["done"] / total) if total else 0.0, text=words)
        return None, True
    st.error(str(state["message"]), icon=":material/error:")
    st.button(t("predict.again"), key=f"again:{run.id}", icon=":material/refresh:", on_click=_again, args=(run.id,))
    return None, False


def _again(run: str) -> None:
    """Callback: read a run that could not be read once more."""
    predictor().forget(run)


def _board(run: RunRecord, about: Mapping[str, Any], beside: Sequence[str]) -> bool:
    """The board with the answers to its last question; False where a network has to be read first."""
    spec = parse_spec(run.spec)
    key, kept = f"predict:{run.id}", f"predict_answers:{run.id}"
    place = st.container()
    own = _own_picture(spec)
    asked, error = predict_board.asked(key), ""
    there = True
    try:
        answers = predictor().ask([run.id, *beside], predict_question.question_of(spec, asked, own))
        there = answers is not None
        if answers is not None:
            st.session_state[kept] = answers
    except MTLError as problem:
        error = str(problem)
    name = hashlib.sha256(own).hexdigest()[:12] if own else ""
    shown = st.session_state.get(kept, [])
    with place:
        predict_board.board(
            predict_data.board_data(about, spec, shown, seq=int(asked["seq"]), error=error, own=name), key=key
        )
    return there


def _own_picture(spec: RunSpec) -> bytes | None:
    """The file that a person has brought for a network that sees pictures."""
    if not any(one.kind == "image" for one in spec.dataset.inputs().values()):
        return None
    with st.expander(t("predict.own_title"), icon=":material/add_photo_alternate:"):
        call: dict[str, Any] = {"type": list(OWN_TYPES), "max_upload_size": OWN_MEGABYTES}
        file = st.file_uploader(t("predict.own_file"), key="predict_own", help=t("predict.own_help"), **call)
    return file.getvalue() if file is not None else None
