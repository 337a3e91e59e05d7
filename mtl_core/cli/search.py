"""``search``: Optuna over any fields of a spec, every trial a run by the workers of the runner."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl_core.cli.crossvalidate import OWNER
from mtl_core.cli.progress import ProgressLine
from mtl_core.cli.signals import stopping_on_signals
from mtl_core.errors import Problem, SpecError
from mtl_core.events import Event
from mtl_core.numerals import numeral

if TYPE_CHECKING:
    from mtl_core.runs.store import Store
    from mtl_core.search.answer import SearchAnswer, TrialFound
    from mtl_core.search.loop import Search

SPACE_HELP = "e.g. optimizer.lr=1e-4..1e-1:log, weighting.lambdas.quality=0..1 or architecture.name=hard,soft"
SHOWN = 10
STOPPED = 3
"""Exit code of a search that was told to stop."""


def add_search_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """The arguments of the command."""
    parser = commands.add_parser("search", help="search fields of a spec with Optuna", epilog=epilog)
    parser.add_argument("spec", type=Path, nargs="?", metavar="SPEC.yaml")
    parser.add_argument("--space", action="append", default=[], metavar="FIELD=RANGE", help=SPACE_HELP)
    parser.add_argument("--trials", type=int, default=50, metavar="N", help="default 50")
    words = "its main metric on the validation part; default all tasks (several: NSGA-II, one: TPE and pruning)"
    parser.add_argument("--objective", action="append", default=[], metavar="TASK", help=words)
    parser.add_argument("--no-prune", action="store_true", help="train every trial to its end")
    parser.add_argument("--resume", metavar="ID", help="go on with a search that was stopped")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="as for train")
    parser.add_argument("--json", action="store_true", help="JSON on stdout")


def serve(options: argparse.Namespace) -> int:
    """Serve the command; gives the exit code.

    Raises:
        SpecError: for a bad spec or space; nothing has been created then.
    """
    from mtl_core.execution.local import ensure_runner
    from mtl_core.execution.runner import worker_limit
    from mtl_core.runs.store import Store
    from mtl_core.search.loop import Search

    store = Store()
    group = options.resume or _begun(store, options)
    search = Search(store, group, worker_limit())
    ensure_runner(store.home)
    whole = _follow(search)
    _print(store, group, options.json)
    return 0 if whole else STOPPED


def _begun(store: Store, options: argparse.Namespace) -> str:
    from mtl_core.cli.spec_file import read_spec
    from mtl_core.search.study import begin, plan

    if options.spec is None:
        raise SpecError([Problem("SPEC.yaml", "must be given, unless --resume names a search", None)])
    spec = read_spec(options.spec, options.set)
    asked = plan(spec, options.space, options.objective, options.trials, not options.no_prune)
    return begin(store, asked, OWNER)


def _follow(search: Search) -> bool:
    """Search with progress on stderr; False where it was told to stop (Ctrl-C) before the end."""
    from mtl_core.search.loop import run_search

    line, orders = ProgressLine(), [False]
    with stopping_on_signals(lambda: orders.append(True)):
        for stand in run_search(search, lambda: orders[-1]):
            words = f"{stand.done} of {stand.trials} trials have ended ({stand.pruned} pruned, {stand.failed} failed)"
            line.show(Event("progress", 0, 0.0, 0.0, {"what": words}))
    line.close()
    return stand.done >= stand.trials


def _print(store: Store, group: str, as_json: bool) -> None:
    from mtl_core.search.answer import search_answer

    found = search_answer(store, group)
    print(json.dumps(found.as_json()) if as_json else "\n".join(text(found)))


def text(found: SearchAnswer) -> list[str]:
    """The answer as lines for a person."""
    done = sum(trial.state == "done" for trial in found.trials)
    lines = [f"search {found.group}: {len(found.trials)} of {found.trials_asked} trials, {done} finished"]
    if len(found.trials) < found.trials_asked:
        lines.append(f"it goes on with: python -m mtl_core search --resume {found.group}")
    title = "the best" if len(found.objectives) == 1 else "the front"
    best = sorted(found.best, key=lambda trial: trial.measured)[:SHOWN]
    lines += [f"{title} (validation):", *(f"  {_trial(trial, found)}" for trial in best)] if best else []
    for task, shares in found.importances.items():
        told = ", ".join(f"{field} {share:.0%}" for field, share in shares.items())
        lines.append(f"what mattered for {task}: {told}")
    return lines


def _trial(trial: TrialFound, found: SearchAnswer) -> str:
    metrics = ", ".join(
        f"{task} {metric} {numeral(value)}"
        for (task, metric), value in zip(found.objectives, trial.measured, strict=True)
    )
    return f"{metrics}  with {_values(trial.values.items())}  (run {trial.run})"


def _values(items: Sequence[tuple[str, Any]] | Any) -> str:
    return ", ".join(
        f"{field}={value:.4g}" if isinstance(value, float) else f"{field}={value}" for field, value in items
    )
