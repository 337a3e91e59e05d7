"""A few pictures before and after augmentation, told at a run's start."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl_core.events import Event
from mtl_core.feeding import Feed
from mtl_core.opening import open_session
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.trainer import train
from tests.engine.loading import finished

SHIFTED: dict[str, Any] = {"dataset": {"name": "tiny_images", "augmentation": ["shift", "noise"]}, "device": "cpu"}


def opened(raw: dict[str, Any]) -> Session:
    return finished(open_session(parse_spec(raw)))


def first_truth(events: list[Event]) -> dict[str, Any]:
    return next(event.payload or {} for event in events if event.kind == "preview" and event.values["first"])


@pytest.mark.parametrize("streamed", [False, True])
def test_the_example_is_the_beginning_of_the_first_batch(streamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if streamed:
        monkeypatch.setattr("mtl_core.batches.memory_for_data", lambda _: 0)
    feed = Feed(opened(SHIFTED))
    found = feed.example(5)
    batch = feed.next_batch().inputs["image"][:5].clamp(0, 1) * 255
    feed.close()
    assert set(found) == {"given.image", "augmented.image"}
    assert all(values.dtype == np.uint8 and values.shape == (5, 1, 8, 8) for values in found.values())
    np.testing.assert_array_equal(found["augmented.image"], batch.round().numpy())
    assert (found["given.image"] != found["augmented.image"]).any()


def test_it_is_told_once_with_what_previews_are_held_against() -> None:
    events = list(train(parse_spec(SHIFTED)))
    assert first_truth(events)["augmented.image"].shape == (8, 1, 8, 8)
    assert "target.bar" in first_truth(events)
    told = [e for e in events if e.kind == "preview" and e.payload and "augmented.image" in e.payload]
    assert [event.step for event in told] == [0]


@pytest.mark.parametrize(
    "raw", [{"dataset": "tiny_images"}, {"dataset": {"name": "tiny_table", "augmentation": ["noise"]}}]
)
def test_nothing_is_told_without_augmentation_or_pictures(raw: dict[str, Any]) -> None:
    assert Feed(opened({"device": "cpu", **raw})).example() == {}
    assert not [name for name in first_truth(list(train(parse_spec(raw)))) if name.startswith("augmented")]


def test_the_numbers_of_the_run_are_those_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def losses() -> list[Any]:
        return [event.values["loss"] for event in train(parse_spec(SHIFTED)) if event.kind == "step"]

    told = losses()
    monkeypatch.setattr(Feed, "example", lambda _: {})
    assert losses() == told
