"""Sets that do not fit the device: the same numbers bit for bit, nothing left behind, and little memory."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch

from mtl_core.control import Command, Control
from mtl_core.datasets import DATASETS
from mtl_core.datasets.digits import enlarged_digits
from mtl_core.errors import MTLError, SpecError
from mtl_core.events import Event
from mtl_core.execution.perform import perform
from mtl_core.execution.processes import this_process
from mtl_core.feeding import Feed
from mtl_core.opening import load_samples, open_session
from mtl_core.runs.store import Store
from mtl_core.session import Session
from mtl_core.settings import MEMORY_VARIABLE
from mtl_core.spec import parse_spec
from mtl_core.streaming import AHEAD, SHARE, HostRows, made_ahead, memory_for_data
from mtl_core.trainer import train
from tests.engine.loading import finished
from tests.source import PROJECT

CPU = torch.device("cpu")
SHAPES = {"dataset": {"name": "shapes", "options": {"rows": 240, "size": 16}}, "architecture": {"channels": [4, 8]}}
SPECS: dict[str, dict[str, Any]] = {
    "pictures and masks": {"dataset": "tiny_images"},
    "pictures to make": {**SHAPES, "epochs": 1},
    "a table": {"dataset": "tiny_table", "batch_size": 10, "epochs": 3},
    "samples of their own": {"dataset": "wine_colours", "batch_size": 64, "batch_policy": "equal", "epochs": 2},
    "class weights": {"dataset": "tiny_images", "class_weights": "balanced"},
    "augmentation": {"dataset": {"name": "tiny_images", "augmentation": ["shift", "noise"]}},
}
TOLD = ("step", "gradients", "evaluation", "finished")
CLOCK = ("seconds", "samples_per_second", "cost")


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_core.batches.memory_for_data", lambda _: 0)


def spec(raw: dict[str, Any]) -> Any:
    return parse_spec({"device": "cpu", **raw})


def opened(raw: dict[str, Any]) -> Session:
    return finished(open_session(spec(raw)))


def told(events: Iterator[Event]) -> list[Any]:
    kept = [event for event in events if event.kind in TOLD]
    return [(e.kind, e.step, repr({k: v for k, v in e.values.items() if k not in CLOCK})) for e in kept]  # NaN is NaN


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rows")]


def held(events: list[Event]) -> str:
    return str(next(event for event in events if event.kind == "started").values["data"]["held"])


@pytest.mark.parametrize("name", SPECS)
def test_streamed_is_resident_bit_for_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resident = told(train(spec(SPECS[name])))
    monkeypatch.setattr("mtl_core.batches.memory_for_data", lambda _: 0)
    assert told(train(spec(SPECS[name]))) == resident
    assert threads() == []


class StopBefore(Control):
    """Stops a run when so many steps are done."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def poll(self) -> list[Command]:
        self.left -= 1
        return [Command("stop")] if self.left < 0 else []


@pytest.mark.parametrize("at", [1, 5, 7])
@pytest.mark.usefixtures("no_room")
def test_a_run_goes_on_in_the_middle_of_an_epoch(at: int) -> None:
    raw = SPECS["augmentation"]
    whole = told(train(spec(raw)))
    first = list(train(spec(raw), StopBefore(at)))
    state = next(event for event in reversed(first) if event.kind == "checkpoint").payload
    assert state is not None
    assert state["step"] == at
    assert [one for one in told(train(spec(raw), resume=state)) if one[0] == "step"] == [
        one for one in whole if one[0] == "step" and one[1] > at
    ]


@pytest.mark.usefixtures("no_room")
def test_batches_follow_the_step_wherever_it_is_set() -> None:
    session = opened(SPECS["pictures and masks"])
    feed = Feed(session)
    seen = []
    for session.step in (0, 1, 2, 5, 1):
        seen.append(feed.next_batch().inputs["image"])
    assert torch.equal(seen[1], seen[4])
    assert not torch.equal(seen[1], seen[3])
    feed.close()
    assert threads() == []


@pytest.mark.usefixtures("no_room")
def test_threads_end_with_a_run_that_is_stopped_or_left() -> None:
    control, running = Control(), []
    for event in train(spec(SPECS["pictures and masks"]), control):
        if event.kind == "checkpoint" and not running:
            running += threads()
        if event.kind == "started":
            control.send(Command("step"))
        if event.kind == "progress" and event.values.get("what") == "paused":
            running += threads()
            control.send(Command("stop"))
    assert running, "a paused run keeps what it has made ready"
    assert threads() == []
    left = train(spec(SPECS["pictures and masks"]))
    next(event for event in left if event.kind == "evaluation")
    left.close()  # type: ignore[attr-defined]
    assert threads() == []


class Breaking(np.ndarray[Any, Any]):
    """An array of which a row cannot be read."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, np.ndarray) and 3 in index:
            raise OSError("the disk is gone")
        return np.asarray(super().__getitem__(index))


@pytest.mark.usefixtures("no_room")
def test_an_error_of_a_thread_fails_the_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = DATASETS["tiny_images"]
    load = tiny.load

    def breaking(self: Any, folder: Path, validation: float) -> Any:
        samples = yield from load(self, folder, validation)
        samples.inputs["image"] = samples.inputs["image"].view(Breaking)
        return samples

    monkeypatch.setattr(tiny, "load", breaking)
    store = Store(home)
    events = list(perform(store, store.create(spec({"dataset": "tiny_images"}), "test", process=this_process())))
    store.close()
    assert events[-1].kind == "failed"
    assert events[-1].values["message"] == "OSError: the disk is gone"
    assert threads() == []


def test_what_is_made_ahead_comes_in_order_and_no_more_of_it_than_asked_for() -> None:
    asked: list[int] = []

    def index() -> Iterator[slice]:
        for i in itertools.count():
            asked.append(i)
            yield slice(i, i + 1)

    made = made_ahead(lambda rows: rows.start if isinstance(rows, slice) else -1, index())
    assert [next(made) for _ in range(7)] == list(range(7))
    assert len(asked) == 7 + AHEAD
    made.close()  # type: ignore[attr-defined]
    assert threads() == []


def test_rows_of_rows() -> None:
    values = np.arange(20, dtype=np.uint8).reshape(10, 2)
    rows = HostRows(values, np.array([1, 3, 5, 7]), CPU)
    assert (len(rows), rows.dim()) == (4, 2)
    assert rows[1:3].tolist() == [[6, 7], [10, 11]]
    assert rows[torch.tensor([[3, 0], [1, 1]])].shape == (2, 2, 2)
    assert rows.pick(torch.tensor([3, 0]))[:].tolist() == [[14, 15], [2, 3]]
    rows[:].zero_()
    assert values.sum() == 190, "what was read is a copy"


def test_room_is_half_of_what_is_free_or_what_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    assert memory_for_data(CPU) == pytest.approx(SHARE * psutil.virtual_memory().available, rel=0.1)
    monkeypatch.setenv(MEMORY_VARIABLE, "3")
    assert memory_for_data(CPU) == 3 * 2**20


@pytest.mark.parametrize("value", ["0", "1.5", "-1", "much", "²"])
def test_a_wrong_setting_is_told(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, value)
    with pytest.raises(MTLError, match=rf"MTL_DEVICE_MEMORY must be a whole number of MiB.*{value}"):
        memory_for_data(CPU)


def test_the_run_says_where_its_rows_are(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = {**SHAPES, "tasks": ["shape"], "epochs": 1}  # 240 pictures of 16×16×3: 0.18 MB
    assert held(list(train(spec(raw)))) == "on the device"
    monkeypatch.setenv(MEMORY_VARIABLE, "1")
    assert held(list(train(spec(raw)))) == "on the device"
    large = {"name": "shapes", "options": {"rows": 1500, "size": 16}}
    assert opened({**raw, "dataset": large}).splits["train"].streamed


@pytest.mark.usefixtures("no_room")
def test_a_full_batch_of_what_does_not_fit_is_refused() -> None:
    with pytest.raises(SpecError, match=r"batch_size: these data take more .* choose a number of rows"):
        opened({"dataset": "tiny_table", "batch_size": "full"})


def test_loading_copies_no_pictures() -> None:
    data = {"name": "digits", "split": {"name": "kfold", "fold": 1}, "train_rows": 200}
    loading = load_samples(parse_spec({"dataset": data}), parse_spec({"dataset": data}).task_list())
    samples = None
    try:
        while True:
            next(loading)
    except StopIteration as loaded:
        samples = loaded.value
    assert len(samples.splits["train"]) == 200
    assert np.shares_memory(samples.inputs["image"], enlarged_digits()[0])


@pytest.mark.slow
def test_a_set_larger_than_the_room_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    """300 MB of pictures and 100 MB of masks in files take hardly more than 7 MB of them."""
    command = [sys.executable, "-m", "tests.engine.streamed_file", str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    where, steps, megabytes = done.stdout.split()
    assert (where, steps) == ("streamed", "16")
    assert float(megabytes) < 60
