"""Keeping: the files of a data set under ``MTL_HOME/own/<id>``, written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
import zipfile
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from mtl_core.errors import DataError
from mtl_core.mapped import array_of
from mtl_core.settings import home_dir
from mtl_core.userdata.findings import Finding
from mtl_core.userdata.manifest import Manifest
from mtl_core.userdata.prepared import Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANIFEST, ARRAYS, PREVIEW, PICTURES, WORDS = "manifest.json", "arrays.npz", "preview.json", "pictures.npz", "words.json"
FINDINGS = "findings.json"
ID = re.compile(r"[a-z0-9-]{1,30}-[0-9a-f]{12}")
"""What an id looks like: of the name what fits, and 48 random bits, so that a private one cannot be guessed."""
PART_SECONDS = 3600.0
AGAIN = "remove the data set and add it again"


def folder(home: Path | None = None) -> Path:
    """Where the data sets lie."""
    return (home or home_dir()) / "own"


def new_id(slug: str) -> str:
    """An id that nobody can guess."""
    return f"{slug}-{secrets.token_hex(6)}"


def exists(data: str, home: Path | None = None) -> bool:
    """Whether there is (or was, before it was removed) a data set of this id."""
    return ID.fullmatch(data) is not None and (folder(home) / data / MANIFEST).is_file()


def manifest_of(data: str, home: Path | None = None) -> Manifest:
    """The manifest of a data set; read again only when its file has changed.

    Raises:
        DataError: if there is none of this id, or it is damaged.
    """
    path = folder(home) / data / MANIFEST
    try:
        if ID.fullmatch(data) is None:
            raise FileNotFoundError
        stat = path.stat()
    except OSError:
        raise DataError(
            f"there is no data set {data!r} here; `python -m mtl_core data list` shows what there is"
        ) from None
    return _read_manifest(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _read_manifest(path: Path, changed: int, size: int) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(f"{path} is damaged ({str(error).splitlines()[0]}); {AGAIN}") from error


def write(
    manifest: Manifest,
    prepared: Prepared,
    preview: Mapping[str, Any],
    findings: Iterable[Finding],
    home: Path | None = None,
) -> None:
    """Keep a data set.

    Args:
        manifest: its description; the id is its folder.
        prepared: its arrays.
        preview: ``columns``, ``rows``, ``captions`` as JSON, and ``images`` as an array.
        findings: what was found while it was read.
        home: the home, by default ``MTL_HOME``.

    Raises:
        DataError: if its folder cannot be written.
    """
    place = folder(home)
    aside = place / f".{manifest.id}.part"
    found = [{"code": f.code, "column": f.column, "values": dict(f.values)} for f in findings]
    try:
        _clear_parts(place)
        aside.mkdir(parents=True)
        _write_arrays(aside / ARRAYS, prepared.arrays)
        _write_arrays(aside / PICTURES, {"images": preview["images"]})
        _write_json(aside / PREVIEW, {key: value for key, value in preview.items() if key != "images"})
        _write_json(aside / FINDINGS, found)
        _write_json(aside / WORDS, list(prepared.words))
        (aside / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        os.replace(aside, place / manifest.id)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise DataError(f"the data set cannot be kept in {place}: {error.strerror or error}") from error


def arrays_of(data: str, home: Path | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of a data set.

    Raises:
        DataError: if they are removed or damaged.
    """
    manifest = manifest_of(data, home)
    if manifest.removed:
        raise DataError(f"the rows of {manifest.name!r} were removed by their owner; choose other data")
    arrays = _read_arrays(folder(home) / data / ARRAYS)
    wanted = [f"c{i}" for i in range(len(manifest.columns))]
    short = [key for key in wanted if key not in arrays or len(arrays[key]) != manifest.rows]
    if short:
        raise DataError(f"the rows of {manifest.name!r} are damaged ({short[0]} is lacking or short); {AGAIN}")
    return arrays


def preview_of(data: str, home: Path | None = None) -> dict[str, Any]:
    """The first rows and pictures, as :func:`write` was given them; empty where the rows were removed.

    Raises:
        DataError: if they are damaged.
    """
    if manifest_of(data, home).removed:
        return {}
    images = _read_arrays(folder(home) / data / PICTURES)
    return {**dict(json_of(data, PREVIEW, home)), **images}


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: array_of(file, path, key) for key in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is damaged ({error}); {AGAIN}") from error


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with path.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def prepared_of(data: str, home: Path | None = None) -> Prepared:
    """A data set as it was prepared, for checking it again.

    Raises:
        DataError: if it is removed or damaged.
    """
    manifest = manifest_of(data, home)
    arrays = arrays_of(data, home)
    words = tuple(json_of(data, WORDS, home)) if manifest.sentences else ()
    return Prepared(tuple(manifest.columns), arrays, manifest.pictures, manifest.sentences, words)


def json_of(data: str, name: str, home: Path | None = None) -> Any:
    """What one of the small files beside the manifest holds.

    Raises:
        DataError: if it is lacking or damaged.
    """
    path = folder(home) / data / name
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is damaged ({error}); {AGAIN}") from error


def rewrite(manifest: Manifest, home: Path | None) -> None:
    """Put a changed manifest in the place of the one before.

    Raises:
        DataError: if it cannot be written.
    """
    path = folder(home) / manifest.id / MANIFEST
    aside = path.with_name(f".{MANIFEST}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        aside.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        os.replace(aside, path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _clear_parts(place: Path) -> None:
    """What a killed process left half written an hour ago."""
    for path in place.glob(".*.part"):
        if time.time() - path.stat().st_mtime > PART_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
