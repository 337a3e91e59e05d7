"""What travels to the race's pictures: grids, walks and ranges, held against the toy; the recording is whole."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mtl_core.toys.outcomes import NEAR, Outcome
from mtl_core.toys.settings import SETTINGS
from mtl_core.toys.two_valleys import TwoValleys
from mtl_core.weightings import WEIGHTINGS
from tests.ui.test_colours import CONFIG, contrast
from ui import race_choice, race_data
from ui.race_colours import METHOD_COLOURS
from ui.race_table import Row, cells
from ui.recorded import make_race, walks


def points(packed: str, width: int = 4) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(packed), dtype="<f4").reshape(-1, width)


def test_a_grid_holds_the_losses_of_its_places() -> None:
    heights = race_data.heights(0.1)
    places = np.linspace(-race_data.REACH, race_data.REACH, race_data.GRID)
    for name, value in (("L1", lambda losses: losses[0]), ("mean", lambda losses: sum(losses) / 2)):
        about = heights[name]
        whole = np.frombuffer(base64.b64decode(about["packed"]), dtype="<u2").reshape(race_data.GRID, race_data.GRID)
        for row, column in ((0, 0), (20, 100), (127, 64)):
            wanted = value(TwoValleys(0.1).at((places[column], places[row]))[0])
            found = about["low"] + whole[row, column] / 65535 * (about["high"] - about["low"])
            assert found == pytest.approx(wanted, abs=1e-3)
        assert about["levels"] == sorted(about["levels"])


@pytest.mark.parametrize("setting", race_choice.SHOWN)
def test_the_recording_holds_walks_and_their_ends(setting: str) -> None:
    record, steps = SETTINGS[setting], walks.steps(setting)
    assert (steps[0], steps[-1]) == (0, record.steps)
    assert walks.methods(setting) == list(make_race.RECORDED[setting])
    assert set(race_choice.FIRST_METHODS) <= set(walks.methods(setting))
    for name in walks.methods(setting):
        for start, place in enumerate(record.starts):
            path, outcome = walks.path(setting, name, start), walks.outcome(setting, name, start)
            assert path[0] == pytest.approx(place)
            if not outcome.trouble:
                assert len(path) == len(steps)
                assert path[-1] == pytest.approx(outcome.point, abs=1e-4)
                assert outcome.losses == pytest.approx(record.problem.at(outcome.point)[0], abs=1e-3)
                assert (outcome.arrived is not None) == (record.problem.distance(outcome.point) <= NEAR)


def test_a_recording_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(SETTINGS["cagrad"], steps=40)
    monkeypatch.setattr(make_race, "SETTINGS", {"short": short})
    monkeypatch.setattr(make_race, "RECORDED", {"short": ("fixed", "nash")})
    monkeypatch.setattr(make_race, "POINTS", 4)
    monkeypatch.setattr(make_race, "FOLDER", tmp_path)
    monkeypatch.setattr(walks, "FOLDER", tmp_path)
    make_race.write_setting("short", map)
    assert walks.steps("short").tolist() == [0, 10, 20, 30, 40]
    assert walks.methods("short") == ["fixed", "nash"]
    outcome = walks.outcome("short", "nash", 1)
    assert (outcome.steps, outcome.arrived) == (40, None)
    assert walks.path("short", "nash", 1)[-1] == pytest.approx(outcome.point, abs=1e-5)


def test_every_shipped_weighting_is_recorded() -> None:
    assert list(make_race.RECORDED["nash"]) == list(WEIGHTINGS)


def test_a_walk_carries_its_losses() -> None:
    walk = race_data.recorded_walk("nash", "nash", 2)
    found = points(walk["packed"])
    assert found[:, :2] == pytest.approx(walks.path("nash", "nash", 2))
    assert found[0, 2:] == pytest.approx(TwoValleys(0.1).at((9.0, 9.0))[0], rel=1e-5)
    assert walk["arrived"] == walks.outcome("nash", "nash", 2).arrived


def test_the_picture_of_the_losses_is_as_wide_as_its_walks() -> None:
    walk = race_data.recorded_walk("nash", "fixed", 2)
    space = race_data.space(TwoValleys(0.1), [walk], {})
    found = points(walk["packed"])
    assert space["x"][0] < found[:, 2].min() <= found[:, 2].max() < space["x"][1]
    assert space["y"][0] < -20 < found[:, 3].max() < space["y"][1]


def test_the_front_has_a_walk_a_preference() -> None:
    fixed, mgda = race_data.front_walks(0, ("fixed", "mgda"))
    assert len(fixed["stack"]) == len(walks.FRONT_PREFERENCES)
    assert len(mgda["stack"]) == 1
    ends = np.array([points(one, 2)[-1] for one in fixed["stack"]])
    assert ends.min(1).max() < 0.02
    assert len(points(fixed["stack"][0], 2)) == walks.FRONT_STEPS + 1


def test_every_method_has_a_colour_of_its_own_that_stands_out() -> None:
    assert set(METHOD_COLOURS) == set(WEIGHTINGS)
    assert len(set(METHOD_COLOURS.values())) == len(WEIGHTINGS)
    for theme in ("light", "dark"):
        assert min(contrast(c, CONFIG["theme"][theme]["backgroundColor"]) for c in METHOD_COLOURS.values()) >= 3


def test_a_row_says_how_a_walk_ended() -> None:
    there = cells(Row("mgda", (9.0, -1.0), Outcome(3000, 1240, (-0.0001, -8.35511), (-15.0916, -15.09))))
    assert list(there.values()) == ["MGDA", "(9, −1)", "yes", "1,240", "(0, −8.355)", "−15.092", "−15.09"]
    assert list(cells(Row("fixed", (0.0, 0.0), Outcome(10, None, (1.0, 2.0), (0.5, 0.25)))).values())[2:4] == [
        "no",
        "–",
    ]
