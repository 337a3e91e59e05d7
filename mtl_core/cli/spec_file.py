"""A spec file and ``--set`` options as one validated spec, every problem reported at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mtl_core.errors import Problem, SpecError
from mtl_core.paths import set_path
from mtl_core.spec import RunSpec, parse_spec


def read_spec(path: Path, settings: Sequence[str]) -> RunSpec:
    """The spec in a YAML file, with ``field=value`` settings on top.

    Raises:
        SpecError: where the file is missing or no YAML, a setting has no field, or the spec breaks rules.
    """
    raw = _read_yaml(path)
    problems = []
    for setting in settings:
        try:
            raw = _applied(raw, setting)
        except SpecError as error:
            problems += error.problems
    try:
        spec = parse_spec(raw)
    except SpecError as error:
        raise SpecError(problems + [_told(problem) for problem in error.problems]) from None
    if problems:
        raise SpecError(problems)
    return spec


def _told(problem: Problem) -> Problem:
    """The problem; of an unknown field with those that are spelled alike."""
    from mtl_core.sweeps.grid import nearest

    return nearest(RunSpec(), problem.field, problem)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no UTF-8 text"
        raise SpecError([Problem("spec", f"must be a file that can be read: {reason}", str(path))]) from error
    except yaml.YAMLError as error:
        raise SpecError([Problem("spec", f"must be YAML: {' '.join(str(error).split())}", str(path))]) from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise SpecError([Problem("spec", "must be a mapping of fields", raw)])
    return raw


def _with_default_list(raw: dict[str, Any], field: str) -> dict[str, Any]:
    """The spec with the list that ``field`` has an entry of, as it is by default where the file leaves it out."""
    top, *way = field.split(".")
    if top in raw or not way or not way[0].isdigit():
        return raw
    try:
        return {**raw, top: parse_spec(raw).model_dump(mode="json").get(top)}
    except SpecError:  # what is wrong is reported when the whole is read
        return raw


def _applied(raw: dict[str, Any], setting: str) -> dict[str, Any]:
    field, equals, text = setting.partition("=")
    field = field.strip()
    if not equals or not all(field.split(".")):
        raise SpecError([Problem("--set", "must be FIELD=VALUE, e.g. optimizer.lr=0.01", setting)])
    try:
        return set_path(_with_default_list(raw, field), field, yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise SpecError([Problem(field, f"its value must be YAML: {' '.join(str(error).split())}", text)]) from error
    except KeyError as error:
        raise SpecError([Problem(field, str(error.args[0]), text)]) from error
