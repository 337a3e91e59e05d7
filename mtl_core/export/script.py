"""A run as a stand-alone script: plain torch and numpy that train it again and hold the numbers against the run's."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from textwrap import wrap

from mtl_core import __version__
from mtl_core.blocks import Map
from mtl_core.execution.code_version import code_version
from mtl_core.export.arrays import Prepared, prepared
from mtl_core.export.assembling import imports_for, needed
from mtl_core.export.expected import Expected, Numbers, expected_numbers
from mtl_core.export.exported import Exported, file_name, of_finished, zipped
from mtl_core.export.main_code import main_code, tasks_code
from mtl_core.export.naming import WIDTH, assigned, literal, plain
from mtl_core.export.recipe import Recipe, check
from mtl_core.export.spec_file import spec_text
from mtl_core.export.step_code import losses_code
from mtl_core.export.training_code import constants_code, helpers_code, loop_code
from mtl_core.export.wrapping import wrapped
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec

SCRIPT, DATA, SPEC, README = "retrain.py", "data.npz", "spec.yaml", "README.txt"
TOLERANCE = 1e-5
"""Largest relative difference."""
ROWS_AT_ONCE, PICTURES_AT_ONCE = 2_048, 128
"""As in :mod:`mtl_core.evaluation`."""


def script_zip(store: Store, run: str) -> Exported:
    """A zip with ``retrain.py``, its data, the spec and a word on how to use them.

    Raises:
        RunNotFound: if no run has this id.
        MTLError: where the run has not finished or cannot be written as a script, with what can be exported instead.
        DataError: where its data are not there any more.
    """
    record = store.get(run)
    files = script_files(store, of_finished(record, "a script that gives its numbers"))
    return Exported(file_name(record, ".zip"), zipped(files), "application/zip")


def script_files(store: Store, record: RunRecord) -> dict[str, bytes]:
    """The files of the zip by name; see :func:`script_zip`."""
    spec = parse_spec(record.spec)
    check(spec, record.id)
    data = prepared(record, spec)
    expected = expected_numbers(store, record, spec)
    device = str((record.result or {}).get("device") or "cpu")
    recipe = Recipe(spec, data.sizes["train"], data.lacking, data.sources, device)
    text = script_text(recipe, data, record, expected)
    readme = _readme(record, text, expected)
    written = {SCRIPT: text, SPEC: spec_text(record.spec), README: readme}
    return {name: content.encode() for name, content in written.items()} | {DATA: data.npz()}


def script_text(recipe: Recipe, data: Prepared, record: RunRecord, expected: Expected) -> str:
    """The source of the script."""
    constants = "\n".join(_constants(recipe, data, expected))
    own = [recipe.network.source(), *helpers_code(recipe), losses_code(recipe), loop_code(recipe)]
    own += [tasks_code(recipe), main_code(expected.numbers)]
    body = "\n\n\n".join(own)
    pieces = needed(f"{constants}\n\n{body}", gaps=bool(recipe.lacking))
    ending = 'if __name__ == "__main__":\n    sys.exit(main())'
    whole = "\n\n\n".join([constants, *(piece.text for piece in pieces), body, ending])
    head = _header(record, recipe, expected, whole)
    return f"{head}\n\nfrom __future__ import annotations\n\n{imports_for(whole)}\n\n{wrapped(whole)}\n"


def _constants(recipe: Recipe, data: Prepared, expected: Expected) -> Iterator[str]:
    yield from constants_code(recipe)
    yield f"DEVICE = torch.device({literal(recipe.device)})"
    yield f"THREADS = {expected.threads}"
    yield assigned("INPUTS", dict(data.inputs))
    yield assigned("TARGETS", dict(data.targets))
    pictures = any(isinstance(look.shape, Map) for look in recipe.spec.dataset.inputs().values())
    yield f"ROWS_AT_ONCE = {PICTURES_AT_ONCE if pictures else ROWS_AT_ONCE}  # in evaluations"
    yield "EXPECTED: dict[str, Any] = {"
    for split, tasks in expected.numbers.items():
        yield f"    {literal(split)}: {{"
        for task, values in tasks.items():
            yield f"        {literal(task)}: {literal(values)},"
        yield "    },"
    yield "}"
    alone = ", trained by itself" if expected.of_run else ""
    yield f'"""What the run measured at its end{alone}."""'
    yield f"TOLERANCE = {TOLERANCE}"
    yield '"""Largest relative difference between what the run measured and what is measured here."""'


def _header(record: RunRecord, recipe: Recipe, expected: Expected, source: str) -> str:
    spec = recipe.spec
    packages = ", ".join(needs(source))
    elsewhere = (
        "On another machine, or with another version of torch, the rounding is another one, "
        "and the numbers drift apart with the steps."
    )
    what = (
        f"{spec.dataset.name}, {spec.architecture.name}, {spec.weighting.name}, {spec.epochs} epochs, seed {spec.seed}"
    )
    name = f" {plain(record.name)}" if record.name else ""
    thread = f"{expected.threads} thread{'s' if expected.threads > 1 else ''}"
    made = f"MTL Lab {__version__} ({code_version()[0]}), Python {platform.python_version()}, {_versions(source)}"
    lines = [
        '"""Train a run of MTL Lab again, without MTL Lab, and hold the numbers against those of the run.',
        "",
        f"Run {record.id}{name}: {what}; on {recipe.device} with {thread}.",
        f"Written by {made}.",
        "",
        f"    python {SCRIPT}                  train, print losses and metrics; exit 1 where a number differs",
        f"    python {SCRIPT} --any-numbers    the same, but exit 0 whatever the numbers",
        "",
        f"It needs {DATA} beside it, and {packages}. {elsewhere}",
    ]
    if expected.of_run:
        lines += [
            "",
            "The run was computed as one of many at once, with other rounding than a training by itself has. EXPECTED",
        ]
        lines += [f"is what MTL Lab measures when it trains the run by itself; {README} has both."]
    return "\n".join([*(part for line in lines for part in _filled(line)), '"""'])


def _filled(line: str) -> list[str]:
    """A sentence in lines that are not too long; a command as it is."""
    return [line] if line.startswith(" ") or len(line) <= WIDTH else wrap(line, WIDTH)


def needs(source: str) -> list[str]:
    """The packages that a script imports."""
    return ["torch", "numpy", *(name for name in ("torchjd", "scipy") if f"from {name}." in source)]


def _versions(source: str) -> str:
    found = []
    for name in needs(source):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} (not installed here)")
    return ", ".join(found)


def _readme(record: RunRecord, source: str, expected: Expected) -> str:
    both = _both(expected.of_run, expected.numbers) if expected.of_run else ""
    return f"""MTL Lab, run {record.id}: everything that it takes to train it again without MTL Lab.

{SCRIPT}   trains and compares: python {SCRIPT}
{DATA}     the prepared rows: inputs, targets, row numbers of each split (NumPy, no pickles)
{SPEC}    what was trained, as MTL Lab reads it: python -m mtl_core train {SPEC}

Needed: Python 3.11 or newer, {", ".join(needs(source))}; made with {_versions(source)}.
{both}"""


def _both(of_run: Numbers, alone: Numbers) -> str:
    """The run's numbers beside those of a training by itself."""
    lines = [
        "",
        "The run was computed as one of many at once; what it measured, and what a training by itself does:",
        "",
    ]
    for split, tasks in of_run.items():
        for task, values in tasks.items():
            lines += [
                f"{split:<12} {plain(task):<16} {name:<16} {value!s:>16} {alone[split][task][name]!s:>16}"
                for name, value in values.items()
            ]
    return "\n".join([*lines, ""])
