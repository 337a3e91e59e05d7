"""What all pages share: navigation, language, settings, and the owner's token."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import streamlit as st

from mtl_core import __version__
from mtl_core.errors import MTLError
from mtl_core.execution.local import ensure_runner, runner_info
from mtl_core.settings import data_dir, home_dir
from ui import link
from ui.live_chart import preload_plotly
from ui.owner import remember_owner
from ui.waking import Waking
from ui.words import LANGUAGES, SESSION_KEY, language, set_language, t

STYLES = Path(__file__).parent / "frontend" / "page.css"
ICON = str(Path(__file__).parent / "frontend" / "icon.svg")
PACKAGES = ("streamlit", "torch", "torchvision", "plotly")
BAD_LANGUAGE = "bad_language"


def pages() -> list[st.Page]:
    """Every page of the app, the Playground first."""
    return [
        st.Page("pages/playground.py", title=t("page.playground"), icon=":material/tune:", default=True),
        st.Page("pages/methods.py", title=t("page.methods"), icon=":material/functions:"),
        st.Page("pages/race.py", title=t("page.race"), icon=":material/flag:"),
        st.Page("pages/evaluation.py", title=t("page.evaluation"), icon=":material/query_stats:"),
        st.Page("pages/tradeoffs.py", title=t("page.tradeoffs"), icon=":material/balance:"),
        st.Page("pages/predict.py", title=t("page.predict"), icon=":material/psychology:"),
        st.Page("pages/runs.py", title=t("page.runs"), icon=":material/history:"),
        st.Page("pages/compare.py", title=t("page.compare"), icon=":material/compare:", visibility="hidden"),
        st.Page("pages/data.py", title=t("page.data"), icon=":material/database:"),
    ]


def language_from_link() -> None:
    """Take the language from the link; one that is not there is dropped, with a note."""
    wanted = link.get("lang")
    if wanted in LANGUAGES:
        st.session_state[SESSION_KEY] = wanted
    elif wanted is not None:
        st.session_state[BAD_LANGUAGE] = str(wanted)[:20]
        link.drop("lang")


def language_for_link() -> str | None:
    """The language to write into the link: the one that was chosen, if one was."""
    chosen = st.session_state.get(SESSION_KEY)
    return str(chosen) if chosen in LANGUAGES else None


def top(page: st.Page) -> None:
    """The line above every page: what it is, the language, the settings."""
    st.html(STYLES)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**MTL Lab** :gray[{t('page.tagline')}]", width="stretch")
        _language_switch()
        with st.popover(t("settings.title"), icon=":material/settings:", type="tertiary"):
            _settings()
    bad = st.session_state.pop(BAD_LANGUAGE, None)
    if bad:
        known = ", ".join(LANGUAGES)
        st.warning(t("page.bad_language", value=bad, known=known), icon=":material/link_off:")


def question(name: str) -> None:
    """The question that heads a column of the Playground."""
    st.markdown(f"##### {t(f'ask.{name}')}")


def bottom() -> None:
    """What every page ends with: components that take no room."""
    remember_owner()
    preload_plotly()


def wake_runner() -> None:
    """See to it that workers get warm while the page is read; a runner that has to be started comes after the paint."""
    home = home_dir()
    try:
        if runner_info(home) is not None:
            ensure_runner(home)
        else:
            _waking().later(home)
    except MTLError as error:
        st.error(str(error), icon=":material/error:")


@st.cache_resource(max_entries=1)
def _waking() -> Waking:
    """The one of this server."""
    return Waking(_start_runner)


def _start_runner(home: Path) -> None:
    ensure_runner(home)


def _language_switch() -> None:
    key = "language_switch"
    if st.session_state.get(key) != language():
        st.session_state[key] = language()
    call: dict[str, Any] = {"label_visibility": "collapsed", "on_change": _language_chosen, "args": (key,)}
    names = {"en": "EN"} | {code: name for code, name in LANGUAGES.items() if code != "en"}
    st.segmented_control(t("page.language"), list(names), required=True, key=key, format_func=names.__getitem__, **call)


def _language_chosen(key: str) -> None:
    """Callback: a browser that drew the switch between two runs of the script may report none; that is no choice."""
    if st.session_state[key] in LANGUAGES:
        set_language(st.session_state[key])


def _settings() -> None:
    runner = runner_info(home_dir())
    device = f"{runner.device} – {runner.why}" if runner and runner.device else t("settings.device_unknown")
    rows = {
        "data_folder": f"`{data_dir()}`",
        "home_folder": f"`{home_dir()}`",
        "device": device,
        "workers": str(runner.workers) if runner else t("settings.no_runner"),
        "versions": " · ".join([f"MTL Lab {__version__}", f"Python {platform.python_version()}", *_versions()]),
    }
    with st.container(gap="xsmall"):
        for name, text in rows.items():
            st.markdown(f":small[:gray[{t(f'settings.{name}')}]]  \n{text}")
    st.caption(t("settings.how"))
    st.caption(t("keyboard.hint"))


@st.cache_data(max_entries=1, show_spinner=False)
def _versions() -> list[str]:
    return [f"{name} {version(name)}" for name in PACKAGES]
