"""The components: Plotly's script in place, keys checked, an owner that stays, markup that mounts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import frontend, parts, static_files
from ui.keyboard import press_keys
from ui.owner import valid_token
from ui.static_files import install_plotly, install_script


def test_plotly_is_put_in_place_once_and_older_versions_go(tmp_path: Path) -> None:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "plotly-0.0.1.min.js").write_text("old")
    name = install_plotly(folder)
    first = (folder / name).stat()
    assert first.st_size > 1_000_000
    assert [path.name for path in folder.iterdir()] == [name], "nothing half-written or old is left"
    assert install_plotly(folder) == name
    assert (folder / name).stat().st_mtime_ns == first.st_mtime_ns


def test_the_pages_own_script_is_named_by_its_hash(tmp_path: Path) -> None:
    folder, text = tmp_path / "static", parts.script()
    name = install_script(folder, text)
    assert name == install_script(folder, text)
    assert (folder / name).read_text(encoding="utf-8") == text
    assert "export default" not in text
    assert install_script(folder, text + "// newer") != name


@pytest.mark.parametrize("part", parts.PARTS)
def test_what_travels_with_each_update_is_small(part: str) -> None:
    stub = frontend.source("stub.js").replace("PART", part)
    assert len(stub) < 800
    assert f'"{part}": (() =>' in parts.script()


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A static folder that cannot be made."""
    (tmp_path / "static").write_text("a file stands in the way")
    monkeypatch.setattr(static_files, "STATIC_FOLDER", tmp_path / "static")
    caches = (parts.plotly_url, parts.script_url)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_a_folder_that_cannot_be_made_is_told_to_the_chart(nowhere: None) -> None:
    for url, problem in (parts.plotly_or_problem(), parts.script_or_problem()):
        assert url == ""
        assert "static" in problem


def test_without_a_folder_the_script_travels_with_its_parts(nowhere: None) -> None:
    app = AppTest.from_function(_chart_page).run()
    assert not app.exception
    names = {element.proto.component_name: element.proto.js_content for element in app.get("bidi_component")}
    assert parts.script() in names["mtl_live_chart_whole"]
    assert parts.script() in names["mtl_markup_whole"]


@pytest.mark.parametrize("name", ["space", "Enter", "ss", ""])
def test_unknown_keys_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="'Space' or one letter"):
        press_keys({name: "start"})


@pytest.mark.parametrize(("token", "good"), [("a" * 43, True), ("a" * 31, False), ("a" * 43 + ";", False), ("", False)])
def test_tokens_from_outside_are_checked(token: str, good: bool) -> None:
    assert valid_token(token) is good


def _owner_page() -> None:
    import streamlit as st

    from ui.owner import owner_token, remember_owner

    remember_owner()
    st.button("again")
    st.text(owner_token())


def test_owner_stays_within_a_session_and_differs_between_two() -> None:
    app = AppTest.from_function(_owner_page).run()
    first = app.text[0].value
    assert valid_token(first)
    assert app.button[0].click().run().text[0].value == first
    assert AppTest.from_function(_owner_page).run().text[0].value != first


def _chart_page() -> None:
    import numpy as np

    from mtl_core.spec import RunSpec
    from ui.chart_data import ChartData, Trace
    from ui.keyboard import press_keys
    from ui.live_chart import live_chart, preload_plotly
    from ui.markup import show_markup
    from ui.mask_viewer import mask_viewer
    from ui.network_picture import network_markup

    live_chart(ChartData((Trace("a", [1], [2], "#000000"),)), key="chart", text_alternative="A")
    preload_plotly()
    show_markup(network_markup(RunSpec().layout(), {"quality": 1.0, "good": 1.0}, {}), key="network")
    mask_viewer(np.zeros((1, 4, 4)), np.zeros((1, 4, 4), int), np.zeros((1, 4, 4), int), ["background"], key="masks")
    press_keys({"Space": "start"})


def test_all_components_mount() -> None:
    app = AppTest.from_function(_chart_page).run()
    assert not app.exception
    assert {element.proto.component_name for element in app.get("bidi_component")} >= {"mtl_live_chart", "mtl_markup"}


@pytest.mark.parametrize("path", sorted(Path(frontend.__file__).parent.glob("*.[jc]s*")), ids=lambda path: path.name)
def test_frontend_files_are_inline_sources(path: Path) -> None:
    """Streamlit takes a text without a line break for the name of a file."""
    text = frontend.source(path.name)
    assert "\n" in text.strip()
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text


def _odd_keys_page() -> None:
    import plotly.graph_objects as go

    from ui.chart_data import ChartData, Trace
    from ui.live_chart import live_chart
    from ui.markup import show_markup
    from ui.parallel_view import brushed, parallel_view
    from ui.predict_board import asked, board

    for i, name in enumerate(("heating__load", "ends_", "___")):
        live_chart(ChartData((Trace("a", [1], [2], "#000000"),)), key=f"chart:{i}:{name}", text_alternative="A")
        show_markup("<p>a</p>", key=f"markup:{i}:{name}")
        parallel_view(go.Figure(), key=f"parallel:{i}:{name}", height=100, text_alternative="A")
        board({}, key=f"board:{i}:{name}")
        assert brushed(f"parallel:{i}:{name}") == ()
        assert asked(f"board:{i}:{name}")["seq"] == 0


def test_keys_made_of_any_run_or_task_are_taken() -> None:
    app = AppTest.from_function(_odd_keys_page).run()
    assert not app.exception
    assert len({element.proto.id for element in app.get("bidi_component")}) == 12
