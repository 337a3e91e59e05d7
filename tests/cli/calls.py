"""The command line as a process, and the specs that its tests train."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import PROJECT

QUICK: dict[str, Any] = {
    "dataset": {"name": "wine_quality"},
    "architecture": {"name": "hard", "hidden": [8]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "epochs": 5,
    "device": "cpu",
}
ENDLESS = {**QUICK, "epochs": 1_000_000, "evaluate_every": 1000}
RESULT_KEYS = [
    "run",
    "status",
    "seconds",
    "epochs",
    "steps",
    "device",
    "engine",
    "parameters",
    "data",
    "metrics",
    "error",
]


def begin(*arguments: str) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-m", "mtl_core", *arguments]
    return subprocess.Popen(command, cwd=PROJECT, env={**os.environ}, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    child = begin(*arguments)
    out, err = child.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, child.returncode, out, err)


def spec_file(folder: Path, spec: Any = QUICK) -> str:
    path = folder / "spec.yaml"
    path.write_text(spec if isinstance(spec, str) else yaml.safe_dump(spec), encoding="utf-8")
    return str(path)


def nothing_in(home: Path) -> bool:
    return not home.exists() or not any(home.iterdir())


def last_json(text: str) -> Any:
    return json.loads(text.strip().splitlines()[-1])
