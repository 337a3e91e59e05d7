"""What augmentation does: a few training pictures as they are kept, and as the network sees them at its first step."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.epochs import at_start
from ui.hub import RunView, Source
from ui.mask_viewer import as_bytes
from ui.picture_sheet import show_sheet
from ui.words import t

KIND = "augmented"


def offered(view: RunView) -> tuple[str, ...]:
    """The view, where a run changes pictures on their way into the network."""
    dataset = view.spec.dataset
    pictures = any(look.kind == "image" for look in dataset.inputs().values())
    return (KIND,) if dataset.augmentation and pictures else ()


def show(source: Source, view: RunView) -> None:
    """Draw it; runs from before it was kept have nothing to show."""
    found = at_start(source, view) or {}
    inputs = [name.removeprefix("augmented.") for name in found if name.startswith("augmented.")]
    if not inputs:
        st.caption(t("output.nothing_yet") if not found else t("augmented.none"))
    for name in inputs:
        both = np.stack([as_bytes(found[f"{which}.{name}"]) for which in ("given", "augmented")])
        show_sheet(both, t("augmented.about"), f"augmented_{name}", [t("augmented.given"), t("augmented.seen")])
    if inputs:
        st.caption(t("augmented.about"))
