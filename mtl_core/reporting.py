"""Reporter: when a run is evaluated, pictured and saved, and the events that say so."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from numpy.typing import NDArray

from mtl_core import mixing_values, similarity
from mtl_core.batches import Batch
from mtl_core.evaluation import Evaluation, evaluate, evaluate_live, is_live, preview_truth
from mtl_core.events import Event, EventKind
from mtl_core.feeding import Feed
from mtl_core.session import Phase, Session
from mtl_core.ties import known_truth, pictured, singular_values, weight_matrix

PREVIEWS_A_RUN = 50
PREVIEW_SHARE = 0.01
"""Of the time of a run, at most, goes into previews; the first and the last are made in any case."""
CHECKPOINT_SECONDS = 2.0


class Reporter:
    """Evaluations, previews and checkpoints of a run: when they are due, and the last metrics."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.metrics: dict[str, Any] = {"train": None, "validation": None, "test": None}
        self.overall: dict[str, dict[str, float | None]] = {}
        self.feed = Feed(session)
        self._columns = bool(similarity.stages(session.network.layout))
        self._began = self._saved = time.monotonic()
        self._previews, self._preview_seconds = 0, 0.0

    def next_batch(self) -> Batch:
        """The batch of the next step; it depends on the seed and the step alone."""
        return self.feed.next_batch()

    def truth(self) -> Iterator[Event]:
        """What the previews of the shown split are held against, and what augmentation does; once, at the start."""
        if self.session.step == 0:
            yield self._truth(self._shown_split(), self.feed.example())

    def evaluation_due(self) -> bool:
        """Whether train and validation are evaluated after the epoch that has just ended."""
        epoch = round(self.session.epoch)
        return epoch >= self.session.spec.epochs or epoch % self.session.spec.evaluate_every == 0

    def at_end(self) -> bool:
        """Whether the evaluation after the epoch that has just ended is the last one."""
        return round(self.session.epoch) >= self.session.spec.epochs

    def evaluations(self, seen: Session | None = None) -> Iterator[Event]:
        """Evaluate train and validation.

        Args:
            seen: the session with the numbers to be evaluated; left out: as it is now.
        """
        seen = seen or self.session
        final = round(seen.epoch) >= seen.spec.epochs
        yield from self._evaluate(seen, ("train", "validation"), final=final, preview=self._preview_due(seen))

    def measured(self) -> Callable[[], Iterator[Event]] | None:
        """Evaluate train and validation, and give what reads the numbers and makes events of them, now or later.

        None where that is not done by formulas, at the end, and where a preview is due.
        """
        session = self.session
        if session.explicit is None or self.at_end() or self._preview_due(session):
            return None
        splits = [split for split in ("train", "validation") if len(self._rows(split))]
        rows = [self._rows(split) for split in splits]
        if not all(map(is_live, rows)):
            return None
        read = evaluate_live(session.explicit, rows, session.tasks, session.scalers, [False] * len(rows))
        learned, step, epoch, phase = self._learned(session), session.step, session.epoch, session.phase

        def told() -> Iterator[Event]:
            for split, found in zip(splits, read(), strict=True):
                values = self._numbers(split, found, phase, final=False) | (learned if split == "train" else {})
                yield Event("evaluation", step, epoch, session.seconds, values)

        return told

    def _preview_due(self, seen: Session) -> bool:
        """Whether the evaluation of now has a preview; the last one has."""
        epoch, last = round(seen.epoch), seen.spec.epochs
        return epoch >= last or (self._affordable() and _pictured(epoch, last, seen.spec.evaluate_every))

    def preview_stored(self, seconds: float) -> None:
        """Count what it took to store a preview that was not stored while it was asked for."""
        self._preview_seconds += seconds

    def _affordable(self) -> bool:
        """Whether one more preview, as costly as those before, keeps them all within their share of the time."""
        if not self._previews:
            return True
        spent = self._preview_seconds * (1 + 1 / self._previews)
        return spent <= PREVIEW_SHARE * (time.monotonic() - self._began)

    def checkpoint_due(self) -> bool:
        """Whether the last checkpoint is older than two seconds."""
        return time.monotonic() - self._saved > CHECKPOINT_SECONDS

    def checkpoint(self) -> Event:
        """The state as it is now."""
        saved = event(self.session, "checkpoint", {}, self.session.state())
        self._saved = time.monotonic()
        return saved

    def close(self, stopped: bool) -> Iterator[Event]:
        """The end: test metrics (only of a run that finished), a last checkpoint, the result."""
        if not stopped and len(self.session.splits["test"]):
            yield self._truth("test")
            yield from self._evaluate(self.session, ("test",), final=True, preview=True)
        yield self.checkpoint()
        kind: EventKind = "stopped" if stopped else "finished"
        yield event(self.session, kind, self._result(kind))

    def _shown_split(self) -> str:
        return "validation" if len(self.session.splits["validation"]) else "train"

    def _rows(self, split: str) -> Any:
        return self.session.train_sample if split == "train" else self.session.splits[split]

    def _truth(self, split: str, more: Mapping[str, NDArray[Any]] | None = None) -> Event:
        session = self.session
        offered = [task.name for task in session.spec.dataset.build().tasks()]
        arrays = preview_truth(self._rows(split), session.tasks)
        arrays |= known_truth(session.samples.truth, offered, session.spec.tasks)
        return event(session, "preview", {"split": split, "first": True}, arrays | dict(more or {}))

    def _evaluate(self, session: Session, splits: Sequence[str], *, final: bool, preview: bool) -> Iterator[Event]:
        """Evaluate what has rows of these splits; with a preview, that of the shown one (or the only one) has it."""
        there = [split for split in splits if len(self._rows(split))]
        previews = [preview and (split == self._shown_split() or len(splits) == 1) for split in there]
        for split, shown, found in zip(there, previews, self._measured(session, there, previews, final), strict=True):
            yield from self._told(session, split, found, final=final, preview=shown)

    def _measured(
        self, session: Session, splits: Sequence[str], previews: Sequence[bool], final: bool
    ) -> Iterator[Evaluation]:
        """The evaluation of each split: of all at once where they are worked out by formulas, else one by one."""
        rows = [self._rows(split) for split in splits]
        explicit, tasks, scalers = session.explicit, session.tasks, session.scalers
        if explicit is not None and not final and rows and all(is_live(each) for each in rows):
            yield from evaluate_live(explicit, rows, tasks, scalers, previews)()
            return
        for each, preview in zip(rows, previews, strict=True):
            yield evaluate(
                session.network,
                each,
                tasks,
                scalers,
                session.class_weights,
                final=final,
                preview=preview,
                generation=session.spec.generation,
                seed=session.spec.seed,
                explicit=explicit,
            )

    def _told(self, session: Session, split: str, found: Evaluation, *, final: bool, preview: bool) -> Iterator[Event]:
        """The events of an evaluation."""
        values = self._numbers(split, found, session.phase, final=final)
        yield event(session, "evaluation", values | (self._learned(session) if split == "train" else {}))
        if preview:
            began = time.monotonic()
            shapes = pictured(session.network.tied(heads=True)) if session.spec.heads_tell else {}
            masks = mixing_values.pictured(session.network, self._rows(split))
            yield event(session, "preview", {"split": split, "first": False}, found.predictions | shapes | masks)
            self._previews += 1
            self._preview_seconds += time.monotonic() - began  # with what it took to store it

    def _numbers(self, split: str, found: Evaluation, phase: Phase, *, final: bool) -> dict[str, Any]:
        """What the event of an evaluation says of the outputs; they are the split's newest numbers now."""
        self.metrics[split] = found.metrics
        values: dict[str, Any] = {"split": split, "loss": found.loss, "metrics": found.metrics, "final": final}
        if found.overall:
            self.overall[split] = values["overall"] = found.overall
        if found.samples:
            values["samples"] = found.samples
        return values | ({"phase": phase} if phase != "joint" else {})

    def _learned(self, session: Session) -> dict[str, Any]:
        """What the parameters themselves tell, as they are now."""
        values: dict[str, Any] = {}
        if session.spec.regularizers or (session.spec.heads_tell and _compared(session)):
            values["ties"] = describe_ties(session)
        values |= describe_columns(session) if self._columns else {}
        return values | ({"mixing": mixed} if (mixed := mixing_values.describe(session)) else {})

    def _result(self, status: str) -> dict[str, Any]:
        session = self.session
        return {
            "status": status,
            "seconds": round(session.seconds, 3),
            "epochs": math.floor(session.epoch),
            "steps": session.step,
            "device": session.device.type,
            "engine": "single",
            "parameters": session.network.layout.parameter_counts(),
            "data": data_values(session),
            "metrics": self.metrics,
            "error": None,
            **(accelerated(session) if chosen_among(session) else {}),
        } | ({"overall": self.overall} if self.overall else {})


def _pictured(epoch: int, last: int, every: int) -> bool:
    """Whether the evaluation after this epoch is one of the run's fifty, evenly spread, that have a preview."""
    return epoch * PREVIEWS_A_RUN // last != (epoch - every) * PREVIEWS_A_RUN // last


def describe_ties(session: Session) -> dict[str, Any]:
    """The singular values of what the tasks' matching parameters are, and what each regularizer says of them."""
    columns = session.network.tied(heads=True)
    terms: list[dict[str, Any]] = []
    for term in session.spec.regularizers:
        tied = session.network.tied(term.ties_heads)
        terms.append({"name": term.name, **(term.describe(tied) if tied else {})})
    return {"singular_values": singular_values(weight_matrix(columns)) if columns else [], "terms": terms}


def describe_columns(session: Session) -> dict[str, Any]:
    """How alike the tasks' own columns are, at evaluations where that is due; empty where nothing matches."""
    if not _compared(session):
        return {}
    found = similarity.describe(session.network, session.train_sample)
    return {"similarity": found} if found else {}


def _compared(session: Session) -> bool:
    """Whether the tasks' own parameters are looked at after this epoch."""
    spec = session.spec
    return similarity.due(round(session.epoch), spec.epochs, spec.evaluate_every)


def event(session: Session, kind: EventKind, values: dict[str, Any], payload: dict[str, Any] | None = None) -> Event:
    """An event at the session's step."""
    return Event(kind, session.step, session.epoch, session.seconds, values, payload=payload)


def position(session: Session, what: str, more: dict[str, Any] | None = None) -> Event:
    """A ``progress`` event that says where the run stands: ``what`` is ``paused``, ``running`` or ``acceleration``."""
    values = {"what": what, "done": session.step, "total": session.total_steps, "unit": "steps"}
    return event(session, "progress", values | (more or {}))


def data_values(session: Session) -> dict[str, Any]:
    """Name, source and sizes of the data, as in the result."""
    sizes = {name: len(split) for name, split in session.splits.items()}
    return {"name": session.spec.dataset.name, "source": session.samples.source, "sizes": sizes}


def accelerated(session: Session) -> dict[str, Any]:
    """How steps are taken, and why; nothing where nobody chose (runs that train together)."""
    return {} if session.choice is None else {"acceleration": session.choice.values()}


def chosen_among(session: Session) -> bool:
    """Whether there was a choice of how to take steps: on a GPU, or by the spec. The CPU has one way."""
    return session.device.type == "cuda" or session.spec.acceleration in ("compile", "cuda_graph")


def samples_values(session: Session) -> dict[str, Any]:
    """Notes on the samples, names of the table's columns and words of the sentences, where there are any."""
    samples = session.samples
    found = {"notes": samples.notes, "columns": samples.columns, "vocabulary": samples.vocabulary}
    return {name: list(values) for name, values in found.items() if values or name == "notes"}


def held(session: Session) -> str:
    """Where the rows are while the run goes on: ``on the device``, or ``streamed`` where they do not fit there."""
    return "streamed" if session.splits["train"].streamed else "on the device"


def started(session: Session) -> Event:
    """The ``started`` event: what the run uses."""
    values = {
        "device": session.device.type,
        "why": session.why,
        "engine": "single",
        "threads": torch.get_num_threads(),
        **accelerated(session),
        "parameters": session.network.layout.parameter_counts(),
        "steps_per_epoch": session.steps_per_epoch,
        "total_steps": session.total_steps,
        "data": data_values(session) | samples_values(session) | {"held": held(session)},
        "tasks": [vars(task) for task in session.tasks],
    }
    return event(session, "started", values)
