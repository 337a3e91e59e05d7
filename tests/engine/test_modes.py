"""Training and evaluation mode reach every module that computes otherwise, and only where there is one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch

from mtl_core.network import Network, minds_mode
from mtl_core.spec import parse_spec
from tests.source import PROJECT, python_files


def network_of(**architecture: object) -> Network:
    return Network(parse_spec({"dataset": "digits", "architecture": {"name": "hard", **architecture}}).layout(), 0)


def modes(network: Network) -> dict[str, set[bool]]:
    """Per part the modes of its modules that mind."""
    return {name: {m.training for m in part.modules() if minds_mode(m)} for name, part in network.parts.items()}


def test_resting_tasks_stay_in_evaluation_mode_and_come_back() -> None:
    network = network_of(dropout=0.5)
    own = {name for name, keeper in network.keepers.items() if keeper == "mask"}
    for training, resting in [(True, {"mask"}), (False, set()), (True, set()), (True, {"mask"}), (True, set())]:
        network.set_mode(training, frozenset(resting))
        for name, found in modes(network).items():
            assert found <= {training and not (name in own and "mask" in resting)}, (name, training, resting)
    assert any(modes(network)[name] for name in own), "a mask's own part has something that minds"


def test_frozen_parts_have_no_gradient_until_they_are_freed() -> None:
    network = network_of()
    network.set_mode(True, frozenset({"digit"}), frozenset({"digit"}))
    frozen = {name for name, p in network.named_parameters() if not p.requires_grad}
    own = {f"parts.{part}" for part, keeper in network.keepers.items() if keeper == "digit"}
    assert frozen
    assert all(any(name.startswith(part) for part in own) for name in frozen)
    network.set_mode(False)
    assert {name for name, p in network.named_parameters() if not p.requires_grad} == frozen
    network.set_mode(True)
    assert all(p.requires_grad for p in network.parameters())


def test_dropout_follows_the_mode() -> None:
    network = network_of(dropout=0.5)
    batch = {"image": torch.rand(4, 1, 28, 28)}
    network.set_mode(False)
    quiet = [network(batch)["digit"] for _ in range(2)]
    assert torch.equal(*quiet)
    network.set_mode(True)
    assert not torch.equal(network(batch)["digit"], network(batch)["digit"])


OURS = [path for path in python_files("mtl_core") if path.parent.name != "pieces"]
"""Pieces of exported scripts are no part of the engine's networks."""


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_whoever_reads_its_mode_says_so(path: Path) -> None:
    """A module of our own that asks ``self.training`` has ``minds_mode``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            body = ast.unparse(node)
            assert "self.training" not in body or "minds_mode = True" in body, node.name
