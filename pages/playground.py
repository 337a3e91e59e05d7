"""Playground: data → sharing → weights → what happens."""

import streamlit as st

from ui import (
    control_bar,
    form_state,
    frame,
    guard,
    picture,
    run_panel,
    shown_run,
    spec_form,
    steering,
    unknown_run,
)
from ui.fetch_dialog import fetch_if_asked
from ui.formula import adam_note
from ui.keyboard import press_keys
from ui.sliders import fine_toggle

guard.enter("pages/playground.py")

shown = shown_run.shown()
run_spec = shown.view.spec if shown.view else None
form_state.read_link(run_spec)
form_state.write_link(shown.id, frame.language_for_link(), run_spec)

spec_form.dropped_note()
shown_run.trouble()
if shown.id and shown.view is None:
    unknown_run.message(shown.id, private=shown.private)

with st.bottom:
    progress = control_bar.control_bar(shown)

with st.container(horizontal=True, gap="medium"):
    form, output = st.container(key="playground_form"), st.container(key="playground_output")
data, sharing, weights = form.columns([0.95, 1.3, 1.1], gap="small")
share, network, tie = (sharing.container() for _ in range(3))
weigh, formula, train = (weights.container() for _ in range(3))

with output:  # first in the script, so that a new point is drawn before the form is gone over
    frame.question("output")
    spec_form.problems()
    slots = run_panel.Slots(progress, formula, network, picture.picture)
    run_panel.show(shown, slots)

with data:
    frame.question("data")
    spec_form.data_section()

with share:
    frame.question("sharing")
    spec_form.sharing_section()
with tie:
    picture.larger()
    if shown.steerable:
        steering.steer_ties(shown.id)
    spec_form.sharing_details(ties=not shown.steerable)

with weigh:
    frame.question("weights")
    spec_form.weighting_choice()
    fine_toggle()
    if shown.steerable:
        steering.steer_weights(shown.id)
    else:
        spec_form.weight_sliders()
with train:
    adam_note()
    spec_form.training_section()

press_keys(control_bar.KEYS)
fetch_if_asked()
frame.bottom()
frame.wake_runner()
