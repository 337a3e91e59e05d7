"""The pool: which workers warm up, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl_core.execution import pool as module
from mtl_core.execution.pool import SETTLE_SECONDS, Pool


class Worker:
    """A worker that says nothing by itself."""

    def __init__(self, *_: Any) -> None:
        self.process: tuple[int, float] | None = None
        self.runs: tuple[str, ...] = ()
        self.leaving, self.idle_since = False, 0.0

    @property
    def warm(self) -> bool:
        return self.process is not None and not self.runs


class Clock:
    """Time that passes where a test says so."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "WorkerHandle", Worker)
    return clock


@pytest.fixture
def pool(clock: Clock, tmp_path: Path) -> Pool:
    with (tmp_path / "log").open("ab") as output:
        return Pool(tmp_path, output, size=4)


def warmed(pool: Pool) -> None:
    pool.became_warm(pool.workers[-1], (len(pool.workers), 1.0))


def test_the_first_worker_waits_for_the_page_and_the_second_for_the_next_tab(pool: Pool, clock: Clock) -> None:
    pool.refill(waiting=0)
    assert not pool.workers
    clock.now += SETTLE_SECONDS
    pool.refill(waiting=0)
    assert len(pool.workers) == 1
    clock.now += 60
    pool.refill(waiting=0)
    assert len(pool.workers) == 1, "one at a time warms up"
    warmed(pool)
    pool.refill(waiting=0)
    assert len(pool.workers) == 1
    clock.now += SETTLE_SECONDS
    pool.refill(waiting=0)
    assert len(pool.workers) == 2


def test_where_a_run_waits_nobody_else_does(pool: Pool) -> None:
    pool.refill(waiting=1)
    assert len(pool.workers) == 1
    warmed(pool)
    pool.workers[0].runs = ("a run",)
    pool.refill(waiting=1)
    assert len(pool.workers) == 2


def test_no_more_than_may_train_at_a_time(pool: Pool, clock: Clock) -> None:
    for _ in range(10):
        clock.now += SETTLE_SECONDS
        pool.refill(waiting=9)
        warmed(pool)
    assert len(pool.workers) == pool.size
