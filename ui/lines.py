"""Many growing series on common steps, thinned as they grow: the numbers of all tasks of a run in a few arrays.

Buckets along the steps whose width is a power of two keep the smallest and the largest value of each series, and the
last value is always there. A bucket's place depends on its step alone, so points already drawn stay where they are
while others are appended; when there are too many buckets, neighbours merge in pairs.

What arrives waits until somebody reads, and is then taken in at once: 139 tasks cost hardly more than two. The arrays
are replaced and never written to again, so that a copy for a viewer costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from ui.thinning import HIGH_X, HIGH_Y, LOW_X, LOW_Y, Numbers, merged, summarised

MAX_POINTS = 400
MAX_BUCKETS = (MAX_POINTS - 1) // 2
MOST_WAITING = 512
"""Points that wait at most, so that a long run is taken in by parts."""
MOST_BESIDE = 8
"""Series, at most, that are looked at one by one; of more there is a summary."""
Point = tuple[float, float]


class Line:
    """One of several series, to read.

    Attributes:
        last: the newest point, or None while there is none.
    """

    def __init__(self, cells: Numbers, last: Numbers) -> None:
        """Take the buckets (4, n) and the newest point (2,) of one series."""
        self._cells = cells
        self.last: Point | None = (float(last[0]), float(last[1])) if math.isfinite(last[0]) else None

    def points(self) -> list[Point]:
        """The kept points in order, at most 2 a bucket and the last one."""
        first = np.where(self._cells[LOW_X] <= self._cells[HIGH_X], LOW_X, HIGH_X)
        places, every = np.stack([first, HIGH_X - first], axis=1), np.arange(len(first))[:, None]
        xs, ys = self._cells[places, every], self._cells[places + 1, every]
        keep = np.isfinite(xs)
        keep[:, 1] &= xs[:, 0] != xs[:, 1]
        kept = list(zip(xs[keep].tolist(), ys[keep].tolist(), strict=True))
        return kept if self.last is None or (kept and kept[-1] == self.last) else [*kept, self.last]

    def xy(self) -> tuple[list[float], list[float]]:
        """The kept points as two lists."""
        points = self.points()
        return [x for x, _ in points], [y for _, y in points]

    def __len__(self) -> int:
        return len(self.points())


class Lines(Mapping[str, Line]):
    """Several growing series of (step, value) by name.

    Args:
        max_buckets: kept along the steps.
        summarised: whether :attr:`summary` is wanted.
    """

    def __init__(self, max_buckets: int = MAX_BUCKETS, *, summarised: bool = False) -> None:
        self._max, self._width = max_buckets, 1
        self._summary = Lines(max_buckets) if summarised else None
        self._names: dict[str, int] = {}
        self._index = np.zeros(0, dtype=np.int64)
        self._cells = np.zeros((4, 0, 0))
        self._last = np.zeros((2, 0))
        self._newest = -math.inf
        self._waiting: list[tuple[float, Mapping[str, float | None]]] = []

    @property
    def width(self) -> int:
        """Width of a bucket in steps."""
        self._settle()
        return self._width

    @property
    def summary(self) -> Lines | None:
        """``mean``, ``median``, ``low`` and ``high`` (quantiles 0.1 and 0.9) over the series at each step.

        Empty with 8 series or fewer, None where it was not wanted.
        """
        self._settle()
        return self._summary

    def append(self, x: float, values: Mapping[str, float | None]) -> None:
        """Add a point to some of the series; a step that comes again (a resumed run) replaces what stood from there on.

        A value that is no finite number is left out: the run's ``failed`` event tells of it.
        """
        if not math.isfinite(x):
            return
        if x <= self._newest:
            self._settle()
            self._drop_from(x)
        self._newest = x
        self._waiting.append((x, values))
        if len(self._waiting) >= MOST_WAITING:
            self._settle()

    def latest(self) -> dict[str, float]:
        """The newest value of each series that has one."""
        self._settle()
        values = zip(self._names, self._last[1].tolist(), strict=True)
        return {name: value for name, value in values if math.isfinite(value)}

    def copy(self) -> Lines:
        """The series as they are now; appending to these leaves the copy as it was."""
        self._settle()
        twin = Lines(self._max)
        own: dict[str, object] = {
            "_waiting": [],
            "_names": dict(self._names),
            "_summary": self._summary and self._summary.copy(),
        }
        twin.__dict__.update(self.__dict__ | own)
        return twin

    def __getitem__(self, name: str) -> Line:
        self._settle()
        column = self._names[name]
        return Line(self._cells[:, :, column], self._last[:, column])

    def __iter__(self) -> Iterator[str]:
        self._settle()
        return iter(self._names)

    def __len__(self) -> int:
        self._settle()
        return len(self._names)

    def _settle(self) -> None:
        """Take in what waits."""
        if not self._waiting:
            return
        steps = np.array([x for x, _ in self._waiting])
        rows = self._rows([values for _, values in self._waiting])
        self._waiting = []
        there = np.isfinite(rows)
        rows = np.where(there, rows, np.nan)
        at = np.where(there, np.arange(len(steps))[:, None], -1).max(axis=0)
        new = at >= 0
        self._last = np.where(new, np.stack([steps[at], rows[at, np.arange(len(new))]]), self._last)
        some = there.any(axis=1)
        self._put(steps[some], rows[some])
        if self._summary is not None and len(self._names) > MOST_BESIDE:
            for step, values in zip(steps[some].tolist(), summarised(rows[some]), strict=True):
                self._summary.append(step, values)

    def _rows(self, waiting: list[Mapping[str, float | None]]) -> Numbers:
        """(points, series) with NaN where a point has no value; new names get a column."""
        for values in waiting:
            if values.keys() != self._names.keys():
                for name in values:
                    self._names.setdefault(name, len(self._names))
        more = len(self._names) - self._last.shape[1]
        if more:
            self._cells = np.pad(self._cells, ((0, 0), (0, 0), (0, more)), constant_values=np.nan)
            self._last = np.pad(self._last, ((0, 0), (0, more)), constant_values=np.nan)
        order = tuple(self._names)
        rows = [list(v.values()) if tuple(v) == order else [v.get(name) for name in order] for v in waiting]
        return np.array(rows, dtype=np.float64).reshape(len(waiting), len(order))

    def _put(self, steps: Numbers, rows: Numbers) -> None:
        xs = np.where(np.isfinite(rows), steps[:, None], np.nan)
        index, cells = (steps // self._width).astype(np.int64), np.stack([xs, rows, xs, rows])
        closed = max(0, len(self._index) - 1)  # only the last bucket may still grow
        index, cells = np.append(self._index[closed:], index), np.append(self._cells[:, closed:], cells, axis=1)
        index, cells = merged(index, cells)
        self._index = np.append(self._index[:closed], index)
        self._cells = np.append(self._cells[:, :closed], cells, axis=1)
        while len(self._index) > self._max:
            self._width *= 2
            self._index, self._cells = merged(self._index // 2, self._cells)

    def _drop_from(self, x: float) -> None:
        """Forget every point at or after ``x``."""
        cells = self._cells.copy()
        for near, far in ((LOW_X, HIGH_X), (HIGH_X, LOW_X)):  # a bucket that loses one end keeps the other
            gone = ~(cells[near] < x)
            cells[near : near + 2, gone] = np.where(cells[far, gone] < x, cells[far : far + 2, gone], np.nan)
        kept = np.isfinite(cells[LOW_X]).any(axis=1)
        self._index, self._cells = self._index[kept], cells[:, kept]
        places = np.concatenate([self._cells[[LOW_X, LOW_Y]], self._cells[[HIGH_X, HIGH_Y]]], axis=1)
        before = np.where(self._last[0] < x, self._last, np.nan)
        places = np.append(places, before[:, None], axis=1)
        newest = np.where(np.isfinite(places[0]), places[0], -np.inf).argmax(axis=0)
        self._last = places[:, newest, np.arange(len(newest))]


class Series:
    """One growing series of (step, value), thinned as it grows.

    Args:
        max_buckets: kept along the steps.
    """

    def __init__(self, max_buckets: int = MAX_BUCKETS) -> None:
        self._lines = Lines(max_buckets)

    @property
    def width(self) -> int:
        """Width of a bucket in steps, a power of two."""
        return self._lines.width

    @property
    def last(self) -> Point | None:
        """The newest point, or None while empty."""
        return self._line().last

    def append(self, x: float, y: float) -> None:
        """As :meth:`Lines.append`."""
        self._lines.append(x, {"": y})

    def points(self) -> list[Point]:
        """As :meth:`Line.points`."""
        return self._line().points()

    def xy(self) -> tuple[list[float], list[float]]:
        """As :meth:`Line.xy`."""
        return self._line().xy()

    def __len__(self) -> int:
        return len(self._line())

    def copy(self) -> Series:
        """The series as it is now; appending to this one leaves the copy as it was."""
        twin = Series()
        twin._lines = self._lines.copy()
        return twin

    def _line(self) -> Line:
        found = self._lines.get("")
        return found if found is not None else Line(np.zeros((4, 0)), np.full(2, np.nan))
