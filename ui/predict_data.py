"""What the board of predictions gets: inputs to offer, tasks with names and colours, answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mtl_core.datasets.base import Dataset
from mtl_core.spec import RunSpec
from ui.colours import class_colours, task_colours
from ui.names import unit_name
from ui.words import t


def board_data(
    about: Mapping[str, Any],
    spec: RunSpec,
    answers: Sequence[Mapping[str, Any]],
    *,
    seq: int,
    error: str = "",
    own: str = "",
) -> dict[str, Any]:
    """Everything that travels to the browser, but for the words.

    Args:
        about: of the run (:meth:`mtl_core.predicting.opened.Opened.about`).
        spec: of the run.
        answers: to the last question: the run's, then its single-task partner's if it has one.
        seq: number of the question that these answer.
        error: why the last question has no answer; the answers are then those before it.
        own: names the picture that a person has brought; another name, another picture.
    """
    colours = task_colours([task.name for task in spec.dataset.build().tasks()])
    return {
        "view": about["run"],
        "inputs": _inputs(about, drawable=drawable(spec)),
        "tasks": [_task(task, spec, colours[task["name"]]) for task in about["tasks"]],
        "answers": list(answers),
        "seq": seq,
        "partner": len(answers) > 1,
        "error": error,
        "own": {"key": own} if own else None,
    }


def drawable(spec: RunSpec) -> bool:
    """Whether one draws what the data set's pictures show."""
    return "image" in spec.dataset.inputs() and type(spec.dataset.build()).drawn is not Dataset.drawn


def _inputs(about: Mapping[str, Any], *, drawable: bool) -> dict[str, Any]:
    found: dict[str, Any] = {name: about[name] for name in ("columns", "rows", "latent")}
    found |= {"image": None, "text": None}
    for shape in about["inputs"].values():
        if shape["kind"] == "image":
            found["image"] = {"channels": shape["channels"], "side": shape["side"], "drawable": drawable}
        elif shape["kind"] == "text":
            found["text"] = {"length": shape["length"]}
    return found


def _task(task: Mapping[str, Any], spec: RunSpec, colour: str) -> dict[str, Any]:
    classes = list(task["classes"])
    found = {name: task[name] for name in ("name", "kind", "range")} | {"classes": classes, "colour": colour}
    found["unit"] = unit_name(task["unit"])
    found["note"] = t("predict.untrained") if spec.weighting.lambdas[task["name"]] == 0 else ""
    if task["kind"] == "segmentation":
        found["colours"] = class_colours(classes)
    return found
