"""The fields of a weighting in the form: those of its solver folded away, small numbers typed rather than slid."""

from __future__ import annotations

import streamlit as st
from pydantic.fields import FieldInfo

from mtl_core.weightings import WEIGHTINGS
from ui.fields import field_widget, shape_of
from ui.words import t

SOLVER = ("epsilon", "iterations")
"""Fields of how a method is computed, not of what it wants."""
MARKS = 20
"""Marks of a slider from 0 to 1."""


def weighting_fields(name: str) -> None:
    """A widget for each field that a weighting has of its own."""
    fields = {n: field for n, field in WEIGHTINGS[name].model_fields.items() if n not in ("name", "lambdas")}
    for field_name in (n for n in fields if n not in SOLVER):
        field_widget(f"weighting.{field_name}", _typed(fields[field_name]))
    folded = [field_name for field_name in fields if field_name in SOLVER]
    if folded:
        with st.expander(t("form.solver"), icon=":material/tune:"):
            for field_name in folded:
                field_widget(f"weighting.{field_name}", _typed(fields[field_name]))


def _typed(field: FieldInfo) -> FieldInfo:
    """A number whose default lies between the marks of a slider loses its limits here; the spec keeps them."""
    shape = shape_of(field.annotation, field.metadata)
    if shape is None or shape.kind != "number" or (field.default * MARKS).is_integer():
        return field
    return FieldInfo(annotation=float, default=field.default, description=field.description)
