"""What a script does around its steps: choose a task's rows, forget what a norm saw, evaluate, compare."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mtl_core.export.pieces.data import Split


class Rows:
    """What each task sees of values that all rows have: those rows that have a target for it."""

    def __init__(self, rows: Mapping[str, Tensor]) -> None:
        self.rows = rows
        self.chosen: dict[tuple[str, str], Tensor] = {}

    def needs(self, task: str) -> bool:
        """Whether the task has a row in the batch."""
        return task not in self.rows or len(self.rows[task]) > 0

    def of(self, task: str, name: str, values: Tensor) -> Tensor:
        """The task's rows of values; of vectors they are taken for all tasks at once."""
        if task not in self.rows:
            return values
        if (task, name) not in self.chosen:
            together = dict(self.rows) if values.dim() == 2 else {task: self.rows[task]}
            taken = values[torch.cat(list(together.values()))]
            parts = torch.split(taken, [len(index) for index in together.values()])  # type: ignore[no-untyped-call]
            self.chosen.update({(each, name): part for each, part in zip(together, parts, strict=True)})
        return self.chosen[task, name]


@contextmanager
def nothing_remembered(net: nn.Module) -> Iterator[None]:
    """Within it batch norms that train do not move their running statistics."""
    norms = [module for module in net.modules() if isinstance(module, _BatchNorm) and module.training]
    for norm in norms:
        norm.track_running_stats = False
    yield
    for norm in norms:
        norm.track_running_stats = True


def cut_here(given: Tensor, name: str, cuts: dict[str, tuple[Tensor, Tensor]] | None) -> Tensor:
    """A leaf with these values, from which the tasks' own parts go on; the values themselves where nothing is cut."""
    if cuts is None:
        return given
    leaf = given.detach().requires_grad_()
    cuts[name] = given, leaf
    return leaf


@torch.no_grad()
def evaluate(net: nn.Module, split: Split, tasks: Mapping[str, Any], rows_at_once: int) -> dict[str, dict[str, Any]]:
    """Per task its mean loss and its metrics on the rows that have a target for it; None for what is no number."""
    net.eval()
    sums = dict.fromkeys(tasks, 0.0)
    kept: dict[str, list[Tensor]] = {task: [] for task in tasks}
    for start in range(0, split.size, rows_at_once):
        batch = split.take(slice(start, start + rows_at_once))
        for task, output in net(batch).items():
            target = batch.targets[task]
            sums[task] += tasks[task].loss(output, target).double().item() * len(target)
            kept[task].append(tasks[task].kept(output).cpu())
    found: dict[str, dict[str, Any]] = {}
    for task, parts in kept.items():
        if parts:
            target = split.target(task).cpu()
            values = {"loss": sums[task] / len(target), **tasks[task].metrics(torch.cat(parts), target)}
            found[task] = {name: value if math.isfinite(value) else None for name, value in values.items()}
    return found


@torch.no_grad()
def explained_variance(
    net: nn.Module, split: Split, tasks: Mapping[str, Any], rows_at_once: int
) -> dict[str, float | None]:
    """Share of the variance of all tasks' targets together that is explained: around one mean, around each task's."""
    net.eval()
    errors: dict[str, list[Tensor]] = {task: [] for task in tasks}
    for start in range(0, split.size, rows_at_once):
        batch = split.take(slice(start, start + rows_at_once))
        for task, output in net(batch).items():
            errors[task].append(tasks[task].kept(output).double().cpu() - batch.targets[task].double().cpu())
    targets = [split.target(task).double().cpu() for task, found in errors.items() if found]
    left = sum(torch.cat(found).square().sum().item() for found in errors.values() if found)
    whole = torch.cat(targets)
    around = {
        "explained_variance": (whole - whole.mean()).square().sum().item(),
        "explained_within": sum((y - y.mean()).square().sum().item() for y in targets),
    }
    return {name: 1 - left / spread if spread > 0 else None for name, spread in around.items()}


def compare(expected: Mapping[str, Any], found: Mapping[str, Any], tolerance: float) -> int:
    """Print the run's numbers beside those found; gives how many differ by more than the tolerance, relatively."""
    differing = 0
    print(f"\n{'split':<12} {'task':<16} {'measure':<16} {'the run':>14} {'here':>14}")
    for split, tasks in expected.items():
        for task, values in tasks.items():
            for name, wanted in values.items():
                value = found[split].get(task, {}).get(name)
                both = wanted is not None and value is not None
                same = math.isclose(wanted, value, rel_tol=tolerance, abs_tol=1e-9) if both else wanted is value
                shown = ["–" if each is None else f"{each:.8g}" for each in (wanted, value)]
                print(f"{split:<12} {task:<16} {name:<16} {shown[0]:>14} {shown[1]:>14}{'' if same else '  differs'}")
                differing += not same
    return differing


def say(step: int, total: int, losses: Mapping[str, Tensor]) -> None:
    """Print the losses of a step, twenty times in all."""
    if (step + 1) * 20 // total != step * 20 // total:
        shown = "  ".join(f"{task} {loss.item():.6f}" for task, loss in losses.items())
        print(f"step {step + 1:>7} of {total}  {shown}", flush=True)
