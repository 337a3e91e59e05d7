"""Sets that do not fit the device: their rows stay on the host, or in a file, and batches are made ready ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.settings import device_memory

Index = Tensor | slice
Made = TypeVar("Made")
SHARE = 0.5
"""Of the memory that is free on the device, at most, for the data; the network and its passes need some too."""
AHEAD, THREADS = 4, 2
"""Batches made ready ahead, and threads that do it."""


def memory_for_data(device: torch.device) -> int:
    """Bytes that data may take on the device: what MTL_DEVICE_MEMORY says, else half of what is free now."""
    if (said := device_memory()) is not None:
        return said
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    return int(SHARE * free)


@dataclass(frozen=True)
class HostRows:
    """Some rows of an array that stays on the host; a slice or index of them is read when it is asked for.

    Attributes:
        values: (N, …) in memory, or mapped from a file.
        rows: (n,) which of them.
        device: where batches of them go.
    """

    values: NDArray[Any]
    rows: NDArray[np.int64]
    device: torch.device

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Index) -> Tensor:
        """A copy of these rows, on the host; pinned where they go to a GPU."""
        chosen = self.rows[index if isinstance(index, slice) else index.numpy()]
        found = torch.from_numpy(np.ascontiguousarray(self.values[chosen]))
        return found.pin_memory() if self.device.type == "cuda" else found

    def dim(self) -> int:
        """Axes, that of the rows included."""
        return self.values.ndim

    def pick(self, index: Index) -> HostRows:
        """Some of these rows, unread."""
        return HostRows(self.values, self.rows[index if isinstance(index, slice) else index.numpy()], self.device)


def made_ahead(make: Callable[[Index], Made], indices: Iterable[Index]) -> Iterator[Made]:
    """What ``make`` gives for each index, in order, made by threads while the caller works on those before.

    Threads and not processes: reading rows is numpy's and the system's work, which other threads need not wait for,
    and nothing has to travel (`benchmarks/streaming.py` has the numbers). An error of a thread is raised in its place
    in the order. Closing the iterator ends the threads.
    """
    rest = iter(indices)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="rows") as threads:
        waiting: deque[Future[Made]] = deque(threads.submit(make, index) for index in islice(rest, AHEAD))
        try:
            while waiting:
                made = waiting.popleft().result()
                waiting.extend(threads.submit(make, index) for index in islice(rest, 1))
                yield made
        finally:
            for future in waiting:
                future.cancel()
