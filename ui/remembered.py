"""What follows from its arguments alone is drawn once, for all viewers and refreshes: charts of previews, networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from numpy.typing import NDArray

from ui.chart_data import ChartData
from ui.words import language

Make = Callable[..., ChartData]
T = TypeVar("T")
KEPT = 64
"""Charts, at most: a handful of runs that are looked at, each with its tasks."""


class _Same:
    """An object as a key: the very object, not its values; it is held, so that its place is not given to another."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __hash__(self) -> int:
        return id(self.held)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.held is self.held


class _Call:
    """A call as a key: its arguments; ``make`` does it."""

    def __init__(self, key: tuple[object, ...], make: Callable[[], Any]) -> None:
        self.key, self.make = key, make

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Call) and other.key == self.key


def drawn_once(make: Callable[[], str], *arguments: object) -> str:
    """``make()``, or what it gave for equal arguments in the same language before.

    Args:
        make: without side effects; it may use the session's words.
        arguments: all that the result depends on; what is equal has the same ``repr``.
    """
    return str(_drawn(_Call((language(), *map(repr, arguments)), make)))


def made_once(make: Callable[[], T], held: object, *arguments: object) -> T:
    """``make()``, or what it gave for the very same object and equal arguments in the same language before.

    Args:
        make: without side effects; it may use the session's words.
        held: that nobody changes, as the series and views of :class:`ui.hub.Hub`.
        arguments: all else that the result depends on; what is equal has the same ``repr``.
    """
    made: T = _drawn(_Call((language(), _Same(held), *map(repr, arguments)), make))
    return made


@lru_cache(maxsize=2 * KEPT)
def _drawn(call: _Call) -> Any:
    return call.make()


def remembered(make: Make, *arrays: NDArray[Any], **options: str) -> ChartData:
    """``make(*arrays, **options)``, or what it gave for the very same arrays, options and language before.

    Args:
        make: without side effects; it may use the session's words.
        arrays: that nobody changes, as :func:`ui.hub.arrays` gives them.
        options: texts.
    """
    return _made(make, tuple(map(_Same, arrays)), tuple(options.items()), language())


@lru_cache(maxsize=KEPT)
def _made(make: Make, arrays: tuple[_Same, ...], options: tuple[tuple[str, str], ...], words: str) -> ChartData:
    return make(*(each.held for each in arrays), **dict(options))
