"""``sharing``, ``tradeoff``, ``sweep`` and ``learning-curve``: many runs that answer one question."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl_core.cli.crossvalidate import EXIT_CODES, OWNER, follow

if TYPE_CHECKING:
    from mtl_core.runs.store import Store
    from mtl_core.spec import RunSpec
    from mtl_core.sweeps.base import Plan
    from mtl_core.sweeps.summary import Summary

COMMANDS = ("sharing", "tradeoff", "sweep", "learning-curve")
NAMES = "NAME,NAME,…"
AXIS_HELP = "e.g. weighting.lambdas.quality=0..1:21, optimizer.lr=1e-4..1e-1:7:log or architecture.name=hard,soft"


def add_sharing_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """The arguments of the four commands."""
    sharing = commands.add_parser("sharing", help="does sharing help? architectures against single-task", epilog=epilog)
    tradeoff = commands.add_parser("tradeoff", help="sweep λ over the simplex for the Pareto front", epilog=epilog)
    grid = commands.add_parser("sweep", help="a grid over any fields of the spec", epilog=epilog)
    curve = commands.add_parser("learning-curve", help="sharing against single-task on fewer rows", epilog=epilog)
    tradeoff.add_argument("--points", type=int, default=21, metavar="N", help="places of λ (default 21)")
    grid.add_argument("--axis", action="append", required=True, metavar="FIELD=VALUES", help=AXIS_HELP)
    words = "rows, or shares of them up to 1.0, e.g. 64,0.25,1.0"
    curve.add_argument("--sizes", type=_sizes, metavar="N,N,…", help=words)
    for parser, asked in ((sharing, "separate,hard,soft,partial"), (tradeoff, "the spec's"), (curve, "hard")):
        parser.add_argument("--architectures", type=_names, default=[], metavar=NAMES, help=f"default {asked}")
    for parser in (sharing, tradeoff):
        parser.add_argument("--weightings", type=_names, default=[], metavar=NAMES, help="default the spec's")
    words = "compare on N parts of a cross-validation, with --seeds runs on each (default 1)"
    sharing.add_argument("--folds", type=int, default=0, metavar="N", help=words)
    sharing.add_argument("--seeds", type=int, metavar="N", help="of each setting (default 5)")
    for parser, seeds in ((tradeoff, 1), (grid, 1), (curve, 5)):
        parser.add_argument("--seeds", type=int, default=seeds, metavar="N", help=f"of each setting (default {seeds})")
    for parser in (sharing, tradeoff, grid, curve):
        parser.add_argument("spec", type=Path, metavar="SPEC.yaml")
        parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="as for train")
        parser.add_argument("--detach", action="store_true", help="leave it to the runner and return")
        parser.add_argument("--json", action="store_true", help="JSON on stdout")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _sizes(text: str) -> list[float]:
    """Whole numbers are rows, others shares; raises argparse's error for what is no number."""
    try:
        return [int(part) if part.strip().isdecimal() else float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"sizes must be numbers between commas, got {text!r}") from None


def serve(options: argparse.Namespace) -> int:
    """Serve one of the four commands; gives the exit code.

    Raises:
        SpecError: for a bad spec or plan; nothing has been created then.
    """
    from mtl_core.cli.spec_file import read_spec

    return perform(make_plan(read_spec(options.spec, options.set), options), options.json, options.detach)


def make_plan(spec: RunSpec, options: argparse.Namespace) -> Plan:
    """The plan that a command asks for.

    Raises:
        SpecError: where it cannot be made.
    """
    from mtl_core.sweeps import grid, learning_curve, sharing, tradeoff

    match options.command:
        case "sharing":
            chosen = options.architectures or sharing.ARCHITECTURES_ASKED
            return sharing.plan(spec, chosen, options.weightings, options.seeds, options.folds)
        case "tradeoff":
            return tradeoff.plan(spec, options.points, options.seeds, options.architectures, options.weightings)
        case "sweep":
            return grid.plan(spec, options.axis, options.seeds)
    chosen = options.architectures or ("separate", "hard")
    return learning_curve.plan(spec, options.sizes or learning_curve.SIZES, chosen, options.seeds)


def perform(plan: Plan, as_json: bool, detach: bool = False) -> int:
    """Start all runs of a plan, wait for them with progress on stderr, and print what they say."""
    from mtl_core.cli.answer_tables import left_out_text
    from mtl_core.execution.local import ensure_runner
    from mtl_core.runs.store import Store
    from mtl_core.sweeps.base import start

    for line in left_out_text(plan.left_out):
        print(line, file=sys.stderr)
    store = Store()
    group = start(store, plan, OWNER)
    ensure_runner(store.home)
    if detach:
        told = {"group": group, "runs": len(plan.members), "left_out": [one.as_json() for one in plan.left_out]}
        print(json.dumps(told) if as_json else f"group {group}: queued")
        return 0
    found = follow(store, group)
    if as_json:
        print(json.dumps(found.as_json() | {"answer": _answer(store, found)}))
    else:
        print(_text(store, found))
    return EXIT_CODES.get(found.status, 1)


def _answer(store: Store, found: Summary) -> dict[str, Any]:
    from mtl_core.sweeps.front_answer import front_answer
    from mtl_core.sweeps.verdict import sharing_answer

    if found.kind in ("sharing", "learning_curve"):
        return sharing_answer(store, found.group).as_json()
    return front_answer(store, found.group).as_json()


def _text(store: Store, found: Summary) -> str:
    from mtl_core.cli.answer_tables import front_text, sharing_text
    from mtl_core.sweeps.front_answer import front_answer
    from mtl_core.sweeps.verdict import sharing_answer

    errors = [f"{member.label}: {member.status}: {member.error}" for member in found.members if member.error]
    sharing = found.kind in ("sharing", "learning_curve")
    make = sharing_text(sharing_answer(store, found.group)) if sharing else front_text(front_answer(store, found.group))
    return "\n".join([make, *errors])
