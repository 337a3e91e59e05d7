"""Predictor: the page's end of the process that answers questions to finished runs.

Asking needs torch, which a page has not. The process starts with the first question, serves everybody on this
server, and ends with the server or after a quarter of an hour without a question.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.execution.processes import environment, worker_flags
from mtl_core.settings import PROJECT, home_dir

START_SECONDS, ANSWER_SECONDS = 60.0, 20.0
"""The longest wait for a process to begin (it imports torch), and for an answer."""
STARTING = "start"
"""What a run's loading says while the process begins."""
log = logging.getLogger(__name__)


class Predictor:
    """Asks the process; starts it where it is not there, and again where it died.

    Args:
        home: of the run store.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or home_dir()
        self._process: subprocess.Popen[str] | None = None
        self._greeted = threading.Event()
        self._lock = threading.Lock()
        self._last = 0

    def open(self, run: str) -> dict[str, Any]:
        """How far a run is, at once.

        ``status`` is ``loading`` with ``what``, ``done``, ``total``, ``unit``; ``ready`` with ``about``
        (:meth:`mtl_core.predicting.opened.Opened.about`); or ``failed`` with a ``message``.

        Raises:
            MTLError: if the process does not answer.
        """
        return self._request({"do": "open", "run": run})

    def ask(self, runs: Sequence[str], question: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """Each run's answers (:func:`mtl_core.predicting.asking.ask`); None where one of them must be opened first.

        Raises:
            MTLError: where the question breaks a rule, or the process does not answer.
        """
        found = self._request({"do": "ask", "runs": list(runs), "question": dict(question)})
        if found["status"] == "failed":
            raise MTLError(found["message"])
        answers: list[dict[str, Any]] | None = found.get("answers")
        return answers

    def forget(self, run: str) -> None:
        """Let a run be loaded anew at the next :meth:`open`."""
        self._request({"do": "forget", "run": run})

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._end()

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            process = self._alive()
            if not self._greeted.is_set():
                return {"status": "loading", "what": STARTING, "done": 0, "total": None, "unit": ""}
            self._last += 1
            # A process that hangs is ended from outside, which ends the reading below.
            guard = threading.Timer(ANSWER_SECONDS, process.kill)
            guard.start()
            try:
                line = self._exchanged(process, json.dumps(request | {"id": self._last}))
            finally:
                guard.cancel()
            if not line:
                self._end()
                raise MTLError("the process that asks networks ended without a word; try again (logs/predict.log)")
            answer: dict[str, Any] = json.loads(line)
            return answer

    def _exchanged(self, process: subprocess.Popen[str], line: str) -> str:
        """One line out, one line back; nothing where the process is gone."""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        except OSError as error:
            log.warning("the process that asks networks is gone: %s", error)
            return ""

    def _alive(self) -> subprocess.Popen[str]:
        """The process; one that has never come to answer is told of, and the next call starts another."""
        process = self._process
        if process is not None and process.poll() is not None:
            greeted = self._greeted.is_set()
            self._end()
            process = None
            if not greeted:
                raise MTLError("the process that asks networks could not start; logs/predict.log says why")
        return process or self._start()

    def _start(self) -> subprocess.Popen[str]:
        path = self.home / "logs" / "predict.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mtl_core.predicting.service"],
                cwd=PROJECT,
                env=environment(self.home),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                creationflags=worker_flags(),
            )
        self._greeted = threading.Event()
        threading.Thread(target=_await_greeting, args=(self._process, self._greeted), daemon=True).start()
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # of a pipe whose other end is gone
                    stream.close()
        self._process.kill()
        self._process.wait()
        self._process = None


def _await_greeting(process: subprocess.Popen[str], greeted: threading.Event) -> None:
    """Its first line comes once it has imported what it needs; a process that hangs before it is ended."""
    assert process.stdout is not None
    guard = threading.Timer(START_SECONDS, process.kill)
    guard.start()
    try:
        if process.stdout.readline():
            greeted.set()
    except ValueError:  # closed from this side meanwhile
        log.info("the process that asks networks was ended before it had begun")
    finally:
        guard.cancel()
