"""``crossvalidate``, ``with-without`` and ``modalities``: several runs as one, by the workers of the runner."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mtl_core.cli.progress import ProgressLine
from mtl_core.cli.signals import stopping_on_signals
from mtl_core.events import Event

if TYPE_CHECKING:
    from mtl_core.runs.store import Store
    from mtl_core.sweeps.base import Plan
    from mtl_core.sweeps.summary import Summary

OWNER = "cli"
COMMANDS = ("crossvalidate", "with-without", "modalities")
EXIT_CODES = {"finished": 0, "stopped": 3}
POLL_SECONDS, WAKE_SECONDS = 0.25, 5.0


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """The arguments of the three commands."""
    folds = commands.add_parser("crossvalidate", help="train a spec on every fold of its data", epilog=epilog)
    folds.add_argument("--folds", type=int, default=5, metavar="N", help="parts of kfold, random splits of holdout")
    folds.add_argument("--scheme", default="kfold", metavar="kfold|holdout", help="default kfold")
    folds.add_argument("--repeats", type=int, default=1, metavar="N", help="train each fold with N seeds")
    pair = commands.add_parser("with-without", help="is generation better beside supervised tasks?", epilog=epilog)
    pair.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each side")
    inputs = commands.add_parser("modalities", help="what each input alone can teach", epilog=epilog)
    inputs.add_argument("--seeds", type=int, default=1, metavar="N", help="runs of each choice of inputs")
    for parser in (folds, pair, inputs):
        parser.add_argument("spec", type=Path, metavar="SPEC.yaml")
        parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="as for train")
        parser.add_argument("--detach", action="store_true", help="leave it to the runner and return")
        parser.add_argument("--json", action="store_true", help="JSON on stdout")


def serve(options: argparse.Namespace) -> int:
    """Serve one of the three commands; gives the exit code.

    Raises:
        SpecError: for a bad spec or plan; nothing has been created then.
    """
    from mtl_core.cli.spec_file import read_spec
    from mtl_core.sweeps import crossvalidation, modalities, with_without

    spec = read_spec(options.spec, options.set)
    match options.command:
        case "crossvalidate":
            plan = crossvalidation.plan(spec, options.folds, options.scheme, options.repeats)
        case "with-without":
            plan = with_without.plan(spec, options.seeds)
        case _:
            plan = modalities.plan(spec, options.seeds)
    return perform_plan(plan, options.json, options.detach)


def perform_plan(plan: Plan, as_json: bool, detach: bool = False) -> int:
    """Start all runs of a plan, wait for them with progress on stderr, and print their summary."""
    from mtl_core.execution.local import ensure_runner
    from mtl_core.runs.store import Store
    from mtl_core.sweeps.base import start

    store = Store()
    group = start(store, plan, OWNER)
    ensure_runner(store.home)
    if detach:
        print(json.dumps({"group": group, "runs": len(plan.members)}) if as_json else f"group {group}: queued")
        return 0
    return print_summary(follow(store, group), as_json)


def print_summary(found: Summary, as_json: bool) -> int:
    """Print a summary as one JSON line or as tables; gives the exit code."""
    from mtl_core.cli.sweep_tables import text

    print(json.dumps(found.as_json()) if as_json else text(found))
    return EXIT_CODES.get(found.status, 1)


def follow(store: Store, group: str) -> Summary:
    """Wait until every run of a group has ended; Ctrl-C stops them all, a second one leaves them alone."""
    from mtl_core.execution.local import ensure_runner
    from mtl_core.runs.groups import stop_group
    from mtl_core.sweeps.summary import summary

    line, clock, woken, orders = ProgressLine(), Clock(), time.monotonic(), [False]
    with stopping_on_signals(lambda: orders.append(True)):
        while (found := summary(store, group)).status == "running":
            if orders[-1]:
                stop_group(store, group, by=OWNER)
                orders.append(False)
            if time.monotonic() - woken > WAKE_SECONDS:
                woken = time.monotonic()
                ensure_runner(store.home)
            text = progress_text(found, clock.left(found.done, time.monotonic()))
            line.show(Event("progress", 0, 0.0, 0.0, {"what": text}))
            time.sleep(POLL_SECONDS)
    line.close()
    return found


class Clock:
    """The time that is left, at the pace since the first work was seen: the workers' start is no measure."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None

    def left(self, done: float, now: float) -> float | None:
        """Seconds, None while there is nothing to judge by.

        Args:
            done: share of the work, 0..1.
            now: seconds of any clock.
        """
        if self._first is None and done > 0:
            self._first = (done, now)
        if self._first is None or done <= self._first[0]:
            return None
        return (now - self._first[1]) / (done - self._first[0]) * (1 - done)


def progress_text(found: Summary, seconds_left: float | None) -> str:
    """How many runs have ended, how much of the work is done, the time that is left, and what is going on."""
    ended = sum(member.done == 1.0 for member in found.members)
    going = ", ".join(member.label for member in found.members if member.status in ("running", "paused"))
    left = "" if seconds_left is None else f"  {int(seconds_left) // 60}:{int(seconds_left) % 60:02d} left"
    return f"{ended} of {len(found.members)} runs have ended ({100 * found.done:.0f} %){left}  {going}".rstrip()
