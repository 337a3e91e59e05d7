"""From pydantic's errors to problems: field, rule and value of everything that is wrong, in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mtl_core.errors import Problem, SpecError
from mtl_core.paths import get_path

M = TypeVar("M", bound=BaseModel)
STAND_IN: Mapping[str, Any] = {
    "regularizers": {"name": "l2_distance"},
    "schedule": {"step": 0, "field": "epochs", "value": 1},
}
"""A harmless entry for the place of a bad one, so that the entries after it keep their numbers."""
WORDS = {
    "extra_forbidden": "unknown field",
    "missing": "must be given",
    "dict_type": "must be a mapping of fields",
    "model_type": "must be a mapping of fields",
    "list_type": "must be a list",
    "string_type": "must be text",
}
"""Rules in this project's words, by pydantic's type of error; pydantic's own words for all others."""


def parse(model: type[M], raw: Any) -> M:
    """The model in a mapping; what is bad is set aside and the rest looked through, until nothing new is found.

    Raises:
        SpecError: listing field, rule and value of each problem.
    """
    problems: list[Problem] = []
    while True:
        try:
            made = model.model_validate(raw)
        except SpecError as error:  # the fields are good one by one, but do not fit together
            raise SpecError(problems + _news(error.problems, problems)) from None
        except ValidationError as error:
            found = problems_of(error)
            problems += _news(found, problems)
            rest = _without(raw, found)
            if rest == raw:
                raise SpecError(problems) from None
            raw = rest
        else:
            if problems:
                raise SpecError(problems)
            return made


def problems_of(error: ValidationError, prefix: tuple[str | int, ...] = ()) -> list[Problem]:
    """The problems in a validation error, those of models built inside it included."""
    found: list[Problem] = []
    for item in error.errors():
        place, context = (*prefix, *item["loc"]), item.get("ctx", {})
        inner = context.get("error")
        if isinstance(inner, ValidationError):
            found += problems_of(inner, place)
            continue
        rule = WORDS.get(item["type"], item["msg"]).removeprefix("Value error, ")
        rule = rule.replace("Input should be", "must be")
        value = None if item["type"] == "missing" else item["input"]
        if item["type"] == "unknown_name":
            place, value = (*place, "name"), context["name"]
        found.append(Problem(_dotted(place), rule[:1].lower() + rule[1:], value))
    return _one_per_field(found)


def _dotted(place: Sequence[str | int]) -> str:
    """The path in the spec; pydantic adds the member of a union that it tried."""
    return ".".join(str(p) for p in place if p not in ("int", "constrained-int") and "[" not in str(p)) or "spec"


def _one_per_field(problems: Sequence[Problem]) -> list[Problem]:
    """A field of a union type has one problem per member: join them."""
    joined: dict[str, Problem] = {}
    for problem in problems:
        before = joined.get(problem.field)
        if before and problem.rule not in before.rule:
            joined[problem.field] = Problem(problem.field, f"{before.rule}, or {problem.rule}", problem.value)
        else:
            joined.setdefault(problem.field, problem)
    return list(joined.values())


def _news(found: Sequence[Problem], known: Sequence[Problem]) -> list[Problem]:
    """Those that do not follow from what is known already."""
    places = [problem.field for problem in known]
    if any(place == "dataset.name" or place.startswith("dataset.options") for place in places):
        # tasks, options and sizes of an unknown data set cannot be judged
        found = [p for p in found if p.field.split(".")[0] not in ("dataset", "tasks", "batch_size", "schedule")]
        found = [p for p in found if not p.rule.startswith("no such task")]
    return [p for p in found if not any(p.field == place or p.field.startswith(f"{place}.") for place in places)]


def _without(raw: Any, found: Sequence[Problem]) -> Any:
    """A copy of the mapping in which every bad field has its default or a harmless stand-in."""
    if not isinstance(raw, Mapping):
        return raw
    rest = deepcopy(dict(raw))
    for problem in found:
        top, *way = problem.field.split(".")
        value = rest.get(top)
        parent = get_path(rest, ".".join([top, *way[:-1]])) if way else None
        if isinstance(value, list) and top in STAND_IN and way and way[0].isdigit():
            value[int(way[0])] = STAND_IN[top]
        elif top == "dataset" and way[:1] == ["augmentation"]:
            rest[top].pop(way[0], None)
        elif isinstance(parent, dict) and way[-1] in parent and way[-1] != "name":
            del parent[way[-1]]
        else:
            rest.pop(top, None)
    return rest
