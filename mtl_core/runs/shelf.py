"""The shelf: what people put on runs (star, tags, note), runs thrown away and taken back, and finding them again."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Sequence

from mtl_core.errors import MTLError, RunNotFound
from mtl_core.runs.records import ACTIVE, RunRecord
from mtl_core.runs.store import Store

MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 20, 40, 2_000
KEPT_SECONDS = 24 * 3600.0
"""How long a run that was thrown away can be taken back."""


def star(store: Store, run: str, starred: bool) -> None:
    """Put a star on a run, or take it off.

    Raises:
        RunNotFound: if no run has this id.
    """
    _set(store, run, "starred", int(starred))


def note(store: Store, run: str, text: str) -> None:
    """Write a note about a run; an empty one takes it away.

    Raises:
        RunNotFound: if no run has this id.
        MTLError: for a note of more than 2 000 characters.
    """
    if len(text) > LONGEST_NOTE:
        raise MTLError(f"note: must have at most {LONGEST_NOTE:,} characters (found {len(text):,}); shorten it")
    _set(store, run, "note", text.strip())


def tag(store: Store, run: str, tags: Iterable[str]) -> None:
    """Give a run these tags instead of those that it has; each once, without spaces around it.

    Raises:
        RunNotFound: if no run has this id.
        MTLError: for more than 20 tags, or one of more than 40 characters.
    """
    kept = list(dict.fromkeys(word for raw in tags if (word := " ".join(raw.split()))))
    if len(kept) > MOST_TAGS:
        raise MTLError(f"tags: must be at most {MOST_TAGS} (found {len(kept)}); leave some out")
    long = next((word for word in kept if len(word) > LONGEST_TAG), None)
    if long is not None:
        raise MTLError(f"tags: each must have at most {LONGEST_TAG} characters (found {long[:60]!r}); shorten it")
    _set(store, run, "tags", json.dumps(kept, ensure_ascii=False))


def throw_away(store: Store, runs: Sequence[str]) -> None:
    """Take runs out of sight; for a day :func:`take_back` brings them back as they were.

    Raises:
        RunNotFound: if one of them is not there.
        MTLError: while a process works on one of them, or one waits in the queue; nothing is thrown away then.
    """
    for run in runs:
        record = store.get(run)
        if record.status in (*ACTIVE, "queued"):
            raise MTLError(f"run {run} is {record.status}; stop it before deleting it")
    with store.database.write() as connection:
        for run in runs:
            connection.execute("UPDATE runs SET trashed = ? WHERE id = ? AND trashed IS NULL", (time.time(), run))


def take_back(store: Store, runs: Sequence[str]) -> list[str]:
    """Bring runs back that were thrown away; gives those that are there again (the others were purged)."""
    with store.database.write() as connection:
        for run in runs:
            connection.execute("UPDATE runs SET trashed = NULL WHERE id = ?", (run,))
    return [run for run in runs if _there(store, run)]


def purge(store: Store, older_than: float = KEPT_SECONDS) -> list[str]:
    """Remove for good what was thrown away so many seconds ago; gives the ids."""
    sql = "SELECT id FROM runs WHERE trashed IS NOT NULL AND trashed <= ?"
    gone = [str(row["id"]) for row in store.database.read(sql, (time.time() - older_than,))]
    for run in gone:
        store.delete(run)
    return gone


def matching(
    runs: Iterable[RunRecord],
    text: str = "",
    *,
    statuses: Collection[str] = (),
    tags: Collection[str] = (),
    starred: bool = False,
) -> list[RunRecord]:
    """Those of the runs that are looked for, in their order.

    Args:
        runs: to choose from.
        text: words that all must occur, whatever their case: in the id, name, label, note, tags, or the names of data
            set, tasks, architecture and weighting.
        statuses: one of them; none means any.
        tags: all of them.
        starred: only those with a star.
    """
    words = text.casefold().split()
    found = []
    for run in runs:
        fits = (not statuses or run.status in statuses) and set(tags) <= set(run.tags) and (run.starred or not starred)
        if fits and all(word in _searched(run) for word in words):
            found.append(run)
    return found


def _searched(run: RunRecord) -> str:
    spec = run.spec
    names = [spec["dataset"]["name"], *spec["tasks"], spec["architecture"]["name"], spec["weighting"]["name"]]
    return " ".join([run.id, run.name, run.label, run.note, *run.tags, *names]).casefold()


def _set(store: Store, run: str, column: str, value: object) -> None:
    with store.database.write() as connection:
        if connection.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, run)).rowcount == 0:
            raise RunNotFound(f"no run {run!r} in {store.database.path}; `runs list` shows those that are there")


def _there(store: Store, run: str) -> bool:
    return bool(store.database.read("SELECT 1 FROM runs WHERE id = ?", (run,)))
