"""What must hold between the fields of a spec, and what may change while a run goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mtl_core.blocks import Map
from mtl_core.encoders import missing_modality
from mtl_core.errors import Problem
from mtl_core.layout import SHARED
from mtl_core.spec_parts import STEERABLE_HINT

if TYPE_CHECKING:
    from mtl_core.spec import RunSpec

MOST_EPOCHS = 1_000_000


def cross_field_problems(spec: RunSpec) -> list[Problem]:
    """Every rule between fields that the spec breaks."""
    found = [*_modality_problems(spec), *_task_problems(spec), *_size_problems(spec), *_tie_problems(spec)]
    found += _augmentation_problems(spec)
    found += [] if found else _sharing_problems(spec)
    found += [] if found else [*_generation_problems(spec), *_weighting_problems(spec)]
    for i, change in enumerate(spec.schedule):
        broken = steering_rule(spec, change.field, change.value)
        if broken:
            found.append(Problem(f"schedule.{i}", broken, {"field": change.field, "value": change.value}))
    return found


def _modality_problems(spec: RunSpec) -> Iterator[Problem]:
    offered, chosen = list(spec.dataset.build().inputs()), spec.dataset.modalities
    for i, name in enumerate(chosen):
        if name not in offered:
            rule = f"unknown input of {spec.dataset.name}; known: {', '.join(offered)}"
            yield Problem(f"dataset.modalities.{i}", rule, name)
        elif name in chosen[:i]:
            yield Problem(f"dataset.modalities.{i}", "each input can be chosen once", name)


def _task_problems(spec: RunSpec) -> Iterator[Problem]:
    dataset = spec.dataset.build()
    offered = {task.name: task for task in dataset.tasks()}
    inputs = spec.dataset.inputs()
    for i, task in enumerate(spec.tasks):
        if task not in offered:
            rule = f"unknown task of {spec.dataset.name}; known: {', '.join(offered)}"
            yield Problem(f"tasks.{i}", rule, task)
        elif task in spec.tasks[:i] or task == SHARED:
            yield Problem(f"tasks.{i}", "each task can be chosen once", task)
        elif lacking := missing_modality(offered[task], inputs):
            rule = f"needs the input {lacking!r}, which dataset.modalities leaves out"
            yield Problem(f"tasks.{i}", rule, task)
    for task, value in spec.weighting.lambdas.items():
        if task not in spec.tasks:
            rule = f"no such task in this run; its tasks are {', '.join(spec.tasks)}"
            yield Problem(f"weighting.lambdas.{task}", rule, value)


def _size_problems(spec: RunSpec) -> Iterator[Problem]:
    """What convolutions and batch norm cannot do: halve a picture to nothing, normalise a single row."""
    rows = spec.dataset.sizes()["train"]
    if spec.batch_size != "full" and spec.batch_size > rows:
        rule = f"must be 'full' or at most the {rows} training rows of {spec.dataset.name}"
        yield Problem("batch_size", rule, spec.batch_size)
    used, whole = spec.dataset.train_rows, spec.dataset.whole_sizes()["train"]
    if used is not None and used > whole:
        yield Problem("dataset.train_rows", f"must be at most the {whole} training rows of {spec.dataset.name}", used)
    architecture, inputs = spec.architecture, spec.dataset.inputs()
    images = [source.shape for source in inputs.values() if isinstance(source.shape, Map)]
    for shape in images:
        if shape.size % architecture.patch:
            rule = f"must divide the {shape.size} pixels of a picture's side"
            yield Problem("architecture.patch", rule, architecture.patch)
            continue
        side = shape.size // architecture.patch
        most = side.bit_length() - 1
        if len(architecture.channels) > most:
            what = "patches" if architecture.patch > 1 else ""
            rule = f"pictures of {side}×{side} {what}".rstrip() + f" can be halved for at most {most} convolutions"
            yield Problem("architecture.channels", rule, architecture.channels)
    if images and len(inputs) == 1 and not architecture.hidden:
        yield Problem("architecture.hidden", "pictures need at least one hidden layer", architecture.hidden)
    normed = architecture.batch_norm if architecture.batch_norm is not None else bool(images)
    makes = any(task.kind == "generation" for task in spec.dataset.build().tasks() if task.name in spec.tasks)
    if (normed or makes) and spec.batch_size == 1:
        yield Problem("batch_size", "batch norm needs at least 2 rows a step", 1)


def _augmentation_problems(spec: RunSpec) -> Iterator[Problem]:
    """Each once, on inputs that the run has, and none after which a target would be wrong."""
    kinds = {look.kind for look in spec.dataset.inputs().values()}
    names = [one.name for one in spec.dataset.augmentation]
    for i, one in enumerate(spec.dataset.augmentation):
        reason = spec.dataset.build().changed_by.get(one.name)
        if one.name in names[:i]:
            yield Problem(f"dataset.augmentation.{i}.name", "each augmentation can be chosen once", one.name)
        elif not kinds & {*one.inputs}:
            rule = f"changes inputs of the kind {' or '.join(one.inputs)}, and this run has none"
            yield Problem(f"dataset.augmentation.{i}.name", rule, one.name)
        elif reason:
            rule = f"would make targets of {spec.dataset.name} wrong: {reason}; leave it out"
            yield Problem(f"dataset.augmentation.{i}.name", rule, one.name)


def _tie_problems(spec: RunSpec) -> Iterator[Problem]:
    """Terms that name tasks (a task graph) name those of the run or of its data set."""
    offered = {task.name for task in spec.dataset.build().tasks()}
    for i, term in enumerate(spec.regularizers):
        for path, name in term.named_tasks():
            if name not in offered:
                yield Problem(f"regularizers.{i}.{path}", f"no task of {spec.dataset.name} has this name", name)


def _sharing_problems(spec: RunSpec) -> Iterator[Problem]:
    """What an architecture cannot work with: one column, no layers, no maps."""
    yield from spec.architecture.problems(spec.dataset.inputs(), spec.task_list())


def _generation_problems(spec: RunSpec) -> Iterator[Problem]:
    """The two-step way needs supervised tasks that train a trunk, and generation that uses the same one."""
    kinds = {task.kind for task in spec.task_list()}
    if spec.generation.start == "joint" or "generation" not in kinds:
        return
    if kinds == {"generation"}:
        rule = "after_supervised needs a supervised task beside those that make pictures"
        yield Problem("generation.start", rule, spec.generation.start)
    elif not spec.layout().met():
        rule = f"after_supervised needs a shared trunk, and {spec.architecture.name} shares none"
        yield Problem("generation.start", rule, spec.generation.start)


def _weighting_problems(spec: RunSpec) -> Iterator[Problem]:
    """What a weighting cannot work with: one task, tasks that share nothing, no common representation."""
    weighting, layout = spec.weighting, spec.layout()
    if len(spec.tasks) < weighting.least_tasks:
        rule = f"needs at least {weighting.least_tasks} tasks to weigh; with one task use fixed"
        yield Problem("weighting.name", rule, weighting.name)
    elif weighting.needs_gramian and not any(part.block.parameters() for part in layout.met()):
        rule = (
            f"weighs the gradients on what tasks share, and {spec.architecture.name} shares nothing; "
            "choose a weighting of losses, or an architecture that shares"
        )
        yield Problem("weighting.name", rule, weighting.name)
    elif weighting.cuts:
        if spec.dataset.build().own_samples:
            rule = "needs one batch that all tasks see, and these tasks have samples of their own"
            yield Problem("weighting.at_representation", rule, True)
        elif any(part.role == "generator" for part in layout.parts):
            rule = "needs losses that see the network once; a GAN's discriminator judges several batches"
            yield Problem("weighting.at_representation", rule, True)


def steering_rule(spec: RunSpec, field: str, value: Any) -> str | None:
    """The rule that a change of a running run breaks, or None where it may be made."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        return "must be a finite number"
    match field.split("."):
        case ["weighting", "lambdas", task] if task == "*" or task in spec.tasks:
            return None if value >= 0 else "λ must be at least 0"
        case ["regularizers", index, "strength"] if index.isdigit() and int(index) < len(spec.regularizers):
            return None if value >= 0 else "γ must be at least 0"
        case ["optimizer", "lr"]:
            return None if 0 < value <= 100 else "must be above 0 and at most 100"
        case ["only", task] if task in spec.tasks:
            return None if value == 1 else "must be 1: one step with this task's gradient alone"
        case ["gradients", "every"]:
            return None if value == int(value) and 0 <= value <= 1_000_000 else "must be a whole number from 0 on"
        case ["epochs"]:
            whole = value == int(value) and 1 <= value <= MOST_EPOCHS
            return None if whole else f"must be a whole number from 1 to {MOST_EPOCHS:,}"
    return f"cannot be changed during a run; what can: {STEERABLE_HINT}"
