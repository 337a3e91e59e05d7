"""Each weighting trains in each architecture that it fits, on a table and on pictures, and the same again."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from mtl_core.architectures import ARCHITECTURES
from mtl_core.errors import SpecError
from mtl_core.events import Event
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.trainer import train
from mtl_core.weightings import WEIGHTINGS

pytestmark = pytest.mark.acceptance
NOTHING_SHARED = ("separate", "soft")


def combinations() -> Iterator[tuple[str, str, str]]:
    for name, entry in WEIGHTINGS.items():
        for architecture in ARCHITECTURES:
            if entry.needs_gramian and architecture in NOTHING_SHARED:
                continue
            for dataset in ("wine_quality", "digits"):
                try:
                    made(name, architecture, dataset)
                except SpecError:
                    continue  # an architecture that needs an image
                yield name, architecture, dataset


def made(name: str, architecture: str, dataset: str) -> RunSpec:
    choice = {"name": architecture, "hidden": [16, 16], "channels": [4, 8]}
    fields = {"weighting": name, "architecture": choice, "epochs": 3, "batch_size": 128, "seed": 7}
    return parse_spec({"dataset": {"name": dataset}, "device": "cpu", **fields})


def totals(events: list[Event]) -> list[float]:
    return [event.values["total"] for event in events if event.kind == "step"]


def test_every_pair_that_is_promised_is_tried() -> None:
    tried = {(name, architecture) for name, architecture, _ in combinations()}
    shared = [name for name in ("hard", "partial", "cross_stitch", "mmoe") if name in ARCHITECTURES]
    assert {(name, architecture) for name in WEIGHTINGS for architecture in shared} <= tried
    assert {(name, a) for name, e in WEIGHTINGS.items() if not e.needs_gramian for a in NOTHING_SHARED} <= tried


@pytest.mark.parametrize(("name", "architecture", "dataset"), list(combinations()))
def test_three_epochs_without_a_number_that_is_none_and_the_same_again(
    name: str, architecture: str, dataset: str
) -> None:
    first, second = (list(train(made(name, architecture, dataset))) for _ in range(2))
    assert first[-1].kind == "finished", first[-1].values
    assert all(math.isfinite(total) for total in totals(first))
    assert totals(first) == totals(second)
    assert first[-1].values["metrics"] == second[-1].values["metrics"]
    steps = [event.values["loss"] for event in first if event.kind == "step"]
    several = len(steps) // 3
    for task in steps[0]:
        began, ended = (sum(part[task] for part in found) for found in (steps[:several], steps[-several:]))
        assert ended < 3 * began, f"{task} learns, or at least does not run away"
