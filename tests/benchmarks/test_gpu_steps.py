"""The GPU's benchmark without a GPU: not measured, with that reason; and its way of measuring, on the CPU."""

from __future__ import annotations

import pytest
import torch

from benchmarks import gpu
from benchmarks.pairs import NotMeasured
from mtl_core.acceleration.ways import PLAIN, Way
from mtl_core.datasets import DATASETS
from tests.engine.tiny import TinyImages


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_without_a_gpu_every_pair_says_so() -> None:
    for pair in gpu.PAIRS:
        with pytest.raises(NotMeasured, match="no CUDA device"):
            pair.measure(1)


def test_ways_are_measured_in_turn_on_the_same_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "DEVICE", "cpu")
    monkeypatch.setitem(DATASETS, "tiny_images", TinyImages)
    monkeypatch.setitem(gpu.SETTINGS, "tiny", {"dataset": {"name": "tiny_images"}, "batch_size": 16})
    monkeypatch.setattr(gpu, "QUICK_STEPS", 3)
    found = gpu._against("tiny", Way("bf16"))(1)
    assert len(found.values) == 1
    assert found.notes["images_a_second"] > 0
    session = gpu.session_of("tiny")
    gpu.steps_of(session, PLAIN, 3)
    assert session.step == 3
    with pytest.raises(NotMeasured, match="needs a CUDA device"):
        gpu.steps_of(session, Way("fp32", "cuda_graph"), 3)
