"""What a newcomer sees where there is no run yet: the data themselves, under a line that says how to get a run."""

from __future__ import annotations

import streamlit as st

from mtl_core.spec import DatasetSpec
from ui import data_card
from ui.fetch_dialog import fetch_button
from ui.names import dataset_title
from ui.words import t


def first_sight(dataset: DatasetSpec) -> None:
    """The empty-state line, and below it the first pictures or rows, or what stands in their way."""
    preview, missing = data_card.preview_of(dataset)
    with st.container(key="first_sight"):
        with st.container(border=True, gap="xsmall"):
            title = dataset_title(dataset.name, dataset.options)
            st.markdown(f"##### :material/monitoring: {t('output.none', name=title)}")
            st.caption(t("output.none_hint"))
        st.markdown(f"##### {t('preview.title')}")
        if preview.images is None and not preview.rows:
            st.caption(t("preview.nothing"))
        data_card.show_preview(preview, dataset.build(), "first_sight")
        if missing:
            fetch_button(dataset.name, "first_sight")
