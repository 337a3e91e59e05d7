"""Losses, metrics and predictions of one split."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.batches import Batch, TensorSplit
from mtl_core.generation.base import Generation
from mtl_core.losses import task_loss
from mtl_core.metrics import ConfusionMeter, RegressionMeter, auroc, explained_shares, explained_variance
from mtl_core.network import Network
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from mtl_core.explicit.engine import Explicit
    from mtl_core.generation_evaluation import GenerationTally

ROWS_AT_ONCE, PICTURES_AT_ONCE = 2_048, 128
"""Rows of a batch in evaluations. Pictures of more would not fit a processor's cache: 512 took twice as long a row."""
PICTURES = 24
"""Samples whose masks a preview holds."""
PREVIEW_ROWS = 2_000
"""Rows whose predictions a preview holds, at most."""


@dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation of a regression target in its own unit; 0 and 1 for raw targets."""

    mean: float = 0.0
    std: float = 1.0


@dataclass
class Evaluation:
    """What one pass over a split gives.

    Attributes:
        loss: mean loss per task; None where a task has no target in the split.
        metrics: per task its metrics, in the target's own unit.
        predictions: per task what a preview holds (see LOG.md, interfaces).
        overall: what is measured over several tasks at once.
        samples: per generation task the pictures made for its Fréchet distance, and as many real ones.
    """

    loss: dict[str, float | None]
    metrics: dict[str, dict[str, float | None]]
    predictions: dict[str, NDArray[Any]] = field(default_factory=dict)
    overall: dict[str, float | None] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)


class _Tally:
    """One task's sums over the batches of a split."""

    def __init__(self, task: Task, scaler: Scaler, class_weights: Tensor | None, final: bool) -> None:
        self.task, self.scaler, self.class_weights = task, scaler, class_weights
        self.ranked = final and task.kind in ("binary", "multiclass")
        self.meter = RegressionMeter() if task.kind == "regression" else ConfusionMeter(task)
        self.losses: list[Tensor] = []
        self.rows: list[int] = []
        self.shown: list[NDArray[Any]] = []
        self.scores: list[Tensor] = []
        self.targets: list[Tensor] = []

    def update(self, output: Tensor, batch: Batch, keep: int, loss: Tensor | None = None) -> None:
        target = batch.targets[self.task.name]
        if loss is None:
            loss = task_loss(self.task, output, self._scaled(target), self.class_weights)
        self.losses.append(loss)
        self.rows.append(len(target))
        predicted, shown = self.predict(output)
        self.meter.update(predicted, target)
        if keep > 0:
            self.shown.append(shown[:keep].cpu().numpy())
        if self.ranked:
            self.scores.append(output.float().cpu() if output.shape[1] > 1 else output.squeeze(1).float().cpu())
            self.targets.append(target.cpu())

    def _scaled(self, target: Tensor) -> Tensor:
        if self.task.kind != "regression":
            return target
        return (target - self.scaler.mean) / self.scaler.std

    def predict(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """What the meter counts, and what a preview shows."""
        if self.task.kind == "regression":
            value = output.squeeze(1).float() * self.scaler.std + self.scaler.mean
            return value, value
        if self.task.kind == "binary":
            probability = output.squeeze(1).float().sigmoid()
            return (output.squeeze(1) > 0).long(), probability
        classes = output.argmax(1)
        return classes, classes.to(torch.uint8)

    def mean_loss(self) -> float | None:
        """Over all rows; the device is waited for here, once."""
        if not sum(self.rows):
            return None
        losses = torch.stack(self.losses).tolist() if len(self.losses) > 1 else [self.losses[0].item()]
        return math.fsum(loss * rows for loss, rows in zip(losses, self.rows, strict=True)) / sum(self.rows)

    def metrics(self) -> dict[str, float | None]:
        values = self.meter.compute()
        if self.ranked:
            values["auroc"] = (
                auroc(self.task, torch.cat(self.scores), torch.cat(self.targets)) if self.scores else math.nan
            )
        return _finite(values)


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


@torch.no_grad()
def evaluate(
    network: Network,
    split: TensorSplit,
    tasks: tuple[Task, ...],
    scalers: Mapping[str, Scaler],
    class_weights: Mapping[str, Tensor | None],
    *,
    final: bool = False,
    preview: bool = False,
    generation: Generation | None = None,
    seed: int = 0,
    explicit: Explicit | None = None,
) -> Evaluation:
    """One pass over a split in evaluation mode; a task is measured on the rows that have a target for it.

    Args:
        network: the model; its mode is left as evaluation.
        split: rows to pass over.
        tasks: tasks of the network.
        scalers: per regression task.
        class_weights: per task, as in training, so that the losses can be compared.
        final: ranking metrics too.
        preview: collect predictions.
        generation: how tasks that make pictures do it.
        seed: of the noise from which these make pictures.
        explicit: works out outputs and losses in the network's place.
    """
    if explicit is not None and not final and is_live(split):
        return evaluate_live(explicit, [split], tasks, scalers, [preview])()[0]
    network.set_mode(training=False)
    others = [task for task in tasks if task.kind != "generation"]
    tallies = {t.name: _Tally(t, scalers[t.name], class_weights[t.name], final) for t in others}
    makers = _makers(network, tasks, generation, seed, final)
    every = tallies | makers
    done = 0
    pictures = any(values.dim() == 4 for values in split.inputs.values())
    for batch in split.in_order(PICTURES_AT_ONCE if pictures else ROWS_AT_ONCE):
        outputs = explicit.outputs(batch) if explicit else network(batch.inputs, batch.rows)
        losses: dict[str, Tensor] = dict(zip(tallies, explicit.losses(batch), strict=True)) if explicit else {}
        for task in tasks:
            if task.name in outputs:
                keep = _kept(task, batch, done) if preview else 0
                every[task.name].update(outputs[task.name], batch, keep, losses.get(task.name))
        done += batch.size
    shown = {f"prediction.{name}": np.concatenate(tally.shown) for name, tally in tallies.items() if tally.shown}
    for maker in makers.values():
        shown |= maker.pictures()
    loss = {task.name: every[task.name].mean_loss() for task in tasks}
    metrics = {task.name: every[task.name].metrics() for task in tasks}
    samples = {name: maker.samples() for name, maker in makers.items() if maker.samples()}
    return Evaluation(loss, metrics, shown, _overall(tallies) if not makers else {}, samples)


def is_live(split: TensorSplit) -> bool:
    """Whether :func:`evaluate_live` can measure a split: in one batch."""
    return len(split) <= ROWS_AT_ONCE


def evaluate_live(
    explicit: Explicit,
    splits: Sequence[TensorSplit],
    tasks: tuple[Task, ...],
    scalers: Mapping[str, Scaler],
    previews: Sequence[bool],
) -> Callable[[], list[Evaluation]]:
    """Evaluations on the way, of all splits at once; their numbers are the same bit for bit with and without a preview.

    What is returned reads them: the device is waited for there, and they are those of now whenever they are read.

    Args:
        explicit: works out outputs and losses.
        splits: each as :func:`is_live` wants it.
        tasks: of the network.
        scalers: per regression task.
        previews: per split, whether predictions are collected.
    """
    batches = [split.whole for split in splits]
    measured = explicit.measure(batches)
    both = zip(splits, previews, strict=True)
    shown = [_live_predictions(explicit, split, tasks, scalers) if preview else {} for split, preview in both]

    def read() -> list[Evaluation]:
        found = []
        for place, (split, (loss, metrics)) in enumerate(zip(splits, measured(), strict=True)):
            kept = {name: _finite(values) for name, values in metrics.items()}
            overall: dict[str, float | None] = {}
            if _alike(tasks):
                left = len(split) * math.fsum(values["mse"] for values in metrics.values())
                overall = _finite(explained_shares(left, *explicit.spreads(batches)[place]))
            found.append(Evaluation({task.name: loss[task.name] for task in tasks}, kept, shown[place], overall))
        return found

    return read


def _live_predictions(
    explicit: Explicit, split: TensorSplit, tasks: tuple[Task, ...], scalers: Mapping[str, Scaler]
) -> dict[str, NDArray[Any]]:
    """What a preview holds of a split of one batch."""
    shown = {}
    outputs = explicit.outputs(split.whole)
    for task in tasks:
        predicted = _Tally(task, scalers[task.name], None, final=False).predict(outputs[task.name])[1]
        shown[f"prediction.{task.name}"] = predicted[: _kept(task, split.whole, 0)].cpu().numpy()
    return shown


def _makers(
    network: Network, tasks: tuple[Task, ...], generation: Generation | None, seed: int, final: bool
) -> dict[str, GenerationTally]:
    """A tally for each generation task; torchmetrics and the fixed classifier are imported where there is one."""
    makers = [task for task in tasks if task.kind == "generation"]
    if not makers:
        return {}
    from mtl_core.generation_evaluation import GenerationTally

    assert generation is not None
    return {task.name: GenerationTally(task, network, generation, seed, final) for task in makers}


def _overall(tallies: Mapping[str, _Tally]) -> dict[str, float | None]:
    """The explained variance, where all tasks measure one thing on samples of their own (scores of schools, say)."""
    if not _alike([tally.task for tally in tallies.values()]):
        return {}
    meters = [tally.meter for tally in tallies.values() if isinstance(tally.meter, RegressionMeter)]
    return _finite(explained_variance(meters))


def _alike(tasks: Sequence[Task]) -> bool:
    """Whether several tasks measure one thing: numbers of one unit."""
    return len(tasks) > 1 and {(task.kind, task.unit) for task in tasks} == {("regression", tasks[0].unit)}


def _limit(task: Task) -> int:
    """Rows of a split, from the first on, whose predictions a preview may hold."""
    return PREVIEW_ROWS if task.kind in ("regression", "binary", "multiclass") else PICTURES


def _kept(task: Task, batch: Batch, done: int) -> int:
    """How many of a task's rows in this batch a preview holds; ``done`` rows of the split came before it."""
    room = max(0, _limit(task) - done)
    return int((batch.rows[task.name] < room).sum()) if task.name in batch.rows else min(room, batch.size)


def preview_truth(split: TensorSplit, tasks: tuple[Task, ...]) -> dict[str, NDArray[Any]]:
    """What a preview's predictions are held against: targets, the pictures or rows shown, row numbers.

    Of a task that has a target for some rows only, ``shown.<task>`` says which rows of the preview these are.
    """
    arrays: dict[str, NDArray[Any]] = {"rows": split.rows[:PREVIEW_ROWS].numpy()}
    for task in tasks:
        values = split.targets[task.name][: _limit(task)].cpu()
        if task.name in split.present:
            there = split.present[task.name][: _limit(task)]
            arrays[f"shown.{task.name}"] = there.nonzero().squeeze(1).numpy()
            values = values[there]
        if task.kind != "generation":
            arrays[f"target.{task.name}"] = values.numpy()
    for modality, given in split.inputs.items():
        limit = PICTURES if given.dim() == 4 else PREVIEW_ROWS
        arrays[f"input.{modality}"] = given[:limit].cpu().numpy()
    return arrays
