"""One colour a task, the same in slider, head, curve, scatter and tile; grey for what is shared.

The hues keep a contrast of at least 3:1 on both themes' backgrounds, and neighbours stay apart
for the common kinds of colour blindness (tests/ui/test_colours.py measures both).
"""

from __future__ import annotations

from collections.abc import Sequence

TASK_PALETTE: tuple[str, ...] = (
    "#2f7de1",  # blue
    "#d9622b",  # orange
    "#0f9d78",  # green
    "#b05cc4",  # purple
    "#a8820a",  # ochre
    "#d6487e",  # pink
    "#1c93b0",  # cyan
    "#8b6f5c",  # brown
)
SHARED_COLOUR = "#7d8590"
"""Grey of everything that all tasks use."""

BEST_COLOUR, WORST_COLOUR = TASK_PALETTE[2], TASK_PALETTE[1]
"""Of the best and the worst among more tasks than there are colours."""

BACKGROUND_CLASS = "#00000000"
"""The background of a mask is see-through."""

CLASS_PALETTE: tuple[str, ...] = (
    "#e6545d",
    "#f08a3c",
    "#e3bb2d",
    "#93c13d",
    "#35a95f",
    "#2bb3b1",
    "#3c93dd",
    "#5f6fdc",
    "#a25fd3",
    "#de5fae",
    "#9a7258",
    "#8f98a3",
)
"""Fills of a mask's classes, the first one after the background first."""


def task_colour(index: int) -> str:
    """The colour of the task at this place in its data set's list of tasks (not the run's)."""
    return TASK_PALETTE[index % len(TASK_PALETTE)]


def task_colours(dataset_tasks: Sequence[str]) -> dict[str, str]:
    """The colour of each task by name.

    Args:
        dataset_tasks: all task names of the data set in its own order, also those that a run leaves out.
    """
    return {task: task_colour(i) for i, task in enumerate(dataset_tasks)}


def singled_out(tasks: Sequence[str]) -> dict[str, str]:
    """A colour for each of a few tasks that are looked at among many; none is the best's or the worst's."""
    free = [colour for colour in TASK_PALETTE if colour not in (BEST_COLOUR, WORST_COLOUR)]
    return {task: free[i % len(free)] for i, task in enumerate(tasks)}


def class_colours(classes: Sequence[str]) -> list[str]:
    """The fill of each class of a mask, ``classes[0]`` being the see-through background."""
    return [BACKGROUND_CLASS] + [CLASS_PALETTE[i % len(CLASS_PALETTE)] for i in range(len(classes) - 1)]
