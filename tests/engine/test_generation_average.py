"""The moving average of a GAN's generator: its recurrence, who computes with it, and that it is kept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mtl_core.averaging import Average
from mtl_core.blocks import Map
from mtl_core.control import Command
from mtl_core.generation_blocks import Generator
from mtl_core.generation_evaluation import GenerationTally, principal_directions
from mtl_core.making import Making
from mtl_core.session import Session
from mtl_core.stepping import take_step
from mtl_core.trainer import train
from tests.engine.conftest import Run
from tests.engine.test_generation import Make, batch_of, copied, opened, tiny_pictures
from tests.engine.test_trainer import At, last_state, measures, steps

__all__ = ["tiny_pictures"]
OWN = "parts.image/generator."
AVERAGE = f"{OWN}average."


def makers(session: Session) -> tuple[nn.Module, nn.Module]:
    """The generator that trains, and what makes the pictures that are shown."""
    method, parts, task = session.spec.generation, session.network.parts, session.tasks[2]
    return method.decoder(parts, task, newest=True), method.decoder(parts, task)


def test_the_recurrence_by_hand() -> None:
    """With δ = 0.25 and T = 0, ½, 1½, 2½: δ_T is 1/10, 1/7 and 5/23 at first; running statistics are averaged, too."""
    module = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1)).double()
    average = Average(module, 0.25).double()
    weight, variance = module[0].weight.item(), 1.0
    for value, factor, decay in ((3.0, 0.5, 1 / 10), (-1.0, 1.0, 1 / 7), (4.0, 1.0, 5 / 23), (0.5, 0.2, 0.25)):
        with torch.no_grad():
            module[0].weight.fill_(value)
            module[1].running_var.fill_(10 * value)
        module[1].num_batches_tracked += 1
        average.follow(module, factor)
        weight += factor * (1 - decay) * (value - weight)
        variance += factor * (1 - decay) * (10 * value - variance)
        assert average.twin[0].weight.item() == pytest.approx(weight, rel=1e-14)
        assert average.twin[1].running_var.item() == pytest.approx(variance, rel=1e-14)
    assert average.passed.item() == pytest.approx(2.7, rel=1e-14)
    assert average.twin[1].num_batches_tracked.item() == 4


def test_it_computes_as_the_module_does_and_has_nothing_to_train() -> None:
    block = Generator(3, Map(1, 8), 8, components=4, smooth=True, average=0.9)
    module, z = block.build().eval(), torch.randn(5, 3)
    assert torch.equal(module.shown(z), module(z))
    assert torch.equal(module.shown.draw(6, 1), module.draw(6, 1))
    assert not list(module.average.parameters())
    assert sum(p.numel() for p in module.parameters()) == block.parameters()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(1)
    assert not torch.equal(module.shown(z), module(z))
    assert not torch.equal(module.shown.draw(6, 1), module.draw(6, 1))
    assert not torch.equal(principal_directions(module.shown, None), principal_directions(module, None))
    plain = Generator(3, Map(1, 8), 8, components=4, smooth=True).build()
    assert plain.shown is plain
    assert not list(plain.state_dict().keys() ^ {name for name in module.state_dict() if "average" not in name})


def test_training_takes_the_newest_and_pictures_are_made_by_the_average(spec: Make) -> None:
    session = opened(spec, generation={"name": "gan", "average": 0.9})
    plain = opened(spec, generation={"name": "gan", "average": 0})
    batch = batch_of(session)
    for step in range(3):
        session.step = plain.step = step
        assert torch.equal(take_step(session, batch).numbers, take_step(plain, batch).numbers)
    session.network.set_mode(training=False)
    kept = copied(session.network)
    assert all(torch.equal(value, kept[name]) for name, value in copied(plain.network).items())
    newest, shown = makers(session)
    assert makers(plain) == (plain.network.parts["image/generator"],) * 2
    assert (newest, shown is newest) == (session.network.parts["image/generator"], False)
    task, method = session.tasks[2], session.spec.generation
    for step, module in ((None, shown), (3, newest)):
        making = Making(session.network, method, task, batch, None, 7, step)
        torch.testing.assert_close(making.made, module(module.draw(16, 7)).sigmoid(), rtol=0, atol=0)
    tally = GenerationTally(task, session.network, method, 42, final=False)
    assert tally.decoder is shown


def test_it_follows_each_update_and_rests_with_its_task(spec: Make) -> None:
    session = opened(spec, generation={"name": "gan", "average": 0.9}, lr_schedule="cosine", epochs=1)
    means, passed = [copied(session.network)], [0.0]
    for session.step in range(3):
        take_step(session, batch_of(session))
        means.append(copied(session.network))
        passed.append(passed[-1] + session.rate_factor())
    assert passed[1:] == pytest.approx([1, 1.854, 2.354], abs=0.001)
    twin = f"{AVERAGE}twin."
    averaged = [name for name, value in means[0].items() if name.startswith(twin) and value.is_floating_point()]
    assert any("running_var" in name for name in averaged)
    for (before, after), (then, now) in zip(pairwise(means), pairwise(passed), strict=True):
        for name in averaged:
            newest, share = after[OWN + name.removeprefix(twin)], (now - then) * 9 / (10 + then)
            torch.testing.assert_close(after[name], before[name] + share * (newest - before[name]))
    session.only = {"bar"}
    take_step(session, batch_of(session))
    last = copied(session.network)
    assert last[f"{AVERAGE}passed"].item() == pytest.approx(passed[3])
    assert all(torch.equal(last[name], value) for name, value in means[-1].items() if name.startswith(AVERAGE))


def test_a_stopped_run_goes_on_bit_for_bit(spec: Make, run: Run) -> None:
    fields = {"generation": {"name": "gan", "average": 0.9}}
    whole = run("tiny_pictures", **fields)
    first = run("tiny_pictures", control=At({3: [Command("stop")]}), **fields)
    rest = list(train(spec("tiny_pictures", **fields), resume=last_state(first)))
    wanted, found = last_state(whole)["network"], last_state(rest)["network"]
    assert steps(first) + steps(rest) == steps(whole)
    assert measures(rest)[-1] == measures(whole)[-1]
    assert found[f"{AVERAGE}passed"] == len(steps(whole))
    assert all(torch.equal(value, found[name]) for name, value in wanted.items())
    newest = run("tiny_pictures", generation={"name": "gan", "average": 0})
    assert steps(newest) == steps(whole)
    assert measures(newest)[-1] != measures(whole)[-1]


def test_a_state_from_before_there_was_one_begins_it(spec: Make, run: Run) -> None:
    """Of such a state the average is its weights; the run goes on from there."""
    old = last_state(run("tiny_pictures", control=At({3: [Command("stop")]}), generation={"name": "gan", "average": 0}))
    assert not any(name.startswith(AVERAGE) for name in old["network"])
    kept = dict(old["network"])
    session = opened(spec, generation="gan")
    session.load_state(old)
    assert old["network"].keys() == kept.keys()
    session.network.set_mode(training=False)
    newest, shown = makers(session)
    z = torch.randn(4, session.spec.generation.width)
    assert torch.equal(newest(z), shown(z))
    assert session.network.state_dict()[f"{AVERAGE}passed"] == 0
    assert list(train(spec("tiny_pictures", generation="gan"), resume=old))[-1].kind == "finished"


def test_a_broken_state_is_still_refused(spec: Make) -> None:
    session = opened(spec, generation="gan")
    state: dict[str, Tensor] = copied(session.network)
    del state[f"{AVERAGE}twin.style.0.weight"]
    with pytest.raises(RuntimeError, match="Missing key"):
        session.network.load_state_dict(state)


@pytest.mark.parametrize("generation", ["vae", {"name": "gan", "average": 0}])
def test_a_vae_and_a_decay_of_0_keep_none(spec: Make, generation: Any) -> None:
    network = opened(spec, generation=generation).network
    assert not any(".average." in name for name in network.state_dict())
