"""Seeding draws what torch's own seeding draws."""

from __future__ import annotations

import pytest
import torch

from mtl_core.network import part_seed
from mtl_core.seeding import reseed


@pytest.mark.parametrize("seed", [0, 42, part_seed(7, "trunk"), 2**63 - 1])
def test_the_numbers_are_those_of_torch(seed: int) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        expected = torch.randn(5), torch.randperm(20)
        reseed(seed, torch.device("cpu"))
        assert torch.equal(torch.randn(5), expected[0])
        assert torch.equal(torch.randperm(20), expected[1])
