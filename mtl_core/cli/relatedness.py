"""``relatedness``: how the tasks of a spec hang together, before anything is trained."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mtl_core.cli.progress import ProgressLine
from mtl_core.events import Event
from mtl_core.numerals import numeral

if TYPE_CHECKING:
    from mtl_core.relatedness import Relatedness

MOST_PAIRS = 45
"""More pairs than these are not printed one by one: the strongest and the weakest are."""
SHOWN = 5


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The arguments of ``relatedness``."""
    parser = commands.add_parser("relatedness", help="how the tasks hang together, before training")
    parser.add_argument("spec", type=Path, metavar="SPEC.yaml")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="as for train")
    parser.add_argument("--json", action="store_true", help="JSON on stdout")


def serve(options: argparse.Namespace) -> int:
    """Load the data, with progress on stderr, and print every pair of tasks.

    Raises:
        SpecError: for a bad spec.
        DataError: where the data cannot be used.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads on a busy machine take ten times as long
    from mtl_core.cli.spec_file import read_spec
    from mtl_core.relatedness import of_spec

    line, steps = ProgressLine(), of_spec(read_spec(options.spec, options.set))
    while True:
        try:
            line.show(Event("progress", 0, 0.0, 0.0, asdict(next(steps))))
        except StopIteration as end:
            line.close()
            print(json.dumps(end.value.as_json()) if options.json else "\n".join(_lines(end.value)))
            return 0


def _lines(found: Relatedness) -> Iterator[str]:
    width = max(len(task) for task in found.tasks)
    yield f"{'task':<{width}}  {'task':<{width}}  labels                   inputs"
    pairs = [(i, j) for j in range(len(found.tasks)) for i in range(j)]
    if len(pairs) > MOST_PAIRS:
        by_inputs = sorted(pairs, key=lambda pair: -(found.inputs[pair[0]][pair[1]] or 0.0))
        pairs = [*by_inputs[:SHOWN], *by_inputs[-SHOWN:]]
    for i, j in pairs:
        label, inputs = found.labels[i][j], found.inputs[i][j]
        shown = found.label_why[i][j] if label is None else f"{numeral(label, '+.3f')} ({found.measures[i][j]})"
        alike = found.input_why[i][j] if inputs is None else numeral(inputs, ".3f")
        yield f"{found.tasks[i]:<{width}}  {found.tasks[j]:<{width}}  {shown:<24} {alike}"
