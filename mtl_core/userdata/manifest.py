"""Manifest: what a data set of a person's own consists of; a JSON file beside its arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self, cast

from pydantic import Field, model_validator

from mtl_core.model import Model
from mtl_core.tasks import Task
from mtl_core.userdata.limits import LONGEST_NAME, MOST_CATEGORIES, MOST_CLASSES

Role = Literal["input", "target", "ignore"]
InputKind = Literal["numeric", "categorical", "text", "image"]
TargetKind = Literal["regression", "binary", "multiclass", "segmentation"]
Kind = InputKind | TargetKind
INPUT_KINDS: tuple[InputKind, ...] = ("numeric", "categorical", "text", "image")
TARGET_KINDS: tuple[TargetKind, ...] = ("regression", "binary", "multiclass", "segmentation")
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
TABLE = ("numeric", "categorical")
"""Kinds of inputs that make up the table."""


class Choice(Model):
    """What a column is used for.

    ``kind`` is how an input is read or what a target is; None leaves it to what the column looks like. ``unit`` is
    that of a regression target.
    """

    role: Role = "ignore"
    kind: Kind | None = None
    unit: Annotated[str, Field(max_length=20)] = ""

    @model_validator(mode="after")
    def _kind_fits_role(self) -> Self:
        fitting = {"input": INPUT_KINDS, "target": TARGET_KINDS}.get(self.role)
        if fitting and self.kind is not None and self.kind not in fitting:
            raise ValueError(
                f"an {self.role} is {', '.join(fitting)}, not {self.kind}".replace("an target", "a target")
            )
        return self


class Column(Model):
    """One column that is used.

    Attributes:
        name: as in the file.
        role, kind: what it is used for.
        task: of a target, the name of its task.
        classes: of a target, in the order of their numbers; the negative one first, or the background.
        unit: of a regression target.
        categories: of a categorical input, those with a column of their own.
        rest: whether other categories or missing values occur, which share a column.
        indicator: whether a numeric input has a second column that says where it is missing.
        missing: cells without a value.
        distinct: different values.
        number: whether its values are numbers, also where they name classes.
    """

    name: Name
    role: Literal["input", "target"]
    kind: Kind
    task: Annotated[str, Field(max_length=LONGEST_NAME + 8)] = ""
    classes: Annotated[list[str], Field(max_length=MOST_CLASSES)] = []
    unit: str = ""
    categories: Annotated[list[str], Field(max_length=MOST_CATEGORIES)] = []
    rest: bool = False
    indicator: bool = False
    missing: int = 0
    distinct: int = 0
    number: bool = False

    @property
    def width(self) -> int:
        """Columns that it takes in the table that a network reads."""
        if self.role != "input" or self.kind not in TABLE:
            return 0
        return 1 + self.indicator if self.kind == "numeric" else len(self.categories) + self.rest


class Pictures(Model):
    """The pictures of a data set: at which side they are kept, and 1 channel (grey) or 3."""

    side: int
    channels: Literal[1, 3]


class Sentences(Model):
    """The texts of a data set: words of the longest one, and the size of the vocabulary with 0 for padding."""

    length: int
    vocabulary: int


class Origin(Model):
    """The file or folder that a data set was made from; its content is not kept."""

    name: str = ""
    format: Literal["csv", "parquet", "folder", "zip"] = "csv"
    bytes: int = 0
    sha256: str = ""
    encoding: str = ""
    delimiter: str = ""


class Manifest(Model):
    """All that is known of a data set without its rows.

    Attributes:
        id: its folder's name, and what a spec calls it.
        name: what its owner calls it.
        owner: token of a browser, or ``cli``.
        shared: whether others may see and use it.
        removed: whether its rows were deleted; what is left lets its runs be looked at.
        created: seconds since 1970 (UTC).
        rows: those with at least one target.
        duplicates: rows with the same inputs as an earlier one.
    """

    version: Literal[1] = 1
    id: str
    name: Name
    owner: str
    shared: bool = False
    removed: bool = False
    created: float
    rows: int
    duplicates: int = 0
    origin: Origin = Origin()
    columns: list[Column]
    ignored: list[str] = []
    pictures: Pictures | None = None
    sentences: Sentences | None = None

    def inputs(self) -> list[Column]:
        """Columns that a network reads."""
        return [column for column in self.columns if column.role == "input"]

    def targets(self) -> list[Column]:
        """Columns that it predicts."""
        return [column for column in self.columns if column.role == "target"]

    def tasks(self) -> tuple[Task, ...]:
        """A task for each target."""
        return tasks_of(self.columns)

    def width(self) -> int:
        """Columns of the table that a network reads; 0 where there is none."""
        return sum(column.width for column in self.columns)


def tasks_of(columns: Iterable[Column]) -> tuple[Task, ...]:
    """A task for each target among the columns."""
    return tuple(
        Task(column.task, cast(TargetKind, column.kind), tuple(column.classes), column.unit)
        for column in columns
        if column.role == "target"
    )
