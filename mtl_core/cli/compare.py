"""``compare``: runs side by side, their metrics and what their specs differ in."""

from __future__ import annotations

import argparse
import json


def add_compare_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The arguments of the command."""
    compare = commands.add_parser("compare", help="runs side by side: metrics, and what their specs differ in")
    compare.add_argument("runs", nargs="+", metavar="RUN", help="ids, or as much of their beginning as is unique")
    compare.add_argument("--json", action="store_true", help="JSON on stdout")


def compare_command(options: argparse.Namespace) -> int:
    """Print the runs side by side.

    Raises:
        MTLError: where no run, or several, begin so.
    """
    from mtl_core.cli.answer_tables import compared_text
    from mtl_core.cli.runs import find
    from mtl_core.runs.side_by_side import side_by_side
    from mtl_core.runs.store import Store

    store = Store()
    found = side_by_side(store, [find(store, prefix).id for prefix in options.runs])
    print(json.dumps(found.as_json()) if options.json else compared_text(found))
    return 0
