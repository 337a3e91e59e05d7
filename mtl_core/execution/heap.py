"""The heap of a process that trains: memory that a step frees stays with the process, for the next step."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
KEPT, LARGEST = 1 << 30, 1 << 25
"""Bytes of freed memory that stay; of the largest piece that comes from the heap: the most that glibc takes."""


def keep_heap() -> bool:
    """Let glibc keep what is freed; False on a system with another allocator, where nothing is changed.

    Left alone, it gives the end of the heap and each large piece back to the system when they are freed: every step of
    a network of pictures then meets thousands of new pages, each of which has to be filled with zeros first. What that
    costs is measured in ``benchmarks/heap.py``. Source: mallopt(3).
    """
    libc = _libc()
    if libc is None:
        return False
    return bool(libc.mallopt(M_MMAP_THRESHOLD, LARGEST)) and bool(libc.mallopt(M_TRIM_THRESHOLD, KEPT))


def give_heap_back() -> bool:
    """Give what is free to the system now, between two runs; False where that cannot be asked for."""
    libc = _libc()
    return libc is not None and bool(libc.malloc_trim(0))


def _libc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
