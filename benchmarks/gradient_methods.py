"""Steps of eight tasks whose gradients are weighed, against one summed backward pass and against other libraries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.eight import MASKS, PICTURES, TABLE, session_of
from benchmarks.pairs import Found, Pair, Way, steps_in_turn
from benchmarks.steps import (
    engine_step,
    libmtl_step,
    summed_network_step,
    summed_step,
    torchjd_network_step,
    torchjd_step,
)
from mtl_core.session import Session

PCGRAD: dict[str, Any] = {"weighting": {"name": "pcgrad"}}
UPPER: dict[str, Any] = {"weighting": {"name": "mgda", "at_representation": True}}


def _cost(
    base: dict[str, Any], fields: dict[str, Any], seconds: float, summed: Callable[[Session], Way] = summed_step
) -> Callable[[int], Found]:
    """Ours against the summed backward pass of the same network."""

    def measure(rounds: int) -> Found:
        plain, ours = summed(session_of(base)), engine_step(session_of(base, **fields))
        return steps_in_turn(plain, ours, rounds, seconds).cost()

    return measure


def _gain(base: dict[str, Any], theirs: Callable[[Session], Way], seconds: float) -> Callable[[int], Found]:
    """Ours against another library's PCGrad on the same network."""

    def measure(rounds: int) -> Found:
        other = theirs(session_of(base, **PCGRAD))
        return steps_in_turn(other, engine_step(session_of(base, **PCGRAD)), rounds, seconds).gain()

    return measure


TABLE_WORDS, PICTURE_WORDS = "PCGrad, 8 tasks, table, batches of 64", "PCGrad, 8 tasks, 28×28 pictures, batches of 128"
MASK_WORDS = "PCGrad, 4 classes and 4 masks, 28×28 pictures, batches of 128"
SUMMED = "one summed backward pass"
PAIRS = (
    Pair("gradient_methods/table", SUMMED, TABLE_WORDS, 2.0, _cost(TABLE, PCGRAD, 0.2), lower=True, rounds=11),
    Pair("gradient_methods/pictures", SUMMED, PICTURE_WORDS, 2.4, _cost(PICTURES, PCGRAD, 1.0), lower=True, quick=0),
    Pair(
        "gradient_methods/masks",
        SUMMED,
        MASK_WORDS,
        2.4,
        _cost(MASKS, PCGRAD, 2.0, summed_network_step),
        lower=True,
        quick=0,
    ),
    Pair(
        "gradient_methods/mgda_ub pictures",
        SUMMED,
        "MGDA-UB, 8 tasks, 28×28 pictures, batches of 128",
        1.1,
        _cost(PICTURES, UPPER, 1.0),
        lower=True,
        quick=0,
    ),
    Pair(
        "gradient_methods/torchjd table", "torchjd's `mtl_backward`", TABLE_WORDS, 2.5, _gain(TABLE, torchjd_step, 0.3)
    ),
    Pair(
        "gradient_methods/torchjd pictures",
        "torchjd's `mtl_backward`",
        PICTURE_WORDS,
        1.0,
        _gain(PICTURES, torchjd_step, 1.0),
        quick=0,
    ),
    Pair(
        "gradient_methods/torchjd masks",
        "torchjd's `backward`",
        MASK_WORDS,
        1.0,
        _gain(MASKS, torchjd_network_step, 2.0),
        quick=0,
    ),
    Pair("gradient_methods/libmtl table", "LibMTL's PCGrad", TABLE_WORDS, 5.0, _gain(TABLE, libmtl_step, 0.3)),
    Pair(
        "gradient_methods/libmtl pictures",
        "LibMTL's PCGrad",
        PICTURE_WORDS,
        1.0,
        _gain(PICTURES, libmtl_step, 1.0),
        quick=0,
    ),
)
