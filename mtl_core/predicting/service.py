"""The process that answers: a line of JSON in, a line of JSON out, until nobody asks any more.

Requests: ``{"id": n, "do": "open", "run": …}`` gives how far the loading is (it goes on in a thread), and what the
page needs once it is there; ``{"id": n, "do": "ask", "runs": […], "question": {…}}`` gives each run's answers;
``{"id": n, "do": "forget", "run": …}`` lets a run be loaded anew.
"""

from __future__ import annotations

import json
import logging
import queue
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TextIO

from mtl_core.errors import MTLError
from mtl_core.predicting.asking import ask, question_of
from mtl_core.predicting.opened import Opened, open_run
from mtl_core.runs.store import Store

KEPT = 8
"""Runs whose networks are kept, those asked last."""
IDLE_SECONDS = 900.0
"""After so long without a question the process ends; the next one starts another."""
log = logging.getLogger(__name__)


class Shelf:
    """The runs that are open, loading, or failed to open."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.opened: OrderedDict[str, Opened] = OrderedDict()
        self.states: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self.wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._load_for_ever, daemon=True).start()

    def open(self, run: str) -> dict[str, Any]:
        """How far a run is; asks for it where it is not there, or has trained on and ended since.

        Raises:
            RunNotFound: if no run has this id.
        """
        record = self.store.get(run)
        with self.lock:
            if run in self.opened and record.ended_for_now and record.attempt != self.opened[run].attempt:
                del self.opened[run]
            if run in self.opened:
                self.opened.move_to_end(run)
                return {"status": "ready", "about": self.opened[run].about()}
            if run not in self.states:
                self.states[run] = {"status": "loading", "what": "", "done": 0, "total": None, "unit": ""}
                self.wanted.put(run)
            return dict(self.states[run])

    def get(self, run: str) -> Opened | None:
        """A run that is open."""
        with self.lock:
            if run in self.opened:
                self.opened.move_to_end(run)
            return self.opened.get(run)

    def forget(self, run: str) -> dict[str, Any]:
        """Let a run be loaded anew."""
        with self.lock:
            self.opened.pop(run, None)
            if self.states.get(run, {}).get("status") == "failed":
                del self.states[run]
        return {"status": "forgotten"}

    def _load_for_ever(self) -> None:
        """One run after another: data that are read twice at once need twice the memory."""
        while True:
            run = self.wanted.get()
            try:
                self._load(run)
            except MTLError as error:
                self._set(run, {"status": "failed", "message": str(error)})
            except Exception as error:  # the page must hear of it, and others go on
                log.exception("run %s cannot be opened", run)
                self._set(run, {"status": "failed", "message": f"{type(error).__name__}: {error}"})

    def _load(self, run: str) -> None:
        work = open_run(self.store, run)
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                with self.lock:
                    self.opened[run] = end.value
                    self.states.pop(run, None)
                    while len(self.opened) > KEPT:
                        self.opened.popitem(last=False)
                return
            self._set(run, {"status": "loading", **vars(progress)})

    def _set(self, run: str, state: dict[str, Any]) -> None:
        with self.lock:
            self.states[run] = state


def serve(store: Store, lines: TextIO, out: TextIO, idle: float = IDLE_SECONDS) -> None:
    """Say that it is there, then answer until the lines end or nobody has asked for ``idle`` seconds."""
    shelf = Shelf(store)
    requests: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read_into, args=(lines, requests), daemon=True).start()
    print(json.dumps({"id": 0, "status": "here"}), file=out, flush=True)
    while True:
        try:
            line = requests.get(timeout=idle)
        except queue.Empty:
            return
        if line is None:
            return
        request = json.loads(line)
        print(json.dumps({"id": request["id"], **_answered(shelf, request)}), file=out, flush=True)


def _read_into(lines: TextIO, requests: queue.Queue[str | None]) -> None:
    for line in lines:
        requests.put(line)
    requests.put(None)


def _answered(shelf: Shelf, request: dict[str, Any]) -> dict[str, Any]:
    doing: dict[str, Callable[[], dict[str, Any]]] = {
        "open": lambda: shelf.open(request["run"]),
        "forget": lambda: shelf.forget(request["run"]),
        "ask": lambda: _asked(shelf, request),
    }
    try:
        return doing[request["do"]]()
    except MTLError as error:
        return {"status": "failed", "message": str(error)}
    except Exception as error:
        log.exception("a request failed")
        return {"status": "failed", "message": f"{type(error).__name__}: {error}"}


def _asked(shelf: Shelf, request: dict[str, Any]) -> dict[str, Any]:
    """Each run's answers. A picture that the first run makes from z is what the others are asked about."""
    question, found = question_of(request["question"]), []
    for run in request["runs"]:
        opened = shelf.get(run)
        if opened is None:
            return {"status": "closed", "run": run}
        answer = ask(opened, question)
        if question.start is not None:
            question = question.model_copy(update={"start": None, "ways": [], "image": answer["input"]["image"]})
        found.append(answer)
    return {"status": "answered", "answers": found}


def main() -> None:
    """Answer standard input on standard output; whatever else prints goes to the log."""
    out, sys.stdout = sys.stdout, sys.stderr
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    serve(Store(), sys.stdin, out)


if __name__ == "__main__":
    main()
