"""RunSpec: all that determines a run, seed included; the same object behind form, link, file and command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, ValidationError, field_validator, model_validator

from mtl_core.architectures import ARCHITECTURES
from mtl_core.architectures.base import Architecture
from mtl_core.blocks import Map
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Dataset
from mtl_core.errors import Problem, SpecError
from mtl_core.layout import SHARED, Layout
from mtl_core.model import Model, from_registry, known
from mtl_core.paths import NAMED, difference, get_path, merged, set_path
from mtl_core.problems import parse
from mtl_core.regularizers import REGULARIZERS
from mtl_core.regularizers.base import Regularizer
from mtl_core.tasks import Task
from mtl_core.weightings import WEIGHTINGS
from mtl_core.weightings.base import Weighting
from mtl_core.weightings.fixed import Fixed

MOST_EPOCHS = 1_000_000
Positive = Annotated[float, Field(gt=0)]
DEFAULT_NAMES = {"dataset": "wine_quality", "architecture": "hard", "weighting": "fixed"}
"""Names that are meant where only other fields are given."""
STEERABLE_HINT = "weighting.lambdas.<task>, regularizers.<i>.strength, optimizer.lr or epochs"


class DatasetSpec(Model):
    """Which data, its own options, and how much of the training part is held out for validation."""

    name: Annotated[str, Field(description="The data set; `list datasets` names them")] = "wine_quality"
    options: Annotated[dict[str, Any], Field(description="The data set's own fields")] = {}
    target_scaling: Annotated[
        Literal["raw", "standardize"], Field(description="Of regression targets in training; metrics keep the unit")
    ] = "raw"
    validation: Annotated[float, Field(ge=0, le=0.9, description="Share of the training part; 0 = none")] = 0.2

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in DATASETS:
            raise ValueError(f"unknown name; known: {known(DATASETS)}")
        return name

    @field_validator("options")
    @classmethod
    def _options(cls, options: dict[str, Any], info: Any) -> dict[str, Any]:
        if "name" in options:
            raise ValueError("'name' is no option; it stands beside options")
        if "name" not in info.data:
            return options
        built = DATASETS[info.data["name"]].model_validate({"name": info.data["name"], **options})
        return built.model_dump(mode="json", exclude={"name"})

    def build(self) -> Dataset:
        """The data set with its options."""
        return DATASETS[self.name].model_validate({"name": self.name, **self.options})


class OptimizerSpec(Model):
    """torch.optim's Adam, AdamW or SGD. ``clip_norm`` bounds the norm of the whole gradient before a step."""

    name: Annotated[Literal["adam", "adamw", "sgd"], Field(description="The method")] = "adam"
    lr: Annotated[float, Field(gt=0, le=100, description="Learning rate, before the schedule's factor")] = 0.01
    weight_decay: Annotated[float, Field(ge=0, description="Decay of the weights, as torch.optim has it")] = 0.0
    momentum: Annotated[float, Field(ge=0, lt=1, description="Of sgd; adam and adamw have their own")] = 0.9
    clip_norm: Annotated[Positive | None, Field(description="Bound on the gradient's norm; above 0")] = None


class LrScheduleSpec(Model):
    """The factor on the learning rate along a run of T steps.

    constant: 1 · cosine: ½(1 + cos(πt/T)) · one_cycle: up over ``warmup``·T by a cosine from 1/25, then down
    to 1e-4/25 (Smith 2018, as torch.optim.OneCycleLR) · step: ``gamma`` to the power of the periods done,
    a period being ``step_share``·T.
    """

    name: Annotated[Literal["constant", "cosine", "one_cycle", "step"], Field(description="Its shape")] = "constant"
    warmup: Annotated[float, Field(gt=0, lt=1, description="Of one_cycle: share of the run that rises")] = 0.3
    step_share: Annotated[float, Field(gt=0, le=1, description="Of step: share of the run in a period")] = 0.3
    gamma: Annotated[float, Field(gt=0, le=1, description="Of step: factor after each period")] = 0.1


class ScheduledChange(Model):
    """A value that changes in the middle of a run, once ``step`` steps are done."""

    step: Annotated[int, Field(ge=0, description="Steps done when the value changes")]
    field: Annotated[str, Field(description=f"What changes: {STEERABLE_HINT}")]
    value: Annotated[float, Field(description="Its new value")]


class RunSpec(Model):
    """All that determines a run. Fields and their defaults: docs/spec.md; ``schedule`` holds changes made by hand."""

    dataset: DatasetSpec = DatasetSpec()
    tasks: Annotated[list[str], Field(description="The tasks, in order; left out: all of the data set's")] = []
    architecture: Annotated[SerializeAsAny[Architecture], from_registry(ARCHITECTURES)] = ARCHITECTURES["hard"](
        name="hard"
    )
    weighting: Annotated[SerializeAsAny[Weighting], from_registry(WEIGHTINGS)] = Fixed()
    regularizers: list[Annotated[SerializeAsAny[Regularizer], from_registry(REGULARIZERS)]] = []
    optimizer: OptimizerSpec = OptimizerSpec()
    lr_schedule: LrScheduleSpec = LrScheduleSpec()
    class_weights: Annotated[
        Literal["none", "balanced"], Field(description="balanced: each class counts by 1 / its share of training rows")
    ] = "none"
    epochs: Annotated[int, Field(ge=1, le=MOST_EPOCHS, description="Passes over the training rows")] = 100
    batch_size: Annotated[
        Literal["full"] | Annotated[int, Field(ge=1)], Field(description="Rows a step; 1 up to all training rows")
    ] = "full"
    seed: Annotated[int, Field(ge=0, lt=2**31, description="Of weights, shuffles and dropout")] = 42
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"], Field(description="auto: cuda if present, else mps, else cpu")
    ] = "auto"
    precision: Annotated[Literal["auto", "fp32", "bf16"], Field(description="auto: fp32 on the CPU")] = "auto"
    evaluate_every: Annotated[int, Field(ge=1, description="Epochs from one evaluation to the next")] = 1
    schedule: Annotated[list[ScheduledChange], Field(description="Changes in the middle of the run")] = []

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, raw: Any) -> Any:
        """Fill what depends on other fields: the data set's recommendations, tasks, λ = 1/K, the tying term."""
        if not isinstance(raw, Mapping):
            raise ValueError("a spec is a mapping of fields")
        spec = _with_names(raw)
        name = get_path(spec, "dataset.name")
        dataset = DATASETS.get(name) if isinstance(name, str) else None
        if dataset is None:
            return spec
        spec = merged(dataset.recommended, spec)
        if not spec.get("tasks"):
            spec["tasks"] = [task.name for task in _tasks_of(dataset, spec)]
        _fill_lambdas(spec)
        if "regularizers" not in spec:
            architecture = get_path(spec, "architecture.name")
            found = ARCHITECTURES.get(architecture) if isinstance(architecture, str) else None
            default = found.default_regularizer if found else None
            spec["regularizers"] = [{"name": default}] if default else []
        return spec

    @model_validator(mode="after")
    def _hangs_together(self) -> RunSpec:
        problems = list(_cross_field_problems(self))
        if problems:
            raise SpecError(problems)
        return self

    def task_list(self) -> tuple[Task, ...]:
        """The chosen tasks, in the spec's order."""
        offered = {task.name: task for task in self.dataset.build().tasks()}
        return tuple(offered[name] for name in self.tasks)

    def layout(self) -> Layout:
        """The network that this spec describes, without building it."""
        return self.architecture.layout(self.dataset.build().inputs(), self.task_list())

    def with_value(self, field: str, value: Any) -> RunSpec:
        """A copy with one field changed, validated as a whole.

        Raises:
            SpecError: if the field is unknown or the value breaks its rule.
        """
        return parse_spec(set_path(self.model_dump(mode="json"), field, value))

    def differences(self) -> dict[str, Any]:
        """Only what differs from the defaults of this data set, nested as in the spec (for links)."""
        mine = self.model_dump(mode="json")
        base = RunSpec.model_validate(
            {
                "dataset": {"name": self.dataset.name},
                "tasks": self.tasks,
                "architecture": {"name": self.architecture.name},
                "weighting": {"name": self.weighting.name},
            }
        ).model_dump(mode="json")
        whole = RunSpec.model_validate({"dataset": {"name": self.dataset.name}}).model_dump(mode="json")
        changed = difference(mine, base)
        for field in ("dataset.name", "architecture.name", "weighting.name"):
            default = get_path(RunSpec().model_dump(mode="json"), field)
            if get_path(mine, field) != default:
                changed = set_path(changed, field, get_path(mine, field))
        if self.tasks != whole["tasks"]:
            changed["tasks"] = list(self.tasks)
        return changed


def parse_spec(raw: Any) -> RunSpec:
    """The spec in a mapping, with every problem of every field reported at once.

    Raises:
        SpecError: listing field, rule and value for each problem.
    """
    return parse(RunSpec, raw)


def _tasks_of(dataset: type[Dataset], spec: Mapping[str, Any]) -> tuple[Task, ...]:
    options = get_path(spec, "dataset.options", {})
    try:
        return dataset.model_validate({**options, "name": get_path(spec, "dataset.name", "wine_quality")}).tasks()
    except (ValidationError, TypeError):
        return dataset.model_validate({"name": dataset.model_fields["name"].default}).tasks()


def _with_names(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which bare names have become mappings and a missing name is the default one."""
    spec = dict(raw)
    for field in NAMED:
        value = spec.get(field, {})
        if isinstance(value, str):
            spec[field] = {"name": value}
        elif isinstance(value, Mapping) and "name" not in value and field in DEFAULT_NAMES:
            spec[field] = {"name": DEFAULT_NAMES[field], **value}
    return spec


def _fill_lambdas(spec: dict[str, Any]) -> None:
    weighting = spec["weighting"]
    weighting = weighting.model_dump() if isinstance(weighting, Weighting) else weighting
    if not isinstance(weighting, Mapping) or not isinstance(spec["tasks"], list):
        return
    lambdas = weighting.get("lambdas") or {}
    if not isinstance(lambdas, Mapping):
        return
    tasks = [task for task in spec["tasks"] if isinstance(task, str)]
    filled = {task: lambdas.get(task, 1 / len(tasks)) for task in tasks} | dict(lambdas)
    spec["weighting"] = {**weighting, "lambdas": filled}


def _cross_field_problems(spec: RunSpec) -> list[Problem]:
    problems: list[Problem] = []
    dataset = spec.dataset.build()
    offered = [task.name for task in dataset.tasks()]
    for i, task in enumerate(spec.tasks):
        if task not in offered:
            rule = f"unknown task of {spec.dataset.name}; known: {', '.join(offered)}"
            problems.append(Problem(f"tasks.{i}", rule, task))
        elif task in spec.tasks[:i] or task == SHARED:
            problems.append(Problem(f"tasks.{i}", "each task can be chosen once", task))
    for task, value in spec.weighting.lambdas.items():
        if task not in spec.tasks:
            rule = f"no such task in this run; its tasks are {', '.join(spec.tasks)}"
            problems.append(Problem(f"weighting.lambdas.{task}", rule, value))
    rows = dataset.sizes(spec.dataset.validation)["train"]
    if spec.batch_size != "full" and spec.batch_size > rows:
        rule = f"must be 'full' or at most the {rows} training rows of {spec.dataset.name}"
        problems.append(Problem("batch_size", rule, spec.batch_size))
    problems += _image_problems(spec, dataset)
    for i, change in enumerate(spec.schedule):
        broken = steering_rule(spec, change.field, change.value)
        if broken:
            problems.append(Problem(f"schedule.{i}", broken, {"field": change.field, "value": change.value}))
    return problems


def _image_problems(spec: RunSpec, dataset: Dataset) -> list[Problem]:
    """What convolutions and batch norm cannot do: halve a picture to nothing, normalise a single row."""
    problems: list[Problem] = []
    architecture, images = spec.architecture, [i.shape for i in dataset.inputs().values() if isinstance(i.shape, Map)]
    for shape in images:
        most = shape.size.bit_length() - 1
        if len(architecture.channels) > most:
            rule = f"pictures of {shape.size}×{shape.size} can be halved for at most {most} convolutions"
            problems.append(Problem("architecture.channels", rule, architecture.channels))
    normed = architecture.batch_norm if architecture.batch_norm is not None else bool(images)
    if normed and spec.batch_size == 1:
        problems.append(Problem("batch_size", "batch norm needs at least 2 rows a step", 1))
    return problems


def steering_rule(spec: RunSpec, field: str, value: Any) -> str | None:
    """The rule that a change of a running run breaks, or None where it may be made."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        return "must be a finite number"
    match field.split("."):
        case ["weighting", "lambdas", task] if task in spec.tasks:
            return None if value >= 0 else "λ must be at least 0"
        case ["regularizers", index, "strength"] if index.isdigit() and int(index) < len(spec.regularizers):
            return None if value >= 0 else "γ must be at least 0"
        case ["optimizer", "lr"]:
            return None if 0 < value <= 100 else "must be above 0 and at most 100"
        case ["epochs"]:
            whole = value == int(value) and 1 <= value <= MOST_EPOCHS
            return None if whole else f"must be a whole number from 1 to {MOST_EPOCHS:,}"
    return f"cannot be changed during a run; what can: {STEERABLE_HINT}"
