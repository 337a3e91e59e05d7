"""Sentences and fusions: parameter counts, padding, golden numbers, every subset of inputs trains."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch

from mtl_core.blocks import Map, Shape, States, Tokens, Vector
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Dataset, Preview, Progress, Samples
from mtl_core.encoders import InputSpec
from mtl_core.errors import SpecError
from mtl_core.fusion import Concatenation, GatedSum, LastState, Sentence, fuse
from mtl_core.fusion_modules import last_state
from mtl_core.grounding import Gathering
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.tasks import Task
from mtl_core.trainer import train
from tests.engine.tiny import CARD, splits

FUSIONS = ("concat", "gated_sum", "cross_attention")
SHAPES: dict[str, Shape] = {"map": Map(5, 6), "words": States(7, 8), "vector": Vector(3)}
SUBSETS = [("map", "words"), ("words", "vector"), ("map", "vector"), ("map", "words", "vector")]


def values(shapes: tuple[Shape, ...], rows: int = 4) -> list[torch.Tensor]:
    """Random inputs of these shapes; sentences of 1 to 4 words."""
    torch.manual_seed(0)
    made = []
    for shape in shapes:
        if isinstance(shape, Map):
            made.append(torch.randn(rows, shape.channels, shape.size, shape.size))
        elif isinstance(shape, States):
            states = torch.randn(rows, shape.length, shape.width)
            for row in range(rows):
                states[row, 1 + row % 4 :] = 0
            made.append(states)
        else:
            assert isinstance(shape, Vector)
            made.append(torch.randn(rows, shape.width))
    return made


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_sentence_counts_its_parameters(layers: int, norm: bool) -> None:
    block = Sentence(Tokens(9, 20), embedding=6, width=5, layers=layers, norm=norm)
    assert sum(p.numel() for p in block.build().parameters()) == block.parameters()


@pytest.mark.parametrize("names", SUBSETS)
@pytest.mark.parametrize("kind", [Concatenation, GatedSum, Gathering])
def test_fusions_count_their_parameters_and_give_their_width(kind: Any, names: tuple[str, ...]) -> None:
    shapes = tuple(SHAPES[name] for name in names)
    block = kind(shapes, 10)
    module = block.build()
    assert sum(p.numel() for p in module.parameters()) == block.parameters()
    assert module(*values(shapes)).shape == (4, block.output().width)


@pytest.mark.parametrize("norm", [False, True])
def test_padding_changes_nothing_and_neither_does_the_company(norm: bool) -> None:
    reader = Sentence(Tokens(6, 20), embedding=6, width=5, norm=norm).build().eval()
    short, long = torch.tensor([[3, 4, 5]]), torch.tensor([[3, 4, 5, 0, 0, 0]])
    alone = last_state(reader(short))
    torch.testing.assert_close(last_state(reader(long)), alone)
    together = torch.tensor([[7, 8, 9, 2, 3, 4], [3, 4, 5, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    torch.testing.assert_close(last_state(reader(together))[1:2], alone)
    assert torch.isfinite(reader(together)).all(), "an empty sentence is no number that is not finite"
    assert reader(together)[1, 3:].abs().sum() == 0


def test_the_reader_is_torchs_lstm_over_the_words_alone() -> None:
    block = Sentence(Tokens(6, 20), embedding=6, width=5)
    reader = block.build().eval()
    words = torch.tensor([[3, 4, 5, 0, 0, 0]])
    wanted, _ = reader.lstm(reader.embedding(words[:, :3]))
    torch.testing.assert_close(reader(words)[:, :3], wanted)
    assert reader(words)[:, 3:].abs().sum() == 0
    torch.testing.assert_close(LastState(block.output()).build()(reader(words)), wanted[:, -1])


def test_gated_sum_golden() -> None:
    """Two inputs of one number, weights by hand: σ(1)·tanh(2) + σ(1)·tanh(−1)."""
    module = GatedSum((Vector(1), Vector(1)), 1).build()
    with torch.no_grad():
        for layer, weight in zip(module.own, (2.0, -1.0), strict=True):
            layer.weight.fill_(weight)
            layer.bias.zero_()
        for layer in module.gates:
            layer.weight.fill_(0.5)
            layer.bias.zero_()
    wanted = 1 / (1 + np.exp(-1.0)) * (np.tanh(2.0) + np.tanh(-1.0))
    assert module(torch.ones(1, 1), torch.ones(1, 1)).item() == pytest.approx(wanted, rel=1e-6)


def test_an_unknown_fusion_is_named() -> None:
    with pytest.raises(ValueError, match="fusion must be one of concat, gated_sum, cross_attention, got 'sum'"):
        fuse("sum", (Vector(1), Vector(2)), 4, 0.0)


class TinyTalk(Dataset):
    """A picture that is bright or dark, a word for it, a number; ``same`` needs both picture and word."""

    name: Literal["tiny_talk"] = "tiny_talk"
    card: ClassVar[Any] = CARD
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 1,
        "batch_size": 16,
        "architecture": {"hidden": [8], "channels": [4, 8], "embedding": 5, "recurrent": 6, "fusion_width": 8},
    }

    def inputs(self) -> dict[str, InputSpec]:
        return {
            "image": InputSpec("image", Map(1, 8)),
            "text": InputSpec("text", Tokens(3, 5)),
            "table": InputSpec("table", Vector(2)),
        }

    def tasks(self) -> tuple[Task, ...]:
        two = ("no", "yes")
        return (Task("same", "binary", two), Task("mask", "segmentation", two), Task("number", "regression"))

    def sizes(self, validation: float) -> dict[str, int]:
        return {"train": 64, "validation": 16, "test": 16}

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("drawing", 96, 96, "pictures")
        random = np.random.default_rng(1)
        bright, said = random.integers(0, 2, size=(2, 96))
        images = (random.integers(0, 40, size=(96, 1, 8, 8)) + 180 * bright[:, None, None, None]).astype(np.uint8)
        words = np.stack([np.full(96, 2), said + 3, np.zeros(96, dtype=np.int64)], axis=1)
        table = random.normal(size=(96, 2)).astype(np.float32)
        targets = {
            "same": (bright == said).astype(np.int64),
            "mask": (images[:, 0] > 200).astype(np.uint8),
            "number": table.sum(1),
        }
        return Samples({"image": images, "text": words, "table": table}, targets, splits(), "generated")

    def preview(self, folder: Path) -> Preview:
        return Preview("generated")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_talk", TinyTalk)


def spec(modalities: list[str], fusion: str = "concat", architecture: str = "hard", **fields: Any) -> RunSpec:
    dataset = {"name": "tiny_talk", "modalities": modalities}
    choice = {"name": architecture, "fusion": fusion}
    return parse_spec({"dataset": dataset, "architecture": choice, "device": "cpu", **fields})


INPUTS = [["text"], ["image", "text"], ["text", "table"], ["image", "table"], ["image", "text", "table"]]


@pytest.mark.parametrize("modalities", INPUTS)
@pytest.mark.parametrize("fusion", FUSIONS)
def test_every_subset_of_inputs_trains(modalities: list[str], fusion: str) -> None:
    made = spec(modalities, fusion)
    assert ("mask" in made.tasks) == ("image" in modalities)
    events = list(train(made))
    assert events[-1].kind == "finished"
    assert events[-1].values["parameters"] == made.layout().parameter_counts()


@pytest.mark.parametrize("architecture", ["separate", "soft", "partial"])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_sharing_works_as_for_other_data(architecture: str, fusion: str) -> None:
    assert list(train(spec([], fusion, architecture)))[-1].kind == "finished"


def test_a_task_that_needs_what_is_left_out_is_refused_by_name() -> None:
    with pytest.raises(SpecError, match=r"tasks\.1.*needs the input 'image', which dataset\.modalities leaves out"):
        spec(["text"], tasks=["same", "mask"])


@pytest.mark.parametrize("fusion", FUSIONS)
def test_what_needs_both_inputs_is_learned_from_both_and_from_neither_alone(fusion: str) -> None:
    rate, epochs = (0.005, 160) if fusion == "cross_attention" else (0.01, 80)
    fields: dict[str, Any] = {"tasks": ["same"], "epochs": epochs, "optimizer": {"lr": rate}}
    both = list(train(spec(["image", "text"], fusion, **fields)))[-1].values["metrics"]["test"]["same"]["accuracy"]
    alone = [
        list(train(spec([one], fusion, **fields)))[-1].values["metrics"]["test"]["same"]["accuracy"]
        for one in ("image", "text")
    ]
    assert both == 1.0
    assert max(alone) < 0.8
