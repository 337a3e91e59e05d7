"""A store for the tests of a file, tiny data sets in the registry, and no network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mtl_core.datasets import DATASETS
from mtl_core.runs.store import Store
from tests.engine.test_fusion import TinyTalk
from tests.engine.test_own_samples import TinySources
from tests.engine.three import TinyThree
from tests.engine.tiny import TinyImages, TinyTable
from tests.export.helpers import Bench

TINY = {
    "tiny_table": TinyTable,
    "tiny_three": TinyThree,
    "tiny_images": TinyImages,
    "tiny_talk": TinyTalk,
    "tiny_sources": TinySources,
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("export")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MTL_HOME", str(folder / "home"))
        patch.setenv("MTL_DATA_DIR", str(folder / "data"))
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.setenv(name, "http://127.0.0.1:9")
        for name, dataset in TINY.items():
            patch.setitem(DATASETS, name, dataset)
        store = Store(folder / "home")
        yield Bench(store, folder)
        store.close()


@pytest.fixture(scope="module")
def wine(bench: Bench) -> str:
    """A short run of wine's stand-in, with a change on the way."""
    changes = [{"step": 3, "field": "weighting.lambdas.quality", "value": 2.0}]
    return bench.train(dataset="wine_quality", architecture={"name": "hard", "hidden": [8]}, epochs=6, schedule=changes)
