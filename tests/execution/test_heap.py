"""What a process that trains frees stays with it, and is given back between two runs."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from mtl_core.execution import heap

PIECES = """
import ctypes, resource, sys
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)  # no huge pages: each page is counted
from mtl_core.execution.heap import give_heap_back, keep_heap
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def step():
    held = [b"x" * 6_000_000 for _ in range(4)]  # 5 860 pages in all
assert sys.argv[1] == "plain" or keep_heap()
step(); step()
before = faults()
for _ in range(10):
    step()
inside = faults()
assert give_heap_back()
step()
print(inside - before, faults() - inside)
"""
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator than glibc's")


def _faults(how: str) -> list[int]:
    found = subprocess.run([sys.executable, "-c", PIECES, how], capture_output=True, text=True, check=True)
    return [int(word) for word in found.stdout.split()]


@glibc
def test_steps_meet_no_new_pages_until_the_heap_is_given_back() -> None:
    plain, (steps, after) = _faults("plain")[0], _faults("kept")
    assert plain > 10 * 1_000, "without it, pages are new at each step: else there is nothing to keep"
    assert steps < 100
    assert after > 5_000


def test_another_allocator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_libc", lambda: None)
    assert not heap.keep_heap()
    assert not heap.give_heap_back()


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_only_linux_is_asked(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr("sys.platform", system)
    assert heap._libc() is None
