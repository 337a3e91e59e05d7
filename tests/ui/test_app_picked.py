"""Runs picked from the list: taken away together, and still picked on the other pages of the list."""

from __future__ import annotations

import pytest

from mtl_core.export.exported import Exported
from mtl_core.runs.store import Store
from tests.ui.small_store import opened, run_of, told, whole
from ui import run_export
from ui.words import catalogue

EN = catalogue("en")


def test_several_runs_are_taken_away_together(home: object, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], list[str]]] = []

    def made(_: object, runs: list[str], what: list[str]) -> Exported:
        asked.append((runs, what))
        return Exported("2-runs.zip", b"PK" * 1000, "application/zip", ("wine, weights: no checkpoint",))

    monkeypatch.setattr(run_export, "export_apart", made)
    runs = [run_of(store, "finished"), run_of(store, "stopped", until=20)]
    app = opened("runs")
    assert not any(str(found.key).startswith("export_make") for found in app.button)
    for run in runs:
        app.checkbox(key=f"pick:{run}").check().run()
    assert EN["export.several"].format(count=2) in [found.proto.popover.label for found in app.get("popover")]
    app.session_state["export:picked"] = True
    app.session_state["export_what:picked"] = ["weights", "spec"]
    app.run()
    app.button(key="export_make:picked").click().run()
    assert told(app) == []
    assert asked == [(runs, ["spec", "weights"])]
    (taken,) = app.get("download_button")
    assert "2-runs.zip (2.0 kB)" in taken.proto.label
    assert "wine, weights: no checkpoint" in whole(app)
    app.button(key=f"delete:{runs[1]}").click().run()
    app.session_state["export:picked"] = True
    app.run()
    app.button(key="export_make:picked").click().run()
    assert asked[-1][0] == runs[:1], "a run that was thrown away is not picked any more"
    assert told(app) == []


def test_a_picked_run_stays_picked_on_the_other_pages_of_the_list(home: object, store: Store) -> None:
    runs = [run_of(store, "queued") for _ in range(21)]
    app = opened("runs")
    app.checkbox(key=f"pick:{runs[-1]}").check().run()
    app.session_state["runs_page"] = 2
    app.run()
    assert f"pick:{runs[-1]}" not in {str(found.key) for found in app.checkbox}
    app.session_state["runs_page"] = 1
    app.run()
    assert told(app) == []
    assert app.checkbox(key=f"pick:{runs[-1]}").value
    app.checkbox(key=f"pick:{runs[-1]}").uncheck().run()
    assert app.session_state["picked_runs"] == []
