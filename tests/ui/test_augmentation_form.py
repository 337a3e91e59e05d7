"""Augmentation in the form: what is offered, and the draft and link that carry it."""

from __future__ import annotations

from mtl_core.spec import parse_spec
from tests.ui.small_store import opened, told
from ui import draft, url_state
from ui.augmentation_form import FIELD, offered
from ui.words import catalogue

EN = catalogue("en")


def test_what_would_make_an_answer_wrong_is_not_offered() -> None:
    def names(dataset: str) -> list[str]:
        return offered(parse_spec({"dataset": {"name": dataset}}))

    assert names("shapes")[0] == "flip"
    assert "flip" not in names("digits")
    assert names("captioned_scenes") == ["brightness", "contrast", "noise"]
    assert names("wine_quality") == ["noise"]
    assert offered(parse_spec({"dataset": {"name": "captioned_scenes", "modalities": ["text"]}})) == []


def test_a_field_of_one_is_set_and_only_what_differs_is_kept() -> None:
    set_by_hand = {"dataset.name": "shapes", FIELD: [{"name": "flip"}, {"name": "shift"}], f"{FIELD}.1.distance": 0.2}
    spec = draft.build(set_by_hand).spec
    assert [one.model_dump() for one in spec.dataset.augmentation] == [
        {"name": "flip", "share": 0.5},
        {"name": "shift", "distance": 0.2},
    ]
    short = {"dataset.name": "shapes", FIELD: [{"name": "flip"}, {"name": "shift", "distance": 0.2}]}
    assert draft.of_spec(spec) == short
    assert draft.build(short).spec == spec
    assert draft.with_dataset(short, "digits") == {"dataset.name": "digits"}


def test_the_link_carries_it() -> None:
    short = {"dataset.name": "shapes", FIELD: [{"name": "rotate", "degrees": 20.0}]}
    assert url_state.from_params(url_state.to_params(short)) == (short, [])
    found, dropped = url_state.from_params({"dataset": "digits", FIELD: '[{"name": "flip"}]'})
    assert found == {"dataset.name": "digits"}
    assert [one.name for one in dropped] == [FIELD]
    assert url_state.from_params({"dataset": "digits", FIELD: "flip"})[0] == {"dataset.name": "digits"}


def test_the_form_sets_them_and_their_fields(home: object) -> None:
    app = opened(dataset="shapes")
    app.get_by_key(f"form:{FIELD}").set_value(["flip", "shift"]).run()
    app.slider(key=f"form:{FIELD}.1.distance").set_value(0.2).run()
    assert told(app) == []
    assert EN["augmentation.title"].format(names="mirror, shift") in [box.label for box in app.expander]
    link = {name: str(value) for name, value in app.query_params.items()}
    assert link == {"dataset": "shapes", FIELD: '[{"name": "flip"}, {"name": "shift", "distance": 0.2}]'}
    again = opened(**link)
    assert again.slider(key=f"form:{FIELD}.1.distance").value == 0.2
    again.get_by_key(f"form:{FIELD}").set_value(["shift"]).run()
    assert again.slider(key=f"form:{FIELD}.0.distance").value == 0.2
    again.selectbox(key="form:dataset.name").select("digits").run()
    assert again.get_by_key(f"form:{FIELD}").value == []
    assert EN["augmentation.none"] in [box.label for box in again.expander]
