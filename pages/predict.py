"""Predict: a finished run answers live to values, drawings, pictures and sentences of one's own."""

import streamlit as st

from ui import form_state, frame, guard, predicting, shown_run
from ui.words import t

guard.enter("pages/predict.py")
frame.wake_runner()
form_state.write_language(frame.language_for_link())

st.subheader(t("page.predict"), anchor=False)
st.caption(t("predict.about"))
shown_run.trouble()
predicting.play()
frame.bottom()
