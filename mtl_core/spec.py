"""RunSpec: all that determines a run, seed included; the same object behind form, link, file and command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, ValidationError, model_validator

from mtl_core.architectures import ARCHITECTURES
from mtl_core.architectures.base import Architecture
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Dataset
from mtl_core.encoders import missing_modality
from mtl_core.errors import SpecError
from mtl_core.generation import GENERATORS
from mtl_core.generation.base import Generation
from mtl_core.generation.vae import Vae
from mtl_core.layout import Layout
from mtl_core.model import Model, from_registry
from mtl_core.paths import NAMED, difference, get_path, merged, set_path
from mtl_core.problems import parse
from mtl_core.regularizers import REGULARIZERS
from mtl_core.regularizers.base import Regularizer
from mtl_core.spec_parts import (
    BatchPolicySpec,
    DatasetSpec,
    GradientsSpec,
    LrScheduleSpec,
    OptimizerSpec,
    ScheduledChange,
)
from mtl_core.spec_rules import MOST_EPOCHS, cross_field_problems, steering_rule
from mtl_core.tasks import Task
from mtl_core.weightings import WEIGHTINGS
from mtl_core.weightings.base import Weighting
from mtl_core.weightings.fixed import Fixed

__all__ = [
    "MOST_EPOCHS",
    "BatchPolicySpec",
    "DatasetSpec",
    "LrScheduleSpec",
    "OptimizerSpec",
    "RunSpec",
    "ScheduledChange",
    "parse_spec",
    "steering_rule",
]
DEFAULT_NAMES = {"dataset": "wine_quality", "architecture": "hard", "weighting": "fixed", "generation": "vae"}
"""Names that are meant where only other fields are given."""
EVERY = "*"
"""In ``weighting.lambdas``: λ of every task that is not named."""
MOST_NAMED = 8
"""λ, at most, that a short form of a spec names one by one where many are alike."""


class RunSpec(Model):
    """All that determines a run. Fields and their defaults: docs/spec.md; ``schedule`` holds changes made by hand."""

    dataset: DatasetSpec = DatasetSpec()
    tasks: Annotated[list[str], Field(description="The tasks, in order; left out: all of the data set's")] = []
    architecture: Annotated[SerializeAsAny[Architecture], from_registry(ARCHITECTURES)] = ARCHITECTURES["hard"](
        name="hard"
    )
    weighting: Annotated[SerializeAsAny[Weighting], from_registry(WEIGHTINGS)] = Fixed()
    regularizers: list[Annotated[SerializeAsAny[Regularizer], from_registry(REGULARIZERS)]] = []
    generation: Annotated[SerializeAsAny[Generation], from_registry(GENERATORS)] = Vae()
    optimizer: OptimizerSpec = OptimizerSpec()
    lr_schedule: LrScheduleSpec = LrScheduleSpec()
    class_weights: Annotated[
        Literal["none", "balanced"], Field(description="balanced: each class counts by 1 / its share of training rows")
    ] = "none"
    epochs: Annotated[int, Field(ge=1, le=MOST_EPOCHS, description="Passes over the training rows")] = 100
    batch_size: Annotated[
        Literal["full"] | Annotated[int, Field(ge=1)], Field(description="Rows a step; 1 up to all training rows")
    ] = "full"
    batch_policy: BatchPolicySpec = BatchPolicySpec()
    seed: Annotated[int, Field(ge=0, lt=2**31, description="Of weights, shuffles and dropout")] = 42
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"], Field(description="auto: cuda if present, else mps, else cpu")
    ] = "auto"
    precision: Annotated[Literal["auto", "fp32", "bf16"], Field(description="auto: fp32 on the CPU")] = "auto"
    acceleration: Annotated[
        Literal["auto", "none", "compile", "cuda_graph"],
        Field(description="How steps are taken; auto: none on the CPU, what is measured to pay on CUDA"),
    ] = "auto"
    evaluate_every: Annotated[int, Field(ge=1, description="Epochs from one evaluation to the next")] = 1
    gradients: GradientsSpec = GradientsSpec()
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
        built = _built(dataset, spec)
        tasks = spec.get("tasks") or built.advice().get("tasks") or _feasible_tasks(built, spec)
        advice = _with_layers(_advice(built, spec, tasks), spec)
        spec = merged(_fitting(advice, spec, tasks), spec) | {"tasks": tasks}
        _fill_lambdas(spec)
        if "regularizers" not in spec:
            architecture = get_path(spec, "architecture.name")
            found = ARCHITECTURES.get(architecture) if isinstance(architecture, str) else None
            default = found.default_regularizer if found else None
            spec["regularizers"] = [{"name": default}] if default else []
        return spec

    @model_validator(mode="after")
    def _hangs_together(self) -> RunSpec:
        problems = cross_field_problems(self)
        if problems:
            raise SpecError(problems)
        return self

    def task_list(self) -> tuple[Task, ...]:
        """The chosen tasks, in the spec's order."""
        offered = {task.name: task for task in self.dataset.build().tasks()}
        return tuple(offered[name] for name in self.tasks)

    def layout(self) -> Layout:
        """The network that this spec describes, without building it."""
        return self.architecture.layout(self.dataset.inputs(), self.task_list(), self.generation)

    @property
    def heads_tell(self) -> bool:
        """Whether the tasks' matching parameters say something of them: not where two heads on one trunk are all."""
        return len(self.tasks) > 2 or bool(self.regularizers) or not self.architecture.hidden

    def with_value(self, field: str, value: Any) -> RunSpec:
        """A copy with one field changed, validated as a whole; ``weighting.lambdas.*`` is λ of all tasks at once.

        Raises:
            SpecError: if the field is unknown or the value breaks its rule.
        """
        if field == f"weighting.lambdas.{EVERY}":
            field, value = "weighting.lambdas", dict.fromkeys(self.tasks, value)
        return parse_spec(set_path(self.model_dump(mode="json"), field, value))

    def differences(self) -> dict[str, Any]:
        """Only what differs from the defaults of this data set, nested as in the spec (for links)."""
        mine = self.model_dump(mode="json")
        data = {"name": self.dataset.name, "options": self.dataset.options}  # they may decide which tasks there are
        base = RunSpec.model_validate(
            {
                "dataset": data,
                "tasks": self.tasks,
                "architecture": {"name": self.architecture.name},
                "weighting": {"name": self.weighting.name},
                "generation": {"name": self.generation.name},
            }
        ).model_dump(mode="json")
        whole = RunSpec.model_validate({"dataset": data}).model_dump(mode="json")
        changed = difference(mine, base)
        options = difference(self.dataset.options, DatasetSpec(name=self.dataset.name).options)
        for name, value in options.items():
            changed = set_path(changed, f"dataset.options.{name}", value)
        for field in ("dataset.name", "architecture.name", "weighting.name", "generation.name"):
            default = get_path(RunSpec().model_dump(mode="json"), field)
            if get_path(mine, field) != default:
                changed = set_path(changed, field, get_path(mine, field))
        if self.tasks != whole["tasks"]:
            changed["tasks"] = list(self.tasks)
        if "lambdas" in changed.get("weighting", {}):
            changed["weighting"]["lambdas"] = _folded(self.weighting.lambdas, changed["weighting"]["lambdas"])
        return changed


def parse_spec(raw: Any) -> RunSpec:
    """The spec in a mapping, with every problem of every field reported at once.

    Raises:
        SpecError: listing field, rule and value for each problem.
    """
    return parse(RunSpec, raw)


def _feasible_tasks(dataset: Dataset, spec: Mapping[str, Any]) -> list[str]:
    """The data set's tasks that the chosen modalities allow."""
    chosen = get_path(spec, "dataset.modalities", [])
    inputs = {name: look for name, look in dataset.inputs().items() if not chosen or name in chosen}
    return [task.name for task in dataset.tasks() if not inputs or not missing_modality(task, inputs)]


def _built(dataset: type[Dataset], spec: Mapping[str, Any]) -> Dataset:
    options = get_path(spec, "dataset.options", {})
    try:
        return dataset.model_validate({**options, "name": get_path(spec, "dataset.name", "wine_quality")})
    except (ValidationError, TypeError):
        return dataset.model_validate({"name": dataset.model_fields["name"].default})


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


def _advice(dataset: Dataset, spec: Mapping[str, Any], tasks: Any) -> Mapping[str, Any]:
    """What the data set recommends and, on top of it where a task makes pictures, what the way to make them does."""
    advice, name = dataset.advice(), get_path(spec, "generation.name")
    makes = isinstance(tasks, list) and any(t.kind == "generation" and t.name in tasks for t in dataset.tasks())
    if not makes or not isinstance(name, str) or name not in GENERATORS:
        return advice
    return merged(advice, GENERATORS[name].model_validate({"name": name}).advice(advice))


def _with_layers(advice: Mapping[str, Any], spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A data set's advice; without linear models where the architecture mixes what hidden layers give."""
    name = get_path(spec, "architecture.name", None)
    found = ARCHITECTURES.get(name) if isinstance(name, str) else None
    if found is None or not found.mixes_stages or get_path(advice, "architecture.hidden", None) != []:
        return advice
    kept = {field: value for field, value in advice["architecture"].items() if field != "hidden"}
    return {**advice, "architecture": kept}


def _fitting(advice: Mapping[str, Any], spec: Mapping[str, Any], tasks: Any) -> Mapping[str, Any]:
    """A data set's advice, without λ of tasks that this run lacks, and without any λ where the spec has one for all."""
    lambdas = get_path(advice, "weighting.lambdas", {})
    if not lambdas:
        return advice
    given = get_path(spec, "weighting.lambdas", {})
    chosen = tasks if isinstance(tasks, list) and not (isinstance(given, Mapping) and EVERY in given) else []
    kept = {task: value for task, value in lambdas.items() if task in chosen}
    return {**advice, "weighting": {**advice["weighting"], "lambdas": kept}}


def _fill_lambdas(spec: dict[str, Any]) -> None:
    weighting = spec["weighting"]
    weighting = weighting.model_dump() if isinstance(weighting, Weighting) else weighting
    if not isinstance(weighting, Mapping) or not isinstance(spec["tasks"], list):
        return
    lambdas = weighting.get("lambdas") or {}
    if not isinstance(lambdas, Mapping):
        return
    tasks = [task for task in spec["tasks"] if isinstance(task, str)]
    named = dict(lambdas)
    others = named.pop(EVERY) if _may_be_lambda(named.get(EVERY)) else 1 / max(1, len(tasks))
    spec["weighting"] = {**weighting, "lambdas": dict.fromkeys(tasks, others) | named}


def _may_be_lambda(value: Any) -> bool:
    """Whether a value, perhaps a text of a link, can be a λ; what cannot stays where it is and is told of once."""
    try:
        return float(value) >= 0
    except (TypeError, ValueError):
        return False


def _folded(lambdas: Mapping[str, float], changed: dict[str, float]) -> dict[str, float]:
    """The changed λ; where they are many, the most frequent value of all for ``*`` and the exceptions by name."""
    common = Counter(lambdas.values()).most_common(1)[0][0]
    short = {EVERY: common} | {task: value for task, value in lambdas.items() if value != common}
    return short if MOST_NAMED < len(changed) > len(short) else changed
