"""Which events are stored: rules on step numbers alone, so that a resumed run keeps the same ones."""

from __future__ import annotations

EVERY_STEP_UNTIL = 2048
"""Up to here every step is stored; then every second up to twice as many, every fourth up to four times …"""
EVERY_MEASUREMENT_UNTIL = 256
"""The same for measurements of the gradients, which are larger."""


def kept(step: int) -> bool:
    """Whether the event of this step is stored: ``step % 2**k == 0`` for 2048·2^(k-1) < step ≤ 2048·2^k."""
    return step % spacing(step, EVERY_STEP_UNTIL) == 0


def kept_after(step: int, before: int | None) -> bool:
    """Whether a measurement of the gradients at this step is stored, the newest stored one being at ``before``.

    They are at least 1 step apart up to step 256, 2 up to 512 … whatever the number of steps between two: at most 256
    and another 128 for each doubling.
    """
    return before is None or step - before >= spacing(step, EVERY_MEASUREMENT_UNTIL)


def spacing(step: int, until: int) -> int:
    """1 up to ``until``, then 2 up to twice as many, 4 up to four times."""
    return 1 << ((step - 1) // until).bit_length() if step > until else 1
