"""The process that answers, as a real one: it starts, answers, dies and is there again."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from mtl_core.errors import MTLError
from mtl_core.execution import predicting
from mtl_core.execution.predicting import STARTING, Predictor
from mtl_core.execution.processes import environment
from mtl_core.runs.artifacts import CHECKPOINT
from mtl_core.runs.store import Store
from tests.execution.conftest import NO_NETWORK
from tests.export.helpers import Bench
from tests.source import PROJECT
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
WINE: dict[str, Any] = {"dataset": "wine_quality", "architecture": {"name": "hard", "hidden": [8]}, "epochs": 3}


@dataclass
class Asked:
    """A home with two finished runs of wine, and what asks them."""

    predictor: Predictor
    store: Store
    run: str
    other: str

    def process(self) -> subprocess.Popen[str]:
        found = self.predictor._process
        assert found is not None
        return found

    def settled(self, run: str = "") -> dict[str, Any]:
        """The run's state once nothing loads any more."""
        run = run or self.run
        return wait_for(lambda: None if (state := self.predictor.open(run))["status"] == "loading" else state, 120)

    def weights(self, run: str) -> Path:
        return self.store.folder(run) / CHECKPOINT


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("asked")
    home = folder / "home"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**NO_NETWORK, "MTL_HOME": str(home), "MTL_DATA_DIR": str(folder / "data")}.items():
            patch.setenv(name, value)
        store = Store(home)
        run, other = (Bench(store, folder).train(**WINE, seed=seed) for seed in (1, 2))
        predictor = Predictor(home)
        yield Asked(predictor, store, run, other)
        predictor.close()
        store.close()


def test_it_starts_loads_and_answers(asked: Asked) -> None:
    first = asked.predictor.open(asked.run)
    assert (first["status"], first["what"]) == ("loading", STARTING)
    assert asked.predictor.ask([asked.run], {}) is None, "asked before it is there"
    state = asked.settled()
    assert (state["status"], state["about"]["run"]) == ("ready", asked.run)
    assert asked.predictor.ask([asked.run, asked.other], {}) is None, "the other must be opened first"
    assert asked.settled(asked.other)["status"] == "ready"
    answers = asked.predictor.ask([asked.run, asked.other], {"row": 3})
    assert answers is not None
    assert [one["tasks"].keys() for one in answers] == [{"quality", "good"}] * 2
    assert answers[0]["tasks"] != answers[1]["tasks"]
    assert answers[0]["truth"] == answers[1]["truth"]
    with pytest.raises(MTLError, match="row must be 0 to 199, found 4000"):
        asked.predictor.ask([asked.run], {"row": 4000})


def test_many_may_ask_at_once(asked: Asked) -> None:
    asked.settled()
    expected = [asked.predictor.ask([asked.run], {"row": row}) for row in range(8)]
    found: dict[int, Any] = {}

    def ask(row: int) -> None:
        for _ in range(5):
            found[row] = asked.predictor.ask([asked.run], {"row": row})

    threads = [threading.Thread(target=ask, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [found[row] for row in range(8)] == expected


def test_a_process_that_is_gone_is_started_again(asked: Asked) -> None:
    asked.settled()
    before = asked.process()
    before.kill()
    before.wait(10)
    assert asked.predictor.open(asked.run)["what"] == STARTING
    assert asked.settled()["status"] == "ready"
    assert asked.process().pid != before.pid


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGSTOP")
@pytest.mark.parametrize("how", ["killed", "hangs"])
def test_a_process_lost_over_a_question_is_told_of_once(
    asked: Asked, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.settled()
    process = asked.process()
    process.send_signal(signal.SIGSTOP)
    if how == "killed":
        timer = threading.Timer(0.2, process.kill)
        timer.start()
    else:
        monkeypatch.setattr(predicting, "ANSWER_SECONDS", 0.2)
    with pytest.raises(MTLError, match=r"ended without a word; try again \(logs/predict\.log\)"):
        asked.predictor.ask([asked.run], {})
    monkeypatch.undo()
    assert asked.predictor.open(asked.run)["what"] == STARTING
    assert asked.settled()["status"] == "ready"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /bin/false")
def test_a_process_that_never_comes_to_answer_is_told_of_once(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(predicting.sys, "executable", "/bin/false")
        asked.predictor.close()
        assert asked.predictor.open(asked.run)["what"] == STARTING
        asked.process().wait(10)
        with pytest.raises(MTLError, match=r"could not start; logs/predict\.log says why"):
            asked.predictor.open(asked.run)
    assert asked.predictor.open(asked.run)["what"] == STARTING
    assert asked.settled()["status"] == "ready"


def test_damaged_weights_are_told_of_until_somebody_tries_again(asked: Asked) -> None:
    asked.predictor.close()
    path = asked.weights(asked.other)
    whole = path.read_bytes()
    path.write_bytes(whole[:500])
    state = asked.settled(asked.other)
    assert state["status"] == "failed"
    assert "cannot be read" in state["message"]
    assert asked.settled()["status"] == "ready", "others go on"
    path.write_bytes(whole)
    assert asked.predictor.open(asked.other)["message"] == state["message"]
    asked.predictor.forget(asked.other)
    assert asked.settled(asked.other)["status"] == "ready"


def test_closing_ends_the_process(asked: Asked) -> None:
    asked.settled()
    process = psutil.Process(asked.process().pid)
    asked.predictor.close()
    assert not process.is_running()
    asked.predictor.close()


def test_it_ends_with_whoever_started_it(asked: Asked) -> None:
    """A server that is killed closes the pipe, whatever becomes of the rest."""
    command = [sys.executable, "-m", "mtl_core.predicting.service"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, env=environment(asked.store.home), **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert '"here"' in process.stdout.readline()
        process.stdin.close()
        assert process.wait(60) == 0
