"""Where there is no run yet the data themselves are shown: pictures, rows, or what stands in their way."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Preview
from mtl_core.errors import DataError
from mtl_core.runs.store import Store
from mtl_core.settings import data_dir
from tests.ui.own_store import added
from tests.ui.small_store import opened, run_of, told, whole
from ui.preview_picture import cell_text, preview_markup
from ui.recorded import recorded_run
from ui.words import catalogue

EN, ZH = catalogue("en"), catalogue("zh")
KEY = "preview:first_sight"


def sight(dataset: str, data: str = "") -> None:
    """A page with nothing else on it."""
    from mtl_core.spec import DatasetSpec
    from ui.first_sight import first_sight

    first_sight(DatasetSpec(name=dataset, options={"data": data} if data else {}))


def seen(app: AppTest) -> str:
    """The markup of the first sight; empty where there is none."""
    nodes = [node.proto for node in app.get("bidi_component") if node.proto.id.endswith(KEY)]
    return str(json.loads(nodes[0].json)["markup"]) if nodes else ""


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_data_set_shows_its_pictures_or_rows_or_says_why_not(dataset: str, home: object) -> None:
    app = AppTest.from_function(sight, args=(dataset,)).run()
    assert told(app) == []
    preview = DATASETS[dataset].model_validate({"name": dataset}).preview(data_dir())
    markup, text = seen(app), whole(app)
    assert EN["preview.title"] in text
    assert markup.count("<img ") == (0 if preview.images is None else len(preview.images))
    assert markup.count("<tr>") == (len(preview.rows) + 1 if preview.rows else 0)
    assert all(note in text for note in preview.notes)
    assert markup or preview.notes, "something to look at, or words"
    assert (EN["preview.nothing"] in text) == (not markup)


def test_own_data_are_shown_with_their_columns(home: object) -> None:
    data = added()
    app = AppTest.from_function(sight, args=("own", data)).run()
    assert told(app) == []
    heads = re.findall(r"<th [^>]*>(.*?)</th>", seen(app))
    assert {"area", "district", "rent", "quiet"} <= set(heads)
    assert seen(app).count(f'title="{EN["preview.target"]}"') == 2, "both targets are told from the inputs"


def test_a_preview_that_fails_is_told_and_the_page_stays(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, folder: Path) -> Preview:
        raise DataError("line 7 of *some* file is torn")

    monkeypatch.setattr(DATASETS["related_tasks"], "preview", broken)
    app = opened(dataset="related_tasks")
    assert told(app) == []
    assert r"line 7 of \*some\* file is torn" in whole(app)
    assert app.button(key="start")


@pytest.mark.parametrize(("language", "words"), [("en", EN), ("zh", ZH)])
def test_it_stands_in_the_playground_until_there_is_a_run(home: object, language: str, words: dict[str, str]) -> None:
    assert recorded_run("shapes") is None
    app = opened(dataset="shapes", lang=language)
    assert told(app) == []
    assert words["preview.title"] in whole(app)
    assert seen(app).count("<img ") == 10


def test_a_run_takes_its_place(home: object, store: Store) -> None:
    run = run_of(store, "running", dataset="digits", until=20)
    app = opened(dataset="shapes", run=run)
    assert told(app) == []
    assert seen(app) == ""
    assert EN["preview.title"] not in whole(app)


def test_pictures_are_those_of_the_preview() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3), dtype=np.uint8)
    grey = pictures[..., 0]
    for images, mode in ((pictures, "RGB"), (grey, "L")):
        markup = preview_markup(Preview("generated", images=images, captions=("<b>", "second")), {})
        assert "<b>" not in markup
        files = [b64decode(found) for found in re.findall(r'base64,([^"]+)"', markup)]
        for file, picture in zip(files, images, strict=True):
            read = Image.open(io.BytesIO(file))
            assert read.mode == mode
            assert np.array_equal(np.asarray(read), picture)


def test_more_columns_than_one_looks_at_are_counted() -> None:
    columns = tuple(f"c{i}" for i in range(75))
    markup = preview_markup(Preview("user", columns, (tuple(range(75)),)), {})
    assert markup.count("<th ") == 60
    assert EN["preview.more_columns"].format(count=15) in markup


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.123456789, "0.12346"),
        (float("nan"), "–"),
        (None, "–"),
        ("<a>", "<a>"),
        (12, "12"),
        (1e9, "1000000000"),
    ],
)
def test_values_are_written_as_a_person_would(value: object, text: str) -> None:
    assert cell_text(value) == text
