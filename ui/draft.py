"""The draft: what a person has set in the form, as a flat mapping of dotted spec fields; without Streamlit.

Only what was set stands in a draft, so that a data set's recommendations apply to all the rest. A draft may
be wrong; :func:`build` gives the nearest spec that is right, and what is wrong beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from mtl_core.architectures import ARCHITECTURES
from mtl_core.augmentation import AUGMENTATIONS
from mtl_core.datasets import DATASETS
from mtl_core.errors import Problem, SpecError
from mtl_core.generation import GENERATORS
from mtl_core.model import Named
from mtl_core.paths import get_path, set_path
from mtl_core.regularizers import REGULARIZERS
from mtl_core.spec import EVERY, RunSpec, parse_spec
from mtl_core.weightings import WEIGHTINGS

Draft = dict[str, Any]
REGISTRIES: Mapping[str, tuple[str, Mapping[str, type[Named]]]] = {
    "dataset.options": ("dataset.name", DATASETS),
    "architecture": ("architecture.name", ARCHITECTURES),
    "weighting": ("weighting.name", WEIGHTINGS),
    "generation": ("generation.name", GENERATORS),
}
AUGMENTATION = "dataset.augmentation"
RECOMMENDED = (
    *("epochs", "batch_size", "batch_policy", "evaluate_every", "optimizer.lr", "lr_schedule", "dataset.", "tasks"),
    *("weighting.lambdas.", "generation"),
)
"""What a data set recommends or names: it does not outlive a change of the data set."""


@dataclass(frozen=True)
class Built:
    """A draft made into a spec.

    Attributes:
        spec: the draft without what is wrong in it.
        problems: what is wrong; empty where ``spec`` is the whole draft.
    """

    spec: RunSpec
    problems: tuple[Problem, ...] = ()

    def rule(self, path: str) -> str | None:
        """The first rule that this field, or what is in it, breaks."""
        return next((p.rule for p in self.problems if _within(p.field, path)), None)


def build(draft: Mapping[str, Any]) -> Built:
    """The spec that a draft means, and the problems of what had to be left out."""
    left = pruned(draft)
    problems: list[Problem] = []
    while True:
        try:
            return Built(_parse(left), tuple(problems))
        except SpecError as error:
            problems += error.problems
            wrong = {key for key in left for p in error.problems if _within(p.field, key) or _within(key, p.field)}
            left = pruned({key: value for key, value in left.items() if key not in wrong}) if wrong else {}


def pruned(draft: Mapping[str, Any]) -> Draft:
    """The draft without fields of methods, options and tasks that are not chosen."""
    kept: Draft = {}
    for key, value in draft.items():
        section = next((s for s in REGISTRIES if key.startswith(f"{s}.")), None)
        if section and not _belongs(draft, section, key):
            continue
        kept[key] = value
    dataset = kept.get("dataset.name", RunSpec().dataset.name)
    if dataset not in DATASETS:
        return kept
    tasks = [*(kept.get("tasks") or offered(kept)), EVERY]
    prefix = "weighting.lambdas."
    return {k: v for k, v in kept.items() if not k.startswith(prefix) or k.removeprefix(prefix) in tasks}


def offered(draft: Mapping[str, Any]) -> list[str]:
    """All tasks of the draft's data set, by its options where they are right; none where no such set is known."""
    name, prefix = draft.get("dataset.name", RunSpec().dataset.name), "dataset.options."
    if name not in DATASETS:
        return []
    options = {key.removeprefix(prefix): value for key, value in draft.items() if key.startswith(prefix)}
    try:
        dataset = DATASETS[name].model_validate({**options, "name": name})
    except ValidationError:
        dataset = DATASETS[name].model_validate({"name": name})
    return [task.name for task in dataset.tasks()]


def _belongs(draft: Mapping[str, Any], section: str, key: str) -> bool:
    where, registry = REGISTRIES[section]
    field = key.removeprefix(f"{section}.").split(".")[0]
    chosen = registry.get(draft.get(where) or getattr(RunSpec(), where.split(".")[0]).name)
    return chosen is None or field in chosen.model_fields


def of_spec(spec: RunSpec) -> Draft:
    """The draft that gives this spec, without its schedule."""
    draft: Draft = {}
    changed = spec.differences()
    changed.pop("schedule", None)
    terms = changed.pop("regularizers", None)
    if seen := get_path(changed, AUGMENTATION):
        changed = set_path(changed, AUGMENTATION, [_short(one, AUGMENTATIONS) for one in seen])
    if terms is not None:
        draft |= _terms(spec, terms)
    _flatten(changed, "", draft)
    return draft


def with_dataset(draft: Mapping[str, Any], name: str) -> Draft:
    """The draft for another data set: its recommendations apply anew, all else of the network stays."""
    advised: Draft = {}
    for one in (draft.get("dataset.name", RunSpec().dataset.name), name):
        if one in DATASETS:
            _flatten(DATASETS[one].recommended, "", advised)
    gone = (*RECOMMENDED, *advised)
    kept = {key: value for key, value in draft.items() if not key.startswith(gone)}
    return kept | {"dataset.name": name}


def nested(draft: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping that a flat draft stands for; entries of lists (``regularizers.0.strength``) are left out."""
    tree: dict[str, Any] = {}
    for path, value in sorted(draft.items(), key=lambda item: item[0].count(".")):
        *way, last = path.split(".")
        if any(part.isdigit() for part in way):
            continue
        node = tree
        for key in way:
            inner = node.get(key)
            node[key] = inner if isinstance(inner, dict) else {} if inner is None else {"name": inner}
            node = node[key]
        node[last] = value
    for section in ("architecture", "weighting", "generation"):
        if isinstance(tree.get(section), dict):
            tree[section].setdefault("name", getattr(RunSpec(), section).name)
    return tree


def _parse(draft: Mapping[str, Any]) -> RunSpec:
    spec = parse_spec(nested(draft))
    for path, value in draft.items():
        head, *rest = path.split(".")
        if head == "regularizers" and len(rest) == 2 and rest[0].isdigit() and int(rest[0]) < len(spec.regularizers):
            spec = spec.with_value(path, value)
        if path.startswith(f"{AUGMENTATION}.") and rest[1].isdigit() and int(rest[1]) < len(spec.dataset.augmentation):
            spec = spec.with_value(path, value)
    return spec


def _terms(spec: RunSpec, terms: list[dict[str, Any]]) -> Draft:
    """Only the strengths, where the terms are else those that the architecture has anyway."""
    base = parse_spec({"dataset": {"name": spec.dataset.name}, "architecture": {"name": spec.architecture.name}})
    plain = [term.model_dump(mode="json") for term in base.regularizers]
    if [{**term, "strength": 0} for term in terms] != [{**term, "strength": 0} for term in plain]:
        return {"regularizers": [_short(term, REGULARIZERS) for term in terms]}
    pairs = enumerate(zip(terms, plain, strict=True))
    return {f"regularizers.{i}.strength": a["strength"] for i, (a, b) in pairs if a["strength"] != b["strength"]}


def _short(term: dict[str, Any], registry: Mapping[str, type[Named]]) -> dict[str, Any]:
    """An entry of a list without the fields that are at their defaults."""
    usual = registry[term["name"]].model_validate({"name": term["name"]}).model_dump(mode="json")
    return {key: value for key, value in term.items() if key == "name" or value != usual[key]}


def _flatten(tree: Mapping[str, Any], prefix: str, into: Draft) -> None:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            _flatten(value, f"{prefix}{key}.", into)
        else:
            into[f"{prefix}{key}"] = value


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(f"{outer}.")
