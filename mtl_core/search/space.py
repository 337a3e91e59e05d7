"""What a search chooses from, as text: ``optimizer.lr=1e-4..1e-1:log``, ``architecture.name=hard,soft``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtl_core.errors import Problem, SpecError
from mtl_core.paths import get_path
from mtl_core.spec import RunSpec
from mtl_core.sweeps import axes, grid

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

FORM = "must be FIELD=LOW..HIGH, FIELD=LOW..HIGH:log or FIELD=VALUE,VALUE,…"


@dataclass(frozen=True)
class Dimension:
    """A field of the spec and what it may be.

    Attributes:
        field: dotted path.
        low, high: ends of a range; None for choices.
        log: whether the range is searched in ratios.
        whole: whether its numbers are whole.
        choices: the values to choose from; empty for a range.
    """

    field: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()

    def distribution(self) -> BaseDistribution:
        """Optuna's description of it; choices stand as JSON, which its storage can keep."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.choices:
            return CategoricalDistribution([json.dumps(value) for value in self.choices])
        assert self.low is not None
        assert self.high is not None
        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def value(self, found: Any) -> Any:
        """What Optuna's value stands for in a spec."""
        return json.loads(found) if self.choices else found


def parse_space(spec: RunSpec, texts: Sequence[str]) -> tuple[Dimension, ...]:
    """The dimensions in these texts, each tried at its ends against the spec's own rules.

    Raises:
        SpecError: where one is not of the form, has a field that the spec lacks, a value that no run may have, or
            where there is none or a field is there twice.
    """
    problems = [] if texts else [Problem("space", f"must have at least one field; each {FORM}", [])]
    found: dict[str, Dimension] = {}
    for text in texts:
        try:
            one = _parse(spec, text)
            if one.field in found:
                raise SpecError([Problem(one.field, "must be there once", text)])
            _try(spec, one)
            found[one.field] = one
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return tuple(found.values())


def chosen(spec: RunSpec, dimensions: Sequence[Dimension], values: Mapping[str, Any]) -> RunSpec:
    """The spec with what a trial has chosen.

    Raises:
        SpecError: where these values do not go together.
    """
    return grid.variant(spec, {one.field: one.value(values[one.field]) for one in dimensions})


def _parse(spec: RunSpec, text: str) -> Dimension:
    field, equals, given = (part.strip() for part in text.partition("="))
    if not equals or not given:
        raise SpecError([Problem("space", FORM, text)])
    if field.split(".")[0] in axes.REFUSED:
        raise SpecError([Problem(field, "is nothing to search: it would be chosen by luck", text)])
    if ".." not in given or given[0] in "[{'\"":
        axis = axes.parse_axis(text)
        return Dimension(axis.field, choices=axis.values)
    ends, _, scale = given.partition(":")
    try:
        low, high = (float(end) for end in ends.split("..", 1))
    except ValueError:
        raise SpecError([Problem(field, f"{FORM}; ends are numbers", given)]) from None
    if scale not in ("", "log"):
        raise SpecError([Problem(field, f"{FORM}; a search has no number of values", given)])
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SpecError([Problem(field, "a range must have two finite ends, the lower one first", ends)])
    if scale and low <= 0:
        raise SpecError([Problem(field, "both ends of a log range must be above 0", ends)])
    whole = _is_whole(spec, field) and low == int(low) and high == int(high)
    return Dimension(field, low, high, bool(scale), whole)


def _is_whole(spec: RunSpec, field: str) -> bool:
    """Whether the spec's own value is a whole number, or the word that stands in the place of one."""
    value = get_path(spec.model_dump(mode="json"), field)  # an unknown field is judged when its ends are tried
    return (isinstance(value, int) and not isinstance(value, bool)) or value == "full"


def _try(spec: RunSpec, one: Dimension) -> None:
    """Judge the ends, or every choice, by the rules of a spec; an unknown field names those spelled alike."""
    ends = one.choices or ((int(one.low or 0), int(one.high or 0)) if one.whole else (one.low, one.high))
    for value in ends:
        try:
            grid.variant(spec, {one.field: value})
        except SpecError as error:
            if one.choices and any(problem.field != one.field for problem in error.problems):
                continue  # it may go together with another field's choice
            raise
