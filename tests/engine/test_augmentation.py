"""Augmentation: torchvision's numbers row by row, masks that move along, and nothing but training batches changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as tv

from mtl_core.augmentation import AUGMENTATIONS
from mtl_core.augmentation.base import Augmentation, Change
from mtl_core.augmenting import StepDraws, augmented
from mtl_core.batched.rules import why_alone
from mtl_core.batches import UNLABELLED, Batch
from mtl_core.datasets import DATASETS
from mtl_core.errors import MTLError, SpecError
from mtl_core.events import Event
from mtl_core.export.recipe import check
from mtl_core.feeding import Feed
from mtl_core.opening import open_session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.tasks import Task
from mtl_core.trainer import train
from tests.engine.loading import finished

Spec = Callable[..., RunSpec]
ROWS, SIDE = 6, 12
MASK, PICTURE = Task("mask", "segmentation", ("background", "thing")), Task("made", "generation")
KINDS = {"image": "image"}


class Given:
    """Draws that were written down."""

    def __init__(self, *values: Sequence[float]) -> None:
        self.rows, self._values = ROWS, iter([torch.tensor(each) for each in values])

    def uniform(self, low: float, high: float) -> Tensor:
        return next(self._values) * (high - low) + low

    def normal(self, shape: torch.Size) -> Tensor:
        return torch.ones(shape)


def made(name: str, **fields: Any) -> Augmentation:
    return AUGMENTATIONS[name](name=name, **fields)


def pictures(channels: int = 3) -> Tensor:
    return torch.rand(ROWS, channels, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def masks() -> Tensor:
    return torch.randint(0, 2, (ROWS, SIDE, SIDE), generator=torch.Generator().manual_seed(2), dtype=torch.uint8)


def seen(monkeypatch: pytest.MonkeyPatch, given: Given, *chosen: Augmentation) -> Batch:
    monkeypatch.setattr("mtl_core.augmenting.StepDraws", lambda *_: given)
    batch = Batch({"image": pictures()}, {"mask": masks()}, {}, ROWS)
    return augmented(batch, chosen, (MASK, PICTURE), 0, 0, KINDS)


SHARES = [0.0, 0.2, 0.45, 0.6, 0.9, 1.0]
OTHERS = [0.8, 0.1, 0.33, 0.5, 1.0, 0.0]


def by_torchvision(picture: Tensor, mask: Tensor, **how: Any) -> tuple[Tensor, Tensor]:
    """One picture whose edge goes on for ever, and its mask."""
    wide = tv.pad_image(picture, [SIDE] * 4, padding_mode="edge")
    call = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0], **how}
    moved = tv.affine_image(wide, interpolation=InterpolationMode.BILINEAR, **call)
    return moved[:, SIDE:-SIDE, SIDE:-SIDE], tv.affine_mask(mask[None], fill=UNLABELLED, **call)[0]


def moves() -> Iterator[Any]:
    angles = [50 * share - 25 for share in SHARES]
    yield "rotate", {"degrees": 25}, (SHARES,), [{"angle": angle} for angle in angles]
    sizes = [0.6 + 0.8 * share for share in SHARES]
    yield "zoom", {"growth": 0.4}, (SHARES,), [{"scale": size} for size in sizes]
    across, down = ([round((0.6 * share - 0.3) * SIDE) for share in shares] for shares in (SHARES, OTHERS))
    yield (
        "shift",
        {"distance": 0.3},
        (SHARES, OTHERS),
        [{"translate": list(by)} for by in zip(across, down, strict=True)],
    )


@pytest.mark.parametrize(("name", "fields", "drawn", "calls"), list(moves()), ids=["rotate", "zoom", "shift"])
def test_a_move_is_torchvisions_with_numbers_of_its_own_for_each_row(
    monkeypatch: pytest.MonkeyPatch, name: str, fields: dict[str, Any], drawn: Any, calls: list[dict[str, Any]]
) -> None:
    found = seen(monkeypatch, Given(*drawn), made(name, **fields))
    for row, call in enumerate(calls):
        picture, mask = by_torchvision(pictures()[row], masks()[row], **call)
        torch.testing.assert_close(found.inputs["image"][row], picture, atol=2e-4, rtol=0)
        assert (found.targets["mask"][row] != mask).float().mean() <= 0.02, "but for ties of the nearest pixel"


def test_what_comes_from_beyond_the_edge_has_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch, Given([1.0] * ROWS, [0.5] * ROWS), made("shift", distance=0.25))
    mask = found.targets["mask"]
    assert (mask[:, :, :3] == UNLABELLED).all()
    assert torch.equal(mask[:, :, 3:], masks()[:, :, :-3])
    torch.testing.assert_close(found.inputs["image"][..., 3:], pictures()[..., :-3])
    torch.testing.assert_close(found.inputs["image"][..., :3], pictures()[..., :1].expand(-1, -1, -1, 3))


def test_a_flip_mirrors_exactly_those_that_were_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch, Given([0.1, 0.9, 0.1, 0.9, 0.1, 0.9]), made("flip"))
    even = torch.arange(ROWS) % 2 == 0
    wanted = torch.where(even[:, None, None, None], tv.horizontal_flip_image(pictures()), pictures())
    assert torch.equal(found.inputs["image"], wanted)
    assert torch.equal(found.targets["mask"], torch.where(even[:, None, None], masks().flip(-1), masks()))


def test_moves_are_made_in_their_order_as_one_resampling(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Given([1.0] * ROWS, [0.5] * ROWS, SHARES)
    found = seen(monkeypatch, given, made("shift", distance=0.25), made("rotate", degrees=20))
    for row, share in enumerate(SHARES):
        wide = tv.pad_image(pictures()[row], [SIDE] * 4, padding_mode="edge").roll(3, dims=-1)
        call: dict[str, Any] = {"translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}
        turned = tv.affine_image(wide, angle=40 * share - 20, interpolation=InterpolationMode.BILINEAR, **call)
        inside = turned[:, SIDE + 4 : -SIDE - 4, SIDE + 4 : -SIDE - 4]
        torch.testing.assert_close(found.inputs["image"][row, :, 4:-4, 4:-4], inside, atol=2e-4, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("name", "field", "adjust"),
    [("brightness", "gain", tv.adjust_brightness), ("contrast", "stretch", tv.adjust_contrast)],
)
def test_light_is_torchvisions_with_a_factor_of_its_own_for_each_row(
    name: str, field: str, adjust: Any, channels: int
) -> None:
    one = made(name, **{field: 0.5})
    assert isinstance(one, Change)
    found = one.changed(pictures(channels), Given(SHARES))
    for row, share in enumerate(SHARES):
        torch.testing.assert_close(found[row], adjust(pictures(channels)[row], 0.5 + share))


def test_noise_is_clipped_on_pictures_and_not_on_tables() -> None:
    one = made("noise", sd=0.5)
    assert isinstance(one, Change)
    torch.testing.assert_close(one.changed(pictures(), Given()), (pictures() + 0.5).clamp(0, 1))
    assert one.changed(torch.tensor([[0.9, -3.0]]), Given()).tolist() == [[pytest.approx(1.4), -2.5]]


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_rows_differ_and_seed_and_step_decide(name: str) -> None:
    same = torch.rand(1, 3, SIDE, SIDE).expand(64, -1, -1, -1)
    batch = Batch({"image": same}, {}, {}, 64)

    def at(seed: int, step: int) -> Tensor:
        return augmented(batch, [made(name)], (), seed, step, KINDS).inputs["image"]

    assert torch.equal(at(1, 5), at(1, 5))
    assert not torch.equal(at(1, 5), at(1, 6))
    assert not torch.equal(at(1, 5), at(2, 5))
    assert len(torch.unique(at(1, 5).flatten(1), dim=0)) > 1
    assert at(1, 5).min() >= 0
    assert at(1, 5).max() <= 1
    assert torch.equal(batch.inputs["image"], same)


def test_numbers_are_spread_as_they_are_said_to_be() -> None:
    draws = StepDraws(3, 0, 20_000, torch.device("cpu"))
    assert draws.uniform(-2, 4).mean().item() == pytest.approx(1, abs=0.05)
    assert draws.uniform(-2, 4).std().item() == pytest.approx(6 / math.sqrt(12), abs=0.03)
    assert draws.normal(torch.Size([20_000])).std().item() == pytest.approx(1, abs=0.02)


def test_the_picture_to_make_is_the_one_that_the_network_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch, Given(SHARES), made("rotate"), made("noise"))
    assert found.targets["made"] is found.inputs["image"]


def test_masks_of_some_rows_move_with_their_own_pictures() -> None:
    rows = torch.tensor([1, 4])
    batch = Batch({"image": pictures()}, {"mask": masks()[rows]}, {"mask": rows}, ROWS)
    whole = Batch({"image": pictures()}, {"mask": masks()}, {}, ROWS)
    some, every = (augmented(b, [made("rotate"), made("flip")], (MASK,), 0, 0, KINDS) for b in (batch, whole))
    assert torch.equal(some.targets["mask"], every.targets["mask"][rows])


ALL = ["shift", "rotate", "zoom", "brightness", "contrast", "noise"]


def test_a_run_repeats_itself_and_differs_from_one_without() -> None:
    def losses(chosen: list[str]) -> list[Any]:
        events = trained({"dataset": {"name": "tiny_images", "augmentation": chosen}, "device": "cpu"})
        return [event.values["loss"] for event in events if event.kind == "step"]

    assert losses(ALL) == losses(ALL)
    assert losses(ALL) != losses([])


def trained(raw: dict[str, Any]) -> list[Event]:
    return list(train(parse_spec(raw)))


@pytest.mark.parametrize(("dataset", "task"), [("tiny_images", "bar"), ("tiny_table", "y")])
def test_only_training_batches_are_changed(dataset: str, task: str) -> None:
    def evaluations(chosen: list[str]) -> list[Any]:
        raw = {"dataset": {"name": dataset, "augmentation": chosen}, "optimizer": {"lr": 1e-30}, "epochs": 2}
        raw |= {"architecture": {"batch_norm": False}, "device": "cpu", "tasks": [task]}
        return [e.values["metrics"] for e in trained(raw) if e.kind == "evaluation"]

    assert evaluations(["noise"]) == evaluations([])


@pytest.mark.parametrize("batch_size", ["full", 16])
def test_noise_on_a_table_is_another_at_each_step_and_leaves_the_rows_as_they_are(batch_size: Any) -> None:
    raw = {"dataset": {"name": "tiny_table", "augmentation": ["noise"]}, "batch_size": batch_size, "device": "cpu"}
    session = finished(open_session(parse_spec(raw)))
    before = session.splits["train"].inputs["table"].clone()
    feed, found = Feed(session), []
    for _ in range(2):
        found.append(feed.next_batch().inputs["table"])
        session.step += 1
    assert not torch.equal(*found)
    assert torch.equal(session.splits["train"].inputs["table"], before)
    assert torch.equal(session.splits["train"].whole.inputs["table"], before)


@pytest.mark.parametrize(
    ("dataset", "chosen", "rule"),
    [
        ("digits", ["flip"], "would make targets of digits wrong: a mirrored digit is another one"),
        ("captioned_scenes", ["rotate"], "would make targets of captioned_scenes wrong"),
        ("wine_quality", ["zoom"], "changes inputs of the kind image, and this run has none"),
        ("shapes", ["noise", "noise"], "each augmentation can be chosen once"),
        ("shapes", ["nope"], "unknown name; known: brightness, contrast, flip"),
        ("shapes", [{"name": "rotate", "degrees": 90}], "must be less than or equal to 45"),
    ],
)
def test_what_cannot_be_is_one_problem_at_its_place(dataset: str, chosen: list[Any], rule: str) -> None:
    tasks = [DATASETS[dataset]().tasks()[0].name]
    with pytest.raises(SpecError) as caught:
        parse_spec({"dataset": {"name": dataset, "augmentation": chosen}, "tasks": tasks})
    (problem,) = caught.value.problems
    assert problem.field.startswith(f"dataset.augmentation.{len(chosen) - 1}.")
    assert rule in problem.rule


def test_reasons_name_augmentations_that_there_are() -> None:
    for dataset in DATASETS.values():
        assert set(dataset.changed_by) <= set(AUGMENTATIONS)


def test_a_script_cannot_be_written_of_an_augmented_run() -> None:
    spec = parse_spec({"dataset": {"name": "tiny_table", "augmentation": ["noise"]}})
    with pytest.raises(MTLError, match=r"changes its training rows at each step \(noise\)"):
        check(spec, "a run")


def test_augmented_runs_train_alone_and_say_why(spec: Spec) -> None:
    raw = {"dataset": {"name": "tiny_table", "augmentation": ["noise"]}}
    assert "changed anew at each step" in (why_alone(parse_spec(raw)) or "")
    assert why_alone(spec("tiny_table")) is None
