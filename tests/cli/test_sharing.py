"""``sharing``, ``tradeoff``, ``sweep``, ``learning-curve`` and ``compare``: arguments, plans, and what they print."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from mtl_core.cli import compare, sharing
from mtl_core.errors import MTLError, SpecError
from mtl_core.execution import local
from mtl_core.runs.groups import members_of
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from tests.cli.calls import QUICK, call, last_json, nothing_in, spec_file
from tests.runs.events import event
from tests.sweeps.test_summary import train

VALUES = {"separate": (0.50, 0.70), "hard": (0.45, 0.72), "soft": (0.49, 0.66), "partial": (0.50, 0.70)}


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    sharing.add_sharing_parsers(commands, "")
    compare.add_compare_parsers(commands)
    return parser.parse_args(arguments)


def plan_of(*arguments: str, **spec: Any) -> Any:
    return sharing.make_plan(parse_spec({**QUICK, **spec}), options(*arguments))


@pytest.fixture
def trained(home: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store in which a runner, once it is needed, has done all work at once."""
    store = Store(home)

    def work(_: Path) -> None:
        for run in store.runs(limit=1000):
            if run.status == "queued":
                mse, accuracy = VALUES[run.spec["architecture"]["name"]]
                shift = 0.001 * (run.spec["seed"] - 42) ** 2
                found = {"quality": {"mse": mse + shift}, "good": {"accuracy": accuracy + shift}}
                parameters = {"shared": 1000, "per_task": {"quality": 30, "good": 4}}
                metrics = {"train": None, "validation": found, "test": found}
                values = {"status": "finished", "seconds": 0.5, "parameters": parameters, "metrics": metrics}
                train(store, run.id, event("finished", 9, **values))

    monkeypatch.setattr(local, "ensure_runner", work)
    return store


def test_arguments_become_plans() -> None:
    plan = plan_of("sharing", "s.yaml")
    assert (plan.kind, plan.arms, len(plan.members)) == ("sharing", ("separate", "hard", "soft", "partial"), 20)
    some = ("--architectures", "hard, soft", "--weightings", "fixed,mgda", "--seeds", "2")
    plan = plan_of("sharing", "s.yaml", *some)
    assert plan.arms == ("separate", "hard, fixed", "hard, mgda", "soft, fixed")
    assert len(plan_of("sharing", "s.yaml", "--folds", "3").members) == 12
    plan = plan_of("tradeoff", "s.yaml", "--points", "3")
    assert plan.arms == ("separate", "hard, λ 1 0", "hard, λ 0.5 0.5", "hard, λ 0 1")
    plan = plan_of(
        "sweep", "s.yaml", "--axis", "epochs=1..3:3", "--axis", "architecture.name=hard,soft", "--seeds", "2"
    )
    assert (plan.kind, len(plan.members)) == ("sweep", 12)


def test_sizes_are_rows_or_shares() -> None:
    assert options("learning-curve", "s.yaml", "--sizes", "64,0.25,1.0").sizes == [64, 0.25, 1.0]
    assert options("learning-curve", "s.yaml").sizes is None
    with pytest.raises(SystemExit):
        options("learning-curve", "s.yaml", "--sizes", "64,many")
    with pytest.raises(SystemExit):
        options("sweep", "s.yaml")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("sharing", "--seeds", "0"), "seeds"),
        (("sharing", "--architectures", "hrad"), "architectures"),
        (("tradeoff", "--points", "1"), "points"),
        (("sweep", "--axis", "optimizer.rl=1,2"), "optimizer.rl"),
        (("sweep", "--axis", "epochs"), "--axis"),
        (("sharing", "--set", "epochs=0"), "epochs"),
    ],
)
def test_a_bad_plan_names_the_field_and_creates_nothing(
    tmp_path: Path, home: Path, arguments: tuple[str, ...], field: str
) -> None:
    with pytest.raises(SpecError) as caught:
        sharing.serve(options(arguments[0], spec_file(tmp_path), *arguments[1:]))
    assert [problem.field for problem in caught.value.problems] == [field]
    assert nothing_in(home)


def test_sharing_prints_the_answer_as_json(trained: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = ("--architectures", "hard,soft", "--weightings", "fixed,mgda", "--seeds", "3", "--json")
    assert sharing.serve(options("sharing", spec_file(tmp_path), *some)) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out.splitlines()[-1])
    assert (told["kind"], told["status"], told["counts"]) == ("sharing", "finished", {"finished": 12})
    assert [one["arm"] for one in told["left_out"]] == ["soft, mgda"]
    assert "left out: soft, mgda: weighting.name: weighs the gradients" in printed.err
    answer = told["answer"]
    assert answer["chosen"] == "hard, fixed"
    assert answer["words"].startswith("hard, fixed (chosen on validation): `quality` gains 0.05 ± 0.00 mse")
    assert answer["arms"][1]["parameters"] == 1034
    assert members_of(trained, told["group"])[0].owner == "cli"


def test_sharing_prints_tables(trained: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sharing.serve(options("sharing", spec_file(tmp_path), "--seeds", "3")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": finished")
    heads = next(line.split() for line in lines if line.split()[:1] == ["arm"])
    assert heads == ["arm", "runs", "seconds", "parameters", "Δm", "validation", "Δm", "test"]
    assert any(line.split()[:2] == ["hard", "3/3"] and "1,034" in line and "+6.4 %" in line for line in lines)
    assert any(line.split()[:2] == ["quality", "mse"] and "0.5017" in line for line in lines)
    assert "intervals over seed: Student's t" in lines
    assert lines[-1] == "chosen on validation: hard"


def test_a_tradeoff_prints_its_front(trained: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = ("--points", "3", "--architectures", "hard,soft")
    assert sharing.serve(options("tradeoff", spec_file(tmp_path), *some)) == 0
    text = capsys.readouterr().out
    assert "1 of 6 settings are on the front" in text
    assert "hard, λ 0.5 0.5" in text
    assert "single-task: 0.5  0.7" in text
    assert "soft, fixed: " in text
    assert sharing.serve(options("sweep", spec_file(tmp_path), "--axis", "epochs=1,2", "--json")) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["kind"], told["answer"]["single"], len(told["answer"]["points"])) == ("sweep", None, 2)


def test_a_detached_group_is_left_to_the_runner(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local, "ensure_runner", lambda _: None)
    assert sharing.serve(options("sharing", spec_file(tmp_path), "--detach", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["runs"], told["left_out"]) == (20, [])
    assert {run.status for run in members_of(Store(home), told["group"])} == {"queued"}


def test_compare_puts_runs_side_by_side(trained: Store, capsys: pytest.CaptureFixture[str]) -> None:
    specs = [parse_spec({"epochs": 3}), parse_spec({"epochs": 4, "architecture": "soft"})]
    runs = [trained.create(spec, "cli") for spec in specs]
    local.ensure_runner(trained.home)
    assert compare.compare_command(options("compare", *(run[:8] for run in runs), "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["runs"] == runs
    assert told["differences"]["epochs"] == [3, 4]
    assert told["differences"]["architecture.name"] == ["hard", "soft"]
    assert told["metrics"]["test"]["good"]["accuracy"] == [0.72, 0.66]
    assert compare.compare_command(options("compare", *runs)) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["epochs", "3", "4"] in lines
    assert ["quality", "mse", "0.45", "0.49"] in lines
    with pytest.raises(MTLError):
        compare.compare_command(options("compare", "nobody"))


def test_the_same_spec_has_no_differences(trained: Store, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [trained.create(RunSpec(), "cli") for _ in range(2)]
    assert compare.compare_command(options("compare", *runs)) == 0
    assert "the specs are the same" in capsys.readouterr().out


@pytest.mark.slow
def test_sharing_trains_by_the_runner_and_answers(tmp_path: Path, home: Path) -> None:
    done = call("sharing", spec_file(tmp_path), "--architectures", "hard,soft", "--seeds", "3", "--json")
    assert done.returncode == 0, done.stderr
    told = last_json(done.stdout)
    assert (told["kind"], told["counts"]) == ("sharing", {"finished": 9})
    arms = told["answer"]["arms"]
    assert [arm["name"] for arm in arms] == ["separate", "hard", "soft"]
    runs = {run.id: run.result for run in members_of(Store(home), told["group"])}
    results = [[runs[run] for run in arm["runs"]] for arm in arms[:2]]
    accuracies = [[one["metrics"]["test"]["good"]["accuracy"] for one in arm if one] for arm in results]
    gains = [shared - alone for alone, shared in zip(*accuracies, strict=True)]
    assert arms[1]["test"]["tasks"][1]["gain"]["mean"] == pytest.approx(sum(gains) / 3)
    compared = last_json(call("compare", arms[0]["runs"][0], arms[1]["runs"][0], "--json").stdout)
    assert compared["differences"]["architecture.name"] == ["separate", "hard"]
    bad = call("sweep", spec_file(tmp_path), "--axis", "optimizer.rl=1,2", "--json")
    assert (bad.returncode, last_json(bad.stdout)["problems"][0]["field"]) == (2, "optimizer.rl")
