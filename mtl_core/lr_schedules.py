"""The factor on the learning rate at each step."""

from __future__ import annotations

import math

from mtl_core.spec import LrScheduleSpec

ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = ONE_CYCLE_START / 1e4


def lr_factor(schedule: LrScheduleSpec, done: int, length: int) -> float:
    """Factor on the learning rate for the step after ``done`` of ``length`` steps.

    constant: 1 · cosine: ½(1 + cos(π·done/length)), Loshchilov & Hutter 2017 · one_cycle: Smith 2018 with
    the phases of torch.optim.lr_scheduler.OneCycleLR without its momentum cycle · step: γ^⌊done/(share·length)⌋.
    """
    if schedule.name == "cosine":
        return 0.5 * (1 + math.cos(math.pi * done / length))
    if schedule.name == "one_cycle":
        return _one_cycle(schedule.warmup, done, length)
    if schedule.name == "step":
        return schedule.gamma ** math.floor(done / (schedule.step_share * length))
    return 1.0


def _one_cycle(warmup: float, done: int, length: int) -> float:
    peak = warmup * length - 1
    if done <= peak:
        return _cosine_between(ONE_CYCLE_START, 1.0, done / peak if peak > 0 else 1.0)
    rest = length - 1 - peak
    return _cosine_between(1.0, ONE_CYCLE_END, min(1.0, (done - peak) / rest))


def _cosine_between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
