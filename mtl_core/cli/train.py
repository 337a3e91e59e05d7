"""``train``: a run in this process, through the same store as every other run."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from mtl_core.cli.outputs import make_folder, summary, write_outputs
from mtl_core.cli.progress import ProgressLine
from mtl_core.cli.signals import stopping_on_signals
from mtl_core.cli.spec_file import read_spec
from mtl_core.control import Command

OWNER = "cli"
EXIT_CODES = {"finished": 0, "stopped": 3}


def train_command(path: Path, settings: Sequence[str], out: Path | None, as_json: bool, threads: int = 1) -> int:
    """Train what the file says; the exit code tells how it ended.

    Raises:
        SpecError: for a bad spec; nothing has been created then.
    """
    spec = read_spec(path, settings)
    if out is not None:
        make_folder(out)
    from mtl_core.execution.processes import this_process
    from mtl_core.runs.store import Store

    store = Store()
    run = store.create(spec, OWNER, name=path.stem, process=this_process())
    return train_here(run, out, as_json, threads)


def train_here(run: str, out: Path | None, as_json: bool, threads: int = 1) -> int:
    """Train a run that this process has claimed, with progress on stderr and the result on stdout.

    Args:
        run: its id.
        out: where to write its files; nowhere if None.
        as_json: the result as one line of JSON.
        threads: of the processor. With more than 1 the last digits differ from those with 1.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    from mtl_core.execution.heap import keep_heap
    from mtl_core.execution.perform import perform
    from mtl_core.execution.store_control import StoreControl
    from mtl_core.runs.results import result_of
    from mtl_core.runs.store import Store

    store = Store()
    line = ProgressLine()
    control = StoreControl(store, run)
    with stopping_on_signals(lambda: control.send(Command("stop", by=OWNER))):
        import torch

        torch.set_num_threads(threads)
        keep_heap()
        for event in perform(store, run, control=control):
            line.show(event)
    line.close()
    record = store.get(run)
    result = result_of(store, record)
    if out is not None:
        write_outputs(store, record, result, out)
    print(json.dumps(result) if as_json else summary(result))
    return EXIT_CODES.get(record.status, 1)
