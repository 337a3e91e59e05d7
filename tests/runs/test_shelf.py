"""Stars, tags and notes; runs thrown away and taken back; finding runs again."""

from __future__ import annotations

import time

import pytest

from mtl_core.errors import MTLError, RunNotFound
from mtl_core.runs import shelf
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.runs.events import ending, started

ME = (12345, 1000.0)


def ended(store: Store, name: str = "", **spec: object) -> str:
    """A finished run."""
    run = store.create(parse_spec(spec), "owner", name=name, process=ME)
    writer = store.writer(run)
    for event in (started(), ending("finished", 10)):
        writer.append(event)
    writer.flush()
    return run


def test_what_is_put_on_a_run_is_on_its_record(store: Store) -> None:
    run = ended(store)
    record = store.get(run)
    assert (record.starred, record.note, record.tags, record.trashed) == (False, "", (), None)
    shelf.star(store, run, True)
    shelf.note(store, run, "  the one for the talk\n")
    shelf.tag(store, run, ["talk", "  two   words ", "talk", " "])
    record = store.get(run)
    assert (record.starred, record.note, record.tags) == (True, "the one for the talk", ("talk", "two words"))
    shelf.star(store, run, False)
    shelf.tag(store, run, [])
    assert (store.get(run).starred, store.get(run).tags) == (False, ())


@pytest.mark.parametrize(
    ("tags", "words"), [([str(i) for i in range(21)], "at most 20 (found 21)"), (["a" * 41], "at most 40 characters")]
)
def test_too_much_is_refused_and_changes_nothing(store: Store, tags: list[str], words: str) -> None:
    run = ended(store)
    shelf.tag(store, run, ["kept"])
    with pytest.raises(MTLError) as refused:
        shelf.tag(store, run, tags)
    assert words in str(refused.value)
    with pytest.raises(MTLError, match="2,000 characters"):
        shelf.note(store, run, "a" * 2001)
    assert (store.get(run).tags, store.get(run).note) == (("kept",), "")


def test_nobodys_run_cannot_be_marked(store: Store) -> None:
    for call in (lambda: shelf.star(store, "none", True), lambda: shelf.note(store, "none", "a")):
        with pytest.raises(RunNotFound, match="none"):
            call()


def test_what_is_thrown_away_is_out_of_sight_and_comes_back_whole(store: Store) -> None:
    one, other = ended(store, "one"), ended(store, "other")
    shelf.tag(store, one, ["talk"])
    before = store.get(one)
    shelf.throw_away(store, [one])
    assert [record.id for record in store.runs()] == [other]
    assert store.get(one).trashed is not None
    assert shelf.take_back(store, [one, "purged"]) == [one]
    assert store.get(one) == before
    assert len(store.events_since(one)) == 2


def test_what_still_goes_on_is_not_thrown_away(store: Store) -> None:
    done, waiting = ended(store), store.create(parse_spec({}), "owner")
    with pytest.raises(MTLError, match="queued; stop it"):
        shelf.throw_away(store, [done, waiting])
    assert {record.id for record in store.runs()} == {done, waiting}


def test_a_day_later_it_is_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run, kept = ended(store), ended(store)
    shelf.throw_away(store, [run])
    assert shelf.purge(store) == []
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + shelf.KEPT_SECONDS + 1)
    assert shelf.purge(store) == [run]
    with pytest.raises(RunNotFound):
        store.get(run)
    assert shelf.take_back(store, [run]) == []
    assert [record.id for record in store.runs()] == [kept]


def test_runs_are_found_by_words_status_tags_and_star(store: Store) -> None:
    wine = ended(store, "Talk in May", dataset="wine_quality", architecture="soft")
    digits = ended(store, dataset="digits", weighting="mgda")
    queued = store.create(parse_spec({"dataset": "wine_quality"}), "owner")
    shelf.tag(store, digits, ["talk", "good"])
    shelf.star(store, digits, True)
    shelf.note(store, wine, "wobbles")
    runs = store.runs()

    def found(text: str = "", **how: object) -> set[str]:
        return {run.id for run in shelf.matching(runs, text, **how)}  # type: ignore[arg-type]

    assert found() == {wine, digits, queued}
    assert found("talk") == {wine, digits}
    assert found("TALK soft") == {wine}
    assert found("mgda") == {digits}
    assert found("wobb") == {wine}
    assert found(wine[:6]) == {wine}
    assert found("mask") == {digits}, "a task's name"
    assert found("nothing like it") == set()
    assert found(statuses=["queued"]) == {queued}
    assert found("wine", statuses=["finished"]) == {wine}
    assert found(tags=["talk", "good"]) == {digits}
    assert found(tags=["talk", "bad"]) == set()
    assert found(starred=True) == {digits}
