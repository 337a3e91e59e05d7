"""The columns of an upload: which shall be predicted, and an editable table of how each is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from mtl_core.userdata.inspection import Inspection
from mtl_core.userdata.prepared import Prepared
from ui import own_uses
from ui.own_upload import Upload
from ui.own_uses import ROLES, TYPES, UNIT, Uses
from ui.words import t

if TYPE_CHECKING:
    import pandas as pd

TARGETS = "own_targets"
ROW_HEIGHT = 35
ROWS_SEEN = 4.5
"""Rows of the preview that are seen at once; the others are there to scroll to."""
PICTURES = 12
PICTURE_WIDTH = 48


def take_edits(upload: Upload) -> None:
    """Take what was changed in the table since it was drawn; before anything else is drawn of it."""
    state = st.session_state.get(upload.editor) or {}
    upload.uses = own_uses.edited(upload.uses, upload.names, state.get("edited_rows", {}))


def targets(upload: Upload) -> None:
    """Which columns shall be predicted: the one question that nobody else can answer."""
    assert upload.inspection is not None
    options = own_uses.possible_targets(upload.inspection, upload.uses)
    st.session_state[TARGETS] = [name for name in options if upload.uses[name].role == "target"]
    call: dict[str, Any] = {"on_change": _targets_changed, "args": (upload,), "key": TARGETS}
    call |= {"help": t("own.ask_targets_help"), "placeholder": t("own.choose_targets"), "select_all": False}
    st.multiselect(t("own.ask_targets"), options, **call)


def _targets_changed(upload: Upload) -> None:
    """Callback: the table is made anew, since its own edits would hide what was chosen here."""
    assert upload.inspection is not None
    take_edits(upload)
    upload.uses = own_uses.with_targets(upload.uses, st.session_state[TARGETS], upload.inspection)
    upload.edition += 1


def editor(upload: Upload) -> None:
    """A row a column of the file: what it is used as and holds can be changed, and the unit of what is predicted."""
    assert upload.inspection is not None
    st.caption(f"{t('own.ask_columns')} :gray[{t('own.ask_columns_help')}]")
    rows = frame(upload.inspection, upload.uses)
    roles = {role: t(f"own.role_{role}") for role in ROLES}
    types = {name: t(f"own.type_{name}") for name in TYPES}
    config = st.column_config
    st.data_editor(
        rows,
        key=upload.editor,
        hide_index=True,
        disabled=["column", "seen", "examples"],
        column_config={
            "column": config.TextColumn(t("own.column"), pinned=True),
            "role": config.SelectboxColumn(
                t("own.role"), options=ROLES, format_func=lambda role: roles[str(role)], required=True
            ),
            "type": config.SelectboxColumn(
                t("own.type"), options=TYPES, format_func=lambda name: types[str(name)], required=True
            ),
            "unit": config.TextColumn(t("own.unit"), help=t("own.unit_help"), max_chars=UNIT),
            "seen": config.TextColumn(t("own.seen")),
            "examples": config.TextColumn(t("own.examples")),
        },
    )


def frame(inspection: Inspection, uses: Uses) -> pd.DataFrame:
    """The table: column, role, type, unit, how many values, the first few of them."""
    import pandas as pd

    rows = []
    for report in inspection.columns:
        use = uses[report.name]
        values = {"count": f"{report.distinct:,}", "missing": f"{report.missing:,}"}
        seen = t("own.different_missing", **values) if report.missing else t("own.different", count=values["count"])
        cells = (report.name, use.role, own_uses.shown_type(report, use), use.unit, seen, ", ".join(report.examples))
        rows.append(cells)
    return pd.DataFrame(rows, columns=["column", "role", "type", "unit", "seen", "examples"], dtype="string")


def first_rows(inspection: Inspection) -> None:
    """The first rows, as they were read."""
    import pandas as pd

    rows = pd.DataFrame(list(inspection.preview), columns=[report.name for report in inspection.columns])
    height = int(ROW_HEIGHT * (1 + min(len(rows), ROWS_SEEN))) + 2
    st.caption(t("own.first_rows"))
    st.dataframe(rows, hide_index=True, height=height, placeholder="–")


def first_pictures(prepared: Prepared) -> None:
    """The first pictures, as a network will see them."""
    column = next((column for column in prepared.inputs() if column.kind == "image"), None)
    if column is not None:
        for picture in np.moveaxis(prepared.of(column)[:PICTURES], 1, -1):
            st.image(picture[..., 0] if picture.shape[-1] == 1 else picture, width=PICTURE_WIDTH)
