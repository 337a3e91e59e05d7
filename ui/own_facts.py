"""What a data set of a person's own is, in a line or two of Markdown: its rows, where they came from, its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mtl_core.tasks import Task
from mtl_core.userdata.manifest import Manifest
from ui.colours import task_colours
from ui.plain_text import plain
from ui.words import t, t_or

MOST = 6
"""Tasks that are named one by one."""


def facts(manifest: Manifest) -> str:
    """Rows, pictures, sentences, and the file they came from."""
    parts = [t("own.rows", rows=f"{manifest.rows:,}")]
    if manifest.pictures:
        parts.append(t("own.pictures", side=manifest.pictures.side))
    if manifest.sentences:
        parts.append(t("own.sentences", length=manifest.sentences.length))
    added = datetime.fromtimestamp(manifest.created).strftime("%Y-%m-%d")
    return " · ".join([*parts, t("own.added", date=added, file=plain(manifest.origin.name))])


def task_line(tasks: Sequence[Task]) -> str:
    """A dot in the colour, name, kind and unit of the first few tasks, and how many more there are."""
    colours = task_colours([task.name for task in tasks])
    shown = [f':color[●]{{foreground="{colours[task.name]}"}} **{task.name}** {_kind(task)}' for task in tasks[:MOST]]
    more = [f"+ {len(tasks) - MOST}"] if len(tasks) > MOST else []
    return " · ".join([*shown, *more])


def _kind(task: Task) -> str:
    unit = f", {plain(task.unit)}" if task.unit else ""
    return f"{t_or(f'kind.{task.kind}', task.kind)}{unit}"
