"""Trade-offs: what each λ gives in every task, which of it no other run beats, and a search over any fields."""

import streamlit as st

from ui import compare_form, evaluation, form_state, frame, group_panel, guard, search_form, search_view, shown_run
from ui.words import t

guard.enter("pages/tradeoffs.py")
frame.wake_runner()
form_state.write_language(frame.language_for_link())

st.subheader(t("page.tradeoffs"), anchor=False)
st.caption(t("tradeoff.about"))
shown_run.trouble()
evaluation.linked()
evaluation.spec_line()
if evaluation.tradeoff_way() == "search":
    search_form.search_form()
    search_view.search_panel()
else:
    compare_form.defaults()
    evaluation.ask(compare_form.tradeoff_fields, compare_form.tradeoff_plan)
    group_panel.group_panel("tradeoff")
frame.bottom()
