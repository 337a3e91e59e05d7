"""``crossvalidate`` and its like from outside: what they print, how they end, and that Ctrl-C ends them all."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from mtl_core.cli import crossvalidate
from mtl_core.cli.crossvalidate import Clock, progress_text
from mtl_core.cli.sweep_tables import text
from mtl_core.errors import SpecError
from mtl_core.runs.groups import create_group, list_groups, members_of
from mtl_core.runs.store import Store
from mtl_core.runs.transitions import begin
from mtl_core.spec import RunSpec
from mtl_core.sweeps.summary import summary
from tests.cli.calls import ENDLESS, QUICK, call, last_json, nothing_in, spec_file
from tests.cli.calls import begin as begin_call
from tests.runs.events import event, started
from tests.waiting import wait_for


def group_in(home: Path, *members: tuple[str, str]) -> tuple[Store, str]:
    store = Store(home)
    group = create_group(store, "crossvalidation", "wine", RunSpec(), [(*one, RunSpec()) for one in members], "cli")
    return store, group


def ended(store: Store, run: str, kind: Any = "finished", **test: dict[str, float]) -> None:
    with store.database.write() as connection:
        begin(connection, run, (12345, 1000.0))
    metrics = {"train": None, "validation": test, "test": test}
    writer = store.writer(run)
    for one in (started(), event(kind, 9, status=kind, metrics=metrics, message="it broke", where="here", advice=None)):
        writer.append(one)


@pytest.mark.slow
@pytest.mark.acceptance
def test_folds_are_trained_by_the_runner_and_averaged(tmp_path: Path, home: Path) -> None:
    done = call("crossvalidate", spec_file(tmp_path), "--folds", "3", "--json")
    assert done.returncode == 0, done.stderr
    answer = last_json(done.stdout)
    assert (answer["status"], answer["counts"], answer["kind"]) == ("finished", {"finished": 3}, "crossvalidation")
    store = Store(home)
    runs = members_of(store, answer["group"])
    assert [run.label for run in runs] == ["fold 1", "fold 2", "fold 3"]
    sizes = [run.result["data"]["sizes"] for run in runs if run.result]
    assert sizes == [{"train": 852, "validation": 214, "test": 533}] * 3
    (arm,) = answer["arms"]
    values = [run.result["metrics"]["test"]["quality"]["mse"] for run in runs if run.result]
    assert arm["test"]["quality"]["mse"]["values"] == values
    assert len(set(values)) == 3
    shown = call("runs", "show", answer["group"][:8])
    assert shown.returncode == 0
    assert "quality  mse" in shown.stdout
    assert last_json(call("runs", "show", answer["group"], "--json").stdout) == answer
    listed = call("runs", "list").stdout
    assert f"fold 2 of group {answer['group']}" in listed
    assert f"group_id:  {answer['group']}" in call("runs", "show", runs[0].id).stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program can answer")
def test_a_signal_stops_every_fold(tmp_path: Path, home: Path) -> None:
    child = begin_call("crossvalidate", spec_file(tmp_path, ENDLESS), "--folds", "5", "--json")
    store = Store(home)
    wait_for(lambda: any(run.step > 0 for run in store.runs()), 90)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 3, err
    assert last_json(out)["counts"] == {"stopped": 5}
    assert {run.status for run in store.runs()} == {"stopped"}


@pytest.mark.slow
@pytest.mark.acceptance
def test_folds_that_fail_are_counted_and_named(tmp_path: Path) -> None:
    diverging = {**QUICK, "optimizer": {"name": "sgd", "lr": 100.0}}
    done = call("crossvalidate", spec_file(tmp_path, diverging), "--folds", "2")
    assert done.returncode == 1
    assert "failed, 2 failed of 2 runs" in done.stdout
    assert "fold 1: failed: the loss" in done.stdout
    assert "no numbers" in done.stdout


@pytest.mark.slow
def test_a_detached_group_is_the_runners_work_and_can_be_stopped(tmp_path: Path, home: Path) -> None:
    done = call("crossvalidate", spec_file(tmp_path, ENDLESS), "--folds", "3", "--detach", "--json")
    assert done.returncode == 0
    answer = last_json(done.stdout)
    assert answer["runs"] == 3
    stopped = call("runs", "stop", answer["group"], "--json")
    assert stopped.returncode == 0, stopped.stderr
    assert last_json(stopped.stdout)["counts"] == {"stopped": 3}
    again = call("runs", "stop", answer["group"])
    assert again.returncode == 1
    assert "have ended already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("crossvalidate", "--folds", "1"), "folds"),
        (("crossvalidate", "--scheme", "loo"), "scheme"),
        (("crossvalidate", "--set", "epochs=0"), "epochs"),
        (("with-without",), "tasks"),
        (("modalities",), "dataset.modalities"),
        (("relatedness", "--set", "tasks=[nobody]"), "tasks.0"),
    ],
)
def test_a_bad_plan_names_the_field_and_creates_nothing(
    tmp_path: Path, home: Path, arguments: tuple[str, ...], field: str
) -> None:
    done = call(arguments[0], spec_file(tmp_path), *arguments[1:], "--json")
    assert done.returncode == 2
    assert [problem["field"] for problem in last_json(done.stdout)["problems"]] == [field]
    assert field in done.stderr
    assert nothing_in(home)


def test_a_command_makes_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command makes its own plan from its own options; on wine two of them say why they cannot."""
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(crossvalidate, "perform_plan", lambda *given: len(seen.append(given) or seen))
    fields = {"spec": Path(spec_file(tmp_path)), "set": ["epochs=3"], "json": True, "detach": False}

    def serve(command: str, **options: Any) -> int:
        return crossvalidate.serve(argparse.Namespace(command=command, **fields, **options))

    assert serve("crossvalidate", folds=2, scheme="holdout", repeats=2) == 1
    ((plan, as_json, detach),) = seen
    assert (as_json, detach) == (True, False)
    assert [member.label for member in plan.members][:3] == ["fold 1, seed 42", "fold 2, seed 42", "fold 1, seed 43"]
    assert {member.spec.epochs for member in plan.members} == {3}
    with pytest.raises(SpecError, match="generation task"):
        serve("with-without", seeds=2)
    with pytest.raises(SpecError, match="two inputs"):
        serve("modalities", seeds=2)


def test_the_table_has_mean_sd_and_every_fold(home: Path) -> None:
    store, group = group_in(home, ("fold 1", ""), ("fold 2", ""), ("fold 3", ""))
    for run, value in zip(members_of(store, group), (1.0, 3.0), strict=False):
        ended(store, run.id, quality={"mse": value})
    store.delete(members_of(store, group)[2].id)
    assert text(summary(store, group)).splitlines() == [
        f"wine (group {group}): failed, 2 finished, 1 deleted of 3 runs",
        "",
        "test metrics, 3 runs",
        "  task     metric  mean ± sd  fold 1  fold 2  fold 3",
        "  quality  mse     2 ± 1.414       1       3       –",
    ]


def test_arms_are_set_against_the_first(home: Path) -> None:
    store, group = group_in(home, ("a1", "all"), ("b1", "image alone"), ("a2", "all"), ("b2", "image alone"))
    for run, value in zip(members_of(store, group), (22.0, 20.0, 21.0, 21.5), strict=True):
        ended(store, run.id, image={"psnr": value})
    shown = text(summary(store, group))
    assert "image alone, test metrics, 2 runs" in shown
    assert "image psnr: the first is better by 0.75 ± 1.768 (1 of 2 pairs)" in shown


def test_many_tasks_are_their_mean_the_best_and_the_worst(home: Path) -> None:
    store, group = group_in(home, ("fold 1", ""))
    tasks = {f"t{i:02d}": {"mse": float(i), "mae": 0.5} for i in range(20)}
    ended(store, members_of(store, group)[0].id, **tasks)
    lines = text(summary(store, group)).splitlines()
    assert "mean of 20  mse" in lines[4]
    assert [line.split()[0] for line in lines[6:]] == ["t00", "t01", "t02", "t17", "t18", "t19"]


def test_an_interrupted_fold_is_named_with_what_to_do(home: Path) -> None:
    store, group = group_in(home, ("fold 1", ""))
    ended(store, members_of(store, group)[0].id, "failed")
    assert "fold 1: failed: it broke (at here)" in text(summary(store, group))


def test_a_prefix_of_several_groups_is_refused(home: Path) -> None:
    store = Store(home)
    firsts: set[str] = set()
    while True:  # ids begin with one of 62 characters: two of 63 begin alike, unless a run begins so too
        _, group = group_in(home, ("fold 1", ""))
        if group[0] in firsts and not any(run.id.startswith(group[0]) for run in store.runs(limit=1000)):
            break
        firsts.add(group[0])
    done = call("runs", "show", group[0])
    assert done.returncode == 1
    assert "groups of runs" in done.stderr


def test_how_far_the_runs_are_and_what_is_left(home: Path) -> None:
    store, group = group_in(home, ("fold 1", ""), ("fold 2", ""))
    assert progress_text(summary(store, group), None) == "0 of 2 runs have ended (0 %)"
    ended(store, members_of(store, group)[0].id, quality={"mse": 1.0})
    assert progress_text(summary(store, group), 75.4) == "1 of 2 runs have ended (50 %)  1:15 left"


def test_the_time_left_is_judged_from_the_first_work_on() -> None:
    clock = Clock()
    assert clock.left(0.0, 100.0) is None
    assert clock.left(0.2, 200.0) is None
    assert clock.left(0.4, 210.0) == pytest.approx(30.0)
    assert clock.left(1.0, 240.0) == pytest.approx(0.0)


def test_relatedness_prints_every_pair(tmp_path: Path) -> None:
    done = call("relatedness", spec_file(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    found = last_json(done.stdout)
    assert found["tasks"] == ["quality", "good"]
    assert found["measures"][0][1] == "pearson"
    assert 0.5 < found["labels"][0][1] <= 1
    plain = call("relatedness", spec_file(tmp_path)).stdout.splitlines()
    assert len(plain) == 2
    assert plain[1].split()[:2] == ["quality", "good"]


def test_there_is_no_group_to_stop_where_all_have_ended(home: Path) -> None:
    store, group = group_in(home, ("fold 1", ""))
    ended(store, members_of(store, group)[0].id)
    done = call("runs", "stop", group)
    assert done.returncode == 1
    assert "have ended already" in done.stderr
    assert [record.id for record in list_groups(store)] == [group]
