"""The race: methods walk toys together, so that one sees why they differ."""

import streamlit as st

from ui import form_state, frame, guard, race, race_choice, race_front
from ui.words import t

guard.enter("pages/race.py")
form_state.write_language(frame.language_for_link())
race_choice.read_link()

st.subheader(t("page.race"), anchor=False)
st.caption(t("race.about"))
race_choice.choose_toy()
if race_choice.toy() == "front":
    race_front.concave_front()
else:
    race.two_valleys()
race_choice.write_link()
frame.bottom()
