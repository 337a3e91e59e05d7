"""The page of methods: the filter, the table, the cards; or one method alone, where the link names one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import link
from ui.methods import KINDS, ORDERS, Method, chosen, method_called, methods
from ui.methods_cards import LINK, card, method_name, sentence, show_alone
from ui.methods_costs import costs
from ui.methods_table import show_table
from ui.words import t


def method_list() -> None:
    """What the link asks for: one method, or those that the filter leaves."""
    name = link.get(LINK)
    method = method_called(name) if name else None
    if name and method is None:
        st.warning(t("methods.unknown", name=name[:60].replace("`", "")), icon=":material/link_off:")
    if method is not None:
        call: dict[str, Any] = {"on_click": show_alone, "args": (None,), "icon": ":material/arrow_back:"}
        st.button(t("methods.show_all"), key="show_all", **call)
        with st.container(border=True, width=720):
            card(method)
    else:
        found = _filtered()
        if not found:
            st.info(t("methods.nothing"), icon=":material/search_off:")
            return
        with st.expander(t("methods.table"), icon=":material/table_chart:", expanded=True):
            show_table(found)
            st.caption(t("methods.table_hint"))
        with st.grid("auto", min_column_width=320, gap="medium"):
            for one in found:
                with st.container(border=True, height="stretch"):
                    card(one)
    _below()


def _filtered() -> list[Method]:
    """The methods that the widgets leave, in their order."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kinds = {kind: t(f"methods.{kind}") for kind in ("all", *KINDS)}
        call: dict[str, Any] = {"default": "all", "required": True, "wrap": True, "key": "methods_kind"}
        kind = st.segmented_control(t("methods.kind"), kinds, format_func=kinds.__getitem__, **call)
        search = st.text_input(
            t("methods.search"), key="methods_search", placeholder=t("methods.search_hint"), icon=":material/search:"
        )
        orders = {order: t(f"methods.order_{order}") for order in ORDERS}
        order = st.selectbox(t("methods.order"), orders, format_func=orders.__getitem__, key="methods_order", width=150)
    measured = {method.name: costs().of(method.name) for method in methods()}
    found = chosen(
        methods(),
        kind=None if kind == "all" else kind,
        search=search,
        order=order or "listed",
        words={m.name: f"{m.name} {method_name(m)} {sentence(m)} {m.source}" for m in methods()},
        costs={name: cost for name, cost in measured.items() if cost is not None},
    )
    st.caption(t("methods.found", count=len(found), all=len(methods())))
    return found


def _below() -> None:
    """What the signs mean, and where the costs were measured."""
    st.caption(t("methods.symbols"))
    measured = costs()
    if measured.ratios:
        st.caption(t("methods.measured", machine=measured.machine, torch=measured.torch, date=measured.date))
