"""What was found in a person's data, in the words of the page: what it is, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mtl_core.userdata.findings import Finding
from ui.plain_text import plain
from ui.words import t, t_or

LOOK: Mapping[str, str] = {
    "error": ":red[:material/error:]",
    "warning": ":orange[:material/warning:]",
    "note": ":gray[:material/info:]",
}
MOST_NOTES = 6
"""Notes that are shown at once; more are folded away."""
MOST_LINES = 100


def show(found: Sequence[Finding]) -> None:
    """A line a finding, the serious ones first; many notes are folded away."""
    notes = [finding for finding in found if finding.severity == "note"]
    serious = [finding for finding in found if finding.severity != "note"]
    if not found:
        st.markdown(f":green[:material/check_circle:] {t('own.nothing_found')}")
    folded = len(notes) > MOST_NOTES
    _lines(serious if folded else [*serious, *notes])
    if folded:
        with st.expander(t("own.notes", count=len(notes)), icon=":material/info:"):
            _lines(notes)


def _lines(found: Sequence[Finding]) -> None:
    if found:
        st.markdown("  \n".join(line(finding) for finding in found[:MOST_LINES]))


def line(found: Finding) -> str:
    """One finding as a line of Markdown: how serious, of which column, what it is, what to do."""
    values = {key: plain(str(value)) for key, value in found.values.items()}
    what = t_or(f"finding.{found.code}", plain(found.what), **values)
    advice = t_or(f"advice.{found.code}", "", **values)
    whose = f"**{plain(found.column)}** " if found.column else ""
    return f"{LOOK[found.severity]} {whose}{what}" + (f" :gray[– {advice}]" if advice else "")
