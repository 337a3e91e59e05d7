"""A store with short runs that can be asked, each trained once for a file; no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mtl_core.datasets import DATASETS
from mtl_core.predicting.opened import Opened, open_run
from mtl_core.runs.store import Store
from tests.datasets.helpers import drain
from tests.engine.test_own_samples import TinySources
from tests.engine.tiny import TinyTable
from tests.export.helpers import Bench

SPECS: dict[str, dict[str, Any]] = {
    "wine": {
        "dataset": {"name": "wine_quality", "target_scaling": "standardize"},
        "architecture": {"name": "hard", "hidden": [8]},
        "epochs": 6,
    },
    "digits": {"dataset": "digits", "epochs": 1, "architecture": {"channels": [4, 8], "hidden": [16]}},
    "shapes": {
        "dataset": {"name": "shapes", "options": {"rows": 200, "size": 16}},
        "generation": {"name": "vae", "latent": 4},
        "architecture": {"channels": [4, 8], "hidden": [16]},
        "epochs": 1,
    },
    "made": {
        "dataset": {"name": "shapes", "options": {"rows": 200, "size": 16}},
        "generation": {"name": "gan", "channels": 16},
        "architecture": {"channels": [4, 8], "hidden": [16]},
        "epochs": 1,
    },
    "scenes": {
        "dataset": {"name": "captioned_scenes", "options": {"rows": 400}},
        "architecture": {"channels": [4, 8], "hidden": [8]},
        "batch_size": 64,
        "epochs": 1,
    },
    "sources": {"dataset": "tiny_sources", "epochs": 2},
}
Runs = Callable[[str], str]
Opens = Callable[[str], Opened]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("predicting")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MTL_HOME", str(folder / "home"))
        patch.setenv("MTL_DATA_DIR", str(folder / "data"))
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.setenv(name, "http://127.0.0.1:9")
        patch.setitem(DATASETS, "tiny_table", TinyTable)
        patch.setitem(DATASETS, "tiny_sources", TinySources)
        store = Store(folder / "home")
        yield Bench(store, folder)
        store.close()


@pytest.fixture(scope="module")
def runs(bench: Bench) -> Runs:
    """``runs(name)``: the finished run of that spec."""
    made: dict[str, str] = {}

    def run(name: str) -> str:
        if name not in made:
            made[name] = bench.train(**SPECS[name])
        return made[name]

    return run


@pytest.fixture(scope="module")
def opens(bench: Bench, runs: Runs) -> Opens:
    """``opens(name)``: that run, ready to be asked."""
    made: dict[str, Opened] = {}

    def opened(name: str) -> Opened:
        if name not in made:
            made[name] = opened_run(bench.store, runs(name))
        return made[name]

    return opened


def opened_run(store: Store, run: str) -> Opened:
    """The run after all that :func:`open_run` does."""
    found: Opened = drain(open_run(store, run))[0]
    return found
