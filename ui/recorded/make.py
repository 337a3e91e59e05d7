"""Make the recorded runs anew: ``python -m ui.recorded.make``.

Each is trained through the ordinary store and runner in a home and a data folder of its own that are thrown away,
without a network, so that wine is its synthetic stand-in: the project ships nobody's data.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.control import Command
from mtl_core.events import Event
from mtl_core.execution.local import ensure_runner
from mtl_core.runs.records import ENDED, RunRecord
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from ui.recorded import FOLDER

RUNS: dict[str, dict[str, Any]] = {
    "wine_quality": {
        "dataset": {"name": "wine_quality"},
        "architecture": {"name": "hard", "hidden": [64, 64]},
        "gradients": {"every": 2},
        "schedule": [{"step": 40, "field": "weighting.lambdas.good", "value": 3.0}],
    },
    "digits": {"dataset": {"name": "digits"}, "architecture": {"name": "hard"}, "epochs": 8},
}
PATIENCE_SECONDS = 600
MOST_STEPS = 250
MOST_PREVIEWS = 13
MOST_ROWS = 256
MOST_PICTURES = 8
DIGITS = 5
KINDS = ("started", "step", "gradients", "evaluation", "preview", "change", "finished")


def main() -> None:
    """Train and write every recorded run."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["MTL_DATA_DIR"] = str(home / "no_data")
        os.environ["MTL_WINE_URL"] = "http://127.0.0.1:9/none"
        store = Store(home)
        runs = {name: store.create(parse_spec(spec), "recorded") for name, spec in RUNS.items()}
        ensure_runner(home)
        for name, run in runs.items():
            write(FOLDER / name, wait(store, run), store)
        store.close()


def wait(store: Store, run: str) -> RunRecord:
    """The run's row once it has finished.

    Raises:
        RuntimeError: if it ends in another way, or not in time.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (record := store.get(run)).status not in ENDED:
        if time.monotonic() > deadline:
            store.send(run, Command("stop"))
            raise RuntimeError(f"run {run} was still {record.status} after {PATIENCE_SECONDS} s")
        time.sleep(0.2)
    if record.status != "finished":
        raise RuntimeError(f"run {run} ended as {record.status}: {record.error}")
    return record


def write(folder: Path, record: RunRecord, store: Store) -> None:
    """The three files of a recorded run."""
    folder.mkdir(parents=True, exist_ok=True)
    events = [event for _, event in store.events_since(record.id, kinds=KINDS)]
    steps = [event.step for event in events if event.kind == "step"]
    kept_steps = set(steps[:: -(-len(steps) // MOST_STEPS)]) | {steps[-1]}
    repeated = [e for e in events if e.kind == "preview" and not e.values.get("first")]
    kept_names = {e.values["artifact"] for e in repeated[:: -(-len(repeated) // MOST_PREVIEWS)] + repeated[-2:]}
    arrays: dict[str, NDArray[Any]] = {}
    with (folder / "events.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for event in events:
            if event.kind == "step" and event.step not in kept_steps:
                continue
            if event.kind == "preview":
                name = event.values["artifact"]
                if event.values.get("split") == "train" or not (event.values.get("first") or name in kept_names):
                    continue
                arrays |= {f"{name}/{k}": small(k, v) for k, v in store.load_preview(record.id, name).items()}
            file.write(line(event) + "\n")
    np.savez_compressed(folder / "previews.npz", allow_pickle=False, **arrays)
    body = asdict(record) | {"owner": "recorded", "pid": None, "pid_created": None, "data_dir": "", "id": folder.name}
    text = json.dumps(rounded(body), indent=1, ensure_ascii=False)
    (folder / "record.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def line(event: Event) -> str:
    """One event as a line of JSON, without notes that name this machine's folders."""
    values = dict(event.values)
    if event.kind == "started":
        values["data"] = {k: v for k, v in values["data"].items() if k != "notes"}
    body = event.as_json() | {"values": values, "run": ""}
    return json.dumps(rounded(body), separators=(",", ":"))


def small(key: str, array: NDArray[Any]) -> NDArray[Any]:
    """Few rows, few pictures, half the digits."""
    array = array[: MOST_PICTURES if array.ndim > 2 else MOST_ROWS]
    if key.startswith("input.") and array.ndim > 2 and array.dtype != np.uint8:
        return (array * 255).round().astype(np.uint8)
    return array.astype(np.float16).astype(np.float32) if array.dtype == np.float32 else array


def rounded(value: Any) -> Any:
    """The same structure with numbers at five significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if abs(value) < 1e6 else round(value)
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return value


if __name__ == "__main__":
    main()
