"""The page's way from a file to a data set: upload, see what is in it, confirm, use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import streamlit as st

from mtl_core.userdata import example
from mtl_core.userdata.adding import Report
from mtl_core.userdata.limits import PAGE
from ui import own_access, own_choice, own_findings, own_table, own_upload
from ui.names import dataset_title
from ui.own_facts import task_line
from ui.own_paths import OWN
from ui.own_upload import ADDED, Upload
from ui.plain_text import plain
from ui.words import t

FILES = ("csv", "tsv", "txt", "parquet", "zip")
UPLOADS = "own_uploads"
"""How many files were uploaded in this session: each has an uploader of its own, so that the next one is empty."""
READINGS: Mapping[str, tuple[str | None, ...]] = {
    "encoding": (None, "utf-8", "utf-16", "gb18030", "cp1252"),
    "delimiter": (None, ",", ";", "\t", "|"),
}
"""How a table of text can be read; None is found out."""


def section() -> None:
    """The card of what this session uploads: one step at a time."""
    with st.container(border=True, key="own_data"):
        upload = own_upload.current()
        if upload is None:
            st.markdown(f"##### {t('own.title')}")
            if not _ready():
                st.caption(t("own.about"))
            _uploader()
            return
        own_upload.read(upload)
        _heading(upload)
        if upload.inspection is None:
            _unreadable(upload)
        else:
            _confirm(upload)


def _uploader() -> None:
    key = f"own_file_{st.session_state.setdefault(UPLOADS, 0)}"
    call: dict[str, Any] = {"type": FILES, "on_change": _received, "args": (key,)}
    st.file_uploader(t("own.upload"), key=key, label_visibility="collapsed", **call)
    with st.popover(t("own.how"), icon=":material/help:", type="tertiary"):
        for name in ("table", "zip"):
            st.markdown(t(f"own.how_{name}"))
        st.caption(t("own.how_limits", size=PAGE.file // 2**20))
        st.download_button(
            t("own.example"), _example, "flats.csv", "text/csv", icon=":material/download:", on_click="ignore"
        )


def _received(key: str) -> None:
    """Callback of the uploader."""
    file = st.session_state[key]
    if file is not None:
        own_upload.receive(file.name, file.getvalue())
        st.session_state[UPLOADS] += 1


def _ready() -> bool:
    """What was added a moment ago, if anything was, and the way to its training."""
    data = st.session_state.get(ADDED)
    if not data or not own_access.usable(data):
        return False
    st.success(t("own.ready", name=dataset_title(OWN, {"data": data})), icon=":material/check_circle:")
    call: dict[str, Any] = {"type": "primary", "icon": ":material/tune:", "key": "own_to_playground"}
    if st.button(t("own.to_playground"), on_click=own_choice.choose, args=(own_choice.PREFIX + data,), **call):
        st.switch_page("pages/playground.py")
    return True


def _heading(upload: Upload) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        size = ""
        if upload.inspection:
            size = t("own.read", rows=f"{upload.inspection.rows:,}", columns=len(upload.names))
        st.markdown(f"##### {plain(upload.file)} :small[:gray[{size}]]", width="stretch")
        if upload.inspection and upload.inspection.origin.format != "parquet":
            with st.popover(t("own.reread"), icon=":material/text_fields:", type="tertiary"):
                _reading(upload)
        call: dict[str, Any] = {"icon": ":material/close:", "type": "tertiary", "key": "own_other_file"}
        st.button(t("own.other_file"), on_click=own_upload.forget, **call)


def _unreadable(upload: Upload) -> None:
    """Why the file cannot be read, with line and column, and what else can be tried."""
    st.error(f"**{t('own.unreadable')}**\n\n{plain(upload.trouble)}", icon=":material/error:")
    _reading(upload)


def _reading(upload: Upload) -> None:
    """How a table of text is read, where the guess was wrong."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for name, options in READINGS.items():
            key = f"own_{name}"
            shown = {option: str(option) for option in options} | {None: t("own.automatic"), "\t": t("own.tab")}
            call: dict[str, Any] = {"on_change": _reread, "args": (upload, name, key), "key": key, "width": 160}
            place = options.index(getattr(upload, name))
            st.selectbox(t(f"own.{name}"), options, place, format_func=shown.__getitem__, **call)
    call = {"on_change": _reread, "args": (upload, "leave_out", "own_leave_out"), "key": "own_leave_out"}
    st.toggle(t("own.leave_out"), upload.leave_out, **call)


def _reread(upload: Upload, name: str, key: str) -> None:
    """Callback: another way of reading."""
    setattr(upload, name, st.session_state[key])
    own_upload.read_again(upload)


def _confirm(upload: Upload) -> None:
    """What is in the file, what each column is used for, what was found; then its name, and the button."""
    assert upload.inspection is not None
    own_table.take_edits(upload)
    own_table.first_rows(upload.inspection)
    pictures = st.container(horizontal=True, gap="xsmall")
    own_table.targets(upload)
    own_table.editor(upload)
    report, wrong = own_upload.report(upload)
    if report is not None:
        with pictures:
            own_table.first_pictures(report.prepared)
    _findings(report, wrong)
    _use(upload, report)


def _findings(report: Report | None, wrong: list[str]) -> None:
    st.caption(t("own.found"))
    if wrong:
        st.error("\n".join(f"- {line}" for line in wrong) if len(wrong) > 1 else wrong[0], icon=":material/error:")
    if report is not None:
        own_findings.show(report.findings)


def _use(upload: Upload, report: Report | None) -> None:
    ready = report is not None and not report.errors
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        key = "own_name"
        st.text_input(t("own.name"), upload.title, max_chars=own_upload.LONGEST_TITLE, key=key, width=320)
        upload.title = st.session_state[key]
        call: dict[str, Any] = {"type": "primary", "icon": ":material/check:", "key": "own_use", "disabled": not ready}
        call |= {"help": None if ready else t("own.mend_first"), "on_click": _add, "args": (upload,)}
        st.button(t("own.use"), **call)
    if upload.refused:
        st.error(plain(upload.refused), icon=":material/error:")
    elif ready and report is not None:
        st.caption(t("own.will_predict", rows=f"{report.rows:,}", tasks=task_line(report.tasks)))


def _add(upload: Upload) -> None:
    """Callback: keep it, and choose it in the Playground."""
    upload.title = st.session_state.get("own_name", upload.title)
    added = own_upload.add(upload)
    if added:
        own_choice.choose(own_choice.PREFIX + added)


@cache
def _example() -> bytes:
    """A table as it may come: the example's flats with their first row of names."""
    names = [column.name for column in example.MANIFEST.columns]
    rows = [["" if cell is None else str(cell) for cell in row] for row in example.rows(example.ROWS)]
    return "".join(",".join(cells) + "\n" for cells in [names, *rows]).encode()
