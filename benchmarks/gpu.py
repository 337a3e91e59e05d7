"""Steps on a GPU: in bf16, as a CUDA graph, compiled, each against plain steps in fp32 of the same network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.engine_overhead import opened
from benchmarks.pairs import Found, NotMeasured, Pair, Way, paired, repeated
from mtl_core.acceleration import ways
from mtl_core.acceleration.rules import why_not
from mtl_core.acceleration.taking import taker
from mtl_core.errors import DataError
from mtl_core.opening import sibling
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.stepping import take_step

DEVICE = "cuda"
STEPS, QUICK_STEPS = 200, 50
SETTINGS: dict[str, dict[str, Any]] = {
    "MNIST": {"dataset": {"name": "mnist", "validation": 0}, "batch_size": 128},
    "pets": {"dataset": {"name": "pets", "validation": 0}, "batch_size": 32},
}
TRIED = (
    ways.Way("bf16"),
    ways.Way("fp32", "cuda_graph"),
    ways.Way("bf16", "cuda_graph"),
    ways.Way("fp32", "compile"),
    ways.Way("bf16", "compile"),
)


def session_of(setting: str) -> Session:
    """The session of a setting on the GPU.

    Raises:
        NotMeasured: where there is none, or the data are not there.
    """
    if DEVICE == "cuda" and not torch.cuda.is_available():
        raise NotMeasured("there is no CUDA device on this machine")
    try:
        session = opened(parse_spec(SETTINGS[setting] | {"device": DEVICE, "gradients": {"every": 0}}))
    except DataError as error:
        raise NotMeasured(str(error)) from error
    if session.samples.source == "synthetic":
        raise NotMeasured(f"the files of {setting} are not in the data folder")
    return session


def steps_of(session: Session, way: ways.Way, steps: int) -> Way:
    """So many steps on one batch, with whatever has to be made ready behind it, until the device has done them.

    Raises:
        NotMeasured: where steps cannot be taken so.
    """
    reason = why_not(session, way.taken)
    if reason is not None:
        raise NotMeasured(reason)
    rows = session.splits["train"]
    batch = rows.take(torch.arange(min(session.batch_size, len(rows))))
    take_step(session, batch)
    takes = taker(session, way, batch)

    def step() -> None:
        takes.take(batch)
        session.step += 1

    def all_of_them() -> None:
        repeated(step, steps)()
        if session.device.type == "cuda":
            torch.cuda.synchronize()

    all_of_them()
    if takes.failed:
        raise NotMeasured(takes.failed)
    return all_of_them


def _against(setting: str, way: ways.Way) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        steps = QUICK_STEPS if rounds < 3 else STEPS
        session = session_of(setting)
        plain, other = session, sibling(session, session.spec)
        timed = paired(steps_of(plain, ways.PLAIN, steps), steps_of(other, way, steps), rounds)
        pictures = steps * session.batch_size
        notes = {
            "images_a_second_fp32": round(pictures / min(timed.a)),
            "images_a_second": round(pictures / min(timed.b)),
        }
        return timed.gain(device=_named(), **notes)

    return measure


def _named() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"


PAIRS = tuple(
    Pair(
        f"gpu/{setting}, {way.name}",
        f"{setting} on the GPU, plain steps in fp32 (TF32)",
        f"the same, {way.name}",
        1.0,
        _against(setting, way),
        rounds=5,
        quick=0 if way.taken == "compile" else 2,
    )
    for setting in SETTINGS
    for way in TRIED
)
