"""train_together(specs): the training loop of many small runs at once; each has the events of a run by itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from mtl_core.batched.evaluation import evaluate
from mtl_core.batched.optimizers import StackOptimizer
from mtl_core.batched.rules import key, why_alone
from mtl_core.batched.stack import Stack
from mtl_core.batched.steplog import SharedLog
from mtl_core.batches import Batch, epoch_order, sources
from mtl_core.control import Command, Control
from mtl_core.errors import MTLError, TrainingDiverged
from mtl_core.events import Event
from mtl_core.explicit.engine import Explicit
from mtl_core.opening import open_session, sibling
from mtl_core.reporting import Reporter, event, started
from mtl_core.session import Session
from mtl_core.spec import RunSpec

POLL_SECONDS, CHECKPOINT_SECONDS = 0.1, 10.0
UNSTEERABLE = "trains together with other runs of its group, and can only be stopped; restart it by itself to steer it"
Told = tuple[int, Event]
"""The place of a run, and what happened in it."""


class CannotStack(MTLError):
    """These runs have to train one by one; nothing has been told of them yet."""


class Together:
    """The state of R runs that train as one.

    Attributes:
        sessions: one a run; their networks are brought up to date where something is read from them.
        going: places of the runs that have neither ended nor failed.
    """

    def __init__(self, sessions: Sequence[Session]) -> None:
        self.sessions = list(sessions)
        self.first = self.sessions[0]
        assert self.first.explicit is not None  # rules.why_alone has seen to it
        self.stack = Stack([session.network for session in self.sessions], self.first.explicit.memory_order())
        self.optimizer = StackOptimizer(self.sessions, self.stack.numbers, self.stack.moving(self.sessions))
        first = self.first
        scalings = {name: (scaler.mean, scaler.std) for name, scaler in first.scalers.items()}
        layers = self.stack.layers
        self.explicit = Explicit(first.network, first.tasks, scalings, first.class_weights, layers)
        self.explicit.laid_elsewhere(self.stack.room)
        self._tasks = frozenset(task.name for task in first.tasks)
        self.reporters = [Reporter(session) for session in self.sessions]
        self.log = SharedLog(self.sessions)
        self.going = list(range(len(self.sessions)))
        self._updated = [-1] * len(self.sessions)
        self.lambdas = self._of_tasks([s.spec.weighting.lambdas for s in self.sessions])
        strengths = [[term.strength for term in s.spec.regularizers] for s in self.sessions]
        self.strengths = self.stack.numbers.new_tensor(strengths)
        self._orders: list[list[Tensor]] = []
        self._sources = sources(self.first.splits["train"])

    @property
    def step(self) -> int:
        """Steps done, the same for all."""
        return self.first.step

    def take_step(self) -> None:
        """One step of every run."""
        batch, factor = self._batch(), self.first.rate_factor()
        found = self.explicit.losses(batch)
        weights = self._weights(found) * self.lambdas
        self.explicit.descended(batch, weights, self._tasks)  # into the stack's room
        gradients = self.stack.gradient
        terms = self._penalty()
        if terms.requires_grad:
            terms.sum().backward()  # type: ignore[no-untyped-call]
            gradients += self.stack.gradients()
        self.optimizer.step(gradients, factor)
        self.explicit.moved()
        total = (weights * found).sum(1) + terms.detach()
        columns = (found, weights, torch.ones_like(found), total[:, None], terms.detach()[:, None])
        self.log.add(torch.cat(columns, dim=1), factor)
        for session in self.sessions:
            session.step += 1

    def update(self, place: int) -> Session:
        """Bring a run's own network and optimizer to where the stack is; gives its session."""
        session = self.sessions[place]
        if self._updated[place] == self.step:
            return session
        self._updated[place] = self.step
        self.stack.into(session.network, place)
        self.optimizer.into(session, place, self.stack.places)
        session.moved()
        return session

    def _batch(self) -> Batch:
        """All rows, the same for every run, or each run's own (R, B, …)."""
        first, train = self.first, self.first.splits["train"]
        if first.steps_per_epoch == 1:
            return train.whole
        epoch, index = divmod(first.step, first.steps_per_epoch)
        if index == 0 or not self._orders:
            seeds = [session.spec.seed for session in self.sessions]
            drawn = {s: epoch_order(self._sources, first.batch_size, s, epoch) for s in dict.fromkeys(seeds)}
            self._orders = [drawn[seed] for seed in seeds]
        return train.take(torch.stack([order[index] for order in self._orders]))

    def _weights(self, values: Tensor) -> Tensor:
        """(R, K) w of every run: by its own method, from its own memory; 0 where a task rests."""
        if self.first.spec.weighting.name == "fixed":
            return (self.lambdas > 0).to(values.dtype)
        weights = torch.zeros_like(values)
        for row, session in enumerate(self.sessions):
            places = [i for i, value in enumerate(self.lambdas[row].tolist()) if value > 0]
            moment = session.weigher.moment(session.spec, session.tasks, places, session.step, int(session.epoch))
            scaled = (values[row] * self.lambdas[row])[places]
            weights[row, places] = session.spec.weighting.weights(scaled, None, moment).to(values)
            session.weigher.learn(session.spec.weighting.learning_rate(session.learning_rate()), places)
        return weights

    def _penalty(self) -> Tensor:
        """(R,) Σ γ Ω."""
        total = self.stack.numbers.new_zeros(len(self.sessions))
        for i, term in enumerate(self.first.spec.regularizers):
            if bool(self.strengths[:, i].any()) and (value := self.stack.penalties(term)) is not None:
                total = total + self.strengths[:, i] * value
        return total

    def _of_tasks(self, values: Sequence[dict[str, float]]) -> Tensor:
        rows = [[found[task.name] for task in self.first.tasks] for found in values]
        return torch.tensor(rows, dtype=torch.float32).to(self.stack.numbers)  # as a run by itself has them


def train_together(specs: Sequence[RunSpec], controls: Sequence[Control] | None = None) -> Iterator[Told]:
    """Train several runs as one computation, yielding each run's events.

    The numbers are those of :func:`mtl_core.trainer.train` up to rounding (in float64 to 1e-10; in float32 small
    differences grow with the steps), and the result says ``engine: batched``. Metrics are measured as often as there;
    predictions are kept from the end alone, and gradients and the columns' likeness are not measured on the way. A run
    can be stopped by itself; one whose loss is no longer a number ends alone.

    Args:
        specs: that differ only in what :mod:`mtl_core.batched.rules` leaves free.
        controls: one a run, for orders to stop.

    Yields:
        The place of a run among ``specs``, and an event of it.

    Raises:
        CannotStack: before any event, where the specs or their data are not fit for it.
        DataError: where the data cannot be used.
        SpecError: where device or batch size do not fit this machine or these rows.
    """
    refused = next(filter(None, map(why_alone, specs)), None)
    if refused or len({key(spec.model_dump(mode="json")) for spec in specs}) > 1:
        raise CannotStack(f"these runs cannot train together: {refused or 'they differ in more than is free'}")
    loading, began = open_session(specs[0]), time.monotonic()
    told = []
    try:
        while True:
            told.append(Event("progress", 0, 0.0, time.monotonic() - began, vars(next(loading))))
    except StopIteration as loaded:
        first: Session = loaded.value
    if first.splits["train"].streamed:
        raise CannotStack("these runs cannot train together: their rows do not fit the device and are streamed")
    if any(split.present for split in first.splits.values()):
        raise CannotStack(f"these runs cannot train together: {specs[0].dataset.name} lacks targets in some rows")
    yield from ((place, one) for one in told for place in range(len(specs)))
    together = Together([first, *(sibling(first, spec) for spec in specs[1:])])
    yield from _run(together, list(controls or [Control() for _ in specs]))


def _run(together: Together, controls: Sequence[Control]) -> Iterator[Told]:
    asked, saved = 0.0, time.monotonic()
    for place, session in enumerate(together.sessions):
        values = started(session).values | {"engine": "batched", "together": len(together.sessions)}
        yield place, event(session, "started", values)
        yield from _of(place, together.reporters[place].truth())
    while together.going and together.step < together.first.total_steps:
        if time.monotonic() - asked > POLL_SECONDS:
            yield from _obey(together, controls)
            asked = time.monotonic()
        together.take_step()
        end_of_epoch = together.step % together.first.steps_per_epoch == 0
        evaluated = end_of_epoch and together.reporters[0].evaluation_due()
        if evaluated or together.log.due():
            yield from _flush(together)
        if evaluated:
            yield from _evaluations(together)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            yield from _flush(together)
            yield from _checkpoints(together)
            saved = time.monotonic()
    yield from _flush(together)
    for place in list(together.going):
        yield from _close(together, place, stopped=False)


def _flush(together: Together) -> Iterator[Told]:
    """The steps of all runs that go on; a run that diverged ends here, the others do not notice."""
    for place, told in together.log.flush().items():
        if place not in together.going:
            continue
        session = together.sessions[place]
        try:
            yield from _of(place, told)
        except TrainingDiverged as error:
            together.going.remove(place)
            values = {"message": str(error), "where": f"step {error.step}, task {error.task}", "step": error.step}
            yield place, event(session, "failed", values | {"task": error.task, "value": str(error.value)})


def _evaluations(together: Together) -> Iterator[Told]:
    first = together.first
    if round(first.epoch) < first.spec.epochs:
        for split in ("train", "validation"):
            yield from _evaluated(together, split)
        return
    for place in together.going:
        together.update(place)
        yield from _of(place, together.reporters[place].evaluations())


def _evaluated(together: Together, split: str) -> Iterator[Told]:
    """The evaluations of all runs; of training rows each run has a sample of its own, where there are many."""
    rows = together.first.train_sample if split == "train" else together.first.splits[split]
    if not len(rows):
        return
    alike = split != "train" or len(together.first.splits["train"]) == len(rows)
    if alike:
        found = evaluate(together.explicit, rows, together.first)
    else:
        found = [
            evaluate(together.explicit, session.train_sample, session)[i] for i, session in enumerate(together.sessions)
        ]
    for place in together.going:
        loss, metrics = found[place]
        values = {"split": split, "loss": loss, "metrics": metrics, "final": False}
        together.reporters[place].metrics[split] = metrics
        yield place, event(together.sessions[place], "evaluation", values)


def _checkpoints(together: Together) -> Iterator[Told]:
    for place in together.going:
        together.update(place)
        yield place, together.reporters[place].checkpoint()


def _close(together: Together, place: int, *, stopped: bool) -> Iterator[Told]:
    session = together.update(place)
    together.going.remove(place)
    *before, last = together.reporters[place].close(stopped=stopped)
    yield from _of(place, before)
    values = last.values | {"engine": "batched", "together": len(together.sessions)}
    yield place, event(session, last.kind, values)


def _obey(together: Together, controls: Sequence[Control]) -> Iterator[Told]:
    for place in list(together.going):
        orders = controls[place].poll()
        if any(order.name == "stop" for order in orders):
            yield from _flush(together)
            if place in together.going:
                yield from _close(together, place, stopped=True)
            continue
        for order in orders:
            if order.name != "pace":
                yield place, event(together.sessions[place], "progress", _rejected(order))


def _rejected(order: Command) -> dict[str, object]:
    what = order.field or order.name
    return {"what": "rejected", "field": what, "rule": UNSTEERABLE, "value": order.value}


def _of(place: int, events: Iterable[Event]) -> Iterator[Told]:
    return ((place, one) for one in events)
