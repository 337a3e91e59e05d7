"""Where a spec, a draft and a link name a data set that somebody added; without Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mtl_core.paths import get_path

OWN = "own"
DATA = "dataset.options.data"


def data_of(spec: Any) -> str:
    """Id of the own data set that a spec (or its mapping) names; empty where it names none."""
    return _id(get_path(spec, "dataset.name"), get_path(spec, DATA))


def data_of_draft(draft: Mapping[str, Any]) -> str:
    """As :func:`data_of`, of a form's draft."""
    return _id(draft.get("dataset.name"), draft.get(DATA))


def _id(name: object, data: object) -> str:
    return data if name == OWN and isinstance(data, str) else ""
