"""Arguments of the command line, and which function serves them."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from mtl_core import __version__
from mtl_core.cli import compare, crossvalidate, export, relatedness, search, sharing
from mtl_core.cli.data_options import add_data_parsers, reading_options
from mtl_core.errors import MTLError, SpecError

EXIT_FINISHED, EXIT_FAILED, EXIT_BAD_SPEC, EXIT_STOPPED = 0, 1, 2, 3
REGISTRIES = ("datasets", "architectures", "weightings", "regularizers", "augmentations")
ID_HELP = "the run's id, or as much of its beginning as is unique; show and stop take a group's id too"
EPILOG = "exit codes: 0 finished, 1 failed or interrupted, 2 bad spec or arguments, 3 stopped"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the command line; gives the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without λ shows a question mark
    options = build_parser().parse_args(arguments)
    try:
        code = _serve(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read our output has had enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("broken off", file=sys.stderr)
        return EXIT_STOPPED
    except SpecError as error:
        if getattr(options, "json", False):
            problems = [vars(problem) | {"value": _plain(problem.value)} for problem in error.problems]
            print(json.dumps({"error": "the spec breaks rules", "problems": problems}))
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return EXIT_BAD_SPEC
    except MTLError as error:
        if getattr(options, "json", False):
            print(json.dumps({"error": str(error)}))
        print(error, file=sys.stderr)
        return EXIT_FAILED


def _plain(value: Any) -> Any:
    """The value if JSON has it, else as Python shows it: nan, a date, a set, a mapping that holds itself."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return str(value)
    return value


def _serve(options: argparse.Namespace) -> int:
    match options.command:
        case "train":
            from mtl_core.cli.train import train_command

            return train_command(options.spec, options.set, options.out, options.json, options.threads)
        case "list":
            from mtl_core.cli.listing import list_command

            return list_command(options.registry, options.json)
        case "fetch":
            from mtl_core.cli.fetch import fetch_command

            return fetch_command(options.dataset, options.json)
        case "runs":
            return _serve_runs(options)
        case "data":
            return _serve_data(options)
        case "crossvalidate" | "with-without" | "modalities":
            return crossvalidate.serve(options)
        case "sharing" | "tradeoff" | "sweep" | "learning-curve":
            return sharing.serve(options)
        case "search":
            return search.serve(options)
        case "export":
            return export.export_command(options)
        case "compare":
            return compare.compare_command(options)
        case "relatedness":
            return relatedness.serve(options)
    return _serve_itself(options)


def _serve_itself(options: argparse.Namespace) -> int:
    """The commands that the program gives itself: work in processes of their own."""
    match options.command:
        case "relate":
            from mtl_core.execution.relating import relate

            return EXIT_FINISHED if relate(options.key).status == "done" else EXIT_FAILED
        case "searcher":
            from mtl_core.execution.searching import search_here
            from mtl_core.settings import home_dir

            _log_to_stderr()
            return EXIT_FINISHED if search_here(home_dir(), options.group).status == "done" else EXIT_FAILED
        case "runner":
            from mtl_core.execution import runner
            from mtl_core.settings import home_dir

            _log_to_stderr()
            return runner.main(home_dir(), options.idle_seconds)
        case "worker":
            from mtl_core.execution import worker

            _log_to_stderr()
            return worker.main()
    raise AssertionError(options.command)


def _serve_runs(options: argparse.Namespace) -> int:
    from mtl_core.cli import runs

    match options.action:
        case "list":
            return runs.list_runs(options.json, options.limit)
        case "show":
            return runs.show_run(options.id, options.json)
        case "stop":
            return runs.stop_run(options.id, options.json)
    return runs.resume_run(options.id, options.epochs, options.detach, options.json, options.threads)


def _serve_data(options: argparse.Namespace) -> int:
    from mtl_core.cli import data

    match options.action:
        case "add":
            uses = (options.target, options.input, options.ignore)
            reading = reading_options(options)
            return data.add_data(
                options.name, options.source, *uses, reading, shared=options.share, as_json=options.json
            )
        case "check":
            return data.check_data(options.what, options.target, reading_options(options), options.json)
        case "list":
            return data.list_data(options.json)
        case "export":
            return data.export_data(options.what, options.out, options.json)
        case "remove":
            return data.remove_data(options.what, options.json)
    return data.share_data(options.what, not options.private, options.json)


def build_parser() -> argparse.ArgumentParser:
    """The parser with all commands."""
    parser = argparse.ArgumentParser(prog="python -m mtl_core", description="Multi-task learning.", epilog=EPILOG)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train what a spec file says", epilog=EPILOG)
    train.add_argument("spec", type=Path, metavar="SPEC.yaml")
    train.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="e.g. weighting.lambdas.quality=2"
    )
    train.add_argument("--out", type=Path, metavar="DIR", help="write spec, result, metrics and weights there")
    _threads_option(train)
    _json_option(train)
    listing = commands.add_parser("list", help="what there is to choose from")
    listing.add_argument("registry", choices=REGISTRIES)
    _json_option(listing)
    fetch = commands.add_parser("fetch", help="get a data set's files into the data folder")
    fetch.add_argument("dataset", metavar="DATASET")
    _json_option(fetch)
    _add_runs(commands.add_parser("runs", help="the runs in the store"))
    add_data_parsers(commands.add_parser("data", help="data sets of your own"), EPILOG)
    crossvalidate.add_commands(commands, EPILOG)
    sharing.add_sharing_parsers(commands, EPILOG)
    search.add_search_parser(commands, EPILOG)
    compare.add_compare_parsers(commands)
    export.add_export_parser(commands)
    relatedness.add_command(commands)
    commands.add_parser("searcher").add_argument("group")  # no help, and neither the next two: for the program itself
    runner = commands.add_parser("runner")
    runner.add_argument("--idle-seconds", type=float, default=900.0)
    commands.add_parser("worker")
    commands.add_parser("relate").add_argument("key")
    return parser


def _add_runs(runs: argparse.ArgumentParser) -> None:
    actions = runs.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="newest first")
    listing.add_argument("--limit", type=int, default=50)
    _json_option(listing)
    for action, words in (("show", "what is known"), ("stop", "stop it"), ("resume", "go on from its checkpoint")):
        parser = actions.add_parser(action, help=words, epilog=EPILOG)
        parser.add_argument("id", metavar="ID", help=ID_HELP)
        _json_option(parser)
        if action == "resume":
            parser.add_argument("--epochs", type=int, default=0, metavar="N", help="continue for N epochs more")
            parser.add_argument(
                "--detach", action="store_true", help="leave it to the runner, which has one thread a run"
            )
            _threads_option(parser)


def _threads_option(parser: argparse.ArgumentParser) -> None:
    cores = os.cpu_count() or 1
    words = f"of the processor, 1 to {cores}; more than 1 help networks that see pictures (default 1)"
    parser.add_argument("--threads", type=_threads, default=1, metavar="N", help=words)


def _threads(text: str) -> int:
    """Number of threads; raises argparse's error where the machine has no such number of cores."""
    cores = os.cpu_count() or 1
    if not (text.isdecimal() and 1 <= int(text) <= cores):
        raise argparse.ArgumentTypeError(
            f"threads must be a whole number from 1 to {cores}, the cores here, got {text!r}"
        )
    return int(text)


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="JSON on stdout")


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(message)s")
