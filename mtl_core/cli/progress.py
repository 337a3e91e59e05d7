"""One line on stderr that follows a run: epoch, losses, time left."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from mtl_core.events import Event
from mtl_core.numerals import numeral

TTY_SECONDS, PLAIN_SECONDS = 0.1, 2.0


class ProgressLine:
    """Shows where a run is: rewritten in place on a terminal, a new line every two seconds elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._shown = 0.0
        self._started: Event | None = None
        self._total = 0
        self._losses: dict[str, float] = {}
        self._open = False

    def show(self, event: Event) -> None:
        """Take an event of the run."""
        match event.kind:
            case "progress":
                self._print(_loading(event.values), hurry=event.values.get("what") == "rejected")
            case "started":
                self._started, self._total = event, event.values["total_steps"]
                data = event.values["data"]
                self._line(f"{data['name']} ({data['source']}) on {event.values['device']}: {event.values['why']}")
                for note in data.get("notes", ()):
                    self._line(note)
            case "change":
                values = event.values
                if values["field"] == "epochs":
                    self._total = round(self._total * values["new"] / values["old"])
                self._line(f"step {event.step}: {values['field']} {values['old']} → {values['new']}")
            case "step":
                self._losses = event.values["loss"]
                self._print(self._training(event))
            case "finished" | "stopped" | "failed" | "interrupted":
                self._print(self._training(event), hurry=True)
                self.close()

    def close(self) -> None:
        """End the line that is being rewritten."""
        if self._open:
            self._stream.write("\n")
            self._open = False

    def _training(self, event: Event) -> str:
        losses = "  ".join(f"{task} {numeral(value)}" for task, value in self._losses.items())
        if self._started is None or not self._total:
            return losses
        done, began = event.step - self._started.step, self._started.time
        left = (event.time - began) / done * (self._total - event.step) if done > 0 else 0.0
        share = 100 * event.step / self._total
        return f"epoch {event.epoch:.1f}  step {event.step}/{self._total} ({share:.0f} %)  {losses}  {_time(left)} left"

    def _line(self, text: str) -> None:
        self.close()
        self._stream.write(text + "\n")

    def _print(self, text: str, hurry: bool = False) -> None:
        now = time.monotonic()
        if not hurry and now - self._shown < (TTY_SECONDS if self._terminal else PLAIN_SECONDS):
            return
        self._shown = now
        if self._terminal:
            self._stream.write(f"\r\x1b[K{text}")
            self._open = True
        else:
            self._stream.write(text + "\n")
        self._stream.flush()


def _loading(values: dict[str, Any]) -> str:
    if values.get("what") == "rejected":
        return f"{values['field']}: {values['rule']} (found {values['value']!r})"
    if values.get("what") == "acceleration":
        return f"steps are taken as {values['chosen']}: {values['why']}"
    of = f"/{values['total']}" if values.get("total") else ""
    return f"{values.get('what', '')} {values.get('done', '')}{of} {values.get('unit', '')}".strip()


def _time(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
