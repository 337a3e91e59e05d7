"""The store: runs, queue, commands, artifacts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mtl_core.control import Command
from mtl_core.errors import MTLError, RunNotFound, SpecError
from mtl_core.runs.store import Store
from mtl_core.runs.transitions import claim_next, interrupt, release
from mtl_core.spec import RunSpec, parse_spec
from tests.runs.events import ending, evaluation, preview, started, step, whole_run

ME = (12345, 1000.0)


def claim(store: Store) -> str | None:
    with store.database.write() as connection:
        return claim_next(connection, ME)


def finish(store: Store, run: str, steps: int = 10) -> None:
    writer = store.writer(run)
    for event in whole_run(steps):
        writer.append(event)


def test_a_new_run_waits_with_its_whole_spec(store: Store) -> None:
    spec = parse_spec({"optimizer": {"lr": 0.02}})
    run = store.create(spec, "owner", pace=15.0, name="mine")
    record = store.get(run)
    assert (record.status, record.owner, record.name, record.pace) == ("queued", "owner", "mine", 15.0)
    assert RunSpec.model_validate(record.spec) == spec
    assert (record.step, record.total_steps, record.result, record.error) == (0, None, None, None)


def test_ids_are_long_and_never_look_like_options(store: Store) -> None:
    runs = {store.create(RunSpec(), "owner") for _ in range(200)}
    assert len(runs) == 200
    assert all(len(run) == 12 and run[0].isalnum() for run in runs)


def test_runs_are_listed_newest_first_by_owner_and_status(store: Store) -> None:
    first, second = store.create(RunSpec(), "a"), store.create(RunSpec(), "b")
    third = store.create(RunSpec(), "a", process=ME)
    assert [r.id for r in store.runs()] == [third, second, first]
    assert [r.id for r in store.runs(owner="a")] == [third, first]
    assert [r.id for r in store.runs(owner=["a", "b"], status="queued")] == [second, first]
    assert [r.id for r in store.runs(limit=1)] == [third]


def test_an_unknown_run_is_named(store: Store) -> None:
    with pytest.raises(RunNotFound, match="nobody"):
        store.get("nobody")
    with pytest.raises(RunNotFound, match="nobody"):
        store.send("nobody", Command("stop"))


def test_owners_take_turns_and_their_runs_keep_their_order(store: Store) -> None:
    many = [store.create(RunSpec(), "many") for _ in range(3)]
    one = store.create(RunSpec(), "one")
    assert [claim(store) for _ in range(4)] == [many[0], one, many[1], many[2]]
    assert claim(store) is None


def test_the_owner_whose_run_began_longest_ago_is_next_when_nothing_is_active(store: Store) -> None:
    many = [store.create(RunSpec(), "many") for _ in range(2)]
    one = store.create(RunSpec(), "one")
    first = claim(store)
    assert first == many[0]
    finish(store, first)
    assert claim(store) == one


def test_a_released_run_is_queued_again(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    claim(store)
    with store.database.write() as connection:
        release(connection, run, ME)
    record = store.get(run)
    assert (record.status, record.process, record.attempt) == ("queued", None, 0)


def test_commands_come_once_and_in_order(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    change = Command("set", "optimizer.lr", 0.1, by="user")
    store.send(run, Command("pause"))
    store.send(run, change)
    commands, cursor = store.commands_since(run, 0)
    assert commands == [Command("pause"), change]
    assert store.commands_since(run, cursor) == ([], cursor)


def test_the_pace_is_kept_for_a_later_attempt(store: Store) -> None:
    run = store.create(RunSpec(), "owner", pace=15.0)
    store.send(run, Command("pace", value=60.0))
    assert store.get(run).pace == 60.0


def test_a_queued_run_that_is_stopped_leaves_the_queue(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    store.send(run, Command("stop"))
    record = store.get(run)
    assert record.status == "stopped"
    assert record.result is not None
    assert record.result["run"] == run
    assert record.result["steps"] == 0
    assert claim(store) is None
    assert [event.kind for _, event in store.events_since(run)] == ["stopped"]


def test_commands_of_an_earlier_attempt_do_not_act_again(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    claim(store)
    store.send(run, Command("stop"))
    writer = store.writer(run)
    for event in (started(), step(1), ending("stopped", 1)):
        writer.append(event)
    store.requeue(run)
    record = store.get(run)
    assert (record.status, record.stop_requested) == ("queued", None)
    assert store.commands_since(run, record.command_cursor)[0] == []


def test_continuing_raises_the_epochs_at_the_steps_done(store: Store) -> None:
    run = store.create(parse_spec({"epochs": 10}), "owner")
    claim(store)
    finish(store, run, 100)
    store.requeue(run, more_epochs=5)
    assert store.get(run).spec["schedule"] == [{"step": 100, "field": "epochs", "value": 15}]
    claim(store)
    finish(store, run, 150)
    store.requeue(run, more_epochs=1)
    assert store.get(run).spec["schedule"][-1] == {"step": 150, "field": "epochs", "value": 16}
    parse_spec(store.get(run).spec)


def test_too_many_epochs_are_refused_before_the_run_is_touched(store: Store) -> None:
    run = store.create(parse_spec({"epochs": 10}), "owner")
    claim(store)
    finish(store, run, 100)
    before = store.get(run)
    with pytest.raises(SpecError, match="from 1 to 1,000,000"):
        store.requeue(run, more_epochs=99_999_999)
    assert store.get(run) == before
    store.requeue(run, more_epochs=5)
    assert store.get(run).status == "queued"


def test_only_what_has_ended_can_be_resumed(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    with pytest.raises(MTLError, match="queued"):
        store.requeue(run)
    claim(store)
    with pytest.raises(MTLError, match="starting"):
        store.requeue(run)
    finish(store, run)
    with pytest.raises(MTLError, match="more_epochs must be at least 1"):
        store.requeue(run)


def test_a_lost_run_is_interrupted_once_and_only_for_its_process(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    claim(store)
    values = {"message": "gone", "where": "step 0", "advice": "resume"}
    with store.database.write() as connection:
        assert not interrupt(connection, run, (999, 1.0), values)
        assert interrupt(connection, run, ME, values)
        assert not interrupt(connection, run, ME, values)
    record = store.get(run)
    assert (record.status, record.error, record.process) == ("interrupted", values, None)


def test_an_active_run_is_not_deleted_and_an_ended_one_goes_with_all_it_has(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    claim(store)
    writer = store.writer(run)
    writer.append(preview(0, first=True))
    with pytest.raises(MTLError, match="stop it"):
        store.delete(run)
    writer.append(ending("stopped", 0))
    store.delete(run)
    assert store.runs() == []
    assert store.events_since(run) == []
    assert not store.folder(run).exists()


def test_a_run_can_be_named(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    store.rename(run, "  λ = 2 ")
    assert store.get(run).name == "λ = 2"


def test_previews_come_back_as_they_were(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    writer = store.writer(run)
    for event in (preview(0, first=True), preview(0), preview(10)):
        writer.append(event)
    writer.flush()
    names = store.preview_names(run)
    assert [(epoch, at) for epoch, at, _ in names] == [(0.0, 0), (0.0, 0), (1.0, 10)]
    assert len({name for _, _, name in names}) == 3
    assert store.load_preview(run, names[-1][2])["prediction.quality"].tolist() == [10.0] * 4


@pytest.mark.parametrize("name", ["../runs.db", "preview-x-1.npz/../../runs.db", "checkpoint.pt"])
def test_a_name_that_is_no_preview_is_refused(store: Store, name: str) -> None:
    run = store.create(RunSpec(), "owner")
    with pytest.raises(MTLError, match="not the name of a preview"):
        store.load_preview(run, name)


def test_a_damaged_preview_is_named(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    store.writer(run).append(preview(0))
    name = store.preview_names(run)[0][2]
    (store.folder(run) / name).write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(MTLError, match=name):
        store.load_preview(run, name)


def test_events_can_be_chosen_by_kind_and_paged(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    finish(store, run, 50)
    assert {event.kind for _, event in store.events_since(run, kinds=["evaluation"])} == {"evaluation"}
    seen, seq = [], 0
    while page := store.events_since(run, seq, limit=7):
        seen += [event for _, event in page]
        seq = page[-1][0]
    assert seen == [event for _, event in store.events_since(run)]
    assert store.events_since(run, kinds=[]) == []
    assert [event.step for event in store.last_events(run, "evaluation", 2)] == [50, 40]


def test_one_store_serves_many_threads(store: Store) -> None:
    def work(number: int) -> int:
        run = store.create(RunSpec(), f"owner {number % 3}")
        finish(store, run, 30)
        store.send(run, Command("pause"))
        return len(store.events_since(run))

    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(work, range(24)))
    assert counts == [30 + 3 + 2] * 24
    assert len(store.runs(owner="owner 0")) == 8


def test_reading_the_tail_is_quick(store: Store) -> None:
    from timeit import repeat

    run = store.create(RunSpec(), "owner")
    finish(store, run, 2_000)
    seq = store.events_since(run)[-5][0]
    assert min(repeat(lambda: store.events_since(run, seq), number=20, repeat=5)) / 20 < 0.001
    assert len(store.events_since(run, seq)) == 4


def test_evaluations_of_two_splits_at_one_step_are_two_events(store: Store) -> None:
    run = store.create(RunSpec(), "owner")
    writer = store.writer(run)
    for split in ("train", "validation"):
        writer.append(evaluation(10, split))
    writer.flush()
    assert [event.values["split"] for _, event in store.events_since(run)] == ["train", "validation"]
