"""What a person wants to know of a data set before choosing it, and the way to its real file."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Dataset, Preview, Source
from mtl_core.datasets.own import Own
from mtl_core.errors import MTLError
from mtl_core.settings import data_dir
from mtl_core.spec import DatasetSpec
from mtl_core.tasks import Task
from mtl_core.userdata import keeping
from ui import form_state, own_facts
from ui.colours import task_colours
from ui.fetch_dialog import fetch_button
from ui.many_tasks import many
from ui.markup import show_markup
from ui.names import dataset_title, unit_name
from ui.plain_text import plain
from ui.preview_picture import preview_markup
from ui.words import t, t_or

STAND_IN = ("synthetic",)


@st.cache_data(ttl=10, max_entries=32, show_spinner=False)
def _preview(name: str, options: dict[str, Any], folder: Path) -> tuple[Preview, tuple[str, ...]]:
    dataset = DATASETS[name].model_validate({"name": name, **options})
    missing = dataset.missing_files(folder)
    try:
        return dataset.preview(folder), missing
    except (MTLError, OSError, ValueError) as error:
        logging.getLogger(__name__).exception("no preview of %s", name)
        source: Source = "published" if dataset.card.real else "generated"
        return Preview(source, notes=(f"It cannot be shown: {plain(str(error))}",)), missing


def preview_of(spec: DatasetSpec) -> tuple[Preview, tuple[str, ...]]:
    """A first look at a data set, and the real files that are missing; read at most each 10 s."""
    return _preview(spec.name, spec.options, data_dir())


def forget_previews() -> None:
    """After a data set was deleted."""
    _preview.clear()


def source_badge(source: str, notes: Sequence[str] = ()) -> None:
    """Whether rows are real or a synthetic stand-in; why, when pointed at."""
    if source == "user":
        st.badge(t("data.user"), icon=":material/person:", color="blue", help=t("source.user"))
    elif source in STAND_IN:
        tip = "\n\n".join(notes) or t("data.stand_in_help")
        st.badge(t("data.stand_in"), icon=":material/science:", color="orange", help=tip)
    elif source == "generated":
        tip = "\n\n".join((t("data.generated_help"), *notes))
        st.badge(t("data.generated"), icon=":material/draw:", color="blue", help=tip)
    else:
        tip = "\n\n".join((t_or(f"source.{source}", source), *notes))
        st.badge(t("data.real"), icon=":material/verified:", color="green", help=tip)


def held_badge(started: Mapping[str, Any]) -> None:
    """That a run's rows are streamed, where they are; ``started``: the data of its ``started`` event."""
    if started.get("held") == "streamed":
        st.badge(t("data.streamed"), icon=":material/stream:", color="gray", help=t("data.streamed_help"))


def badge_row(spec: DatasetSpec) -> None:
    """Real or not, the card, and the way to the real file where it is missing."""
    preview, missing = preview_of(spec)
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        _badge(preview, missing)
        about = st.popover(
            t("data.about"), icon=":material/info:", type="tertiary", key=f"about:{spec.name}", on_change="rerun"
        )
        if about.open:  # it would cost the first paint time
            with about:
                st.markdown(f"**{dataset_title(spec.name, spec.options)}**")
                facts(spec.build())
                show_preview(preview, spec.build(), "about")
        if missing:
            fetch_button(spec.name, "form")


def facts(dataset: Dataset) -> None:
    """Size, tasks with units, origin, licence and citation."""
    card = dataset.card
    rows_of_tasks = _task_groups(dataset.tasks()) if many(dataset.tasks()) else _task_lines(dataset.tasks())
    if isinstance(dataset, Own) and dataset.data:
        rows = [("size", own_facts.facts(keeping.manifest_of(dataset.data))), ("tasks", "  \n".join(rows_of_tasks))]
    else:
        rows = [
            ("size", card.size),
            ("tasks", "  \n".join(rows_of_tasks)),
            ("origin", f"[{card.origin}]({card.url})"),
            ("licence", card.licence),
            ("citation", card.citation),
        ]
    with st.container(gap="xsmall"):
        for name, text in rows:
            st.markdown(f":small[:gray[{t(f'data.{name}')}]]  \n{text}")


def _task_lines(tasks: Sequence[Task]) -> list[str]:
    colours = task_colours([task.name for task in tasks])
    return [f':color[●]{{foreground="{colours[task.name]}"}} **{task.name}** ({_kind(task)})' for task in tasks]


def _task_groups(tasks: Sequence[Task]) -> list[str]:
    """Of many tasks a line a kind, with the first and the last of it."""
    groups: dict[str, list[str]] = {}
    for task in tasks:
        groups.setdefault(_kind(task), []).append(task.name)
    return [
        t("data.many_tasks", count=len(names), first=names[0], last=names[-1], kind=kind)
        for kind, names in groups.items()
    ]


def _kind(task: Task) -> str:
    """Kind, unit and classes of a task, in words."""
    unit = f", {unit_name(task.unit)}" if task.unit else ""
    classes = f", {t('data.classes', count=len(task.classes))}" if task.classes else ""
    return f"{t_or(f'kind.{task.kind}', task.kind)}{unit}{classes}"


def show_preview(preview: Preview, dataset: Dataset, key: str) -> None:
    """The first rows or pictures, and what should be known of them.

    Args:
        preview: of the data set.
        dataset: for the colours of its tasks.
        key: keeps the node the same one.
    """
    tasks = [task.name for task in dataset.tasks()]
    markup = preview_markup(preview, {} if many(tasks) else task_colours(tasks))
    if markup:
        show_markup(markup, key=f"preview:{key}")
    for note in preview.notes:
        st.caption(f":material/info: {note}")


def card(name: str) -> None:
    """The whole card of a data set, for the page of data."""
    spec = DatasetSpec(name=name)
    preview, missing = preview_of(spec)
    st.markdown(f"##### {dataset_title(name)}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _badge(preview, missing)
        if missing:
            fetch_button(name, "card")
    show_preview(preview, spec.build(), name)
    facts(spec.build())
    st.space("stretch")
    call: dict[str, Any] = {"on_click": _use, "args": (name,), "icon": ":material/tune:"}
    if st.button(t("data.use"), key=f"use:{name}", **call):
        st.switch_page("pages/playground.py")


def _use(name: str) -> None:
    form_state.set_value("dataset.name", name)


def _badge(preview: Preview, missing: tuple[str, ...]) -> None:
    if missing and preview.source not in STAND_IN:
        st.badge(t("data.missing"), icon=":material/cloud_off:", color="orange")
    else:
        source_badge(preview.source)
