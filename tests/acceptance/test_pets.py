"""Pets: breed, mask and picture on one trunk learn what they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from mtl_core.spec import parse_spec
from mtl_core.trainer import train
from tests.source import PROJECT

pytestmark = pytest.mark.acceptance
Record = Callable[[str, str, str], None]


@pytest.mark.parametrize("real_data", ["pets"], indirect=True)
def test_all_three_tasks_of_pets_fall(real_data: str, record_measurement: Record) -> None:
    """The means of the first and the last tenth of the steps; and the training pictures' own masks."""
    raw: dict[str, Any] = yaml.safe_load((PROJECT / "examples/pets.yaml").read_text(encoding="utf-8"))
    spec = parse_spec({**raw, "device": "cpu"})
    events = list(train(spec))
    result = events[-1].values
    assert events[-1].kind == "finished"
    assert result["data"]["source"] == "torchvision"
    steps = [event.values["loss"] for event in events if event.kind == "step"]
    part = max(1, len(steps) // 10)
    for task, most in (("breed", 0.1), ("mask", 0.35), ("image", 0.3)):
        first = sum(loss[task] for loss in steps[:part]) / part
        last = sum(loss[task] for loss in steps[-part:]) / part
        what = (
            f"pets, {sum(result['data']['sizes'].values())} pictures, VAE: training loss of {task}, last / first tenth"
        )
        record_measurement(what, f"{last:.4f} / {first:.4f} = {last / first:.2f}", f"≤ {most}")
        assert last / first <= most
    miou = result["metrics"]["train"]["mask"]["miou"]
    record_measurement("… mean IoU of pet and border on training pictures", f"{miou:.3f}", "≥ 0.7")
    record_measurement("… seconds", f"{result['seconds']:.0f} s", "≤ 600 s")
    assert miou >= 0.7
    assert result["seconds"] <= 600
