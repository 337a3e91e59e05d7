"""``export``: a run, or several, as files."""

from __future__ import annotations

import argparse
import json
import os
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from mtl_core.errors import Problem, SpecError

if TYPE_CHECKING:
    from mtl_core.export import Exported

WORDS = {
    "spec": "the spec as YAML",
    "metrics": "all stored metrics as CSV; as Parquet where PATH ends in .parquet",
    "parquet": "all stored metrics as Parquet",
    "weights": "the weights as safetensors; as a state_dict where PATH ends in .pt",
    "state_dict": "the weights as a state_dict for torch.load",
    "figures": "the curves as SVG files, in a zip",
    "figures_png": "the curves as PNG files, in a zip",
    "report": "one HTML file that needs nothing from elsewhere",
    "script": "a script that trains the run without this project, with its data: a folder; a zip if PATH ends in .zip",
}
BY_ENDING = {("metrics", ".parquet"): "parquet", ("weights", ".pt"): "state_dict"}
"""What is meant where the file's ending says so."""


def add_export_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``export`` and its arguments."""
    add_arguments(commands.add_parser("export", help="a run as a script, weights, metrics, figures, report or spec"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``export``."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run's id, or as much of its beginning as is unique")
    for name, words in WORDS.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, action="append_const", const=name, dest="what", help=words)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="PATH",
        help="the file, or a folder for it; of several runs, or several kinds, a zip",
    )
    parser.add_argument("--json", action="store_true", help="JSON on stdout")


def export_command(options: argparse.Namespace) -> int:
    """Write the files; gives the exit code.

    Raises:
        SpecError: where nothing is asked for, or nothing can be written to the path.
        MTLError: where a run is unknown or cannot be exported, with the reason.
    """
    if not options.what:
        rule = f"say what to export: {', '.join('--' + name.replace('_', '-') for name in WORDS)}"
        raise SpecError([Problem("export", rule)])
    from mtl_core.cli.runs import find
    from mtl_core.export import EXPORTS, bundle
    from mtl_core.runs.store import Store

    store = Store()
    runs = [find(store, prefix).id for prefix in options.runs]
    chosen = [BY_ENDING.get((name, options.out.suffix), name) for name in dict.fromkeys(options.what)]
    single = len(runs) == 1 and len(chosen) == 1
    found = EXPORTS[chosen[0]](store, runs[0]) if single else bundle(store, runs, chosen)
    unpacked = single and chosen[0] == "script" and options.out.suffix != ".zip"
    path = _unpack(found, options.out) if unpacked else _write(found, options.out)
    told = {
        "runs": runs,
        "what": chosen,
        "file": str(path),
        "name": found.name,
        "mime": found.mime,
        "left_out": list(found.left_out),
    }
    lines = [str(path), *(f"left out: {reason}" for reason in found.left_out)]
    print(json.dumps(told) if options.json else "\n".join(lines))
    return 0


def _write(found: Exported, out: Path) -> Path:
    """Write the file, aside and then renamed into place; in a folder under its own name."""
    path = out / found.name if out.is_dir() else out
    aside = path.with_name(f".{path.name}.{os.getpid()}.aside")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(found.content)
        os.replace(aside, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def _unpack(found: Exported, folder: Path) -> Path:
    """Write the files of a zip into a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(BytesIO(found.content)) as archive:
            for name in archive.namelist():
                (folder / name).write_bytes(archive.read(name))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def _unwritable(path: Path, error: OSError) -> SpecError:
    return SpecError(
        [Problem("--out", f"must be a place that can be written to: {error.strerror or error}", str(path))]
    )
