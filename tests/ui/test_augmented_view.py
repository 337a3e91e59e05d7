"""What augmentation does to pictures, on the page."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import psutil
import pytest

from mtl_core.events import Event
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.ui.small_store import OWNER, opened, told, whole
from ui import augmented_view, views
from ui.words import catalogue

EN = catalogue("en")
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 8, 1, 28, 28), dtype=np.uint8)
"""As kept, and as seen."""


def run_of(store: Store, *, augmented: bool = True, kept: bool = True) -> str:
    """A run of digits before its first epoch."""
    dataset = {"name": "digits", "augmentation": ["shift"] if augmented else []}
    process = (os.getpid(), psutil.Process().create_time())
    run = store.create(parse_spec({"dataset": dataset, "epochs": 4}), OWNER, process=process)
    data = {"name": "digits", "source": "sklearn", "sizes": {"train": 9, "validation": 6, "test": 6}, "notes": []}
    truth = {"input.image": np.zeros((6, 1, 28, 28), np.float32), "rows": np.arange(6)}
    if kept:
        truth |= {"given.image": PICTURES[0], "augmented.image": PICTURES[1]}
    writer = store.writer(run)
    writer.append(Event("started", 0, 0, 0, {"total_steps": 8, "data": data}))
    writer.append(Event("preview", 0, 0, 0, {"split": "validation", "first": True}, payload=truth))
    writer.flush()
    return run


def test_pictures_are_there_before_the_first_epoch(home: object, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    draw = augmented_view.show_sheet
    monkeypatch.setattr(augmented_view, "show_sheet", lambda *given: (drawn.append(given), draw(*given)))
    app = opened(run=run_of(store))
    app.session_state[views.CHOSEN] = f"{augmented_view.KIND}:"
    app.run()
    assert told(app) == []
    assert EN["augmented.about"] in whole(app)
    pictures, _, _, names = drawn[-1]
    np.testing.assert_array_equal(pictures, PICTURES.transpose(0, 1, 3, 4, 2))
    assert names == [EN["augmented.given"], EN["augmented.seen"]]


def test_a_run_from_before_they_were_kept_says_so(home: object, store: Store) -> None:
    app = opened(run=run_of(store, kept=False))
    app.session_state[views.CHOSEN] = f"{augmented_view.KIND}:"
    assert EN["augmented.none"] in whole(app.run())


def test_without_augmentation_it_is_not_offered(home: object, store: Store) -> None:
    app = opened(run=run_of(store, augmented=False))
    app.session_state[views.CHOSEN] = f"{augmented_view.KIND}:"
    app.run()
    assert app.session_state[views.CHOSEN] != f"{augmented_view.KIND}:"
    assert EN["augmented.about"] not in whole(app)
