"""Ways of a network picture's lines around the boxes that stand between their ends, in px."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mtl_core.layout import Layout
from ui.network_lines import curve_points
from ui.network_shapes import BOX_H, BOX_W, Grid

Point = tuple[float, float]
"""(along the flow, across it)."""
Ways = dict[tuple[str, str], list[Point]]
CLEAR = 3.0
"""Room at least between a line and a box that it passes."""
BESIDE, APART = 10.0, 8.0
"""Of the track nearest to a box from its side; of tracks from each other."""
MOST_TRACKS = 6
SAMPLES = 40
ENTRY = 9.0
"""Between lines that come in at one side of a box."""


@dataclass(frozen=True)
class Ground:
    """The boxes as rectangles along and across the flow.

    Attributes:
        centres: of each box.
        half: along and across.
    """

    centres: Mapping[str, Point]
    half: Point

    def free(self, points: Sequence[Point], *ends: str) -> bool:
        """Whether a line through these points stays clear of every box; its own two may be touched.

        Args:
            points: corners of level and upright pieces, or points close together on a curve.
            ends: the boxes from which and to which it runs.
        """
        left, right, top, bottom = _span(points)
        for name, (u, v) in self.centres.items():
            room = -0.5 if name in ends else CLEAR
            along, across = self.half[0] + room, self.half[1] + room
            if left > u + along or right < u - along or top > v + across or bottom < v - across:
                continue
            for piece in pairwise(points):
                a, b, c, d = _span(piece)
                if a < u + along and b > u - along and c < v + across and d > v - across:
                    return False
        return True


def ground(grid: Grid) -> Ground:
    """The ground of a grid."""
    right = grid.direction == "right"
    centres = {name: (box.x, box.y) if right else (box.y, box.x) for name, box in grid.boxes.items()}
    half = (BOX_W / 2, BOX_H / 2)
    return Ground(centres, half if right else (half[1], half[0]))


@dataclass(frozen=True)
class Track:
    """The line along the flow that one part's ways to parts of one lane follow, until each turns into its target.

    Attributes:
        source: where they begin.
        targets: where they end.
        v: where across the flow it runs.
        gap: where along the flow they cross over to it, in the gap behind the source's row; None: beside the source.
    """

    source: str
    targets: tuple[str, ...]
    v: float
    gap: float | None = None


def around(layout: Layout, grid: Grid) -> Ways:
    """The lines between trunk parts that as plain curves would run through a box, laid beside the boxes.

    Returns:
        The corners of each way by (source, target), none where there is no room for one; lines that are not in it
        are plain curves.
    """
    floor = ground(grid)
    bundles: dict[tuple[str, float], list[str]] = {}
    for part in layout.parts:
        for name in part.inputs if part.role == "trunk" else ():
            bundles.setdefault((name, floor.centres[part.name][1]), []).append(part.name)
    tracks: list[Track] = []
    ways: Ways = {}
    for (source, lane), targets in sorted(bundles.items(), key=lambda item: -floor.centres[item[0][0]][0]):
        blocked = [name for name in targets if not _plain(floor, source, name)]
        chosen = targets if blocked and floor.centres[source][1] != lane else blocked
        ways |= {(source, name): [] for name in blocked}
        tracks += _track(floor, source, tuple(chosen), grid.gap, tracks) if chosen else []
    return ways | dict(_ways(floor, tracks))


def _plain(floor: Ground, source: str, target: str) -> bool:
    (u0, v0), (u1, v1) = floor.centres[source], floor.centres[target]
    half = floor.half[0]
    return floor.free(curve_points(u0 + half, v0, u1 - half, v1, SAMPLES), source, target)


def _track(floor: Ground, source: str, targets: tuple[str, ...], gap: float, taken: Sequence[Track]) -> list[Track]:
    """The first track that is free, in the source's own lane, beside it or beside the targets'; none if none is."""
    (u0, v0), v1 = floor.centres[source], floor.centres[targets[0]][1]
    steps = [side * (floor.half[1] + BESIDE + APART * k) for side in (-1, 1) for k in range(MOST_TRACKS)]
    places: list[tuple[float, float | None]] = [(v0, None)] if v0 != v1 else []
    places += [(v0 + step, None) for step in steps]
    places += [(v1 + step, u0 + floor.half[0] + share * gap) for step in steps for share in (0.3, 0.5)]
    for v, cross in places:
        if 0 < abs(v - v1) < floor.half[1] + BESIDE:
            continue  # it would end on the target's edge
        track = Track(source, targets, v, cross)
        crowded = any(_collide(floor, track, other) for other in taken)
        if not crowded and all(floor.free(_way(floor, track, name), source, name) for name in targets):
            return [track]
    return []


def _collide(floor: Ground, one: Track, other: Track) -> bool:
    """Whether two tracks lie on each other."""
    (a, b), (c, d) = _reach(floor, one), _reach(floor, other)
    return abs(one.v - other.v) < APART - 1 and a <= d and c <= b


def _reach(floor: Ground, track: Track) -> tuple[float, float]:
    return floor.centres[track.source][0], max(floor.centres[name][0] for name in track.targets)


def _ways(floor: Ground, tracks: Sequence[Track]) -> Iterator[tuple[tuple[str, str], list[Point]]]:
    """Every way, those that come in at one side of a box a little apart, the nearest track first."""
    for track in tracks:
        for name in track.targets:
            v = floor.centres[name][1]
            rivals = [other.v for other in tracks if name in other.targets and (other.v < v) == (track.v < v)]
            place = sorted(rivals, key=lambda other: abs(other - v)).index(track.v) - (len(rivals) - 1) / 2
            yield (track.source, name), _way(floor, track, name, ENTRY * place)


def _way(floor: Ground, track: Track, target: str, entry: float = 0.0) -> list[Point]:
    """From a part to its track, along it, and into the target's side."""
    (u0, v0), (u1, v1) = floor.centres[track.source], floor.centres[target]
    side = 1 if track.v > v1 else -1
    last = [(u1 + entry, track.v), (u1 + entry, v1 + side * floor.half[1])]
    if track.gap is not None:
        return [(u0 + floor.half[0], v0), (track.gap, v0), (track.gap, track.v), *last]
    if track.v == v0:
        return [(u0 + floor.half[0], v0), *last]
    leave = 1 if track.v > v0 else -1
    return [(u0, v0 + leave * floor.half[1]), (u0, track.v), *last]


def skip_way(grid: Grid, source: str, target: str, *, beside: bool) -> list[Point]:
    """From a feature map to a decoder: beside its lane or along it, and between rows where a row is full.

    Args:
        grid: all boxes.
        source: the feature map.
        target: the decoder.
        beside: beside the decoder's lane, where other boxes stand in it, else along it.
    """
    floor = ground(grid)
    (u0, v0), (u1, v1) = floor.centres[source], floor.centres[target]
    (along, across), first = floor.half, 1 if v1 >= v0 - 1 else -1
    ways = []
    for side in (first, -first):
        runs = [v1 + side * (across + 11 + APART * k) for k in range(2 * MOST_TRACKS)]
        ends: list[tuple[float, list[Point]]] = [(run, [(u1, run), (u1, v1 + side * across)]) for run in runs]
        if not beside:
            inside = v1 + side * (across - 9)
            ends.insert(0, (inside, [(u1 - along, inside)]))
        gap = u0 + along + 0.3 * grid.gap
        for run, end in ends:
            out = 1 if run > v0 else -1
            ways.append([(u0, v0 + out * across), (u0, run), *end])
            corner = v0 + out * (across - 12)
            ways.append([(u0 + along, corner), (gap, corner), (gap, run), *end])
    return next((way for way in ways if floor.free(way, source, target)), ways[0])


def _span(points: Sequence[Point]) -> tuple[float, float, float, float]:
    """Smallest and largest place along the flow, and across it."""
    along, across = [u for u, _ in points], [v for _, v in points]
    return min(along), max(along), min(across), max(across)
