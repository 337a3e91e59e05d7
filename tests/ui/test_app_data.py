"""The page of data sets: a card each, and the way to a real file that is missing."""

from __future__ import annotations

from pathlib import Path

from mtl_core.datasets import DATASETS
from mtl_core.errors import DataError
from mtl_core.runs.store import Store
from tests.ui.small_store import opened, run_of, told, whole
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


def test_a_download_that_fails_is_told_in_the_dialog(home: object, monkeypatch: object) -> None:
    from ui import data_card

    class Bar:
        def empty(self) -> None:
            """Nothing to clear."""

        def progress(self, share: float, text: str) -> None:
            """Nothing to draw."""

    def broken(self: object, folder: Path) -> object:
        raise DataError("no answer within 5 s")
        yield

    told_to = []
    monkeypatch.setattr(DATASETS["wine_quality"], "fetch", broken)  # type: ignore[attr-defined]
    monkeypatch.setattr(data_card.st, "progress", lambda *_: Bar())  # type: ignore[attr-defined]
    monkeypatch.setattr(data_card.st, "error", told_to.append)  # type: ignore[attr-defined]
    data_card.download(DATASETS["wine_quality"](name="wine_quality"))
    assert told_to == ["no answer within 5 s"]


def test_using_a_card_takes_it_to_the_playground(home: object) -> None:
    app = opened("data")
    app.button(key="use:digits").click().run()
    assert told(app) == []
    assert app.selectbox(key="form:dataset.name").value == "digits"
