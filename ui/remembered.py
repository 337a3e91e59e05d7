"""What follows from its arguments alone is drawn once, for all viewers and refreshes: charts of previews, networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

from ui.chart_data import ChartData
from ui.words import language

Make = Callable[..., ChartData]
KEPT = 64
"""Charts, at most: a handful of runs that are looked at, each with its tasks."""


class _Same:
    """An array as a key: the very array, not its values; it is held, so that its place is not given to another."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __hash__(self) -> int:
        return id(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.array is self.array


class _Call:
    """A call as a key: its arguments as text; ``make`` does it."""

    def __init__(self, key: tuple[str, ...], make: Callable[[], str]) -> None:
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
    return _drawn(_Call((language(), *map(repr, arguments)), make))


@lru_cache(maxsize=KEPT)
def _drawn(call: _Call) -> str:
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
    return make(*(each.array for each in arrays), **dict(options))
