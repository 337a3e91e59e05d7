"""The command line from outside, on real data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtl_core.settings import data_dir
from tests.source import PROJECT

REAL_FILES = {
    "wine_quality": "winequality-red.csv",
    "mnist": "train-images-idx3-ubyte*",
    "school": "school.mat",
    "pets": "trimaps/*.png",
}
Train = Callable[..., tuple[dict[str, Any], float]]


@pytest.fixture
def train(tmp_path: Path, home: Path) -> Train:
    """``train(spec, *options) -> (result, seconds)``: ``python -m mtl_core train … --json`` in a process of its own."""

    def run(spec: dict[str, Any], *options: str) -> tuple[dict[str, Any], float]:
        path = tmp_path / "spec.yaml"
        path.write_text(yaml.safe_dump(spec), encoding="utf-8")
        command = [sys.executable, "-m", "mtl_core", "train", str(path), *options, "--json"]
        environment = {**os.environ, "MTL_HOME": str(home)}
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1]), seconds

    return run


@pytest.fixture
def real_data(request: pytest.FixtureRequest) -> str:
    """The data set named by ``@pytest.mark.parametrize(..., indirect=True)``, or a skip where its files are missing."""
    name = str(request.param)
    if not list(data_dir().rglob(REAL_FILES[name])):
        pytest.skip(f"the real files of {name} are not in MTL_DATA_DIR")
    return name
