"""Stitches, gates, mixtures and masks: their formulas, and who owns what in a network that has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl_core.architectures import ARCHITECTURES
from mtl_core.blocks import Block, Map, Shape, States, Tokens, Vector
from mtl_core.encoders import InputSpec
from mtl_core.errors import SpecError
from mtl_core.layout import Layout
from mtl_core.mixing import Applied, Attended, Gate, Mask, Mixture, Passed, Stitch
from mtl_core.network import Network
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.tasks import Task

Make = Callable[..., RunSpec]
MIXING = ["cross_stitch", "mmoe", "cgc", "ple", "mtan"]
SHAPES: list[Shape] = [Vector(3), Map(3, 4), States(5, 3)]


def drawn(shape: Shape, rows: int = 4, seed: int = 0) -> Tensor:
    """Values of a shape; a sentence has one to all of its words."""
    random = torch.Generator().manual_seed(seed)
    if isinstance(shape, Tokens):
        words = torch.randint(2, shape.vocabulary, (rows, shape.length), generator=random)
        return words * (torch.arange(shape.length) <= torch.arange(rows)[:, None])
    if isinstance(shape, States):
        return torch.randn(rows, shape.length, shape.width, generator=random)
    sizes = (shape.width,) if isinstance(shape, Vector) else (shape.channels, shape.size, shape.size)
    return torch.randn(rows, *sizes, generator=random)


def batch_for(spec: RunSpec, rows: int = 4) -> dict[str, Tensor]:
    return {name: drawn(source.shape, rows) for name, source in spec.dataset.inputs().items()}


def network_of(spec: RunSpec) -> Network:
    network = Network(spec.layout(), spec.seed)
    network.set_mode(training=False)
    return network


def copied(into: Network, source: Mapping[str, Tensor], renamed: Callable[[str], str]) -> None:
    """Give each part the numbers of the part that ``renamed`` says, where the other network has it."""
    state = into.state_dict()
    into.load_state_dict({name: source.get(renamed(name), value) for name, value in state.items()})


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_stitch_is_the_sum_of_the_columns_by_alpha(shape: Shape) -> None:
    columns = [drawn(shape, seed=i) for i in range(3)]
    stitch = Stitch(shape, 3, own=1, diagonal=0.9).build()
    torch.testing.assert_close(stitch.alpha, torch.tensor([0.05, 0.9, 0.05]))
    torch.testing.assert_close(stitch(*columns), 0.05 * columns[0] + 0.9 * columns[1] + 0.05 * columns[2])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_stitch_per_unit_has_an_alpha_for_each(shape: Shape) -> None:
    columns = [drawn(shape, seed=i) for i in range(2)]
    stitch = Stitch(shape, 2, own=0, diagonal=0.8, per_unit=True).build()
    assert stitch.alpha.shape == (2, 3)
    with torch.no_grad():
        stitch.alpha[0] = torch.tensor([1.0, 0.0, 2.0])
        stitch.alpha[1] = torch.tensor([0.0, 3.0, 0.0])
    along = (1, 3, 1, 1) if isinstance(shape, Map) else (3,)
    wanted = columns[0] * torch.tensor([1.0, 0, 2]).view(along) + columns[1] * torch.tensor([0, 3.0, 0]).view(along)
    torch.testing.assert_close(stitch(*columns), wanted)


def test_a_gate_is_a_softmax_of_what_it_sees() -> None:
    gate = Gate((Vector(2),), 2).build()
    with torch.no_grad():
        gate.choose.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        gate.choose.bias.zero_()
    found = gate(torch.tensor([[0.0, 5.0], [torch.tensor(3.0).log(), 1.0]]))
    torch.testing.assert_close(found, torch.tensor([[0.5, 0.5], [0.75, 0.25]]))


@pytest.mark.parametrize(
    ("shapes", "width"),
    [
        ((Vector(11),), 11),
        ((Map(1, 28),), 49),
        ((Map(3, 32),), 192),
        ((Map(2, 7),), 98),
        ((Tokens(6, 9),), 16),
        ((States(4, 5),), 5),
        ((Vector(3), Map(1, 16), Tokens(4, 7)), 3 + 64 + 16),
    ],
    ids=str,
)
def test_gates_see_every_kind_of_input_and_sum_to_1(shapes: tuple[Shape, ...], width: int) -> None:
    block = Gate(shapes, 3)
    gate = block.build()
    assert block.width == gate.choose.in_features == width
    assert sum(p.numel() for p in gate.parameters()) == block.parameters()
    weights = gate(*[drawn(shape) for shape in shapes])
    assert weights.shape == (4, 3)
    torch.testing.assert_close(weights.sum(1), torch.ones(4))
    assert bool((weights > 0).all())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_mixture_weighs_the_experts_sample_by_sample(shape: Shape) -> None:
    experts = [drawn(shape, seed=i) for i in range(2)]
    gate = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.25, 0.75]])
    mixed = Mixture(shape, 2).build()(gate, *experts)
    for row, (a, b) in enumerate(gate.tolist()):
        torch.testing.assert_close(mixed[row], a * experts[0][row] + b * experts[1][row])


@pytest.mark.parametrize("batch_norm", [True, False])
def test_a_mask_lies_between_0_and_1_and_counts_its_parameters(batch_norm: bool) -> None:
    for block in (Mask((Map(4, 8),), batch_norm), Mask((Map(6, 4), Map(6, 4)), batch_norm)):
        module = block.build()
        assert sum(p.numel() for p in module.parameters()) == block.parameters()
        mask = module(*[drawn(shape) for shape in block.inputs])
        assert mask.shape == (4, block.inputs[0].channels, block.inputs[0].size, block.inputs[0].size)
        assert bool(((mask > 0) & (mask < 1)).all())


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize(("before", "after"), [(Map(4, 8), Map(6, 4)), (Map(5, 4), Map(6, 4))])
def test_what_is_passed_on_has_the_next_maps_shape_and_counts_its_parameters(
    before: Map, after: Map, batch_norm: bool
) -> None:
    block = Passed(before, after, batch_norm)
    module = block.build()
    assert sum(p.numel() for p in module.parameters()) == block.parameters()
    given = module(drawn(before))
    assert given.shape == (4, after.channels, after.size, after.size)
    assert bool((given >= 0).all())


def test_what_is_applied_is_no_module_of_its_own() -> None:
    block = Applied(Passed(Map(4, 8), Map(6, 4)))
    assert block.parameters() == 0
    assert block.output() == Map(6, 4)
    with pytest.raises(TypeError, match="another part's module"):
        block.build()


def test_what_is_attended_to_is_the_map_times_the_mask() -> None:
    mask, seen = torch.full((1, 1, 2, 2), 0.25), torch.full((1, 1, 2, 2), 8.0)
    block: Block = Attended(Map(1, 2))
    assert block.build()(mask, seen).flatten().tolist() == [2.0] * 4


@pytest.mark.parametrize("dataset", ["tiny_table", "tiny_images"])
@pytest.mark.parametrize("per_unit", [False, True])
def test_stitches_with_1_on_the_diagonal_are_separate_networks(spec: Make, dataset: str, per_unit: bool) -> None:
    choice = {"name": "cross_stitch", "diagonal": 1, "per_unit": per_unit}
    stitched, separate = spec(dataset, architecture=choice), spec(dataset, architecture="separate")
    batch = batch_for(stitched)
    outputs, wanted = network_of(stitched)(batch), network_of(separate)(batch)
    for task in stitched.tasks:
        torch.testing.assert_close(outputs[task], wanted[task], rtol=0, atol=1e-6)


@pytest.mark.parametrize("dataset", ["tiny_table", "tiny_images"])
def test_one_expert_is_hard_sharing(spec: Make, dataset: str) -> None:
    one, hard = spec(dataset, architecture={"name": "mmoe", "experts": 1}), spec(dataset, architecture="hard")
    network, wanted, batch = network_of(one), network_of(hard), batch_for(one)
    copied(network, wanted.state_dict(), lambda name: name.replace("expert0_", ""))
    for task, output in network(batch).items():
        torch.testing.assert_close(output, wanted(batch)[task], rtol=0, atol=1e-6)


@pytest.mark.parametrize("dataset", ["tiny_table", "tiny_images"])
def test_cgc_without_own_experts_is_mmoe_and_ple_of_one_level_is_cgc(spec: Make, dataset: str) -> None:
    def layout(name: str, **fields: Any) -> Layout:
        return spec(dataset, architecture={"name": name, **fields}).layout()

    assert layout("cgc", own_experts=0, shared_experts=3) == layout("mmoe", experts=3)
    assert layout("ple", levels=1) == layout("cgc")
    assert layout("ple", levels=6) == layout("ple", levels=len(spec(dataset, architecture="hard").layout().met()))


def test_the_levels_of_ple_read_the_level_before_through_their_gates(spec: Make) -> None:
    layout = spec(architecture={"name": "ple", "own_experts": 1, "shared_experts": 1}).layout()
    feeds = {part.name: part.inputs for part in layout.parts}
    experts = ("y/expert0_hidden0", "positive/expert0_hidden0", "shared/expert0_hidden0")
    assert feeds["y/mixed_hidden0"] == ("y/gate0", experts[0], experts[2])
    assert feeds["shared/mixed_hidden0"] == ("shared/gate0", *experts)
    assert feeds["shared/expert0_hidden1"] == ("shared/mixed_hidden0",)
    assert feeds["y/expert0_hidden1"] == feeds["y/gate1"] == ("y/mixed_hidden0",)
    assert feeds["y/head"] == ("y/mixed_hidden1",)
    assert "shared/gate1" not in feeds
    kept = {name for name, keeper in layout.keepers().items() if keeper == "y"}
    assert kept == {"y/expert0_hidden1", "y/gate1", "y/mixed_hidden1", "y/mixed_hidden0", "y/gate0", "y/head"}


def test_tasks_meet_in_shared_experts_and_not_in_their_own(spec: Make) -> None:
    layout = spec(architecture="cgc").layout()
    assert {part.owner for part in layout.met()} == {None}
    kept = {name for name, keeper in layout.keepers().items() if keeper == "y"}
    assert kept == {"y/expert0_hidden0", "y/expert0_hidden1", "y/gate0", "y/mixed_hidden1", "y/head"}


def test_columns_of_a_cross_stitch_network_are_met_but_for_the_last_stitches(spec: Make) -> None:
    layout = spec(architecture="cross_stitch").layout()
    assert {part.name for part in layout.met()} == {
        f"{task}/{place}" for task in ("y", "positive") for place in ("hidden0", "stitch_hidden0", "hidden1")
    }
    assert [part.stage for part in layout.columns()["y"]] == ["hidden0", "hidden1"]
    assert set(layout.tied(heads=False)) == {"y", "positive"}
    assert spec(architecture="mmoe").layout().tied(heads=False) == {}


def test_masks_share_the_convolutions_and_what_passes_on_and_nothing_else(spec: Make) -> None:
    layout = spec("tiny_images", architecture="mtan").layout()
    assert {part.name for part in layout.met()} == {"shared/conv0", "shared/conv1", "shared/passed_conv1"}
    feeds = {part.name: part.inputs for part in layout.parts}
    assert feeds["bar/passed_conv1"] == ("bar/attended_conv0",)
    assert feeds["bar/mask_conv1"] == ("shared/conv1", "bar/passed_conv1")
    assert feeds["bar/attended_conv1"] == ("bar/mask_conv1", "shared/conv1")
    assert feeds["bar/hidden0"] == ("bar/attended_conv1",)
    assert feeds["mask/head"] == ("mask/attended_conv0", "mask/attended_conv1", "mask/hidden0")


@pytest.mark.parametrize(
    ("dataset", "fields", "field"),
    [
        ("tiny_table", {"architecture": "cross_stitch", "tasks": ["y"]}, "architecture.name"),
        ("tiny_table", {"architecture": "mtan"}, "architecture.name"),
        *[
            ("tiny_table", {"architecture": {"name": name, "hidden": []}}, "architecture.hidden")
            for name in ("cross_stitch", "mmoe", "cgc", "ple")
        ],
    ],
)
def test_what_has_nothing_to_mix_is_refused(spec: Make, dataset: str, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as refused:
        spec(dataset, **fields)
    assert [problem.field for problem in refused.value.problems] == [field]


@pytest.mark.parametrize("name", ["mmoe", "cgc", "ple", "cross_stitch"])
def test_139_tasks_count_as_many_parameters_as_they_should(name: str) -> None:
    tasks = [Task(f"school_{i}", "regression") for i in range(139)]
    sizes = ARCHITECTURES[name](name=name, hidden=[6, 5])
    counts = sizes.layout({"table": InputSpec("table", Vector(27))}, tasks).parameter_counts()
    expert, head = 27 * 6 + 6 + 6 * 5 + 5, 5 + 1
    wanted = {
        "mmoe": (4 * expert, 28 * 4 + head),
        "cgc": (2 * expert, expert + 28 * 3 + head),
        "ple": (2 * expert + 28 * (139 + 2), expert + 28 * 3 + 7 * 3 + head),
        "cross_stitch": (0, expert + 2 * 139 + head),
    }[name]
    per_task = counts["per_task"]
    assert isinstance(per_task, dict)
    assert (counts["shared"], set(per_task.values())) == (wanted[0], {wanted[1]})


@pytest.mark.parametrize("name", MIXING)
@pytest.mark.parametrize("fusion", ["concat", "gated_sum", "cross_attention"])
def test_pictures_with_sentences_go_through_every_mixer(name: str, fusion: str) -> None:
    choice = {"name": name, "fusion": fusion, "channels": [3, 4], "hidden": [6]}
    made = parse_spec({"dataset": {"name": "captioned_scenes"}, "architecture": choice})
    network = network_of(made)
    outputs = network(batch_for(made, 3))
    assert list(outputs) == made.tasks
    torch.stack([output.float().sum() for output in outputs.values()]).sum().backward()
    assert [name for name, parameter in network.named_parameters() if parameter.grad is None] == []
