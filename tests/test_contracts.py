"""What every entry of every registry keeps, whatever it does; a new file is held to this without a new test."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from mtl_core.architectures import ARCHITECTURES
from mtl_core.augmentation import AUGMENTATIONS
from mtl_core.datasets import DATASETS
from mtl_core.errors import SpecError
from mtl_core.layout import SHARED
from mtl_core.model import Named
from mtl_core.regularizers import REGULARIZERS
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.weightings import WEIGHTINGS
from tests.sharing import chosen as sharing
from tests.sharing import fits, least_tasks, pairs

REGISTRIES: dict[str, Mapping[str, type[Named]]] = {
    "datasets": DATASETS,
    "architectures": ARCHITECTURES,
    "weightings": WEIGHTINGS,
    "regularizers": REGULARIZERS,
    "augmentations": AUGMENTATIONS,
}
ENTRIES = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry]
DATA_AND_SHARING = pairs()


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_the_key_is_the_name(kind: str, name: str) -> None:
    entry = REGISTRIES[kind][name]
    assert entry.model_fields["name"].default == name
    assert entry(name=name) == entry.model_validate({"name": name})


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_documentation_says_what_it_is_and_where_it_comes_from(kind: str, name: str) -> None:
    entry = REGISTRIES[kind][name]
    text = entry.__dict__.get("__doc__") or ""
    assert len(text) > 40
    assert text.split("\n")[0].rstrip().endswith(".")
    if kind == "datasets":
        card = DATASETS[name].card
        assert all((card.title, card.size, card.origin, card.url, card.licence, card.citation))
    else:
        assert len(entry.source) > 5


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_field_has_a_default_and_a_description(kind: str, name: str) -> None:
    for field, info in REGISTRIES[kind][name].model_fields.items():
        assert not info.is_required() or field == "name", field
        assert info.description or field == "name", f"{field} needs a description: the form shows it"


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_an_unknown_field_is_refused_by_name(kind: str, name: str) -> None:
    with pytest.raises(ValueError, match="nope"):
        REGISTRIES[kind][name].model_validate({"name": name, "nope": 1})


@pytest.mark.parametrize(("dataset", "architecture"), DATA_AND_SHARING)
@pytest.mark.parametrize("batch_norm", [None, True, False])
def test_counts_of_the_layout_are_those_of_the_built_network(
    dataset: str, architecture: str, batch_norm: bool | None
) -> None:
    from mtl_core.network import Network

    choice = sharing(architecture, channels=[3, 5], batch_norm=batch_norm, dropout=0.1)
    layout = parse_spec({"dataset": {"name": dataset}, "architecture": choice}).layout()
    network = Network(layout, seed=0)
    built: dict[str, int] = dict.fromkeys((SHARED, *layout.outputs), 0)
    for part in layout.parts:
        numbers = 0 if part.lender else sum(p.numel() for p in network.parts[part.name].parameters())
        assert numbers == part.block.parameters(), part.name
        built[part.owner or SHARED] += numbers
    counts = layout.parameter_counts()
    assert counts == {"shared": built.pop(SHARED), "per_task": built}
    assert sum(p.numel() for p in network.parameters()) == counts["shared"] + sum(counts["per_task"].values())


@pytest.mark.parametrize(("dataset", "architecture"), DATA_AND_SHARING)
def test_outputs_have_the_shape_that_the_layout_and_the_task_say(dataset: str, architecture: str) -> None:
    import torch

    from mtl_core.blocks import Map, Tokens, Vector
    from mtl_core.network import Network

    spec = parse_spec({"dataset": {"name": dataset}, "architecture": sharing(architecture, channels=[3, 5])})
    batch = {}
    for modality, look in spec.dataset.build().inputs().items():
        shape = look.shape
        if isinstance(shape, Tokens):
            batch[modality] = torch.ones(2, shape.length, dtype=torch.int64)
            continue
        sizes = (shape.width,) if isinstance(shape, Vector) else (shape.channels, shape.size, shape.size)
        batch[modality] = torch.zeros(2, *sizes)
    layout = spec.layout()
    outputs = Network(layout, seed=0)(batch)
    blocks = {part.name: part.block for part in layout.parts}
    for task in spec.task_list():
        shape = blocks[layout.outputs[task.name]].output()
        if task.kind == "generation":
            assert outputs[task.name].picture.shape == batch[task.modality].shape
            continue
        assert (shape.channels if isinstance(shape, Map) else shape.width) == task.outputs
        assert outputs[task.name].shape[:2] == (2, task.outputs)


@pytest.mark.parametrize(("dataset", "architecture"), DATA_AND_SHARING)
def test_a_part_is_fed_by_inputs_and_earlier_parts(dataset: str, architecture: str) -> None:
    layout = parse_spec({"dataset": {"name": dataset}, "architecture": sharing(architecture)}).layout()
    known = {f"input:{name}" for name in DATASETS[dataset]().inputs()}
    for part in layout.parts:
        assert set(part.inputs) <= known, part.name
        known.add(part.name)
    assert set(layout.outputs.values()) <= known


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_weights_are_finite_and_one_a_task(name: str) -> None:
    import torch

    losses = torch.tensor([0.3, 1.2, 0.7])
    gramian = torch.tensor([[1.0, -0.2, 0.1], [-0.2, 2.0, 0.0], [0.1, 0.0, 0.5]])
    weights = WEIGHTINGS[name](name=name).weights(losses, gramian if WEIGHTINGS[name].needs_gramian else None)
    assert weights.shape == losses.shape
    assert torch.isfinite(weights).all()


@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_penalty_is_a_scalar_that_knows_no_order_of_tasks_and_can_be_descended(name: str) -> None:
    import torch

    generator = torch.Generator().manual_seed(0)
    columns = {task: [torch.randn(2, 3, generator=generator, requires_grad=True)] for task in "abcd"}
    term = REGULARIZERS[name](name=name)
    penalty = term.penalty(columns)
    assert penalty.shape == ()
    torch.testing.assert_close(penalty, term.penalty(dict(reversed(columns.items()))))
    slopes = torch.autograd.grad(penalty, [column[0] for column in columns.values()])
    lower = {
        task: [(column[0] - 1e-4 * slope).detach()]
        for (task, column), slope in zip(columns.items(), slopes, strict=True)
    }
    assert term.penalty(lower) < penalty
    json.dumps(term.describe(lower), allow_nan=False)


def chosen(seed: int) -> dict[str, Any]:
    """A random good spec, some fields left out."""
    draw = random.Random(seed)
    dataset = draw.choice(sorted(DATASETS))
    offered = [task.name for task in DATASETS[dataset]().tasks()]
    name = draw.choice([name for name in sorted(ARCHITECTURES) if fits(dataset, name)])
    tasks = draw.sample(offered, draw.randint(least_tasks(name), len(offered)))
    batches = [16, *(size for size in (64, 128) if size <= DATASETS[dataset]().sizes(0.35)["train"])]
    architecture = {"name": name, "hidden": draw.choice([[64, 64], [8], [16, 8, 4]])}
    if draw.random() < 0.5:
        architecture |= {"dropout": draw.choice([0.0, 0.25]), "batch_norm": draw.choice([None, True, False])}
    fields: dict[str, Any] = {
        "tasks": tasks,
        "architecture": architecture,
        "weighting": {"lambdas": {task: draw.choice([0, 0.1, 1, 3]) for task in tasks if draw.random() < 0.7}},
        "regularizers": draw.choice(
            [
                [],
                [{"name": "l2_distance", "strength": draw.choice([0, 0.01, 2.5])}],
                [{"name": "nuclear_norm"}, {"name": "graph", "shape": "chain"}],
                [{"name": "graph", "shape": "matrix", "adjacency": {offered[0]: {offered[-1]: 0.5}}}],
            ][: 4 if len(offered) > 1 else 3]
        ),
        "optimizer": {"name": draw.choice(["adam", "adamw", "sgd"]), "lr": draw.choice([0.01, 1e-4])},
        "lr_schedule": draw.choice(["constant", {"name": "one_cycle", "warmup": 0.1}, {"name": "step", "gamma": 0.5}]),
        "class_weights": draw.choice(["none", "balanced"]),
        "epochs": draw.choice([1, 12, 100]),
        "batch_size": draw.choice(["full", *batches]),
        "batch_policy": draw.choice(["equal", {"name": "temperature", "temperature": 3.0}]),
        "generation": draw.choice(["gan", {"name": "vae", "latent": 8, "beta": 0.5}]),
        "seed": draw.randrange(2**31),
        "device": draw.choice(["auto", "cpu"]),
        "evaluate_every": draw.choice([1, 5]),
        "schedule": draw.choice([[], [{"step": 5, "field": "optimizer.lr", "value": 0.5}]]),
    }
    kept = {field: value for field, value in fields.items() if draw.random() < 0.5}
    kept["dataset"] = {"name": dataset, "validation": draw.choice([0, 0.2, 0.35])}
    if dataset == "wine_quality" and draw.random() < 0.5:
        kept["dataset"]["options"] = {"group_duplicates": True}
    if "weighting" in kept and "tasks" not in kept:
        del kept["weighting"]
    return kept


def test_random_specs_survive_json_yaml_and_their_own_differences() -> None:
    for seed in range(100):
        spec = parse_spec(chosen(seed))
        dumped = spec.model_dump(mode="json")
        assert parse_spec(json.loads(json.dumps(dumped))) == spec, seed
        assert parse_spec(yaml.safe_load(yaml.safe_dump(dumped, allow_unicode=True, sort_keys=False))) == spec, seed
        assert parse_spec(json.loads(json.dumps(spec.differences()))) == spec, seed


@pytest.mark.parametrize("dataset", DATASETS)
def test_defaults_of_a_data_set_differ_in_nothing_but_its_name(dataset: str) -> None:
    differences = parse_spec({"dataset": {"name": dataset}}).differences()
    assert differences == ({} if dataset == RunSpec().dataset.name else {"dataset": {"name": dataset}})


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("datasets", {"dataset": {"name": "nope"}}),
        ("architectures", {"architecture": {"name": "nope"}}),
        ("weightings", {"weighting": {"name": "nope"}}),
        ("regularizers", {"regularizers": [{"name": "nope"}]}),
        ("augmentations", {"dataset": {"name": "shapes", "augmentation": [{"name": "nope"}]}}),
    ],
)
def test_an_unknown_name_is_answered_with_all_known_ones(kind: str, raw: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(raw)
    (problem,) = caught.value.problems
    assert problem.field.endswith("name")
    assert problem.value == "nope"
    assert all(name in problem.rule for name in REGISTRIES[kind])
    assert str(problem) == f"{problem.field}: {problem.rule} (found 'nope')"
