"""Which step events are stored: a rule on the step number alone, so that a resumed run keeps the same ones."""

from __future__ import annotations

EVERY_STEP_UNTIL = 2048
"""Up to here every step is stored; then every second up to twice as many, every fourth up to four times …"""


def kept(step: int) -> bool:
    """Whether the event of this step is stored: ``step % 2**k == 0`` for 2048·2^(k-1) < step ≤ 2048·2^k."""
    if step <= EVERY_STEP_UNTIL:
        return True
    doublings = ((step - 1) // EVERY_STEP_UNTIL).bit_length()
    return step % (1 << doublings) == 0
