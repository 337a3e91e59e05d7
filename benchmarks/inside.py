"""One subject in this process: its pairs, measured, as JSON lines: ``python -m benchmarks.inside SUBJECT THREADS``."""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import logging
import sys

from benchmarks.pairs import NotMeasured, Pair
from benchmarks.results import Row, row_of

log = logging.getLogger(__name__)


def chosen(subject: str, threads: int, only: str) -> list[Pair]:
    """The subject's pairs with so many threads whose names begin like this."""
    pairs: tuple[Pair, ...] = importlib.import_module(f"benchmarks.{subject}").PAIRS
    return [pair for pair in pairs if pair.threads == threads and pair.name.startswith(only)]


def measured(pair: Pair, rounds: int) -> Row:
    """One pair, with torch held to its threads."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(pair.threads)
    try:
        return row_of(pair, pair.measure(rounds))
    except NotMeasured as reason:
        return row_of(pair, str(reason))


def main() -> None:
    """Print a line a pair as it is measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("subject")
    parser.add_argument("threads", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    pairs = chosen(asked.subject, asked.threads, asked.only)
    gc.collect()
    gc.freeze()  # as a worker does it: collections need not look through what is imported; both ways gain
    for pair in pairs:
        rounds = pair.quick if asked.quick else pair.rounds
        if rounds:
            print(json.dumps({pair.name: measured(pair, rounds)}, ensure_ascii=False), flush=True)
    gc.unfreeze()  # else some libraries say at the end that they leak


if __name__ == "__main__":
    main()
