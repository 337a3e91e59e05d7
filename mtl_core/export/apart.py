"""An export in a process of its own: for the page, which imports no torch and shall not wait for a large file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.export.exported import Exported
from mtl_core.runs.store import Store
from mtl_core.settings import HOME_VARIABLE, PROJECT

SECONDS = 300.0


def export_apart(store: Store, runs: Sequence[str], what: Collection[str], seconds: float = SECONDS) -> Exported:
    """What ``EXPORTS[what](store, run)`` or, of several, ``bundle`` gives, made by a child process.

    Args:
        store: the run store.
        runs: ids.
        what: names in :data:`mtl_core.export.EXPORTS`.
        seconds: how long it may take.

    Raises:
        MTLError: where it cannot be exported, with the reason; or where it takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="mtl-export-") as folder:
        file, asked = Path(folder) / "export.zip", [f"--{name.replace('_', '-')}" for name in what]
        told = _call(store, [*runs, *asked, "--json", "--out", str(file)], seconds)
        return Exported(told["name"], file.read_bytes(), told["mime"], tuple(told["left_out"]))


def _call(store: Store, arguments: Sequence[str], seconds: float) -> dict[str, Any]:
    """The last line that the child prints, as JSON."""
    command = [sys.executable, "-m", "mtl_core.export", *arguments]
    environment = {**os.environ, HOME_VARIABLE: str(store.home)}
    environment.setdefault("OMP_NUM_THREADS", "1")
    try:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MTLError(
            f"the export took longer than {seconds:.0f} s; use `python -m mtl_core export` instead"
        ) from error
    lines = done.stdout.strip().splitlines()
    told: dict[str, Any] = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    if done.returncode or "file" not in told:
        raise MTLError(
            told.get("error") or f"the export ended with code {done.returncode}: {done.stderr.strip()[-500:]}"
        )
    return told
