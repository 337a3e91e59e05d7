"""Arrays and states in files: written aside, then renamed into place, so that a reader never sees half a file."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl_core.errors import MTLError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHECKPOINT = "checkpoint.pt"
_PREVIEW = re.compile(r"preview-[a-z]+-\d+(-first)?\.npz")


def preview_name(split: str, step: int, first: bool) -> str:
    """Name of the file for the arrays of one preview."""
    return f"preview-{split}-{step:08d}{'-first' if first else ''}.npz"


def save_preview(folder: Path, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name as one ``.npz`` file.

    Raises:
        MTLError: if an array holds Python objects, which a file must not.
    """
    import numpy as np

    objects = [key for key, array in arrays.items() if np.asarray(array).dtype.hasobject]
    if objects:
        raise MTLError(f"preview arrays must hold numbers, {', '.join(objects)} hold Python objects")
    aside = _aside(folder, name)
    with aside.open("wb") as file:
        np.savez(file, **{key: np.asarray(array) for key, array in arrays.items()})  # type: ignore[arg-type]
    os.replace(aside, folder / name)


def load_preview(folder: Path, name: str) -> dict[str, NDArray[np.generic]]:
    """The arrays of one preview.

    Raises:
        MTLError: if the name is no preview's, or the file is not there or damaged.
    """
    import zipfile

    import numpy as np

    if not _PREVIEW.fullmatch(name):
        raise MTLError(f"{name!r} is not the name of a preview; the run's preview events hold the names")
    try:
        with np.load(folder / name, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise MTLError(f"the preview {name} of run {folder.name} cannot be read: {error}") from error


def save_checkpoint(folder: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain values; the older checkpoint stays until the new one is whole."""
    import torch

    aside = _aside(folder, CHECKPOINT)
    torch.save(dict(state), aside)
    os.replace(aside, folder / CHECKPOINT)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The newest state, on the CPU, or None where none was written.

    Raises:
        MTLError: if the file is damaged.
    """
    import pickle
    import zipfile

    import torch

    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        if not zipfile.is_zipfile(path):
            raise EOFError("it is no whole file of torch.save")
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, LookupError, EOFError, pickle.UnpicklingError) as error:
        raise MTLError(
            f"the checkpoint {path} cannot be read ({error}); delete it and the run starts from its beginning"
        ) from error
    return state


def clear_aside(folder: Path) -> None:
    """Remove what a killed writer left half written."""
    for path in folder.glob(".*.aside"):
        path.unlink(missing_ok=True)


def remove(folder: Path) -> None:
    """Remove all artifacts of a run."""
    if folder.exists():
        shutil.rmtree(folder)


def _aside(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f".{name}.{os.getpid()}.aside"
