"""The page of data sets: a card each, and the way to a real file that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtl_core.datasets import DATASETS
from mtl_core.execution.fetching import fetch_state
from mtl_core.runs.store import Store
from tests.ui.small_store import opened, run_of, told, whole
from tests.waiting import wait_for
from ui.words import catalogue

EN, ZH = catalogue("en"), catalogue("zh")


def test_every_data_set_has_its_card(home: object) -> None:
    app = opened("data")
    assert told(app) == []
    text = whole(app)
    for dataset in DATASETS.values():
        for fact in (dataset.card.title, dataset.card.size, dataset.card.licence, dataset.card.citation):
            assert fact in text
    assert EN["data.real"] in text
    assert EN["data.stand_in"] in text, "wine is marked where its file is not there"


def test_runs_in_the_store_change_nothing_here(home: object, store: Store) -> None:
    run_of(store, "failed", until=3, values={"message": "nan"})
    assert told(opened("data", lang="zh")) == []


def test_the_real_file_is_one_click_away(home: object, tmp_path: Path) -> None:
    app = opened("data")
    app.button(key="card:fetch:wine_quality").click().run()
    assert told(app) == []
    assert str(tmp_path / "data" / "wine_quality" / "winequality-red.csv") in whole(app)
    assert app.button(key="fetch_now")


def test_a_download_that_fails_is_told_in_the_dialog(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTL_WINE_URL", "http://127.0.0.1:9/winequality-red.csv")
    app = opened("data")
    app.button(key="card:fetch:wine_quality").click().run()
    app.button(key="fetch_now").click().run()
    wait_for(lambda: (state := fetch_state("wine_quality", home)) and state.status == "failed")
    app.button(key="card:fetch:wine_quality").click().run()
    assert "127.0.0.1:9" in whole(app)
    assert app.button(key="fetch_now"), "it can be tried again"


def test_using_a_card_takes_it_to_the_playground(home: object) -> None:
    app = opened("data")
    app.button(key="use:digits").click().run()
    assert told(app) == []
    assert app.selectbox(key="form:dataset.name").value == "digits"
