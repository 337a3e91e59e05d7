"""Data: a card for every data set."""

import streamlit as st

from mtl_core.datasets import DATASETS
from ui import data_card, form_state, frame, guard, own_cards, own_data
from ui.fetch_dialog import fetch_if_asked
from ui.words import t

guard.enter("pages/data.py")
form_state.write_language(frame.language_for_link())

st.subheader(t("page.data"), anchor=False)
st.caption(t("data.page_about"))
own_data.section()
own_cards.cards()
st.markdown(f"##### {t('own.built_in')}")
with st.grid("auto", min_column_width=380, gap="medium"):
    for name in DATASETS:
        with st.container(border=True, height="stretch"):
            data_card.card(name)
fetch_if_asked()
frame.bottom()
