"""Keys that Streamlit's components take: ids of runs and names of tasks may hold what they keep for themselves."""

from __future__ import annotations

import re

_DELIMITER = re.compile("_(?=_|$)")


def component_key(key: str) -> str:
    """The key without two underscores in a row, with which Streamlit parts a component's id from its events."""
    return _DELIMITER.sub("_-", key)
