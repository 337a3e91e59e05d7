"""Scenes and sentences: both inputs together solve what neither solves alone, through the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.acceptance.conftest import Train
from tests.source import PROJECT

pytestmark = pytest.mark.acceptance
Record = Callable[[str, str, str], None]
EXAMPLE = Path(PROJECT) / "examples" / "captioned_scenes.yaml"
MINUTES, CORES = 10, 2


def test_both_inputs_find_what_neither_finds_alone(train: Train, record_measurement: Record) -> None:
    spec = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    result, seconds = train(spec, "--threads", str(CORES))
    test = result["metrics"]["test"]
    match = f"{test['match']['accuracy']:.1%}"
    record_measurement("captioned scenes, both inputs, cross-attention: match", match, "≥ 90 %")
    record_measurement("… object", f"{test['object']['accuracy']:.1%}", "≥ 90 %")
    record_measurement("… mask, IoU of the object's pixels", f"{test['mask']['miou']:.3f}", "–")
    record_measurement(
        f"… seconds on {CORES} threads, from the command to its end", f"{seconds:.0f} s", f"≤ {60 * MINUTES} s"
    )
    for name in ("image", "text"):
        alone, _ = train(
            {**spec, "dataset": {"name": "captioned_scenes", "modalities": [name]}}, "--threads", str(CORES)
        )
        found = alone["metrics"]["test"]["match"]["accuracy"]
        record_measurement(f"… {name} alone: match", f"{found:.1%}", "≤ 60 %")
        assert found <= 0.6
    assert test["match"]["accuracy"] >= 0.9
    assert test["object"]["accuracy"] >= 0.9
    assert seconds <= 60 * MINUTES
