"""How scripts are written: names, long lines, pieces, and that nothing that the engine has is forgotten."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, Literal

import pytest

from mtl_core import batches, blocks, evaluation, fusion, generation_blocks, grounding, mixing
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Progress, Samples
from mtl_core.export import script
from mtl_core.export.assembling import imports_for, needed, pieces
from mtl_core.export.blocks_code import WITHOUT_MODULE, WRITERS, module_code
from mtl_core.export.naming import assigned, call, identifiers, literal, plain
from mtl_core.export.recipe import Recipe
from mtl_core.export.tie_code import penalty_code, proximal_code
from mtl_core.export.weighting_code import weighting_code
from mtl_core.export.wrapping import wrapped
from mtl_core.regularizers import REGULARIZERS
from mtl_core.spec import parse_spec
from mtl_core.tasks import Task
from mtl_core.weightings import WEIGHTINGS
from tests.engine.tiny import TinyTable
from tests.export.helpers import Bench, execute

WILD = ['a"b', "class", "1 2", 'x"]); raise SystemExit(3); (["', "line\nbreak\\", "läng{e}"]


def recipe(rows: int = 64, sources: int = 1, **spec: Any) -> Recipe:
    return Recipe(parse_spec({"dataset": "wine_quality", **spec}), rows, frozenset(), sources, "cpu")


# --- names


def test_identifiers_are_names_and_all_different() -> None:
    found = identifiers([*WILD, "a b", "a_b", "shared/hidden0", "", "ä"])
    assert all(name.isidentifier() for name in found.values())
    assert len(set(found.values())) == len(found)
    assert found["shared/hidden0"] == "shared_hidden0"


@pytest.mark.parametrize("value", [*WILD, {"a": [1, (2,), None]}, (1, "b"), {'q"': "it's"}, 0.1, -1e-30, True])
def test_a_literal_is_the_value(value: Any) -> None:
    assert ast.literal_eval(literal(value)) == value


def test_texts_stand_in_double_quotes_where_they_can() -> None:
    assert [literal("a"), literal('a"b'), literal("it's")] == ['"a"', "'a\"b'", '"it\'s"']


def test_long_values_and_calls_stand_line_by_line() -> None:
    value = {f"task {i}": 1 / 3 for i in range(10)}
    text = assigned("X", value)
    assert ast.literal_eval(text.removeprefix("X = ")) == value
    assert max(map(len, text.splitlines())) < 40
    assert call("f", ["a", "b"]) == "f(a, b)"
    assert len(call("f", ["a" * 50] * 3).splitlines()) == 5


@pytest.mark.parametrize("text", ['"""', "a\nb", "\\", "'; x", "\x00\x1b\u2028"])
def test_a_persons_text_cannot_end_a_docstring(text: str) -> None:
    assert ast.parse(f'"""{plain(text)} end"""')
    assert len(f"{plain(text)}.".splitlines()) == 1


# --- long lines

A, B = "a" * 25, "b" * 30
LONG = [
    f"    value = function([{A}, {B}], 'text, with (brackets', key=[1, 2, 3], other={A})",
    "x = {key: [" + ", ".join(f"'entry {i}'" for i in range(30)) + "]}",
    f"return {{task: loss(outputs[task], batch.targets[task], {A}, {B}) for task in tasks if task in outputs}}",
]


@pytest.mark.parametrize("line", LONG)
def test_a_long_line_is_broken_and_stays_the_same_code(line: str) -> None:
    broken = wrapped(line)
    assert max(map(len, broken.splitlines())) <= 120
    indented = line if line.startswith("    ") else f"    {line}"
    again = broken if line.startswith("    ") else "\n".join(f"    {part}" for part in broken.splitlines())
    assert ast.dump(ast.parse(f"def f():\n{indented}")) == ast.dump(ast.parse(f"def f():\n{again}"))


def test_a_short_line_and_one_without_brackets_stay() -> None:
    assert wrapped("f(a, b)") == "f(a, b)"
    assert wrapped('x = "' + "y" * 200 + '"') == 'x = "' + "y" * 200 + '"'


# --- pieces


def test_a_piece_brings_what_it_needs_and_no_more() -> None:
    found = [piece.name for piece in needed("Regression(1.0)")]
    assert found == ["Regression"]
    assert {piece.name for piece in needed("Binary()")} == {"Binary", "confusion", "accuracy_and_f1", "auroc"}


def test_pieces_know_nothing_of_the_project_but_one_another() -> None:
    for gaps in (False, True):
        for piece in pieces(gaps).values():
            assert "mtl_core" not in piece.text
            assert "type: ignore" not in piece.text


def test_imports_are_those_that_are_used() -> None:
    found = imports_for("def f(x: Sequence[Tensor]) -> Any:\n    return np.array(math.pi)")
    assert found.splitlines() == [
        "import math",
        "from collections.abc import Sequence",
        "from typing import Any",
        "",
        "import numpy as np",
        "from torch import Tensor",
    ]


# --- nothing is forgotten


def test_every_block_of_a_supervised_network_is_known() -> None:
    rooms = (blocks, fusion, grounding, mixing)
    every = {
        kind
        for room in rooms
        for kind in vars(room).values()
        if isinstance(kind, type) and issubclass(kind, blocks.Block) and kind is not blocks.Block
    }
    assert every == {*WRITERS, *WITHOUT_MODULE}


def test_a_block_that_is_not_known_is_named() -> None:
    kinds = [
        kind
        for kind in vars(generation_blocks).values()
        if isinstance(kind, type) and issubclass(kind, blocks.Block) and kind.__module__ == generation_blocks.__name__
    ]
    assert kinds
    with pytest.raises(Exception, match=f"a network with {kinds[0].__name__} cannot be written as a script"):
        module_code(kinds[0].__new__(kinds[0]))


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_every_weighting_is_known_and_reads_what_it_reads(name: str) -> None:
    weighting = parse_spec({"dataset": "wine_quality", "weighting": name}).weighting
    found = weighting_code(weighting, [Task("a", "regression"), Task("b", "binary", ("no", "yes"))])
    assert (found is None) == (name == "fixed")
    if found is not None:
        assert ("gramian" in found.asked) == weighting.needs_gramian
        assert bool(found.learns) == bool(weighting.learned)
        assert ast.parse(found.made or "0")
        assert ast.parse(found.asked)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_every_regularizer_is_known(name: str, optimizer: str) -> None:
    made = recipe(architecture="soft", regularizers=[name], optimizer=optimizer)
    proximal = REGULARIZERS[name](name=name).uses_proximal(optimizer)
    assert bool([*proximal_code(made)]) == proximal
    assert bool([*penalty_code(made)]) != proximal


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 9, 64])
@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_steps_and_rows_at_once_are_the_engines(rows: int, size: int) -> None:
    made = recipe(rows, batch_size=size)
    assert made.steps_per_epoch == batches.steps_per_epoch(rows, size)
    assert script.ROWS_AT_ONCE == evaluation.ROWS_AT_ONCE
    assert script.PICTURES_AT_ONCE == evaluation.PICTURES_AT_ONCE


def test_writing_scripts_does_not_import_torch() -> None:
    code = "import sys, mtl_core.export, mtl_core.cli.export; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


# --- whole scripts


class Wild(TinyTable):
    """The tiny table under names that try to be code."""

    name: Literal["tiny_wild"] = "tiny_wild"  # type: ignore[assignment]

    def tasks(self) -> tuple[Task, ...]:
        return tuple(Task(name, "regression") for name in WILD)

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        samples = yield from super().load(folder, validation)
        targets = dict.fromkeys(WILD, samples.targets["y"])
        return Samples(samples.inputs, targets, samples.splits, samples.source)


def test_names_that_try_to_be_code_are_names(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(DATASETS, "tiny_wild", Wild)
    run = bench.train(dataset="tiny_wild", epochs=2, architecture="partial")
    bench.store.rename(run, '"""\nraise SystemExit(4)\n"""')
    ((code, shown),) = execute([bench.unpacked(run)], tmp_path)
    assert code == 0, shown


def test_scripts_are_as_tidy_as_this_project(bench: Bench, wine: str) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed beside this Python")
    architecture = {"name": "cross_stitch", "channels": [4, 8]}
    weighting = {"name": "mgda", "at_representation": True}
    other = bench.train(dataset="tiny_images", architecture=architecture, weighting=weighting, epochs=1)
    files = [str(bench.unpacked(run) / "retrain.py") for run in (wine, other)]
    options = ["--isolated", "--line-length", "120"]
    for command in (["check", "--select", "F,E,W,I,B", *options], ["format", "--check", *options]):
        done = subprocess.run([ruff, *command, *files], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
