"""Telling, search and grounding: parameter counts, the formulas by hand, and what must not matter."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from mtl_core.blocks import Map, Shape, States, Tokens, Vector
from mtl_core.grounding import Finding, Gathering, Grounding, Search, Telling, heads, said
from mtl_core.grounding_modules import coordinates, positions
from mtl_core.grounding_modules import said as said_by
from tests.engine.test_fusion import SHAPES, values

MAP, WORDS, VECTOR = SHAPES["map"], SHAPES["words"], SHAPES["vector"]
OTHERS = [(WORDS,), (VECTOR,), (WORDS, VECTOR)]


def inputs_of(kind: Any, others: tuple[Shape, ...], width: int) -> tuple[Shape, ...]:
    """What such a block reads: a map, for a grounding what a search of its width found, then the others."""
    if kind is not Grounding:
        return (MAP, *others)
    looks = Search((MAP, *others), width).output()
    return (MAP, looks, Finding((MAP, looks), width).output(), *others)


@pytest.mark.parametrize("others", OTHERS)
@pytest.mark.parametrize("width", [32, 10, 7])
@pytest.mark.parametrize("kind", [Telling, Search, Grounding])
def test_each_counts_its_parameters_and_gives_what_it_says(kind: Any, width: int, others: tuple[Shape, ...]) -> None:
    block = kind(inputs_of(kind, others, width), width)
    module, given = block.build(), block.output()
    assert sum(p.numel() for p in module.parameters()) == block.parameters()
    wanted = (given.channels, given.size, given.size) if isinstance(given, Map) else (given.width,)
    assert module(*values(block.inputs)).shape == (4, *wanted)


@pytest.mark.parametrize("others", OTHERS)
@pytest.mark.parametrize("kind", [Telling, Search, Grounding])
def test_a_sample_hears_its_own_words_and_no_padding(kind: Any, others: tuple[Shape, ...]) -> None:
    block = kind(inputs_of(kind, others, 8), 8)
    module = block.build().eval()
    given = values(block.inputs)
    heard = module(*given)
    changed = [value.clone() for value in given]
    changed[-1][0] = torch.where(changed[-1][0] != 0, changed[-1][0] + 1, 0)
    other = module(*changed)
    assert not torch.allclose(heard[0], other[0])
    torch.testing.assert_close(heard[1:], other[1:])
    longer = [F.pad(v, (0, 0, 0, 3)) if v.dim() == 3 else v for v in given]
    torch.testing.assert_close(module(*longer), heard)


def test_telling_is_its_formula() -> None:
    block = Telling((MAP, VECTOR), 8)
    module = block.build().eval()
    places, told = values(block.inputs)
    enter, enter_norm = module.modulation.enter
    norm, film = module.modulation.film
    leave, leave_norm, _ = module.modulation.leave
    for one in (enter_norm, norm, leave_norm):
        one.running_mean.uniform_(-1, 1)
        one.running_var.uniform_(0.5, 2)
    gamma, beta = film(norm(told)).chunk(2, dim=1)
    at = positions(6).expand(4, -1, -1, -1)
    x = torch.cat((places, at), dim=1).permute(0, 2, 3, 1)
    bn = lambda y, n: (y - n.running_mean) / (n.running_var + n.eps).sqrt() * n.weight + n.bias  # noqa: E731
    y = F.relu((1 + gamma[:, None, None]) * bn(x @ enter.weight[:, :, 0, 0].T, enter_norm) + beta[:, None, None])
    wanted = F.relu(bn(y @ leave.weight[:, :, 0, 0].T, leave_norm)).permute(0, 3, 1, 2)
    torch.testing.assert_close(module(places, told), wanted, rtol=1e-4, atol=1e-5)


def test_a_search_looks_at_the_place_that_fits_and_may_find_nothing() -> None:
    block = Search((Map(2, 4), Vector(2)), 8)
    module = block.build().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.query[0].weight[:, 0] = 1.0
        module.key.weight[:, 0] = 1.0
        module.null.fill_(20.0)
    places = torch.zeros(2, 2, 4, 4)
    places[0, 0, 1, 3] = 10.0
    looks = module(places, torch.tensor([[10.0, 0.0], [10.0, 0.0]]))
    torch.testing.assert_close(looks[0, :, 1, 3], torch.ones(8))
    assert looks[1].abs().max() < 1e-3, "a scene without it leaves the heads at the null place"


def test_the_looks_of_a_head_are_a_softmax_with_a_null_place() -> None:
    block = Search((MAP, WORDS), 8)
    module = block.build().eval()
    module.null.data.uniform_(-1, 1)
    places, words = values(block.inputs)
    row = 1
    said_words = words[row, : 1 + row % 4]
    weights = module.choice[0](said_words).softmax(0)
    query = module.query[0](weights.T @ said_words)
    key = places[row].flatten(1).T @ module.key.weight[:, :, 0, 0].T + module.key.bias
    powers = (query @ key.T / 2).exp()
    wanted = powers / (powers.sum(1, keepdim=True) + module.null.exp()[:, None])
    torch.testing.assert_close(module(places, words)[row].flatten(1), wanted)


@pytest.mark.parametrize("width", [32, 10, 7])
def test_a_finding_is_the_place_and_what_is_there(width: int) -> None:
    looks = Search((MAP, WORDS), width).output()
    block = Finding((MAP, looks), width)
    module = block.build()
    assert sum(p.numel() for p in module.parameters()) == block.parameters()
    places = values((MAP,))[0]
    attention = torch.zeros(4, looks.channels, 6, 6)
    attention[:, :, 2, 5] = 1.0
    found = module(places, attention)
    assert found.shape == (4, block.output().width)
    count = 2 * looks.channels
    torch.testing.assert_close(found[:, :count], coordinates(6)[:, 2, 5].repeat(4, looks.channels))
    torch.testing.assert_close(found[:, count:], module.value(places)[:, :, 2, 5].repeat(1, looks.channels))
    assert module(places, 0 * attention).abs().max() == 0, "heads at the null place found nothing"


def test_a_grounding_knows_the_way_to_what_was_found() -> None:
    """Each place is told where it lies from every head's find, and all are told what it is; by hand."""
    block = Grounding(inputs_of(Grounding, (VECTOR,), 8), 8)
    module = block.build().eval()
    places, looks, found, told = values(block.inputs)
    at = coordinates(6)
    way = torch.cat([3 * (at - found[:, 2 * h : 2 * h + 2, None, None]) for h in range(8)], dim=1)
    known = torch.cat((places, positions(6).expand(4, -1, -1, -1), 2 * looks, way), dim=1)
    wanted = module.modulation(known, torch.cat((found[:, 16:], told), dim=1))
    torch.testing.assert_close(module(places, looks, found, told), wanted)


def test_positions_are_middles_and_their_waves() -> None:
    at = coordinates(4)
    assert at[:, 0, 0].tolist() == [-0.75, -0.75]
    assert at[:, 3, 1].tolist() == [-0.25, 0.75]
    table = positions(4)
    assert table.shape == (10, 4, 4)
    x = -0.25
    wanted = [math.sin(x * math.pi / 2), math.cos(x * math.pi / 2), math.sin(x * math.pi), math.cos(x * math.pi)]
    assert table[2::2, 3, 1].tolist() == pytest.approx(wanted, rel=1e-6)


def test_a_sentence_is_said_by_its_last_state_and_its_mean() -> None:
    states = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [0.0, 0.0]]])
    assert said_by(states).tolist() == [[3.0, 6.0, 2.0, 4.0]]
    assert said(States(3, 2)) == 4
    assert said_by(torch.zeros(1, 3, 2)).tolist() == [[0.0] * 4], "an empty sentence says nothing"


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(TypeError, match="only a read sentence or a vector can be told"):
        said(Tokens(3, 9))
    for kind in (Telling, Search, Grounding):
        with pytest.raises(TypeError, match="the first input must be a map"):
            kind((VECTOR, WORDS), 8).output() if kind is not Search else kind((VECTOR, WORDS), 8).parameters()
    assert [heads(width) for width in (64, 16, 8, 10, 7)] == [8, 8, 8, 2, 1]
    assert Gathering((MAP, WORDS), 6).output() == Vector(6)
