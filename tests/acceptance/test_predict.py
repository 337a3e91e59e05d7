"""Drawings are read: a network that has seen 8×8 digits only is given digits of other hands, as if they were drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtl_core.predicting.asking import Question, ask
from mtl_core.predicting.opened import open_run
from mtl_core.runs.store import Store
from mtl_core.settings import data_dir
from mtl_core.spec import parse_spec
from tests.acceptance.conftest import Train
from tests.datasets.helpers import drain
from ui.predict_question import drawing, packed

pytestmark = pytest.mark.acceptance
Record = Callable[[str, str, str], None]
DRAWN, SIDE = 500, 84
"""Digits that are drawn, and the side of the canvas."""


@pytest.mark.measured
@pytest.mark.parametrize("real_data", ["mnist"], indirect=True)
def test_digits_reads_the_digits_of_mnist(train: Train, real_data: str, home: Path, record_measurement: Record) -> None:
    result, _ = train({"dataset": "digits", "seed": 42, "device": "cpu"})
    spec = parse_spec({"dataset": "digits"})
    store = Store(home)
    opened = drain(open_run(store, result["run"]))[0]
    samples = drain(parse_spec({"dataset": real_data}).dataset.build().load(data_dir(), 0.2))[0]
    rows = samples.splits["test"][:DRAWN]
    right = 0
    for picture, digit in zip(samples.inputs["image"][rows, 0], samples.targets["digit"][rows], strict=True):
        ink = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        question = Question(image=packed(drawing(spec, packed(ink))))
        right += int(np.argmax(ask(opened, question)["tasks"]["digit"]["probabilities"])) == digit
    store.close()
    share = right / DRAWN
    record_measurement(f"digits reads MNIST's first {DRAWN} test digits, given as drawings", f"{share:.1%}", "≥ 80 %")
    assert share >= 0.8
