"""One store, several processes: what one commits the others see; a killed one loses nothing acknowledged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec
from tests.conftest import PROJECT
from tests.waiting import wait_for

STEPS = 1500


def begin(store: Store, run: str, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.runs.write_events", str(store.home), run, str(steps)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def test_readers_see_each_event_once_and_in_order_while_two_processes_write(store: Store) -> None:
    runs = [store.create(RunSpec(), "owner") for _ in range(2)]
    writers = [begin(store, run, STEPS) for run in runs]
    seen: dict[str, list[int]] = {run: [] for run in runs}
    cursors = dict.fromkeys(runs, 0)

    def all_seen() -> bool:
        for run in runs:
            for seq, event in store.events_since(run, cursors[run], kinds=["step"]):
                seen[run].append(event.step)
                cursors[run] = seq
        return all(len(steps) >= STEPS for steps in seen.values())

    wait_for(all_seen, 60)
    assert all(steps == list(range(1, STEPS + 1)) for steps in seen.values())
    for writer in writers:
        writer.communicate(timeout=30)
        assert writer.returncode == 0


def test_a_killed_writer_has_lost_nothing_that_it_acknowledged(store: Store, tmp_path: Path) -> None:
    for kill_after in (7, 70, 700):
        run = store.create(RunSpec(), "owner")
        with begin(store, run, 1_000_000) as writer:
            assert writer.stdout is not None
            acknowledged = 0
            for line in writer.stdout:
                acknowledged = int(line)
                if acknowledged >= kill_after:
                    break
            writer.kill()
            acknowledged = max([acknowledged, *(int(line) for line in writer.stdout.read().split("\n")[:-1])])
        steps = [event.step for _, event in store.events_since(run, kinds=["step"])]
        assert steps == list(range(1, len(steps) + 1))
        assert len(steps) >= min(acknowledged, 2048)
