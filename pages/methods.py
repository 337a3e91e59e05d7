"""Methods: every weighting, architecture and term, with its formula, paper and cost."""

import streamlit as st

from ui import form_state, frame, guard, methods_page
from ui.words import t

guard.enter("pages/methods.py")
form_state.write_language(frame.language_for_link())

st.subheader(t("page.methods"), anchor=False)
st.caption(t("methods.about"))
methods_page.method_list()
frame.bottom()
