"""Own data sets in the form: beside the built-in ones, by the names that their owners gave them."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from mtl_core.datasets import DATASETS
from mtl_core.spec import DatasetSpec
from mtl_core.userdata import catalogue, keeping
from ui import draft as drafts
from ui import form_state
from ui.names import dataset_name
from ui.own_paths import DATA, OWN, data_of_draft
from ui.owner import owner_token
from ui.words import t

PREFIX = f"{OWN}:"
"""In the list of data sets: ``own:<id>`` is one that somebody added; a bare name is a built-in one."""


def offered() -> dict[str, str]:
    """What can be chosen, and its name; own data sets and shared ones behind the built-in ones, newest first."""
    entries = catalogue.listing(owner_token())
    often = Counter(entry.name for entry in entries)
    names = {name: dataset_name(name) for name in DATASETS}
    for entry in entries:
        whose = t("own.yours") if entry.mine else t("own.from_others")
        tail = f" · {entry.id[-4:]}" if often[entry.name] > 1 else ""
        names[PREFIX + entry.id] = f"{entry.name} · {whose}{tail}"
    return names


def chosen(spec: DatasetSpec) -> str:
    """What the list shows for a spec's data set."""
    data = spec.options.get("data") if spec.name == OWN else ""
    return f"{PREFIX}{data}" if data else spec.name


def changed(key: str) -> None:
    """Callback of the list."""
    choose(st.session_state[key])


def choose(name: str) -> None:
    """Put a data set into the form: a built-in one by its name, an own one as ``own:<id>``."""
    if name.startswith(PREFIX):
        form_state.replace(drafts.with_dataset(form_state.draft(), OWN) | {DATA: name.removeprefix(PREFIX)})
    else:
        form_state.set_value("dataset.name", name)


def leave(data: str) -> None:
    """Take a data set that is deleted out of the form."""
    if data_of_draft(form_state.draft()) == data:
        kept = drafts.with_dataset(form_state.draft(), "")
        form_state.replace({path: value for path, value in kept.items() if path != "dataset.name"})


def idle_options(spec: DatasetSpec) -> set[str]:
    """Options of the data set that mean nothing for the one that was added; which one it is, is chosen by its name."""
    if spec.name != OWN:
        return set()
    data = spec.options.get("data")
    manifest = keeping.manifest_of(data) if data else None
    idle = {"data"}
    if manifest is None or manifest.pictures is None:
        idle |= {"size", "generation"}
    if manifest is None or not manifest.duplicates:
        idle |= {"group_duplicates"}
    return idle
