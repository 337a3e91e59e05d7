"""The page of the race: what it shows first, nothing chosen, links, a start of one's own, the concave front."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtl_core.execution import racing
from mtl_core.execution.background import JobState, write
from mtl_core.execution.racing import OwnRace, Walked
from tests.ui.small_store import opened, told, whole
from ui import race_choice, race_own
from ui.words import catalogue

EN = catalogue("en")
OWN = OwnRace("nash", (1.0, 5.0), race_choice.FIRST_METHODS)


@pytest.fixture
def asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of walks that the page started; no process is."""
    keys: list[str] = []
    monkeypatch.setattr(racing, "spawn_detached", lambda arguments, *_: keys.append(arguments[-1]))
    return keys


def linked(**parameters: str) -> AppTest:
    """The page by a link."""
    app = opened("race")
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def from_here(app: AppTest) -> AppTest:
    """Somebody types (1, 5) and lets the methods walk."""
    app.number_input(key=race_own.X1).set_value(1.0)
    app.number_input(key=race_own.X2).set_value(5.0)
    return app.button(key="race_own_go").click().run()


def test_recorded_walks_and_their_ends_are_there_at_first_sight(home: Path) -> None:
    app = opened("race")
    assert told(app) == []
    table = app.dataframe[0].value
    assert len(table) == len(race_choice.FIRST_METHODS)
    reached = dict(zip(table[EN["race.method"]], table[EN["race.reached"]], strict=True))
    assert (reached["Nash-MTL"], reached["MGDA"], reached["PCGrad"], reached["fixed λ"]) == ("yes", "yes", "no", "no")
    assert "35,000" in whole(app)


def test_nothing_chosen_says_what_to_do(home: Path) -> None:
    app = opened("race")
    app.session_state[race_choice.STARTS] = []
    app.run()
    assert told(app) == []
    assert EN["race.no_starts"] in whole(app)
    app.session_state[race_choice.METHODS] = []
    app.run()
    assert told(app) == []
    assert EN["race.no_methods"] in whole(app)


def test_chosen_methods_and_starts_go_into_the_link_and_come_back(home: Path) -> None:
    app = opened("race")
    app.session_state[race_choice.METHODS] = ["mgda", "famo"]
    app.session_state[race_choice.STARTS] = [0, 4]
    app.run()
    assert len(app.dataframe[0].value) == 4
    assert (app.query_params["methods"], app.query_params["starts"]) == ("famo,mgda", "0,4")
    other = linked(methods="mgda,nobody", starts="1,9,x", setting="cagrad", lang="zh")
    assert told(other) == []
    table = other.dataframe[0].value
    assert list(table.iloc[:, 0]) == ["MGDA"]
    assert list(table.iloc[:, 1]) == ["(−8.5, −5)"]


def test_another_setting_has_its_own_starts(home: Path) -> None:
    app = opened("race")
    app.selectbox(key=race_choice.SETTING).set_value("cagrad").run()
    assert told(app) == []
    assert "100,000" in whole(app)


def test_an_own_start_is_walked_elsewhere_and_followed(asked: list[str]) -> None:
    app = from_here(opened("race"))
    assert told(app) == []
    assert asked == [OWN.key]
    assert EN["race.own_starting"] in whole(app)
    app.run()
    assert asked == [OWN.key], "a walk under way is not started again"
    state = racing.race_state(OWN)
    assert state is not None
    assert state.status == "running"
    app.button(key="race_own_back").click().run()
    assert len(app.dataframe[0].value) == len(race_choice.FIRST_METHODS)


def test_the_walks_from_an_own_start_are_those_of_the_methods(asked: list[str], home: Path) -> None:
    app = linked(methods="fixed,nash")
    from_here(app)
    (key,) = asked
    assert racing.run_race(key).status == "done"
    app.run()
    assert told(app) == []
    table = app.dataframe[0].value
    assert list(table[EN["race.method"]]) == ["fixed λ", "Nash-MTL"]
    assert table[EN["race.start"]].tolist() == ["(1, 5)"] * 2
    walked = racing.walked(OwnRace("nash", (1.0, 5.0), ("fixed", "nash")))
    assert [len(path) for path in walked.paths.values()] == [racing.STEPS // racing.KEPT_EVERY + 1] * 2


def test_a_walk_that_failed_says_why(asked: list[str], home: Path) -> None:
    app = from_here(opened("race"))
    write(home / "race" / f"{OWN.key}.state.json", JobState("failed", message="the disc is full"))
    app.run()
    assert told(app) == []
    assert "the disc is full" in whole(app)
    assert racing.walked(OWN) == Walked()
    from_here(app)
    assert asked == [OWN.key] * 2, "asked again, it is begun anew"


def test_only_a_few_races_are_under_way_at_once(asked: list[str], home: Path) -> None:
    for i in range(racing.AT_ONCE):
        racing.start_race(OwnRace("nash", (float(i), 1.0), ("fixed",)))
    app = from_here(opened("race"))
    assert told(app) == []
    assert "at most 4 races may be under way" in whole(app)
    assert len(asked) == racing.AT_ONCE
    assert len(app.dataframe[0].value) == len(race_choice.FIRST_METHODS), "the recorded walks stay"


def test_the_concave_front_has_its_own_picture(home: Path) -> None:
    app = linked(toy="front")
    assert told(app) == []
    assert EN["race.front_about"] in whole(app)
    assert not app.dataframe


@pytest.mark.parametrize("start", [(12.5, 0.0), (float("nan"), 0.0)])
def test_a_start_outside_the_picture_is_refused(start: tuple[float, float]) -> None:
    with pytest.raises(racing.MTLError, match="start must lie within ±12"):
        OwnRace("nash", start, ("fixed",))
