"""Made pictures on the page: reconstructions, samples, ways through the latent space."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from mtl_core.events import Event
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.ui.small_store import OWNER, opened, told, whole
from ui import picture_sheet, views
from ui.words import catalogue

EN = catalogue("en")
SIDE = 8


def pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(*shape, 3, SIDE, SIDE), dtype=np.uint8)


def run_of(store: Store, *, vae: bool, finished: bool) -> str:
    """A run of shapes with one preview, and with one of its end if it has finished."""
    process = (os.getpid(), psutil.Process().create_time())
    name = "vae" if vae else "gan"
    spec = parse_spec({"dataset": "shapes", "tasks": ["image"], "generation": {"name": name}, "epochs": 4})
    run = store.create(spec, OWNER, process=process)
    writer = store.writer(run)
    truth = {"input.image": pictures(6), "rows": np.arange(6)}
    made: dict[str, Any] = {"sample.image": pictures(24)}
    if vae:
        made["reconstruction.image"] = pictures(6)
    data = {"name": "shapes", "source": "generated", "sizes": {"train": 9, "validation": 6, "test": 6}, "notes": []}
    writer.append(Event("started", 0, 0, 0, {"total_steps": 8, "data": data}))
    writer.append(Event("preview", 0, 0, 0, {"split": "validation", "first": True}, payload=truth))
    writer.append(Event("preview", 2, 1, 1, {"split": "validation", "first": False}, payload=made))
    if finished:
        ways = {"between.image": pictures(6, 9), "along.image": pictures(4, 6, 9)}
        writer.append(Event("preview", 8, 4, 2, {"split": "test", "first": True}, payload=truth))
        writer.append(Event("preview", 8, 4, 2, {"split": "test", "first": False}, payload=made | ways))
        writer.append(Event("finished", 8, 4, 2, {"status": "finished", "metrics": {}}))
    writer.flush()
    return run


@pytest.mark.parametrize("vae", [True, False])
def test_samples_and_reconstructions_are_drawn(home: object, store: Store, vae: bool) -> None:
    run = run_of(store, vae=vae, finished=False)
    app = opened(run=run)
    app.session_state[views.CHOSEN] = "pictures:image"
    app.run()
    assert told(app) == []
    text = whole(app)
    assert EN["pictures.samples"] in text
    assert (EN["pictures.rebuilt"] in text) == vae


def test_the_latent_space_comes_with_the_end(home: object, store: Store) -> None:
    app = opened(run=run_of(store, vae=True, finished=False))
    app.session_state[views.CHOSEN] = "latent:image"
    assert EN["pictures.later"] in whole(app.run())
    app = opened(run=run_of(store, vae=True, finished=True))
    app.session_state[views.CHOSEN] = "latent:image"
    app.run()
    assert told(app) == []
    text = whole(app)
    assert EN["pictures.between"] in text
    assert EN["pictures.along"] in text
    z = next(slider for slider in app.select_slider if slider.label == EN["pictures.z"])
    assert [float(value) for value in (z.options[0], z.value, z.options[-1])] == [-2.5, 0.0, 2.5]
    z.set_value(z.options[-1]).run()
    assert told(app) == []


def test_a_sheet_holds_every_picture_in_its_place() -> None:
    made = np.moveaxis(pictures(2, 3), 2, -1)
    file = picture_sheet.png(picture_sheet.sheet(made))
    whole_sheet = np.asarray(Image.open(io.BytesIO(file)))
    step = SIDE + picture_sheet.GAP
    assert whole_sheet.shape == (2 * step - picture_sheet.GAP, 3 * step - picture_sheet.GAP, 4)
    for row in range(2):
        for column in range(3):
            place = whole_sheet[row * step : row * step + SIDE, column * step : column * step + SIDE]
            assert np.array_equal(place[..., :3], made[row, column])
    assert whole_sheet[SIDE, 0, 3] == 0
