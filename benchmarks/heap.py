"""Steps on pictures in a process that keeps the memory which a step frees, and in one that gives it back.

Two processes, as how a heap is kept cannot be taken back; each takes so many steps as it is asked for.

    python -m benchmarks.heap masks|classes kept|plain    # how they are started
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.eight import MASKS, PICTURES
from benchmarks.pairs import Found, Pair, Timed, Way, paired

SUBJECTS: dict[str, tuple[dict[str, Any], str, int]] = {
    "masks": (MASKS, "4 classes and 4 masks, 28×28 pictures, batches of 128", 8),
    "classes": (PICTURES, "8 classes, 28×28 pictures, batches of 128", 40),
}


@contextmanager
def _stepper(subject: str, kept: str) -> Iterator[Way]:
    """A process that has taken its first steps, and the way to take some more."""
    command = [sys.executable, "-m", "benchmarks.heap", subject, kept]
    environ = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, told = process.stdin, process.stdout

        def steps() -> None:
            print(SUBJECTS[subject][2], file=asked, flush=True)
            if not told.readline():
                raise RuntimeError(f"the process that steps ended with {process.wait()}")

        yield steps
        asked.close()


def _gain(subject: str) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        with ExitStack() as stack:
            plain, kept = (stack.enter_context(_stepper(subject, how)) for how in ("plain", "kept"))
            timed: Timed = paired(plain, kept, rounds)
        return timed.gain()

    return measure


def _serve(subject: str, kept: str) -> None:
    """Take as many steps as each line of stdin says; one line when they are done."""
    import torch

    from benchmarks.eight import session_of
    from benchmarks.steps import engine_step
    from mtl_core.execution.heap import keep_heap

    torch.set_num_threads(1)
    if kept == "kept" and not keep_heap():
        raise SystemExit("this system's heap cannot be kept")
    step = engine_step(session_of(SUBJECTS[subject][0]))
    for line in sys.stdin:
        for _ in range(int(line)):
            step()
        print("done", flush=True)


PAIRS = tuple(
    Pair(
        f"heap/{subject}",
        "the same in a process that gives it back",
        f"a step in a process that keeps freed memory: {words}",
        1.0,
        _gain(subject),
        rounds=9,
        quick=0,
    )
    for subject, (_, words, _) in SUBJECTS.items()
)

if __name__ == "__main__":
    _serve(*sys.argv[1:])
