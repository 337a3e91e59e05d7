"""Groups of runs: made whole or not at all, kept in order, stopped and deleted together."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from mtl_core.errors import MTLError, RunNotFound
from mtl_core.runs import groups
from mtl_core.runs.groups import create_group, delete_group, get_group, list_groups, members_of, stop_group
from mtl_core.runs.migrations import MIGRATIONS, migrate
from mtl_core.runs.store import Store
from mtl_core.runs.transitions import claim_next
from mtl_core.spec import RunSpec, parse_spec
from tests.runs.events import ending, started, step, whole_run

ME = (12345, 1000.0)


def group_of(store: Store, count: int = 3, owner: str = "owner") -> str:
    members = [(f"fold {i + 1}", "", parse_spec({"seed": i})) for i in range(count)]
    return create_group(store, "crossvalidation", "wine", RunSpec(), members, owner)


def claim(store: Store) -> str | None:
    with store.database.write() as connection:
        return claim_next(connection, ME)


def test_a_groups_runs_wait_in_their_order(store: Store) -> None:
    group = group_of(store, 20)
    record, runs = get_group(store, group), members_of(store, group)
    assert (record.kind, record.name, record.owner) == ("crossvalidation", "wine", "owner")
    assert RunSpec.model_validate(record.spec) == RunSpec()
    assert [run.label for run in runs] == [f"fold {i + 1}" for i in range(20)]
    assert [run.spec["seed"] for run in runs] == list(range(20))
    assert {(run.group_id, run.status, run.owner, run.name) for run in runs} == {(group, "queued", "owner", "wine")}
    assert record.plan == [{"label": run.label, "arm": "", "run": run.id} for run in runs]
    assert [claim(store) for _ in range(20)] == [run.id for run in runs]


def test_a_run_by_itself_has_no_group(store: Store) -> None:
    group_of(store)
    run = store.get(store.create(RunSpec(), "owner"))
    assert (run.group_id, run.label) == (None, "")


def test_a_group_is_made_whole_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def breaking(*arguments: object, **options: object) -> str:
        if len(made) == 2:
            raise RuntimeError("disk full")
        made.append("run")
        return insert(*arguments, **options)  # type: ignore[arg-type]

    insert = groups.insert_run
    monkeypatch.setattr(groups, "insert_run", breaking)
    with pytest.raises(RuntimeError, match="disk full"):
        group_of(store)
    assert (store.runs(), list_groups(store)) == ([], [])


@pytest.mark.parametrize("count", [0, 1001])
def test_no_members_or_too_many_are_refused(store: Store, count: int) -> None:
    with pytest.raises(MTLError, match=f"found {count}"):
        create_group(store, "crossvalidation", "", RunSpec(), [("x", "", RunSpec())] * count, "owner")
    assert list_groups(store) == []


def test_groups_are_listed_newest_first_by_owner(store: Store) -> None:
    first, second, third = (group_of(store, 1, owner) for owner in ("a", "b", "a"))
    assert [group.id for group in list_groups(store)] == [third, second, first]
    assert [group.id for group in list_groups(store, "a")] == [third, first]
    assert [group.id for group in list_groups(store, ("a", "b"), limit=2)] == [third, second]
    assert list_groups(store, []) == []


def test_an_unknown_group_is_named(store: Store) -> None:
    with pytest.raises(RunNotFound, match="nobody"):
        get_group(store, "nobody")
    with pytest.raises(RunNotFound, match="nobody"):
        delete_group(store, "nobody")


def test_a_run_by_itself_comes_before_what_waits_of_a_group(store: Store) -> None:
    group = group_of(store, 3)
    first = claim(store)
    alone = store.create(RunSpec(), "owner")
    assert [claim(store), claim(store)] == [alone, members_of(store, group)[1].id]
    assert first == members_of(store, group)[0].id


def test_stopping_takes_what_waits_out_of_the_queue_and_orders_the_rest(store: Store) -> None:
    group = group_of(store, 4)
    done, going = claim(store), claim(store)
    alone = store.create(RunSpec(), "owner")
    assert done is not None
    assert going is not None
    writer = store.writer(done)
    for event in whole_run(10):
        writer.append(event)
    stopped = stop_group(store, group, by="cli")
    runs = members_of(store, group)
    assert [run.status for run in runs] == ["finished", "starting", "stopped", "stopped"]
    assert stopped == [runs[2].id, runs[3].id, going]
    assert [(command.name, command.by) for command in store.commands_since(going, 0)[0]] == [("stop", "cli")]
    assert store.get(alone).status == "queued"
    writer = store.writer(going)
    for event in (started(), step(1), ending("stopped", 1)):
        writer.append(event)
    assert stop_group(store, group) == []


def test_a_group_lives_as_long_as_one_of_its_runs(store: Store) -> None:
    group = group_of(store, 2)
    first, second = (run.id for run in members_of(store, group))
    store.delete(first)
    assert [run.id for run in members_of(store, group)] == [second]
    assert [entry["run"] for entry in get_group(store, group).plan] == [first, second]
    store.delete(second)
    assert list_groups(store) == []


def test_deleting_a_group_deletes_its_runs_and_no_others(store: Store) -> None:
    group, other = group_of(store, 2), group_of(store, 1)
    run = claim(store)
    assert run is not None
    with pytest.raises(MTLError, match="1 active"):
        delete_group(store, group)
    assert len(members_of(store, group)) == 2
    writer = store.writer(run)
    for event in whole_run(10):
        writer.append(event)
    delete_group(store, group)
    assert [record.id for record in list_groups(store)] == [other]
    assert [record.group_id for record in store.runs()] == [other]
    assert not store.folder(run).exists()


def test_a_store_from_before_groups_keeps_its_runs(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    migrate(connection, "runs.db", MIGRATIONS[:1])
    connection.execute(
        "INSERT INTO runs (id, owner, status, spec, data_dir, created, queued) "
        "VALUES ('r', 'o', 'queued', '{}', '', 1, 1)"
    )
    connection.close()
    store = Store(tmp_path)
    assert (store.get("r").group_id, store.get("r").label) == (None, "")
    group = group_of(store)
    assert len(members_of(store, group)) == 3
    assert len(store.runs()) == 4


def test_a_group_from_before_left_nothing_out(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    migrate(connection, "runs.db", MIGRATIONS[:3])
    columns = "id, owner, kind, name, created, spec, plan"
    connection.execute(f"INSERT INTO groups ({columns}) VALUES ('g', 'o', 'sharing', 'n', 1, '{{}}', '[]')")
    connection.close()
    assert get_group(Store(tmp_path), "g").left_out == []


def test_what_was_left_out_is_kept(store: Store) -> None:
    left = [{"arm": "soft", "problems": [{"field": "weighting.name", "rule": "needs shared layers", "value": "mgda"}]}]
    members = [("one", "", RunSpec())]
    group = create_group(store, "sharing", "", RunSpec(), members, "owner", left)
    assert get_group(store, group).left_out == left
    assert get_group(Store(store.home), group).left_out == left
    assert get_group(store, group_of(store)).left_out == []
