"""The components: Plotly's script in place, keys checked, an owner that stays, markup that mounts."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import frontend, live_chart
from ui.keyboard import press_keys
from ui.live_chart import install_drawer, install_plotly
from ui.owner import valid_token


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


def test_what_draws_charts_is_a_script_of_its_own_named_by_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = install_drawer(tmp_path / "static")
    assert name == install_drawer(tmp_path / "static")
    text = (tmp_path / "static" / name).read_text(encoding="utf-8")
    assert "window.mtlLiveChart = function" in text
    assert "export default" not in text
    monkeypatch.setattr(live_chart, "DRAWER", live_chart.DRAWER + "// newer")
    assert install_drawer(tmp_path / "static") != name


def test_a_folder_that_cannot_be_made_is_told_to_the_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "static").write_text("a file stands in the way")
    monkeypatch.setattr(live_chart, "STATIC_FOLDER", tmp_path / "static")
    live_chart.plotly_url.cache_clear()
    script, problem = live_chart.script_or_problem()
    live_chart.plotly_url.cache_clear()
    assert script == ""
    assert "static" in problem


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
    from ui.mask_viewer import mask_viewer
    from ui.network_picture import show_network

    live_chart(ChartData((Trace("a", [1], [2], "#000000"),)), key="chart", text_alternative="A")
    preload_plotly()
    show_network(RunSpec().layout(), {"quality": 1.0, "good": 1.0}, {})
    mask_viewer(np.zeros((1, 4, 4)), np.zeros((1, 4, 4), int), np.zeros((1, 4, 4), int), ["background"], key="masks")
    press_keys({"Space": "start"})


def test_all_components_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_chart, "STATIC_FOLDER", tmp_path)
    live_chart.plotly_url.cache_clear()
    app = AppTest.from_function(_chart_page).run()
    live_chart.plotly_url.cache_clear()
    assert not app.exception


@pytest.mark.parametrize("path", sorted(Path(frontend.__file__).parent.glob("*.[jc]s*")), ids=lambda path: path.name)
def test_frontend_files_are_inline_sources(path: Path) -> None:
    """Streamlit takes a text without a line break for the name of a file."""
    text = frontend.source(path.name)
    assert "\n" in text.strip()
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text
