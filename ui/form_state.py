"""The form's state in this session: one draft, the widgets that show it, and the link that carries it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from mtl_core.errors import Problem
from mtl_core.spec import RunSpec
from ui import draft as drafts
from ui import link, own_access, url_state, whole_page
from ui.draft import Built, Draft
from ui.own_paths import data_of_draft
from ui.url_state import Dropped
from ui.words import language, t

DRAFT = "draft"
BUILT = "draft_built"
WRITTEN = "link_written"
DROPPED = "link_dropped"
SPOKEN = "widgets_spoken_in"
"""The language in which each widget was drawn last: one that lists words keeps the chosen one as it was written."""


def draft() -> Draft:
    """What this session has set so far."""
    found: Draft = st.session_state.setdefault(DRAFT, {})
    return found


def current() -> Built:
    """The spec that the draft means, and what is wrong with it.

    An own data set that this browser may not see, or that is deleted, is wrong; the spec is then without it.
    """
    data = data_of_draft(draft())
    refused = data if data and not own_access.usable(data) else ""
    cached = st.session_state.get(BUILT)
    if cached is None or cached[0] != (draft(), refused):
        cached = ((dict(draft()), refused), _built(draft(), refused))
        st.session_state[BUILT] = cached
    built: Built = cached[1]
    return built


def _built(draft: Draft, refused: str) -> Built:
    if not refused:
        return drafts.build(draft)
    built = drafts.build({path: value for path, value in draft.items() if not path.startswith(url_state.OF_DATA)})
    return Built(built.spec, (Problem("dataset.name", t("own.private"), refused), *built.problems))


def replace(new: Draft) -> None:
    """Put another draft in the place of this one; what equals a default is left out where all is right."""
    built = drafts.build(new)
    st.session_state[DRAFT] = dict(new) if built.problems else drafts.of_spec(built.spec)


def adopt(spec: RunSpec) -> None:
    """Fill the form with a run's spec."""
    st.session_state[DRAFT] = drafts.of_spec(spec)


def set_value(path: str, value: Any) -> None:
    """Set one field of the draft."""
    if path == "dataset.name":
        replace(drafts.with_dataset(draft(), value))
    else:
        before = {key: old for key, old in draft().items() if not key.startswith(f"{path}.")}
        replace(before | {path: value})


def drop(path: str) -> None:
    """Forget what was set for a field: its default applies again."""
    st.session_state[DRAFT] = {key: value for key, value in draft().items() if key != path}


def widget(path: str, value: Any, default: str = "value") -> dict[str, Any]:
    """Key and value of a field's widget, for its call, which it stands just before.

    Args:
        path: of the field.
        value: what the widget shall show.
        default: name of the widget's argument for that.
    """
    key = f"form:{path}"
    return {"key": key} | ({} if told_anew(key, value) else {default: value})


def told_anew(key: str, value: Any) -> bool:
    """Whether a widget is on the page at another value or in another language, so that it is told this one.

    A browser is told this once. A widget that appears must not depend on it: where two runs of the script follow each
    other closely, it may draw only what the second sent, which says no word of the value, and report the
    widget's default back as if somebody had set it. So the value is the default wherever the widget is not told.
    """
    spoken: dict[str, str] = st.session_state.setdefault(SPOKEN, {})
    before, spoken[key] = spoken.get(key, language()), language()
    if key not in st.session_state or (st.session_state[key] == value and before == language()):
        return False
    st.session_state[key] = value
    return True


def changed(path: str, key: str, read: Callable[[Any], Any] | None = None) -> None:
    """Callback of a field's widget: take its value into the draft."""
    value = st.session_state[key]
    set_value(path, read(value) if read else value)
    whole_page.needed()


def read_link(run_spec: RunSpec | None) -> None:
    """Take the form from the link where the link is new: at the first run of a session, and after back or forward.

    Args:
        run_spec: spec of the run that the link names; the form takes it where the link says no more.
    """
    parameters = {name: value for name, value in link.here().items() if name not in url_state.OTHERS}
    first = WRITTEN not in st.session_state
    if not first and (not parameters or parameters == st.session_state[WRITTEN]):
        return
    if parameters:
        found, dropped = url_state.from_params(parameters, own_access.usable)
        st.session_state[DRAFT] = found
        st.session_state[DROPPED] = dropped
    elif run_spec is not None:
        adopt(run_spec)
    st.session_state[WRITTEN] = parameters


def write_link(run: str | None, language: str | None, run_spec: RunSpec | None) -> None:
    """Bring the link up to date: the run, the language, and what in the form differs from the defaults."""
    parameters = url_state.to_params(drafts.of_spec(current().spec))
    if run and not parameters and run_spec is not None and drafts.of_spec(run_spec):
        parameters = {"dataset": current().spec.dataset.name}
    st.session_state[WRITTEN] = parameters
    view = link.get(url_state.VIEW)
    others = {name: value for name, value in (("run", run), ("lang", language), (url_state.VIEW, view)) if value}
    link.replace(others | parameters)


def write_language(language: str | None) -> None:
    """For pages without a form: the link holds the language alone."""
    if language:
        link.put("lang", language)


def dropped() -> list[Dropped]:
    """What had to be left out of the link with which this session began."""
    found: list[Dropped] = st.session_state.get(DROPPED, [])
    return found
