"""What a step costs: each weighting against the losses added up, each architecture against hard sharing.

    python -m benchmarks.weighting_cost [--rounds 7] [--seconds 0.2] [--only wine_quality] [--dry]

Weightings: :func:`mtl_core.stepping.take_step` under hard sharing, against the same forward pass, one backward pass of
Σ λ_i L_i and the same Adam written by hand. Architectures: take_step with fixed λ against the same under hard sharing.
Both ways in turn in one process, on the same batch; what is told is the median over the rounds of the ratio. The result
is written to ui/recorded/costs.json, which the page Methods shows.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from benchmarks.engine_overhead import opened
from benchmarks.machine import processor
from benchmarks.pairs import Timed, paired
from mtl_core.architectures import ARCHITECTURES
from mtl_core.batches import Batch
from mtl_core.errors import SpecError
from mtl_core.losses import task_loss
from mtl_core.session import Session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.stepping import take_step
from mtl_core.weightings import WEIGHTINGS

FILE = Path(__file__).resolve().parents[1] / "ui" / "recorded" / "costs.json"
SPECS: Mapping[str, dict[str, Any]] = {
    "wine_quality": {"dataset": {"name": "wine_quality"}, "architecture": {"name": "hard", "hidden": [64, 64]}},
    "digits": {"dataset": {"name": "digits"}, "architecture": {"name": "hard"}},
    "shapes": {
        "dataset": {"name": "shapes", "options": {"rows": 500}},
        "tasks": ["shape", "colour", "mask"],
        "architecture": {"name": "hard"},
    },
}
MOST_STEPS = 200
Way = Callable[[], object]


def spec_of(base: Mapping[str, Any], **fields: Any) -> RunSpec | None:
    """The set-up with other fields and without measured gradients; None where the rules refuse it."""
    try:
        return parse_spec({**base, "gradients": {"every": 0}, **fields})
    except SpecError:
        return None


def first_batch(session: Session) -> Batch:
    """The rows of one step, in the data's order."""
    rows = session.splits["train"]
    return rows.take(torch.arange(min(session.batch_size, len(rows))))


def stepping(session: Session, batch: Batch, count: int) -> Way:
    """This many steps of the engine."""

    def steps() -> None:
        for _ in range(count):
            take_step(session, batch)
            session.step += 1

    return steps


def plain(session: Session, batch: Batch, count: int) -> Way:
    """This many steps as one would write them by hand: forward, Σ λ_i L_i, backward, the optimizer's step."""
    network, lambdas = session.network.train(), session.spec.weighting.lambdas

    def steps() -> None:
        for _ in range(count):
            session.optimizer.zero_grad(set_to_none=True)
            outputs = network(batch.inputs)
            losses = [lambdas[t.name] * task_loss(t, outputs[t.name], batch.targets[t.name]) for t in session.tasks]
            torch.autograd.backward(torch.stack(losses).sum())
            session.optimizer.step()

    return steps


def steps_in(session: Session, batch: Batch, seconds: float) -> int:
    """How many plain steps fill about this time."""
    plain(session, batch, 3)()
    began = time.perf_counter()
    plain(session, batch, 3)()
    return max(2, min(MOST_STEPS, round(3 * seconds / (time.perf_counter() - began))))


def measure(base: Mapping[str, Any], rounds: int, seconds: float) -> Iterator[tuple[str, Timed]]:
    """Name and pair of every weighting and architecture that this set-up allows, as they are measured."""
    hard = spec_of(base)
    assert hard is not None
    reference = opened(hard)
    batch = first_batch(reference)
    count = steps_in(reference, batch, seconds)
    for name in WEIGHTINGS:
        spec = spec_of(base, weighting={"name": name})
        if spec is not None:
            session = opened(spec)
            yield name, paired(stepping(session, batch, count), plain(reference, batch, count), rounds)
    for name in ARCHITECTURES:
        spec = spec_of(base, architecture={**base["architecture"], "name": name})
        if spec is not None:
            session = opened(spec)
            yield name, paired(stepping(session, batch, count), stepping(reference, batch, count), rounds)


def main() -> None:
    """Measure, print a row a method, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="of plain steps a round")
    parser.add_argument("--only", choices=list(SPECS), help="one set-up")
    parser.add_argument("--dry", action="store_true", help="print only")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    ratios: dict[str, dict[str, float]] = {}
    for where in [asked.only] if asked.only else SPECS:
        for name, pair in measure(SPECS[where], asked.rounds, asked.seconds):
            low, high = pair.spread
            print(f"{where:14} {name:14} {pair.ratio:6.2f}  (rounds {low:.2f}–{high:.2f})", flush=True)
            ratios.setdefault(name, {})[where] = round(pair.ratio, 2)
    machine = f"{processor()}, {os.cpu_count()} cores"
    date = datetime.now(UTC).date().isoformat()
    written = {"machine": machine, "torch": torch.__version__, "date": date, "rounds": asked.rounds, "ratios": ratios}
    if not (asked.dry or asked.only):
        FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
