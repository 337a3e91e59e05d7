"""Numerals: numbers as text, without a sign where nothing but zeros is left of them."""

from __future__ import annotations

import math

MINUS = "−"
"""The true minus, as wide as a plus."""


def numeral(value: float, form: str = ".4g") -> str:
    """A number in a format, ``0.000`` where that would give ``-0.000`` or ``+0.000``; with the keyboard's minus.

    Args:
        value: any number; infinities and NaN are written as Python does.
        form: a format for floats, e.g. ``.3f``, ``+.2g`` or ``.1%``.
    """
    text = format(value, form)
    nothing = math.isfinite(value) and not any(digit in text for digit in "123456789")
    return text.lstrip("+-") if nothing else text


def typeset(value: float, form: str = ".4g") -> str:
    """The same with a true minus, for pages and reports; not for what a program reads again."""
    return numeral(value, form).replace("-", MINUS)
