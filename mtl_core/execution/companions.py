"""Runs of a group that train together with one that a worker takes up."""

from __future__ import annotations

import json
import sqlite3

from mtl_core.batched.rules import key, most_together, why_alone
from mtl_core.errors import MTLError
from mtl_core.runs.transitions import Process, begin
from mtl_core.spec import parse_spec

_WAITING = """
SELECT id, spec FROM runs WHERE status = 'queued' AND step = 0
AND group_id = (SELECT group_id FROM runs WHERE id = ? AND step = 0) ORDER BY queued, id
"""


def claim_companions(connection: sqlite3.Connection, run: str, process: Process, workers: int) -> list[str]:
    """Give a process, with a run that it has claimed, those that can train together with it; all their ids.

    Only runs of one group that have not begun: a run by itself is watched and steered, and goes alone. They are dealt
    out evenly to the workers, and a stack holds no more than a core's cache does.

    Args:
        connection: in a transaction.
        run: that was claimed.
        process: that claimed it.
        workers: that could take some of them now, this one included.
    """
    waiting = connection.execute(_WAITING, (run,)).fetchall()
    if not waiting:
        return [run]
    (text,) = connection.execute("SELECT spec FROM runs WHERE id = ?", (run,)).fetchone()
    wanted = key(json.loads(text))
    alike = [str(row["id"]) for row in waiting if key(json.loads(row["spec"])) == wanted]
    chosen = alike[: room(text, len(alike) + 1, workers) - 1]
    for companion in chosen:
        begin(connection, companion, process)
    return [run, *chosen]


def room(text: str, runs: int, workers: int) -> int:
    """How many of these runs train together on one worker; 1 where they cannot.

    Args:
        text: spec of one of them, as stored.
        runs: that are left, this one included.
        workers: that share them now.
    """
    try:
        spec = parse_spec(json.loads(text))
        if why_alone(spec) is not None:
            return 1
        return max(1, min(most_together(spec, spec.dataset.sizes()["train"]), -(-runs // workers)))
    except MTLError:
        return 1  # what is wrong with it, the run itself says when it begins
