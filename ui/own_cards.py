"""The data sets that a person added, and those that others share: a card each."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from mtl_core.errors import DataError
from mtl_core.spec import DatasetSpec
from mtl_core.userdata import catalogue, keeping
from mtl_core.userdata.catalogue import Entry
from mtl_core.userdata.checks import check
from mtl_core.userdata.exporting import exported
from mtl_core.userdata.findings import Finding, by_severity
from ui import data_card, own_choice, own_findings
from ui.own_facts import facts, task_line
from ui.own_paths import OWN
from ui.owner import owner_token
from ui.plain_text import plain
from ui.words import t

DELETING = "own_deleting"
TROUBLE = "own_trouble"


def cards() -> None:
    """A card for each data set that this browser may see; nothing where there is none."""
    message = st.session_state.pop(TROUBLE, None)
    if message:
        st.error(plain(message), icon=":material/error:")
    entries = catalogue.listing(owner_token())
    if not entries:
        return
    st.markdown(f"##### {t('own.kept')}")
    with st.grid("auto", min_column_width=380, gap="medium"):
        for entry in entries:
            with st.container(border=True, height="stretch", key=f"own_card:{entry.id}"):
                _card(entry)
    if DELETING in st.session_state:
        _confirm(st.session_state[DELETING])


def _card(entry: Entry) -> None:
    manifest = keeping.manifest_of(entry.id)
    st.markdown(f"##### {plain(entry.name)}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _badge(entry)
        _found(entry.id)
        if entry.mine:
            _share_switch(entry)
    st.markdown(f"{facts(manifest)}  \n{task_line(manifest.tasks())}")
    spec = DatasetSpec(name=OWN, options={"data": entry.id})
    data_card.show_preview(data_card.preview_of(spec)[0], spec.build(), entry.id)
    st.space("stretch")
    _buttons(entry)
    if entry.mine and entry.shared:
        st.code(link(entry.id), language=None, wrap_lines=True)


def _badge(entry: Entry) -> None:
    if not entry.mine:
        st.badge(t("own.others_badge"), icon=":material/group:", color="blue")
    elif entry.shared:
        st.badge(t("own.shared_badge"), icon=":material/group:", color="blue", help=t("own.shared_help"))
    else:
        st.badge(t("own.private_badge"), icon=":material/lock:", color="gray", help=t("own.private_help"))


@st.cache_data(max_entries=64, show_spinner=False)
def _findings(data: str, home: str) -> list[Finding]:
    """What was found when it was added; its rows never change, so neither does this."""
    kept = [Finding(**raw) for raw in keeping.json_of(data, keeping.FINDINGS)]
    return by_severity([*kept, *check(keeping.prepared_of(data))])


def _found(data: str) -> None:
    """How many findings, and which."""
    try:
        found = _findings(data, str(keeping.folder()))
    except DataError as error:
        st.caption(f":red[:material/error: {plain(str(error))}]")
        return
    if not found:
        st.caption(f":green[:material/check_circle:] {t('own.findings_none')}")
        return
    label = t("own.findings_one") if len(found) == 1 else t("own.findings_many", count=len(found))
    with st.popover(label, icon=":material/lightbulb:", type="tertiary", key=f"own_found:{data}"):
        own_findings.show(found)


def _buttons(entry: Entry) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        choice = own_choice.PREFIX + entry.id
        call: dict[str, Any] = {"on_click": own_choice.choose, "args": (choice,), "icon": ":material/tune:"}
        if st.button(t("data.use"), key=f"use:{choice}", **call):
            st.switch_page("pages/playground.py")
        if not entry.mine:
            return
        call = {"icon": ":material/download:", "on_click": "ignore", "help": t("own.export_help"), "type": "tertiary"}
        made = partial(exported, entry.id)
        name = f"{entry.id.rsplit('-', 1)[0]}.zip"
        st.download_button(t("own.export"), made, name, "application/zip", key=f"own_export:{entry.id}", **call)
        call = {"on_click": _ask, "args": (entry.id,), "icon": ":material/delete:", "type": "tertiary"}
        st.button(t("own.delete"), key=f"own_delete:{entry.id}", **call)


def _share_switch(entry: Entry) -> None:
    key = f"own_share:{entry.id}"
    call: dict[str, Any] = {"on_change": _share, "args": (entry.id, key), "help": t("own.share_help")}
    st.toggle(t("own.share"), entry.shared, key=key, **call)


def link(data: str) -> str:
    """The address that opens the Playground with this data set."""
    here = urlsplit(st.context.url or "")
    root = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    return f"{root}/?{urlencode({'dataset': OWN, 'option.data': data})}"


def _share(data: str, key: str) -> None:
    """Callback of the switch."""
    try:
        catalogue.share(data, owner_token(), shared=bool(st.session_state[key]))
    except DataError as error:
        st.session_state[TROUBLE] = str(error)


def _ask(data: str) -> None:
    st.session_state[DELETING] = data


def _confirm(data: str) -> None:
    @st.dialog(t("own.delete_title"), on_dismiss=_let_be)
    def dialog() -> None:
        st.markdown(t("own.delete_question", name=f"**{plain(keeping.manifest_of(data).name)}**"))
        with st.container(horizontal=True):
            call: dict[str, Any] = {"on_click": _delete, "args": (data,), "icon": ":material/delete:"}
            if st.button(t("own.delete_now"), type="primary", key="own_delete_now", **call):
                st.rerun()
            if st.button(t("own.keep"), key="own_delete_not", on_click=_let_be):
                st.rerun()

    dialog()


def _let_be() -> None:
    st.session_state.pop(DELETING, None)


def _delete(data: str) -> None:
    """Callback: the rows are gone; the form goes back to a built-in data set where it held this one."""
    _let_be()
    try:
        catalogue.remove(data, owner_token())
    except DataError as error:
        st.session_state[TROUBLE] = str(error)
        return
    own_choice.leave(data)
    data_card.forget_previews()
