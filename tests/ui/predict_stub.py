"""A finished run's answers without a network, for the tests of the page of predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.events import Event
from mtl_core.execution.processes import this_process
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec
from tests.ui.small_store import OWNER

QUALITY = {"name": "quality", "kind": "regression", "classes": (), "unit": "points", "range": (3.0, 8.0)}
GOOD = {"name": "good", "kind": "binary", "classes": ("no", "yes"), "unit": "", "range": None}
COLUMNS = ("fixed acidity", "alcohol")
LOADING = {"status": "loading", "what": "wine", "done": 1, "total": 4, "unit": "rows"}


def about(run: str) -> dict[str, Any]:
    """What there is to know of a run of wine with two columns."""
    column = {"low": 0.0, "high": 1.0, "typical": 0.5, "step": 0.1, "flag": False, "counts": [1] * 24}
    return {
        "run": run,
        "tasks": [dict(QUALITY), dict(GOOD)],
        "columns": [{"name": name, "mean": 0.0, "spread": 1.0, **column} for name in COLUMNS],
        "inputs": {"table": {"kind": "table"}},
        "vocabulary": [],
        "rows": 200,
        "latent": None,
    }


def answer(value: float) -> dict[str, Any]:
    """What one run says."""
    return {
        "tasks": {"quality": {"value": value}, "good": {"probability": 0.25}},
        "input": {"table": [0.25, 0.75]},
        "truth": {},
    }


@dataclass
class StubPredictor:
    """In the place of the process.

    Attributes:
        states: by run how far it is; one that is not named is ready.
        rule: what a question breaks; empty where it is answered.
        there: whether the runs that are asked are open.
        asked: every question, with the runs that it went to.
        forgotten: runs that shall be read anew.
    """

    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    rule: str = ""
    there: bool = True
    asked: list[tuple[list[str], dict[str, Any]]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def open(self, run: str) -> dict[str, Any]:
        """As :meth:`mtl_core.execution.predicting.Predictor.open`."""
        state = self.states.get(run, {"status": "ready", "about": about(run)})
        if state["status"] == "unreachable":
            raise MTLError("the process that asks networks ended without a word; try again (logs/predict.log)")
        return state

    def ask(self, runs: Sequence[str], question: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """As :meth:`mtl_core.execution.predicting.Predictor.ask`; the first run says 5, the next 6."""
        if self.rule:
            raise MTLError(self.rule)
        self.asked.append((list(runs), dict(question)))
        return [answer(5.0 + place) for place in range(len(runs))] if self.there else None

    def forget(self, run: str) -> None:
        """As :meth:`mtl_core.execution.predicting.Predictor.forget`."""
        self.forgotten.append(run)
        self.states.pop(run, None)


def finished(store: Store, spec: RunSpec, owner: str = OWNER, ending: str = "finished") -> str:
    """A run of this spec that has ended, without a step."""
    run = store.create(spec, owner, process=this_process())
    writer = store.writer(run)
    writer.append(Event("started", 0, 0.0, 0.0))
    writer.append(Event(ending, 6, 6.0, 1.0, {"message": "lost"} if ending == "failed" else {}))  # type: ignore[arg-type]
    writer.flush()
    return run
