"""A worker: a process with torch imported that trains one run after another, as the runner tells it to.

The protocol is JSON lines: ``{"runs": [id, …]}`` comes in, several where they train together; ``{"ready": …}``,
``{"began": [id, …]}`` and ``{"done": {id: status}, "leaving": …}`` go out. A closed stdin means: finish what is under
way and end.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import IO, Any

import psutil

from mtl_core.control import Command
from mtl_core.execution.heap import give_heap_back, keep_heap
from mtl_core.execution.perform import perform_all
from mtl_core.execution.processes import this_process
from mtl_core.execution.store_control import StoreControl
from mtl_core.runs.store import Store

RUNS_A_WORKER = 50
"""After so many runs a worker makes room for a fresh one."""
NICE = 10
log = logging.getLogger(__name__)


def main() -> int:
    """Warm up, say so, then train what comes in until stdin closes."""
    be_nice()
    keep_heap()
    protocol = _keep_stdout()
    facts = warm_up()
    store = Store()
    gc.collect()
    gc.freeze()  # what is imported stays: the collections between runs need not look at it (0.2 s -> 1 ms)
    stops = _StopOnSignal()
    pid, created = this_process()
    _say(protocol, {"ready": pid, "created": created, **facts})
    for count, line in enumerate(sys.stdin, start=1):
        runs = [str(run) for run in json.loads(line)["runs"]]
        _say(protocol, {"began": runs})
        done = _train(store, runs, stops)
        leaving = not _release(done) or count >= RUNS_A_WORKER
        if not _say(protocol, {"done": done, "leaving": leaving}) or leaving:
            break
    return 0


def be_nice() -> None:
    """Let the page come first."""
    windows = getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", None)
    try:
        psutil.Process().nice(NICE if windows is None else windows)
    except psutil.AccessDenied:
        log.info("the priority could not be lowered")


def warm_up() -> dict[str, Any]:
    """Import and touch all that a first step needs; gives the device that ``auto`` means here, and why."""
    import torch

    torch.set_num_threads(1)
    for name in (
        "torch._dynamo",
        "torchmetrics",
        "torchvision.datasets",
        "mtl_core.trainer",
        "mtl_core.batched.trainer",
    ):
        importlib.import_module(name)
    from mtl_core.datasets import preload
    from mtl_core.devices import choose_device

    preload()

    device, why = choose_device("auto")
    weight = torch.nn.Linear(2, 1).to(device)
    optimizer = torch.optim.Adam(weight.parameters(), fused=device.type in ("cpu", "cuda"))
    weight(torch.zeros(3, 2, device=device)).sum().backward()
    optimizer.step()
    return {"device": device.type, "why": why, "torch": torch.__version__}


class _StopOnSignal:
    """SIGTERM stops the runs under way in good order; an idle worker ends."""

    def __init__(self) -> None:
        self.controls: list[StoreControl] = []
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self.controls:
            sys.exit(0)
        for control in self.controls:
            control.send(Command("stop"))


def _train(store: Store, runs: Sequence[str], stops: _StopOnSignal) -> dict[str, str]:
    """How each run has ended."""
    done = dict.fromkeys(runs, "failed")
    stops.controls = [StoreControl(store, run) for run in runs]
    for run, event in perform_all(store, runs, stops.controls):
        done[run] = event.kind
    stops.controls = []
    return done


def _release(done: Mapping[str, str]) -> bool:
    """Give memory back; False where the process should not be used again: CUDA may be in any state after an error."""
    import torch

    gc.collect()
    give_heap_back()
    if not torch.cuda.is_available():
        return True
    torch.cuda.empty_cache()
    return "failed" not in done.values()


def _keep_stdout() -> IO[str]:
    """The pipe to the runner; what anything prints goes to the log instead."""
    protocol = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return protocol


def _say(protocol: IO[str], message: dict[str, Any]) -> bool:
    try:
        protocol.write(json.dumps(message) + "\n")
        protocol.flush()
    except BrokenPipeError:
        log.info("the runner is gone; this worker ends")
        return False
    return True
