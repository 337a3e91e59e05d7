"""Many tasks in a link: neighbours of the data set's list as ``first..last``."""

from __future__ import annotations

from collections.abc import Sequence

from ui.lines import MOST_BESIDE

BETWEEN = ".."
SHORTEST = 3
"""Neighbours that are worth a range."""


def folded(chosen: Sequence[str], known: Sequence[str]) -> list[str]:
    """The chosen tasks with runs of neighbours as ranges; as they are where few are known or one is unknown."""
    if len(known) <= MOST_BESIDE or not set(chosen) <= set(known):
        return list(chosen)
    places = {name: i for i, name in enumerate(known)}
    runs: list[list[str]] = []
    for name in chosen:
        if runs and places[name] == places[runs[-1][-1]] + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    short = [[f"{run[0]}{BETWEEN}{run[-1]}"] if len(run) >= SHORTEST else run for run in runs]
    return [part for run in short for part in run]


def unfolded(parts: Sequence[str], known: Sequence[str]) -> list[str]:
    """The tasks that the parts of a link name; a range that is none stays, so that the spec refuses it by name."""
    tasks: list[str] = []
    for part in parts:
        first, between, last = part.partition(BETWEEN)
        if between and first in known and last in known and known.index(first) <= known.index(last):
            tasks += known[known.index(first) : known.index(last) + 1]
        else:
            tasks.append(part)
    return tasks
