"""Writes the README's table of the systems, a command and a link each, from examples/: ``python -m docs.systems``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import yaml

from mtl_core.spec import RunSpec, parse_spec
from ui import draft, url_state

PROJECT = Path(__file__).resolve().parent.parent
README = PROJECT / "README.md"
MARK = "<!-- systems: written by `python -m docs.systems` -->"
ADDRESS = "http://127.0.0.1:8501/"


def examples() -> dict[str, Path]:
    """The example specs by name."""
    return {path.stem: path for path in sorted((PROJECT / "examples").glob("*.yaml"))}


def spec_of(path: Path) -> RunSpec:
    """The spec in an example file."""
    return parse_spec(yaml.safe_load(path.read_text(encoding="utf-8")))


def about(path: Path) -> str:
    """What an example says of itself in its first line."""
    return path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")


def gives(path: Path) -> str:
    """What its second line says comes out."""
    return path.read_text(encoding="utf-8").split("\n", 2)[1].removeprefix("# Gives ")


def link(spec: RunSpec) -> str:
    """The address at which the page opens with this spec in its form."""
    parameters = url_state.to_params(draft.of_spec(spec))
    return ADDRESS + (f"?{urlencode(parameters)}" if parameters else "")


def table() -> str:
    """A row a system."""
    rows = ["| what it shows | what it gives | command line | in the browser |", "|---|---|---|---|"]
    for path in examples().values():
        command = f"`python -m mtl_core train examples/{path.name}`"
        rows.append(f"| {about(path)} | {gives(path)} | {command} | [open]({link(spec_of(path))}) |")
    return "\n".join(rows)


def written(readme: str) -> str:
    """The README with the table of now between its marks."""
    before, _, after = readme.split(MARK)
    return f"{before}{MARK}\n{table()}\n{MARK}{after}"


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
