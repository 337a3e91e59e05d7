"""The way to a data set's real file: a dialog that says how by hand, and downloads it in a process of its own."""

from __future__ import annotations

import streamlit as st

from mtl_core.datasets.base import Dataset
from mtl_core.execution.background import JobState
from mtl_core.execution.fetching import fetch_state, start_fetch
from mtl_core.settings import data_dir
from mtl_core.spec import DatasetSpec
from ui.names import dataset_title
from ui.words import t

FETCHING = "fetching"
STARTED_HERE = "fetch_started"
LIVE_SECONDS = 0.5


def fetch_button(dataset: str, place: str) -> None:
    """The one click to the real file; :func:`fetch_if_asked` at the page's end opens the dialog."""
    if st.button(t("data.fetch"), key=f"{place}:fetch:{dataset}", icon=":material/download:", type="tertiary"):
        st.session_state[FETCHING] = dataset
        st.rerun()


def fetch_if_asked() -> None:
    """The dialog that downloads what is missing and says how to do it by hand, if somebody asked for it."""
    name = st.session_state.pop(FETCHING, None)
    if name is not None:
        dataset = DatasetSpec(name=name).build()
        st.dialog(t("data.fetch_title", name=dataset_title(dataset.name)))(_dialog)(dataset)


def _dialog(dataset: Dataset) -> None:
    missing = dataset.missing_files(data_dir())
    if not missing:
        st.success(t("data.fetched"), icon=":material/check_circle:")
        return
    st.markdown(t("data.fetch_how"))
    for address, path in zip(dataset.file_urls(data_dir()), missing, strict=True):
        st.markdown(f"- [{address.rsplit('/', 1)[-1]}]({address}) → `{path}`")
    state = fetch_state(dataset.name)
    if state is None or state.status != "running":
        if state is not None and state.status == "failed" and st.session_state.get(STARTED_HERE) == dataset.name:
            st.error(state.message, icon=":material/cloud_off:")
        st.button(
            t("data.download"),
            type="primary",
            icon=":material/download:",
            key="fetch_now",
            on_click=_start,
            args=(dataset.name,),
        )
        return
    st.fragment(_follow, run_every=LIVE_SECONDS)(dataset.name)


def _start(name: str) -> None:
    st.session_state[STARTED_HERE] = name
    start_fetch(name)


def _follow(name: str) -> None:
    """Draw how far the download is; when it has ended, the page once more, with its dialog."""
    state = fetch_state(name)
    if state is None or state.status != "running":
        st.session_state[FETCHING] = name
        st.cache_data.clear()
        st.rerun()
    progress(state)


def progress(state: JobState) -> None:
    """The bar of a download under way."""
    share = min(1.0, state.done / state.total) if state.total else 0.0
    words = f"{state.what} · {state.done:,} {state.unit}" if state.what else t("data.connecting")
    st.progress(share, words)
