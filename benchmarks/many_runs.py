"""Many small runs as one computation: ``train_together`` against a loop by hand, and against ``train``, one by one.

The loop by hand is what one would write: the data once in memory, then for each λ a new model of two heads, Adam, and
shuffled batches; it stores and measures nothing but the losses of the test rows at its end. Of the runs one after
another a few are timed and their time is taken in proportion: they are all alike.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from benchmarks.engine_overhead import opened
from benchmarks.pairs import Found, Pair, Timed, Way, paired
from benchmarks.wine_training import TwoHeads
from mtl_core.batched.rules import most_together
from mtl_core.batched.trainer import train_together
from mtl_core.batches import Batch
from mtl_core.events import Event
from mtl_core.session import Session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.trainer import train

MINI: dict[str, Any] = {"batch_size": 64, "epochs": 20}
FULL: dict[str, Any] = {"epochs": 60}
TIMED_ALONE, ROWS = 4, 1_023
AGREEING, STEPS = {"batch_size": 64, "epochs": 13}, 200


def specs(count: int, fields: dict[str, Any]) -> list[RunSpec]:
    """Runs that differ in λ and seed."""
    base = {"dataset": {"name": "wine_quality"}, "gradients": {"every": 0}, "device": "cpu"} | fields
    shares = [(i + 1) / (count + 1) for i in range(count)]
    lambdas = [{"quality": share, "good": 1 - share} for share in shares]
    return [parse_spec(base | {"seed": i % 3, "weighting": {"lambdas": found}}) for i, found in enumerate(lambdas)]


def one_by_one(chosen: list[RunSpec]) -> list[list[Event]]:
    """Every run by itself; its events."""
    return [list(train(spec)) for spec in chosen]


def by_hand(session: Session, chosen: list[RunSpec]) -> list[tuple[float, float]]:
    """Every run by a plain loop on loaded data; its two losses on the test rows."""
    train, test = (session.splits[name].whole for name in ("train", "test"))
    found = []
    for spec in chosen:
        torch.manual_seed(spec.seed)
        model = TwoHeads(train.inputs["table"].shape[1])
        optimizer = torch.optim.Adam(model.parameters(), lr=spec.optimizer.lr)
        size = train.size if spec.batch_size == "full" else spec.batch_size
        for _ in range(spec.epochs):
            for rows in torch.randperm(train.size).split(size):  # type: ignore[no-untyped-call]
                optimizer.zero_grad()
                sum(_losses(model, train, rows, spec)).backward()  # type: ignore[union-attr]
                optimizer.step()
        with torch.no_grad():
            first, second = _losses(model, test, torch.arange(test.size), spec)
        found.append((first.item(), second.item()))
    return found


def _losses(model: TwoHeads, data: Batch, rows: torch.Tensor, spec: RunSpec) -> tuple[torch.Tensor, torch.Tensor]:
    """λ_i L_i of some rows."""
    score, good = model(data.inputs["table"][rows])
    lambdas = spec.weighting.lambdas
    first = nn.functional.mse_loss(score[:, 0], data.targets["quality"][rows])
    second = nn.functional.binary_cross_entropy_with_logits(good[:, 0], data.targets["good"][rows].float())
    return lambdas["quality"] * first, lambdas["good"] * second


def together(chosen: list[RunSpec]) -> Iterator[tuple[int, Event]]:
    """All of them in stacks as large as a sweep makes them: the place of a run, and an event of it."""
    most = most_together(chosen[0], ROWS)
    for begin in range(0, len(chosen), most):
        for place, event in train_together(chosen[begin : begin + most]):
            yield begin + place, event


def _gain(count: int, fields: dict[str, Any], hand: bool) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        chosen = specs(count, fields | {"evaluate_every": fields["epochs"]})
        alone, session = chosen[:TIMED_ALONE], opened(chosen[0])
        plain: Way = (lambda: by_hand(session, alone)) if hand else (lambda: one_by_one(alone))
        timed = paired(plain, lambda: deque(together(chosen), maxlen=0), rounds)
        return Timed([seconds * count / len(alone) for seconds in timed.a], timed.b).gain(runs=count)

    return measure


def _agreement(rounds: int) -> Found:
    """Largest difference of a loss in the first 200 steps, runs by themselves and together."""
    chosen = specs(4, AGREEING)
    largest = 0.0
    batched: list[list[Event]] = [[] for _ in chosen]
    for place, told in together(chosen):
        batched[place].append(told)
    for alone, stacked in zip(one_by_one(chosen), batched, strict=True):
        losses = [[e.values["loss"] for e in events if e.kind == "step"][:STEPS] for events in (alone, stacked)]
        if [len(found) for found in losses] != [STEPS] * 2:
            raise RuntimeError(f"{STEPS} steps were expected, there are {len(losses[0])} and {len(losses[1])}")
        for one, other in zip(*losses, strict=True):
            largest = max(largest, *(abs(one[task] - other[task]) for task in one))
    return Found([largest])


def _pair(
    count: int, what: str, fields: dict[str, Any], target: float, rounds: int, quick: int, *, hand: bool = True
) -> Pair:
    words = f"{count} wine runs at once, {what}, {fields['epochs']} epochs, with events and evaluations"
    against = "a plain loop, one after another" if hand else "our own runs, one after another"
    name = f"many_runs/{count} {what}{'' if hand else ', own'}"
    return Pair(name, against, words, target, _gain(count, fields, hand), rounds=rounds, quick=quick)


PAIRS = (
    _pair(8, "batches of 64", MINI, 6.3, 5, 0),
    _pair(16, "batches of 64", MINI, 8.3, 5, 0),
    _pair(64, "batches of 64", MINI, 10.0, 5, 1),
    _pair(64, "batches of 64", MINI, 5.0, 3, 0, hand=False),
    _pair(8, "full batch", FULL, 1.5, 5, 2),
    _pair(64, "full batch", FULL, 1.5, 3, 0),
    _pair(8, "full batch", FULL, 1.0, 3, 0, hand=False),
    Pair(
        "many_runs/agreement",
        "the same runs by themselves",
        "4 wine runs at once, batches of 64: largest difference of a loss in 200 steps, float32",
        1e-5,
        _agreement,
        lower=True,
        unit="",
        rounds=1,
        quick=1,
    ),
)
