"""A run as one HTML file that needs nothing from elsewhere: what was trained, how it went, how to do it again."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mtl_core import __version__
from mtl_core.errors import SpecError
from mtl_core.execution.code_version import code_version
from mtl_core.export import markup, svg
from mtl_core.export.curves import MOST_TASKS, figures
from mtl_core.export.exported import Exported, file_name
from mtl_core.export.spec_file import spec_text
from mtl_core.runs.records import RunRecord
from mtl_core.runs.results import result_of
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec

PACKAGES = ("torch", "numpy", "scikit-learn", "torchmetrics", "torchjd")


def report_html(store: Store, run: str) -> Exported:
    """The report of a run in any state: spec, data, parameters, curves, metrics, changes, environment.

    Raises:
        RunNotFound: if no run has this id.
    """
    record = store.get(run)
    result = result_of(store, record)
    found = store.last_events(run, "started")
    started: dict[str, Any] = found[0].values if found else {}
    title = record.name or f"{record.spec['dataset']['name']} · {record.spec['architecture']['name']}"
    sections = [
        _head(record, result, title),
        markup.section("Results", *_results(result)),
        markup.section("What was trained", *_spec(record)),
        markup.section("Curves", *_curves(store, run, len(record.spec["tasks"]))),
        markup.section("Changes during the run", _changes(store, run)),
        markup.section("Data", *_data(record, result, started)),
        markup.section("Parameters", _parameters(result)),
        markup.section("Environment", _environment(record, result, started)),
        markup.section("Do it again", *_again(record)),
    ]
    text = markup.page(title, markup.STYLE + svg.STYLE, sections)
    return Exported(file_name(record, "-report.html"), text.encode(), "text/html")


def _head(record: RunRecord, result: Mapping[str, Any], title: str) -> str:
    spec = record.spec
    what = (
        f"{spec['dataset']['name']}, architecture {spec['architecture']['name']}, weighting {spec['weighting']['name']}"
    )
    how = f"{record.status} after {result['epochs']} epochs and {result['steps']} steps in {result['seconds']:.1f} s"
    lines = [markup.paragraph(f"{what}; seed {spec['seed']}."), markup.paragraph(f"Run {record.id}: {how}.", soft=True)]
    lines += [markup.paragraph(result["error"])] if result["error"] else []
    lines += [markup.paragraph(record.note)] if record.note else []
    lines += [markup.paragraph(f"Tags: {', '.join(record.tags)}", soft=True)] if record.tags else []
    return f"<header>\n<h1>{escape(title)}</h1>\n" + "\n".join(lines) + "\n</header>"


def _results(result: Mapping[str, Any]) -> Iterator[str]:
    splits = [split for split, tasks in result["metrics"].items() if tasks]
    rows: list[list[markup.Cell]] = []
    for task in dict.fromkeys(task for split in splits for task in result["metrics"][split]):
        names = dict.fromkeys(name for split in splits for name in result["metrics"][split].get(task, {}))
        for name in names:
            rows.append([task, name, *(result["metrics"][split].get(task, {}).get(name) for split in splits)])
    yield markup.table(["task", "metric", *splits], rows)
    overall = result.get("overall") or {}
    yield markup.table(
        ["over all tasks", *overall],
        [[name, *(overall[split].get(name) for split in overall)] for name in next(iter(overall.values()), {})],
    )
    if result["metrics"].get("test"):
        yield markup.paragraph("Test was measured once, at the end; nothing was chosen by it.", soft=True)


def _spec(record: RunRecord) -> Iterator[str]:
    try:
        differences = parse_spec(record.spec).differences()
    except SpecError as error:  # written by another version, or of data that are no longer there
        yield markup.paragraph(f"What differs from the defaults cannot be told: {error}", soft=True)
        differences = {}
    rows: list[list[markup.Cell]] = [[path, _plain(value)] for path, value in _leaves(differences)]
    yield markup.table(["field", "value"], rows, "What differs from the defaults") or markup.paragraph("All defaults.")
    yield markup.folded("The whole spec", markup.preformatted(spec_text(record.spec)))


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _curves(store: Store, run: str, tasks: int) -> Iterator[str]:
    drawn = [figure.svg() for figure in figures(store, run)]
    if drawn:
        yield '<div class="charts">\n' + "\n".join(drawn) + "\n</div>"
    if drawn and tasks > MOST_TASKS:
        yield markup.paragraph(f"The first {MOST_TASKS} of {tasks} tasks; `export --metrics` gives all.", soft=True)


def _changes(store: Store, run: str) -> str:
    rows: list[list[markup.Cell]] = [
        [event.step, *(_plain(event.values.get(key)) for key in ("field", "old", "new", "by"))]
        for _, event in store.events_since(run, kinds=("change",))
    ]
    return markup.table(["step", "field", "old", "new", "by"], rows)


def _data(record: RunRecord, result: Mapping[str, Any], started: Mapping[str, Any]) -> Iterator[str]:
    data = result["data"] or {}
    rows: list[tuple[str, markup.Cell]] = [("name", str(record.spec["dataset"]["name"]))]
    rows += [("source", str(data["source"]))] if "source" in data else []
    rows += [(f"{split} rows", int(size)) for split, size in (data.get("sizes") or {}).items()]
    yield markup.pairs(rows)
    yield from (markup.paragraph(str(note), soft=True) for note in (started.get("data") or {}).get("notes", ()))


def _parameters(result: Mapping[str, Any]) -> str:
    counts = result["parameters"]
    if not counts:
        return ""
    own = list(counts["per_task"].items())
    rows: list[tuple[str, markup.Cell]] = [("shared", counts["shared"]), *own]
    return markup.pairs([*rows, ("together", counts["shared"] + sum(count for _, count in own))])


def _environment(record: RunRecord, result: Mapping[str, Any], started: Mapping[str, Any]) -> str:
    moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M UTC")
    rows: list[tuple[str, markup.Cell]] = [("created", moment), ("device", str(result["device"]))]
    rows += [("why this device", str(started["why"]))] if "why" in started else []
    rows += [("engine", str(result["engine"])), ("seed", int(record.spec["seed"]))]
    rows += [("threads", int(started["threads"]))] if "threads" in started else []
    rows += [("MTL Lab at export", f"{__version__} ({code_version()[0]})"), ("Python", platform.python_version())]
    return markup.pairs([*rows, *((name, _version(name)) for name in PACKAGES)])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _again(record: RunRecord) -> Iterator[str]:
    yield markup.paragraph("Keep the whole spec above as spec.yaml and train it:")
    yield markup.preformatted("python -m mtl_core train spec.yaml")
    yield markup.paragraph("Without MTL Lab, with the data and plain torch:")
    yield markup.preformatted(f"python -m mtl_core export {record.id} --script --out retrain.zip")
