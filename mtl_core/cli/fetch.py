"""``python -m mtl_core fetch NAME``: get a data set's files into the data folder."""

from __future__ import annotations

import json
from dataclasses import asdict

from mtl_core.execution.fetching import fetch
from mtl_core.settings import data_dir


def fetch_command(name: str, as_json: bool) -> int:
    """Fetch what is missing; 0 where everything is there afterwards, 1 where it could not be had."""
    state = fetch(name)
    if as_json:
        print(json.dumps({key: value for key, value in asdict(state).items() if key in ("status", "message")}))
    else:
        print(state.message or f"{name} is in {data_dir()}")
    return 0 if state.status == "done" else 1
