"""What a way to make pictures brings along: its own defaults of a spec, and the averages of its head's optimizer."""

from __future__ import annotations

from typing import Any

from mtl_core.generation.gan import Gan
from mtl_core.generation.vae import Vae
from mtl_core.making import adam_groups
from mtl_core.network import Network
from mtl_core.spec import parse_spec


def test_a_gan_brings_its_own_defaults_and_what_is_written_wins() -> None:
    """Smaller batches and a lower rate, where a task makes pictures."""
    plain, made = parse_spec({"dataset": "shapes"}), parse_spec({"dataset": "shapes", "generation": "gan"})
    assert (plain.batch_size, plain.optimizer.lr) == (32, 0.003)
    assert (made.batch_size, made.optimizer.lr, made.epochs) == (16, 0.002, plain.epochs)
    assert made.differences() == {"dataset": {"name": "shapes"}, "generation": {"name": "gan"}}
    written = parse_spec({"dataset": "shapes", "generation": "gan", "batch_size": 64, "optimizer": {"lr": 0.01}})
    assert (written.batch_size, written.optimizer.lr) == (64, 0.01)
    assert parse_spec(written.differences()) == written
    without = parse_spec({"dataset": "shapes", "generation": "gan", "tasks": ["shape", "mask"]})
    assert (without.batch_size, without.optimizer.lr) == (32, 0.003)
    assert Gan().advice({}) == {"optimizer": {"lr": 0.002}}
    assert Gan().advice({"batch_size": 8, "optimizer": {"lr": 0.001}}) == {"optimizer": {"lr": 0.001}}


def test_the_judge_has_the_averages_of_the_generator() -> None:
    """D's own layers stand apart in the main optimizer; nothing is lost, and a VAE's head stays with the rest."""
    spec = parse_spec({"dataset": "shapes", "generation": {"name": "gan", "betas": [0.3, 0.8]}})
    network = Network(spec.layout(), 0)
    rest, own = adam_groups(network, spec.generation, spec.task_list())
    assert own["betas"] == (0.3, 0.8)
    assert numbers(own) == {id(p) for p in network.parts["image/head"].parameters()}
    assert "betas" not in rest
    assert numbers(rest) | numbers(own) == {id(p) for p in network.in_use()}
    assert not numbers(rest) & numbers(own)
    plain = parse_spec({"dataset": "shapes"})
    (whole,) = adam_groups(Network(plain.layout(), 0), Vae(), plain.task_list())
    assert len(whole["params"]) == len(Network(plain.layout(), 0).in_use())


def numbers(group: dict[str, Any]) -> set[int]:
    """Which parameters a group holds."""
    return {id(parameter) for parameter in group["params"]}
