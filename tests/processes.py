"""Ending what a test started."""

from __future__ import annotations

from pathlib import Path

import psutil


def end_processes_of(home: Path) -> None:
    """Kill every ``python -m mtl_core`` whose MTL_HOME is this folder, with its children."""
    mine = []
    for process in psutil.process_iter():
        try:
            if "mtl_core" in process.cmdline() and process.environ().get("MTL_HOME") == str(home):
                mine += [process, *process.children(recursive=True)]
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    for process in mine:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(mine, timeout=10)
