"""Corrections: p-values of several comparisons that shall hold together."""

from __future__ import annotations

from collections.abc import Sequence

FAMILY_LEVEL = 0.05
"""How often any of a family's verdicts may be wrong where there is no difference at all."""


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: p̃_(i) = max_{j ≤ i} min(1, (m − j + 1) · p_(j)), with p_(1) ≤ … ≤ p_(m).

    Whoever calls only those comparisons true whose p̃ is at most α errs on any of them with probability at most α,
    however the comparisons hang together (here they share runs and the baseline).

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.

    Args:
        p_values: m of them, 0..1, in any order.

    Returns:
        m corrected ones, in the same order.

    Raises:
        ValueError: for a value outside 0..1, or NaN.
    """
    bad = [p for p in p_values if not 0 <= p <= 1]
    if bad:
        raise ValueError(f"p-values must lie between 0 and 1 (found {bad[0]!r})")
    found, least, count = [0.0] * len(p_values), 0.0, len(p_values)
    for rank, place in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        least = max(least, min(1.0, (count - rank) * p_values[place]))
        found[place] = least
    return found
