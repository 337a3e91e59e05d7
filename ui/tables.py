"""Tables of a run's predictions: confusion counts as HTML, the first samples as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.numerals import typeset
from mtl_core.tasks import Task
from ui.chart_data import short
from ui.words import t

if TYPE_CHECKING:
    import pandas as pd

VALUED = ("regression", "binary", "multiclass")
"""Kinds of tasks whose prediction is one value."""
MOST_COLUMNS = 8
"""Tasks, at most, that a table of samples has columns for."""


def predicted_classes(task: Task, predicted: NDArray[Any]) -> NDArray[np.int64]:
    """Class indices of a prediction: of a binary task the probability of class 1, cut at 0.5."""
    return (predicted >= 0.5).astype(np.int64) if task.kind == "binary" else predicted.astype(np.int64)


def confusion_counts(truth: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """(classes, classes) counts: rows the truth, columns the prediction.

    Raises:
        ValueError: if the lengths differ or a class index is outside 0..classes − 1.
    """
    if len(truth) != len(predicted):
        raise ValueError(f"truth and prediction must be equally long, got {len(truth)} and {len(predicted)}")
    both = np.stack([truth, predicted]).astype(np.int64)
    if both.size and (both.min() < 0 or both.max() >= classes):
        raise ValueError(f"class indices must lie in 0..{classes - 1}, got {both.min()}..{both.max()}")
    return np.bincount(both[0] * classes + both[1], minlength=classes**2).reshape(classes, classes)


def confusion_table(counts: NDArray[np.int64], classes: Sequence[str], colour: str, caption: str) -> str:
    """The counts as an HTML table for :func:`ui.markup.show_markup`: a cell is as full as its share of its row.

    Args:
        counts: from :func:`confusion_counts`.
        classes: class names.
        colour: of the task.
        caption: what the table is, for screen readers.
    """
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in classes)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(
            _cell(int(n), float(p), colour, i == j) for j, (n, p) in enumerate(zip(counts[i], share[i], strict=True))
        )
        + "</tr>"
        for i, name in enumerate(classes)
    )
    corner = f'<th class="corner">{escape(t("chart.true"))} ↓&ensp;{escape(t("chart.predicted"))} →</th>'
    return (
        f'<div class="scroll"><table class="confusion"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def sample_table(
    tasks: Sequence[Task],
    arrays: Mapping[str, NDArray[Any]],
    *,
    rows: int = 5,
    task_names: Mapping[str, str] | None = None,
    vocabulary: Sequence[str] = (),
) -> pd.DataFrame:
    """The first samples of a preview: row number, sentence, then true and predicted value of each task with a value.

    Where tasks have samples of their own, the first rows of each are there, and what a row lacks stays empty.

    Args:
        tasks: of the run.
        arrays: ``rows``, ``target.<task>``, ``prediction.<task>`` and ``shown.<task>`` of a preview.
        rows: how many.
        task_names: display names.
        vocabulary: words of the sentences by their numbers.
    """
    import pandas as pd  # 0.3 s, which the first paint need not wait for

    names = task_names or {}
    shown = [task for task in tasks if task.kind in VALUED and f"prediction.{task.name}" in arrays][:MOST_COLUMNS]
    places = {task.name: _places(arrays, task.name) for task in shown}
    wanted = sorted({place for found in places.values() for place in list(found)[:rows]})[:rows]
    numbers, texts = arrays.get("rows"), sentences(arrays, vocabulary)
    columns: dict[str, list[Any]] = {
        t("chart.row"): [int(numbers[i]) if numbers is not None and i < len(numbers) else i for i in wanted]
    }
    if texts:
        columns[t("modality.text")] = [texts[i] for i in wanted]
    for task in shown:
        name, where = names.get(task.name, task.name), places[task.name]
        truth, predicted = arrays[f"target.{task.name}"], arrays[f"prediction.{task.name}"]
        columns[t("chart.column_true", task=name)] = [
            _true_text(task, truth[where[i]]) if i in where else "" for i in wanted
        ]
        columns[t("chart.column_predicted", task=name)] = [
            _predicted_text(task, predicted[where[i]]) if i in where else "" for i in wanted
        ]
    return pd.DataFrame(columns)


def _places(arrays: Mapping[str, NDArray[Any]], task: str) -> dict[int, int]:
    """Row of the preview -> place among the task's own values."""
    shown = arrays.get(f"shown.{task}")
    count = len(arrays[f"prediction.{task}"])
    return {int(row): i for i, row in enumerate(range(count) if shown is None else shown[:count])}


def sentences(arrays: Mapping[str, NDArray[Any]], vocabulary: Sequence[str]) -> list[str]:
    """The sentences of a preview in words; empty where it has none."""
    found = next(
        (array for name, array in arrays.items() if name.startswith("input.") and array.dtype == np.int64), None
    )
    if found is None or not vocabulary:
        return []
    return [" ".join(vocabulary[int(word)] for word in row if 0 < word < len(vocabulary)) for row in found]


def _cell(count: int, share: float, colour: str, diagonal: bool) -> str:
    fill = f"background:color-mix(in srgb,{colour} {round(60 * share)}%,transparent)" if count else ""
    classes = ("diagonal " if diagonal else "") + ("" if count else "none")
    return f'<td class="{classes.strip()}" style="{fill}" title="{share:.0%}">{count}</td>'


def _true_text(task: Task, value: Any) -> str:
    return short(float(value)) if task.kind == "regression" else task.classes[int(value)]


def _predicted_text(task: Task, value: Any) -> str:
    if task.kind == "regression":
        return typeset(float(value), ".2f")
    if task.kind == "binary":
        return f"{task.classes[int(value >= 0.5)]} ({float(value):.2f})"
    return task.classes[int(value)]
