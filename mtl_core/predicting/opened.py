"""Opened: a finished run's network, and all that is needed to ask it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mtl_core.batches import TensorSplit
from mtl_core.blocks import Map, Tokens
from mtl_core.datasets.base import Progress
from mtl_core.errors import DataError, MTLError
from mtl_core.evaluation import Scaler
from mtl_core.generation_evaluation import DECODED, principal_directions
from mtl_core.making import noise_seed
from mtl_core.network import Network
from mtl_core.opening import open_session
from mtl_core.predicting.columns import Column, columns_of
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.session import Session
from mtl_core.settings import data_folder
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.tasks import Task

EXAMPLES = 200
"""Test rows that are kept to begin from."""
SAMPLES = 24
"""Pictures from noise to begin from."""
CODED = 512
"""Pictures, at most, whose codes say along which directions z varies."""


@dataclass(frozen=True)
class Latent:
    """Where z lies, and along which directions it is moved.

    Attributes:
        task: that makes pictures.
        starts: (24, width) from fixed noise, the same as the run's samples.
        directions: (d, width), each one standard deviation long; at most 6.
    """

    task: str
    starts: Tensor
    directions: Tensor


@dataclass(frozen=True)
class Opened:
    """A run that answers.

    Attributes:
        run: its id.
        attempt: how often it had been taken up; a run that was continued since answers with other weights.
        spec: its spec as it was at its end.
        tasks: its tasks.
        network: in evaluation mode, on the CPU.
        scalers: per regression task.
        columns: of its table; empty where it reads none.
        examples: test rows, in the network's own scale.
        raw: (n, columns) the same rows of the table in their own units, NaN where missing; None without a table.
        ranges: per regression task the smallest and largest training target.
        vocabulary: words by their numbers, where it reads sentences.
        latent: of a run that makes pictures.
    """

    run: str
    attempt: int
    spec: RunSpec
    tasks: tuple[Task, ...]
    network: Network
    scalers: Mapping[str, Scaler]
    columns: tuple[Column, ...]
    examples: TensorSplit
    raw: Tensor | None
    ranges: Mapping[str, tuple[float, float]]
    vocabulary: tuple[str, ...]
    latent: Latent | None

    def about(self) -> dict[str, Any]:
        """What a page needs to offer inputs and to draw answers."""
        return {
            "run": self.run,
            "tasks": [vars(task) | {"range": self.ranges.get(task.name)} for task in self.tasks],
            "columns": [column.as_json() for column in self.columns],
            "inputs": {name: _shape(spec.shape) for name, spec in self.spec.dataset.inputs().items()},
            "vocabulary": list(self.vocabulary),
            "rows": len(self.examples),
            "latent": None
            if self.latent is None
            else {"task": self.latent.task, "starts": len(self.latent.starts), "ways": len(self.latent.directions)},
        }


def open_run(store: Store, run: str) -> Generator[Progress, None, Opened]:
    """Load a run's data and weights; yields the loading's progress.

    Raises:
        RunNotFound: if no run has this id.
        MTLError: if it goes on still, or has no weights.
        DataError: if the data are not there any more, or others are.
    """
    record = store.get(run)
    if not record.ended_for_now:
        raise MTLError(f"run {run} is {record.status}: it can be asked once it has ended; stop it, or wait")
    state = store.load_checkpoint(run)
    if state is None:
        raise MTLError(f"run {run} is {record.status} and has no weights; run it again and let it take a step")
    spec = parse_spec(record.spec | {"device": "cpu"})
    with data_folder(record.data_dir):
        session = yield from open_session(spec)
    if state["source"] != session.samples.source:
        raise DataError(
            f"run {run} was trained on {spec.dataset.name} from {state['source']!r}, and the data folder now gives "
            f"{session.samples.source!r}: its scales would be wrong; train it anew on what is there"
        )
    session.network.load_state_dict(state["network"])
    session.network.set_mode(training=False)
    return _opened(record, session)


def _opened(record: RunRecord, session: Session) -> Opened:
    split = next(name for name in ("test", "validation", "train") if len(session.splits[name]))
    shown = session.splits[split].pick(slice(0, EXAMPLES))
    tables = [name for name, spec in session.spec.dataset.inputs().items() if spec.kind == "table"]
    raw = None
    for name in tables:
        values = session.samples.raw.get(name, session.samples.inputs[name])
        raw = torch.as_tensor(values[shown.rows.numpy()], dtype=torch.float64)
    return Opened(
        record.id,
        record.attempt,
        session.spec,
        session.tasks,
        session.network,
        session.scalers,
        columns_of(session.samples, tables[0]) if tables else (),
        shown,
        raw,
        _ranges(session),
        session.samples.vocabulary,
        _latent(session, session.splits[split]),
    )


def _ranges(session: Session) -> dict[str, tuple[float, float]]:
    found = {}
    for task in session.tasks:
        if task.kind == "regression" and len(values := session.splits["train"].target(task.name)):
            found[task.name] = (float(values.min()), float(values.max()))
    return found


@torch.no_grad()
def _latent(session: Session, split: TensorSplit) -> Latent | None:
    for task in session.tasks:
        if task.kind == "generation":
            decoder = session.spec.generation.decoder(session.network.parts, task)
            starts = decoder.draw(SAMPLES, noise_seed(session.spec.seed, task.name, "samples")).float()
            codes = _codes(session, split.pick(slice(0, CODED)), task)
            return Latent(task.name, starts, principal_directions(decoder, codes))
    return None


def _codes(session: Session, split: TensorSplit, task: Task) -> Tensor | None:
    """z of real pictures, for a method that has that."""
    found: Sequence[Tensor | None] = [
        session.spec.generation.codes(session.network(batch.inputs, batch.rows)[task.name])
        for batch in split.in_order(DECODED)
    ]
    known = [codes.float() for codes in found if codes is not None]
    return torch.cat(known) if known else None


def _shape(shape: object) -> dict[str, Any]:
    if isinstance(shape, Map):
        return {"kind": "image", "channels": shape.channels, "side": shape.size}
    if isinstance(shape, Tokens):
        return {"kind": "text", "length": shape.length}
    return {"kind": "table"}
