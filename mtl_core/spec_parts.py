"""The parts of a RunSpec: data with its split, optimizer, learning-rate schedule, batch policy, changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, field_validator, model_validator

from mtl_core.augmentation import AUGMENTATIONS
from mtl_core.augmentation.base import Augmentation
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Dataset
from mtl_core.encoders import InputSpec
from mtl_core.model import Model, from_registry, known

Positive = Annotated[float, Field(gt=0)]
ONLY = "only."
"""Of a change: ``only.<task>``, set to 1, makes the next step take this task's gradient alone."""
STEERABLE_HINT = (
    "weighting.lambdas.<task>, regularizers.<i>.strength, optimizer.lr, gradients.every, epochs or only.<task>"
)


class SplitSpec(Model):
    """Which rows test: the data set's own split, or one fold of a cross-validation.

    kfold: fold ``fold`` of ``folds`` tests. holdout: a share ``test`` drawn anew for each ``fold``. Classes keep
    their shares and groups stay together where the data set says so.
    """

    name: Annotated[
        Literal["standard", "kfold", "holdout"], Field(description="standard: the data set's own split")
    ] = "standard"
    folds: Annotated[int, Field(ge=2, le=50, description="Of kfold: parts; of holdout: repetitions")] = 5
    fold: Annotated[int, Field(ge=0, description="Which of them, counted from 0")] = 0
    test: Annotated[float, Field(gt=0, lt=0.9, description="Of holdout: share of the rows that test")] = 0.2

    @model_validator(mode="after")
    def _fold_is_one_of_them(self) -> SplitSpec:
        if self.fold >= self.folds:
            raise ValueError(f"fold must be below folds = {self.folds}, got {self.fold}")
        return self


class DatasetSpec(Model):
    """Which data, its own options, and how much of the training part is held out for validation."""

    name: Annotated[str, Field(description="The data set; `list datasets` names them")] = "wine_quality"
    options: Annotated[dict[str, Any], Field(description="The data set's own fields")] = {}
    modalities: Annotated[list[str], Field(description="Inputs used; left out: all of the data set's")] = []
    target_scaling: Annotated[
        Literal["raw", "standardize"], Field(description="Of regression targets in training; metrics keep the unit")
    ] = "raw"
    validation: Annotated[float, Field(ge=0, le=0.9, description="Share of the training part; 0 = none")] = 0.2
    split: SplitSpec = SplitSpec()
    train_rows: Annotated[
        int | None, Field(ge=2, description="Training rows that are used, the same for all runs; left out: all")
    ] = None
    augmentation: Annotated[
        list[Annotated[SerializeAsAny[Augmentation], from_registry(AUGMENTATIONS)]],
        Field(description="Changes of the training rows, drawn anew for each row at each step"),
    ] = []

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

    @field_validator("split", mode="before")
    @classmethod
    def _split_by_name(cls, split: Any) -> Any:
        return {"name": split} if isinstance(split, str) else split

    def build(self) -> Dataset:
        """The data set with its options."""
        return DATASETS[self.name].model_validate({"name": self.name, **self.options})

    def inputs(self) -> dict[str, InputSpec]:
        """The chosen modalities in the data set's order; all of them where none was chosen."""
        offered = self.build().inputs()
        return {name: spec for name, spec in offered.items() if not self.modalities or name in self.modalities}

    def sizes(self) -> dict[str, int]:
        """Rows of train, validation and test that a run with all tasks has (groups kept together may shift a few)."""
        sizes = self.whole_sizes()
        return sizes | {"train": min(sizes["train"], self.train_rows or sizes["train"])}

    def whole_sizes(self) -> dict[str, int]:
        """The same where no training row is left out."""
        sizes = self.build().sizes(self.validation)
        if self.split.name == "standard":
            return sizes
        from mtl_core.splitting import split_sizes

        return split_sizes(sizes, self.split, self.validation)


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


class BatchPolicySpec(Model):
    """How often rows are drawn where tasks have samples of their own.

    Rows that have targets of the same tasks form a source of n_s rows, and p_s ∝ n_s^(1/T) is its share of an
    epoch. proportional: T = 1, every row once · equal: T = ∞ · temperature: T = ``temperature`` (Arivazhagan et al.
    2019, Massively multilingual neural machine translation in the wild, section 4.1). An epoch has as many rows in
    all policies; a source that is drawn more often than it has rows is gone through again.
    """

    name: Annotated[
        Literal["proportional", "equal", "temperature"], Field(description="Share of each task's rows in the batches")
    ] = "proportional"
    temperature: Annotated[float, Field(ge=1, le=100, description="Of temperature: 1 proportional, ∞ equal")] = 2.0

    @property
    def exponent(self) -> float:
        """1/T: 1 for proportional, 0 for equal."""
        return {"proportional": 1.0, "equal": 0.0}.get(self.name, 1 / self.temperature)


class GradientsSpec(Model):
    """How often the tasks' gradients are held against each other; it changes nothing in the training.

    It costs a backward pass a task at each such step, unless the weighting needs these gradients anyway.
    """

    every: Annotated[
        int, Field(ge=0, le=1_000_000, description="Steps from one measurement of the gradients to the next; 0: none")
    ] = 10


class ScheduledChange(Model):
    """A value that changes in the middle of a run, once ``step`` steps are done."""

    step: Annotated[int, Field(ge=0, description="Steps done when the value changes")]
    field: Annotated[str, Field(description=f"What changes: {STEERABLE_HINT}")]
    value: Annotated[float, Field(description="Its new value")]


INNER: Mapping[str, type[Model]] = {
    "dataset": DatasetSpec,
    "optimizer": OptimizerSpec,
    "lr_schedule": LrScheduleSpec,
    "batch_policy": BatchPolicySpec,
    "gradients": GradientsSpec,
}
"""Fields of a RunSpec that are models themselves, without a registry."""
