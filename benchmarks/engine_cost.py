"""What events, control and store cost: a run as a worker performs it, against its steps and evaluations alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.engine import performed_after_start
from benchmarks.engine_overhead import opened
from benchmarks.pairs import Found, Pair, Timed, Way, prepared
from mtl_core.batches import TensorSplit
from mtl_core.evaluation import evaluate, evaluate_live, is_live
from mtl_core.execution.heap import keep_heap
from mtl_core.opening import sibling
from mtl_core.reporting import Reporter
from mtl_core.runs.store import Store
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.stepping import take_step

WINE: dict[str, Any] = {"dataset": "wine_quality", "epochs": 1000, "evaluate_every": 10}
IMAGES: dict[str, Any] = {"dataset": "digits", "epochs": 1}


def measured(session: Session, splits: Sequence[TensorSplit], *, final: bool = False) -> None:
    """The numbers of these splits as a run has them; nobody is told."""
    tasks, scalers = session.tasks, session.scalers
    if session.explicit is not None and not final and all(is_live(split) for split in splits):
        evaluate_live(session.explicit, splits, tasks, scalers, [False] * len(splits))()
        return
    for split in splits:
        evaluate(session.network, split, tasks, scalers, session.class_weights, final=final, explicit=session.explicit)


def _cost(fields: dict[str, Any]) -> Callable[[int], Found]:
    """What a run takes more than its bare steps and evaluations, as a ratio."""

    def measure(rounds: int) -> Found:
        timed, steps = _timed(fields, rounds)
        more, step = 1e6 * median(_more(timed, steps)), 1e6 * median(timed.a) / steps
        return timed.cost(steps=steps, shown=f"{more:+.0f} µs on a step of {step:.0f} µs")

    return measure


def _share(fields: dict[str, Any], step: float) -> Callable[[int], Found]:
    """The same as a share of a step of so many seconds, in percent."""

    def measure(rounds: int) -> Found:
        return Found([100 * more / step for more in _more(*_timed(fields, rounds))])

    return measure


def _more(timed: Timed, steps: int) -> list[float]:
    """Seconds a step in each round."""
    return [(b - a) / steps for a, b in zip(timed.a, timed.b, strict=True)]


def _timed(fields: dict[str, Any], rounds: int) -> tuple[Timed, int]:
    """Seconds of both ways, and how many steps are in them."""
    keep_heap()  # as a worker does; both ways gain
    spec = parse_spec(fields | {"gradients": {"every": 0}, "device": "cpu"})
    data = opened(spec)
    seen = [data.train_sample, data.splits["validation"]]

    def bare() -> Way:
        """Batches, steps and the same evaluations; nothing is read, told, stored or obeyed."""
        session = sibling(data, spec)
        reporter = Reporter(session)

        def loop() -> None:
            while session.step < session.total_steps:
                take_step(session, reporter.next_batch())
                session.step += 1
                epoch = session.step // session.steps_per_epoch
                if session.step % session.steps_per_epoch == 0 and epoch % spec.evaluate_every == 0:
                    measured(session, seen, final=epoch >= spec.epochs)
            measured(session, [session.splits["test"]], final=True)

        return loop

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        timed = prepared(bare, lambda: performed_after_start(store, spec), rounds)
        store.close()
    return timed, data.total_steps


SAME = "the same steps and evaluations without them"
PAIRS = (
    Pair(
        "engine_cost/wine",
        SAME,
        "events, metrics, control and store of a wine run of 1 000 epochs, evaluation each tenth",
        1.08,
        _cost(WINE),
        lower=True,
        rounds=15,
        quick=5,
    ),
    Pair(
        "engine_cost/writing",
        SAME,
        "what that takes a step, of a step of 0.8 ms",
        8.0,
        _share(WINE, 0.8e-3),
        lower=True,
        unit="%",
        rounds=15,
        quick=0,
    ),
    Pair(
        "engine_cost/images",
        SAME,
        "events, metrics, control and store of an epoch of digits",
        1.02,
        _cost(IMAGES),
        lower=True,
        rounds=15,
        quick=0,
    ),
)
