"""Catalogue: the data sets that people added; each is private to its owner until shared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtl_core.errors import DataError
from mtl_core.userdata.keeping import MANIFEST, exists, folder, manifest_of, rewrite
from mtl_core.userdata.manifest import Manifest


@dataclass(frozen=True)
class Entry:
    """A data set in a list.

    Attributes:
        id: what a spec calls it: ``dataset: {name: own, options: {data: ID}}``.
        name: what its owner calls it.
        mine: whether it belongs to who asked.
        shared: whether others see it.
        rows: its rows.
        tasks: names of its tasks.
        created: seconds since 1970.
        trouble: why it cannot be used; empty as a rule.
    """

    id: str
    name: str
    mine: bool
    shared: bool
    rows: int
    tasks: tuple[str, ...]
    created: float
    trouble: str = ""


def listing(owner: str, home: Path | None = None, *, everything: bool = False) -> list[Entry]:
    """An owner's data sets and those that others share, newest first.

    Args:
        owner: token of the browser, or ``cli``.
        home: the home, by default ``MTL_HOME``.
        everything: others' private ones and damaged ones too, for who sits at the machine itself.
    """
    place = folder(home)
    ids = sorted(path.name for path in place.iterdir() if exists(path.name, home)) if place.is_dir() else []
    entries = []
    for data in ids:
        try:
            known = manifest_of(data, home)
        except DataError as error:  # whose it is cannot be known
            entries += [Entry(data, data, False, False, 0, (), 0.0, str(error))] if everything else []
            continue
        mine = known.owner == owner
        if not known.removed and (mine or known.shared or everything):
            tasks = tuple(task.name for task in known.tasks())
            entries.append(Entry(data, known.name, mine, known.shared, known.rows, tasks, known.created))
    return sorted(entries, key=lambda entry: -entry.created)


def usable(data: str, owner: str, home: Path | None = None) -> bool:
    """Whether an owner may train on a data set: it is theirs or shared, and its rows are there."""
    try:
        known = manifest_of(data, home)
    except DataError:
        return False
    return not known.removed and (known.shared or known.owner == owner)


def share(data: str, owner: str, home: Path | None = None, *, shared: bool = True) -> None:
    """Let others see and use a data set, or no longer.

    Raises:
        DataError: if there is none of this id, or it belongs to someone else.
    """
    manifest = _owned(data, owner, home)
    rewrite(manifest.model_copy(update={"shared": shared}), home)


def remove(data: str, owner: str, home: Path | None = None) -> None:
    """Delete a data set's rows, texts and names of categories.

    What is left are its tasks and sizes, so that its runs can still be looked at.

    Raises:
        DataError: if there is none of this id, or it belongs to someone else.
    """
    manifest = _owned(data, owner, home)
    columns = [
        column.model_copy(update={"categories": [str(i) for i in range(len(column.categories))]})
        for column in manifest.columns
    ]
    kept = {"columns": columns, "removed": True, "shared": False, "ignored": [], "origin": type(manifest.origin)()}
    rewrite(manifest.model_copy(update=kept), home)
    for path in (folder(home) / data).iterdir():
        if path.name != MANIFEST:
            path.unlink()


def _owned(data: str, owner: str, home: Path | None) -> Manifest:
    manifest = manifest_of(data, home)
    if manifest.owner != owner or manifest.removed:
        raise DataError(f"there is no data set {data!r} of yours; only its owner can share or remove it")
    return manifest
