"""The loop that answers: a line in, a line out; runs are loaded aside, kept, and let go."""

from __future__ import annotations

import io
import json
import os
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mtl_core.execution.perform import perform
from mtl_core.execution.processes import this_process
from mtl_core.predicting import service
from mtl_core.predicting.service import Shelf, serve
from tests.export.helpers import Bench
from tests.predicting.conftest import Runs
from tests.waiting import wait_for


@pytest.fixture
def shelf(bench: Bench) -> Shelf:
    return Shelf(bench.store)


def settled(shelf: Shelf, run: str) -> dict[str, Any]:
    """The run's state once it is not loading any more."""
    return wait_for(lambda: None if (state := shelf.open(run))["status"] == "loading" else state)


def answered(shelf: Shelf, **request: Any) -> dict[str, Any]:
    return service._answered(shelf, request)


def test_a_run_is_loaded_once_it_is_asked_for(shelf: Shelf, runs: Runs) -> None:
    run = runs("wine")
    assert shelf.open(run)["status"] == "loading"
    assert answered(shelf, do="ask", runs=[run], question={}) == {"status": "closed", "run": run} or shelf.get(run)
    state = settled(shelf, run)
    assert (state["status"], state["about"]["run"]) == ("ready", run)
    (answer,) = answered(shelf, do="ask", runs=[run], question={"row": 0})["answers"]
    assert answer["tasks"].keys() == {"quality", "good"}


def test_runs_are_asked_together(shelf: Shelf, runs: Runs, bench: Bench) -> None:
    pair = [runs("wine"), runs("wine")]
    settled(shelf, pair[0])
    first, second = answered(shelf, do="ask", runs=pair, question={"row": 3})["answers"]
    assert first == second


def test_a_partner_is_asked_about_the_picture_that_z_made(shelf: Shelf, runs: Runs) -> None:
    run = runs("shapes")
    settled(shelf, run)
    question = {"row": 0, "start": 2, "ways": [2.0, -1.0]}
    first, second = answered(shelf, do="ask", runs=[run, run], question=question)["answers"]
    assert second["input"]["image"] == first["input"]["image"] == first["tasks"]["image"]["picture"]
    assert second["tasks"]["shape"] == first["tasks"]["shape"]
    assert second["tasks"]["image"] != first["tasks"]["image"], "its own reconstruction of that picture"


def test_what_goes_wrong_is_told_and_others_go_on(shelf: Shelf, runs: Runs, bench: Bench) -> None:
    failed = bench.train(dataset="tiny_table", epochs=1)
    path = bench.store.folder(failed) / "checkpoint.pt"
    whole = path.read_bytes()
    path.write_bytes(b"nothing")
    state = settled(shelf, failed)
    assert state["status"] == "failed"
    assert "cannot be read" in state["message"]
    assert settled(shelf, runs("wine"))["status"] == "ready"

    path.write_bytes(whole)
    assert shelf.open(failed)["status"] == "failed", "until somebody lets it be tried again"
    assert shelf.forget(failed) == {"status": "forgotten"}
    assert settled(shelf, failed)["status"] == "ready"


def test_an_unexpected_error_while_loading_is_told(shelf: Shelf, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> Iterator[None]:
        raise ZeroDivisionError("by nought")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(service, "open_run", broken)
        assert settled(shelf, runs("wine")) == {"status": "failed", "message": "ZeroDivisionError: by nought"}
    shelf.forget(runs("wine"))
    assert settled(shelf, runs("wine"))["status"] == "ready"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"do": "open", "run": "nobody"}, "nobody"),
        ({"do": "ask", "runs": ["{wine}"], "question": {"row": 5000}}, "row must be 0 to 199, found 5000"),
        ({"do": "ask", "runs": ["{wine}"], "question": {"colour": 1}}, "colour: Extra inputs"),
        ({"do": "dance"}, "KeyError: 'dance'"),
    ],
)
def test_a_request_that_breaks_a_rule_is_told_of(
    shelf: Shelf, runs: Runs, request_: dict[str, Any], words: str
) -> None:
    settled(shelf, runs("wine"))
    request = json.loads(json.dumps(request_).replace("{wine}", runs("wine")))
    told = answered(shelf, **request)
    assert told["status"] == "failed"
    assert words in told["message"]


def test_a_run_that_was_continued_answers_with_its_new_weights(shelf: Shelf, bench: Bench) -> None:
    run = bench.train(dataset="tiny_table", epochs=1)
    settled(shelf, run)
    before = answered(shelf, do="ask", runs=[run], question={"row": 0})["answers"]
    bench.store.requeue(run, more_epochs=20)
    assert shelf.open(run)["status"] == "ready", "what is there answers while it goes on"
    continued(bench, run)
    assert settled(shelf, run)["status"] == "ready"
    after = answered(shelf, do="ask", runs=[run], question={"row": 0})["answers"]
    assert after[0]["truth"] == before[0]["truth"]
    assert after[0]["tasks"] != before[0]["tasks"]


def continued(bench: Bench, run: str) -> None:
    """The queued run, trained to its end."""
    from mtl_core.runs import transitions

    with bench.store.database.write() as connection:
        transitions.begin(connection, run, this_process())
    for _ in perform(bench.store, run):
        pass
    assert bench.store.get(run).status == "finished"


def test_the_runs_asked_last_are_kept(shelf: Shelf, runs: Runs, monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    monkeypatch.setattr(service, "KEPT", 2)
    first, second, third = runs("wine"), runs("digits"), runs("sources")
    for run in (first, second):
        settled(shelf, run)
    answered(shelf, do="ask", runs=[first], question={})
    settled(shelf, third)
    assert list(shelf.opened) == [first, third]
    assert answered(shelf, do="ask", runs=[first, second], question={}) == {"status": "closed", "run": second}
    assert settled(shelf, second)["status"] == "ready"


def test_lines_are_answered_in_their_order_until_they_end(bench: Bench, runs: Runs) -> None:
    requests = [
        {"id": 7, "do": "open", "run": runs("wine")},
        {"id": 8, "do": "forget", "run": "x"},
        {"id": 9, "do": "?"},
    ]
    out = io.StringIO()
    serve(bench.store, io.StringIO("".join(json.dumps(one) + "\n" for one in requests)), out)
    here, *answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert here == {"id": 0, "status": "here"}
    assert [(one["id"], one["status"]) for one in answers] == [(7, "loading"), (8, "forgotten"), (9, "failed")]


def test_it_ends_when_nobody_asks(bench: Bench) -> None:
    reading, writing = os.pipe()
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    with os.fdopen(reading) as lines, os.fdopen(writing, "w"):
        out = io.StringIO()

        def run() -> None:
            serve(bench.store, lines, out, idle=0.05)
            ended.put(out.getvalue())

        threading.Thread(target=run, daemon=True).start()
        assert json.loads(ended.get(timeout=20)) == {"id": 0, "status": "here"}
