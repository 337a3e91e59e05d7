"""Write the events of a run until killed; a line on stdout acknowledges each flush. Run by test_processes.py."""

from __future__ import annotations

import sys
from pathlib import Path

from mtl_core.runs.store import Store
from tests.runs.events import started, step

if __name__ == "__main__":
    home, run, steps = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    book = Store(home).writer(run)
    book.append(started(steps))
    for number in range(1, steps + 1):
        book.append(step(number))
        if number % 7 == 0:
            book.flush()
            print(number, flush=True)
    book.flush()
    print("done", flush=True)
