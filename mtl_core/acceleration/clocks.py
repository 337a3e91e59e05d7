"""Clocks that wait for the device: the host's, or the device's own events."""

from __future__ import annotations

import time
from typing import Protocol

import torch


class Clock(Protocol):
    """Measures how long work on a device takes."""

    def start(self) -> None:
        """Begin, after all work before."""

    def seconds(self) -> float:
        """Since the start, once all work up to now is done."""


class HostClock:
    """For devices on which the host waits for each operation."""

    def __init__(self) -> None:
        self._began = 0.0

    def start(self) -> None:
        """Begin now."""
        self._began = time.perf_counter()

    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._began


class EventClock:
    """For CUDA: events on the stream in use, so that what the host does meanwhile is not counted."""

    def __init__(self) -> None:
        self._began, self._ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]

    def start(self) -> None:
        """Mark the beginning on the stream."""
        self._began.record()

    def seconds(self) -> float:
        """Mark the end, and wait for it."""
        self._ended.record()
        self._ended.synchronize()
        return float(self._began.elapsed_time(self._ended)) / 1e3


def clock_of(device: torch.device) -> Clock:
    """The clock of a device."""
    return EventClock() if device.type == "cuda" else HostClock()
