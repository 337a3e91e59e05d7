"""Patches of pixels as channels: sizes, counts, what they compute, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mtl_core.architectures import ARCHITECTURES
from mtl_core.blocks import Convolution, Map, MaskDecoder, Vector
from mtl_core.errors import SpecError
from mtl_core.events import Event
from mtl_core.losses import task_loss
from mtl_core.modules import by_class, logits
from mtl_core.network import Network
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.tasks import Task
from mtl_core.trainer import train


def spec(name: str = "hard", **fields: Any) -> RunSpec:
    architecture = {"name": name, "patch": 2, "channels": [4, 8], "hidden": [8]} | fields
    return parse_spec({"dataset": "tiny_images", "architecture": architecture})


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_counts_and_sizes_are_those_of_the_built_network(name: str) -> None:
    layout = spec(name).layout()
    network = Network(layout, 0)
    assert sum(p.numel() for p in network.parameters()) == sum(part.block.parameters() for part in layout.parts)
    outputs = network({"image": torch.rand(3, 1, 8, 8)})
    assert outputs["bar"].shape == (3, 2)
    assert outputs["mask"].shape == (3, 3, 4, 2, 4, 2)
    assert network.eval()({"image": torch.rand(3, 1, 8, 8)})["mask"].shape == (3, 3, 8, 8)


def test_the_first_convolution_reads_each_patch_as_channels() -> None:
    block = Convolution(Map(3, 8), 5, pool=False, batch_norm=False, patch=2)
    module = block.build()
    assert block.output() == Map(5, 4)
    x = torch.rand(2, 3, 8, 8)
    convolve = next(layer for layer in module if isinstance(layer, nn.Conv2d))  # type: ignore[attr-defined]
    by_hand = x.new_zeros(2, 12, 4, 4)
    for channel in range(12):
        c, row, column = channel // 4, channel % 4 // 2, channel % 2
        by_hand[:, channel] = x[:, c, row::2, column::2]
    torch.testing.assert_close(module(x), F.conv2d(by_hand, convolve.weight, convolve.bias, padding=1).relu())


def test_each_place_of_the_decoder_gives_the_logits_of_its_own_patch() -> None:
    block = MaskDecoder((Map(4, 4), Map(8, 2)), Vector(6), 3, batch_norm=False, patch=2)
    decoder = block.build().eval()
    shallow, deep, code = torch.rand(1, 4, 4, 4), torch.rand(1, 8, 2, 2), torch.rand(1, 6)
    before = decoder(shallow, deep, code)
    assert before.shape == (1, 3, 8, 8)
    shallow[0, :, 1, 2] += 1
    moved = (decoder(shallow, deep, code) - before).abs().sum(1)[0] > 0
    assert moved[2:4, 4:6].any()
    assert moved.sum() == moved[2:4, 4:6].sum()


def test_a_run_with_patches_learns() -> None:
    fields = {"name": "hard", "patch": 2, "channels": [4, 8], "hidden": [8]}
    events = list(train(parse_spec({"dataset": "tiny_images", "architecture": fields, "epochs": 12})))
    totals = [event.values["total"] for event in events if event.kind == "step"]
    assert totals[-1] < 0.5 * totals[0]
    assert finished(events).values["metrics"]["test"]["bar"]["accuracy"] == 1.0


def finished(events: list[Event]) -> Event:
    return next(event for event in events if event.kind == "finished")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"patch": 3}, "architecture.patch: must divide the 8 pixels of a picture's side (found 3)"),
        ({"patch": 4}, "architecture.channels: pictures of 2×2 patches can be halved for at most 1 convolutions"),
        ({"patch": 0}, "architecture.patch"),
    ],
)
def test_what_does_not_fit_the_picture_is_refused(fields: dict[str, int], words: str) -> None:
    with pytest.raises(SpecError) as refused:
        spec(**fields)
    assert words in str(refused.value)


def test_the_loss_of_masks_does_not_depend_on_how_the_maps_lie_in_memory() -> None:
    task = Task("mask", "segmentation", ("background", "a", "b"))
    logits, target = torch.randn(4, 3, 5, 5), torch.randint(0, 3, (4, 5, 5)).to(torch.uint8)
    target[0, 0] = 255
    wanted = F.cross_entropy(logits.permute(0, 2, 3, 1).reshape(-1, 3), target.flatten().long(), ignore_index=255)
    last = logits.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(task_loss(task, logits, target), wanted)
    torch.testing.assert_close(task_loss(task, last, target), wanted)


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("patch", [1, 2])
def test_logits_class_by_class_are_the_layers_picture_and_so_are_their_loss_and_gradients(
    patch: int, weighed: bool
) -> None:
    task = Task("mask", "segmentation", ("background", "a", "b"))
    layer = logits(5, 3, patch).double()
    x = torch.rand(4, 5, 6, 6, dtype=torch.float64).to(memory_format=torch.channels_last).requires_grad_()
    target = torch.randint(0, 3, (4, 6 * patch, 6 * patch)).to(torch.uint8)
    target[0, 0] = 255
    weights = torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64) if weighed else None
    picture, apart = layer(x), by_class(layer, x)
    assert apart.shape == (4, 3, 6, patch, 6, patch)
    torch.testing.assert_close(apart.reshape(picture.shape), picture)
    read = [x, *layer.parameters()]
    losses = [task_loss(task, output, target, weights) for output in (picture, apart)]
    torch.testing.assert_close(losses[1], losses[0])
    wanted, found = (torch.autograd.grad(loss, read) for loss in losses)
    torch.testing.assert_close(found, wanted)


def test_a_softmax_reads_logits_of_training_where_they_lie() -> None:
    layer = logits(5, 3, 2)
    values = by_class(layer, torch.rand(4, 5, 6, 6).to(memory_format=torch.channels_last))
    assert values.permute(1, 3, 5, 0, 2, 4).is_contiguous()


@pytest.mark.parametrize("skips", [(Map(4, 6),), (Map(4, 8), Map(6, 4)), (Map(3, 8), Map(4, 4), Map(5, 2))])
def test_a_decoder_is_code_and_maps_side_by_side_enlarged_and_convolved(skips: tuple[Map, ...]) -> None:
    """Written out: the code at each place of the deepest map, then per map nearest places, side by side, convolved."""
    decoder = MaskDecoder(skips, Vector(5), 3, batch_norm=True).build().double()
    maps = [torch.rand(2, skip.channels, skip.size, skip.size, dtype=torch.float64) for skip in skips]
    given = [values.requires_grad_() for values in (*maps, torch.rand(2, 5, dtype=torch.float64))]
    found = decoder(*given).reshape(2, 3, skips[0].size, skips[0].size)
    x = given[-1][:, :, None, None]
    for stage, skip in zip(decoder.stages, reversed(given[:-1]), strict=True):  # type: ignore[arg-type]
        x = stage(torch.cat((F.interpolate(x, size=skip.shape[-2:]), skip), dim=1))
    wanted = decoder.logits(x)  # type: ignore[operator]
    torch.testing.assert_close(found, wanted)
    read = [*given, *(parameter for parameter in decoder.parameters())]
    slope = torch.rand_like(wanted)
    torch.testing.assert_close(torch.autograd.grad(found, read, slope), torch.autograd.grad(wanted, read, slope))
