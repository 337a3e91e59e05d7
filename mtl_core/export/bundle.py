"""Several runs, or several files of a run, as one zip: a folder a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mtl_core.errors import MTLError
from mtl_core.export.exported import Exported, file_name, zipped
from mtl_core.runs.store import Store

if TYPE_CHECKING:
    from mtl_core.export import Export

LEFT_OUT = "left-out.txt"


def bundled(store: Store, runs: Sequence[str], exports: Mapping[str, Export]) -> Exported:
    """A zip with a folder for each run and in it a file for each export.

    What one run cannot give is left out, and said: in the zip (``left-out.txt``) and in ``left_out``.

    Args:
        store: the run store.
        runs: their ids.
        exports: what is wanted, by name.

    Raises:
        RunNotFound: if no run has one of these ids.
        MTLError: if nothing is asked for, or nothing can be given.
    """
    if not runs or not exports:
        raise MTLError(f"a bundle needs at least one run and one kind of file, got {len(runs)} and {len(exports)}")
    files: dict[str, bytes] = {}
    missing: list[str] = []
    for run in dict.fromkeys(runs):
        folder = file_name(store.get(run), "")
        for what, export in exports.items():
            try:
                found = export(store, run)
            except MTLError as error:
                missing.append(f"{folder}, {what}: {error}")
                continue
            files[f"{folder}/{found.name}"] = found.content
            missing += [f"{folder}, {what}: {reason}" for reason in found.left_out]
    if not files:
        raise MTLError("nothing could be exported:\n" + "\n".join(missing))
    if missing:
        files[LEFT_OUT] = ("\n".join(missing) + "\n").encode()
    name = f"{len(set(runs))}-runs.zip" if len(set(runs)) > 1 else file_name(store.get(runs[0]), ".zip")
    return Exported(name, zipped(files), "application/zip", tuple(missing))
