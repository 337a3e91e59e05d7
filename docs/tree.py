"""Writes the README's tree, a line a file, from what each file says of itself: ``python -m docs.tree``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
README = PROJECT / "README.md"
MARK = "<!-- tree: written by `python -m docs.tree` -->"
LEFT_OUT = {".git", ".venv", ".mtl_lab", ".artifacts", "data", "static", "__pycache__"}
CACHES = ("*.log", "*.pyc", "__init__.py")
FOLDED = {"docs/growth", "ui/recorded/digits", "ui/recorded/race", "ui/recorded/wine_quality"}
"""Folders whose files need no line each."""
TOLD: dict[str, str] = {
    ".ci/run": "what a machine checks before a change lands",
    ".gitignore": "what git leaves alone",
    ".streamlit/config.toml": "settings of the page's server, and its two themes",
    "CHANGELOG.md": "what changed, for users",
    "LICENSE": "MIT",
    "LOG.md": "decisions, measurements, what failed",
    "README.md": "this page",
    "docs/acceptance.md": "what `make acceptance` measured last",
    "docs/playground.png": "the picture above",
    "docs/shapes_gan.png": "what examples/shapes_gan.yaml makes",
    "docs/shapes_vae.png": "what examples/shapes_vae.yaml rebuilds and makes",
    "docs/spec.md": "every field of a spec",
    "mtl_core/datasets/digits_preview.txt": "ten digits for the card, so that it needs no scikit-learn",
    "mtl_core/datasets/wine_facts.json": "published quantiles and correlations, for the stand-in",
    "mtl_core/feature_classifiers/lab64-v1.npz": "weights of the fixed classifier of the Fréchet distance",
    "ui/frontend/icon.svg": "The icon in the browser's tab",
    "ui/frontend/preload.js": "Begins to load Plotly with the page",
    "benchmarks/results.json": "what the pairs gave last, and on which machine; made by `python -m benchmarks`",
    "benchmarks/growth.json": "how cost grew when it was last measured; made by `python -m benchmarks.growth`",
    "docs/growth": "how cost grows, a picture an axis; made by `python -m benchmarks.growth`",
    "ui/recorded/costs.json": "what a step of each method costs; made by `python -m benchmarks.weighting_cost`",
    "ui/recorded/race": "walks of the methods on the toys; made by `python -m ui.recorded.make_race`",
    "ui/words/zh.toml": "The words of the page in Chinese",
}
"""For files that cannot say it themselves."""
WIDTH = 28


def tree() -> str:
    """The tree: two spaces a level, the name, what it is."""
    return "\n".join(_lines(PROJECT, 0))


def _lines(folder: Path, depth: int) -> list[str]:
    lines = []
    for path in sorted(folder.iterdir(), key=lambda p: (p.is_dir(), p.name)):
        if path.name in LEFT_OUT or path.name.endswith("_cache") or any(path.match(pattern) for pattern in CACHES):
            continue
        if path.is_dir():
            inside = [] if _key(path) in FOLDED else _lines(path, depth + 1)
            if inside or _key(path) in FOLDED:
                lines += [_line(f"{path.name}/", depth, about(path)), *inside]
        else:
            lines.append(_line(path.name, depth, about(path)))
    return lines


def _line(name: str, depth: int, text: str) -> str:
    return f"{'  ' * depth}{name}".ljust(WIDTH) + f"  {text}" if text else f"{'  ' * depth}{name}"


def _key(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def about(path: Path) -> str:
    """What a file or folder says of itself in its docstring or first comment."""
    if _key(path) in TOLD:
        return TOLD[_key(path)]
    source = path / "__init__.py" if path.is_dir() else path
    if not source.is_file():
        return ""
    if source.suffix == ".py":
        text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    elif source.suffix in (".js", ".css"):
        found = re.match(r"\s*/\*+(.*?)\*/", source.read_text(encoding="utf-8"), re.DOTALL)
        text = " ".join(line.strip(" *") for line in found[1].splitlines()) if found else ""
    elif source.suffix in (".toml", ".txt", ".yaml", "") or source.name == "Makefile":
        first = source.read_text(encoding="utf-8").split("\n", 1)[0]
        text = first.removeprefix("#") if first.startswith("# ") else ""
    else:
        text = ""
    return _sentence(text)


def _sentence(text: str) -> str:
    """The first sentence of the first paragraph, on one line, without its full stop."""
    line = " ".join(text.strip().split("\n\n")[0].split()).replace("``", "").replace(":mod:", "")
    return re.split(r"(?<=[^.])\.(?:\s|$)", line)[0]


def written(readme: str) -> str:
    """The README with the tree of now between its marks."""
    before, _, after = readme.split(MARK)
    return f"{before}{MARK}\n```\n{tree()}\n```\n{MARK}{after}"


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
