"""How a walk ended: where, and since which step it has been on the Pareto set."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.toys.problems import Problem
from mtl_core.toys.walking import Place

NEAR = 0.1
"""A point so near to the Pareto set is on it: Adam at rest still steps to and fro by about its rate."""


@dataclass(frozen=True)
class Outcome:
    """The end of a walk.

    Attributes:
        steps: done.
        arrived: the step since which it has been on the Pareto set; None where it is not on it at the end.
        point: where it ended.
        losses: there.
        trouble: why it had to end early; empty otherwise.
    """

    steps: int
    arrived: int | None
    point: tuple[float, ...]
    losses: tuple[float, ...]
    trouble: str = ""

    @classmethod
    def of_json(cls, raw: dict[str, Any]) -> Outcome:
        """From what :func:`dataclasses.asdict` and JSON made of it."""
        return cls(**{**raw, "point": tuple(raw["point"]), "losses": tuple(raw["losses"])})


class Follower:
    """Goes along a walk and remembers how it stands.

    Args:
        problem: that is walked.
        places: of the walk, the start first.
    """

    def __init__(self, problem: Problem, places: Iterator[Place]) -> None:
        self._problem, self._places = problem, places
        self._last, self._trouble = Place(0, (), ()), ""
        self._arrived: int | None = None
        self.ended = False

    def until(self, step: int) -> Iterator[Place]:
        """The places up to this step that have not been given yet."""
        while not self.ended and not (self._last.point and self._last.step >= step):
            try:
                self._last = next(self._places)
            except (StopIteration, MTLError) as end:
                self.ended, self._trouble = True, str(end)
                return
            if self._problem.distance(self._last.point) > NEAR:
                self._arrived = None
            elif self._arrived is None:
                self._arrived = self._last.step
            yield self._last

    def outcome(self) -> Outcome:
        """How it stands."""
        rounded = [tuple(round(value, 6) for value in values) for values in (self._last.point, self._last.losses)]
        return Outcome(self._last.step, self._arrived, rounded[0], rounded[1], self._trouble)


def followed(
    problem: Problem,
    places: Iterator[Place],
    take: Callable[[Place], object] | None = None,
    kept: Collection[int] = (),
) -> Outcome:
    """Go along a walk to its end.

    Args:
        problem: that is walked.
        places: of the walk, the start first.
        take: is given the places at the steps in ``kept``.
        kept: steps.
    """
    follower = Follower(problem, places)
    for place in follower.until(1 << 60):
        if take and place.step in kept:
            take(place)
    return follower.outcome()
