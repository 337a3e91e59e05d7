"""Runs made in the test's process, and their scripts executed in one that knows nothing of this project."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from mtl_core.execution.perform import perform
from mtl_core.execution.processes import this_process
from mtl_core.export import script_zip
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec

ALONE = """
import contextlib, importlib.util, io, json, runpy, sys, traceback
assert importlib.util.find_spec("mtl_core") is None, "this process must not know the project"
options, folders = json.loads(sys.argv[1]), sys.argv[2:]
for folder in folders:
    sys.argv, shown, code = ["retrain.py", *options], io.StringIO(), 0
    try:
        with contextlib.redirect_stdout(shown):
            runpy.run_path(folder + "/retrain.py", run_name="__main__")
    except SystemExit as end:
        code = end.code
    except Exception:
        code = traceback.format_exc()
    print(json.dumps([code, shown.getvalue()]))
"""
"""Executes the scripts in these folders one after another and prints exit code and output of each."""


@dataclass
class Bench:
    """A store and a folder for what comes out of it."""

    store: Store
    folder: Path

    def train(self, **spec: Any) -> str:
        """A run of this spec that has finished."""
        run = self.store.create(parse_spec({"device": "cpu", **spec}), "test", process=this_process())
        for _ in perform(self.store, run):
            pass
        record = self.store.get(run)
        assert record.status == "finished", record.error
        return run

    def unpacked(self, run: str) -> Path:
        """The folder with the run's script and data."""
        folder = self.folder / f"script-{run}"
        with zipfile.ZipFile(BytesIO(script_zip(self.store, run).content)) as archive:
            archive.extractall(folder)
        return folder

    def executed(self, specs: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[Any, str]]:
        """Train each spec, then execute all scripts; by name exit code and output."""
        folders = {name: self.unpacked(self.train(**spec)) for name, spec in specs.items()}
        return dict(zip(folders, execute(list(folders.values()), self.folder), strict=True))


def execute(folders: list[Path], anywhere: Path, *options: str) -> Iterator[tuple[Any, str]]:
    """Exit code and output of each folder's script, executed in an empty folder by an isolated Python."""
    empty = anywhere / "empty"
    empty.mkdir(exist_ok=True)
    command = [sys.executable, "-I", "-c", ALONE, json.dumps(options), *map(str, folders)]
    done = subprocess.run(command, cwd=empty, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        code, shown = json.loads(line)
        yield code, shown
