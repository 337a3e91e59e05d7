"""What the page must not do when it starts: import torch; and what it must: keep its widgets in step with the spec."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from mtl_core.spec import LrScheduleSpec, OptimizerSpec, RunSpec
from ui.fields import Shape, shape_of
from ui.ladders import LAMBDA, LEARNING_RATE, fine_top, ladder_with

PROJECT = Path(__file__).resolve().parents[2]
OPEN_ALL_PAGES = """
import sys
from streamlit.testing.v1 import AppTest
from ui import frame
frame.ensure_runner = lambda home: None
app = AppTest.from_file("app.py", default_timeout=60)
app.session_state["mtl_owner_token"] = "o" * 43
app.run()
for page in ("runs", "data", "methods", "race", "evaluation", "playground"):
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, (page, [e.message for e in app.exception])
print(sorted({"torch", "torchvision", "sklearn", "torchmetrics"} & {name.split(".")[0] for name in sys.modules}))
"""


def test_no_page_imports_torch_or_scikit_learn(tmp_path: Path) -> None:
    environment = {"MTL_HOME": str(tmp_path / "home"), "MTL_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": "."}
    run = subprocess.run(
        [sys.executable, "-c", OPEN_ALL_PAGES],
        cwd=PROJECT,
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2_000:]
    assert run.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (bool, Shape("flag")),
        (bool | None, Shape("switch", optional=True)),
        (Literal["a", "b"], Shape("choice", ("a", "b"))),
        (Annotated[int, Field(ge=1, le=8)], Shape("integer", low=1, high=8)),
        (Annotated[float, Field(gt=0)] | None, Shape("number", low=0, optional=True)),
        (list[Annotated[int, Field(ge=1)]], Shape("integers")),
        (Literal["full"] | Annotated[int, Field(ge=1)], Shape("choice_or_integer", ("full",))),
        (str, Shape("text")),
        (dict[str, Any], None),
    ],
)
def test_a_field_gets_its_widget_from_its_type(annotation: Any, shape: Shape | None) -> None:
    assert shape_of(annotation) == shape


@pytest.mark.parametrize("model", [OptimizerSpec, LrScheduleSpec])
def test_every_field_of_the_training_section_has_a_widget(model: Any) -> None:
    for name, field in model.model_fields.items():
        assert shape_of(field.annotation, field.metadata) is not None, name


def test_the_fields_of_a_run_that_the_form_shows_have_widgets() -> None:
    for name in ("epochs", "batch_size", "class_weights", "seed", "device", "precision", "evaluate_every"):
        field = RunSpec.model_fields[name]
        assert shape_of(field.annotation, field.metadata) is not None, name


def test_a_ladder_takes_up_any_value_in_its_place() -> None:
    assert ladder_with(LAMBDA, 0.5)[4:7] == [0.3, 0.5, 1.0]
    assert ladder_with(LAMBDA, 0.3) == [float(rung) for rung in LAMBDA]
    assert 0.005 in ladder_with(LEARNING_RATE)
    assert fine_top(0.5) == 1
    assert fine_top(1.0) == 10
    assert fine_top(50_000.0) == 100_000
