"""The curves of a run as figures: losses and main metrics of each task, and the weights that they had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from mtl_core.cli.outputs import all_events
from mtl_core.errors import MTLError
from mtl_core.events import Event
from mtl_core.export.exported import Exported, file_name, zipped
from mtl_core.export.naming import identifiers
from mtl_core.export.png import png_of, without_glyph
from mtl_core.export.svg import Series, chart
from mtl_core.runs.store import Store
from mtl_core.tasks import LIVE_METRICS

MOST_TASKS = 12
"""Tasks whose curves are drawn one by one; of more the first ones."""
MAIN = {names[0] for names in LIVE_METRICS.values()}
Points = list[tuple[float, float | None]]


@dataclass(frozen=True)
class Figure:
    """A figure: what it shows, and its drawing."""

    title: str
    series: list[Series]
    marks: list[float]

    def svg(self, alone: bool = False) -> str:
        """The drawing; ``alone`` for a file of its own."""
        return chart(self.title, self.series, x_label="epoch", marks=self.marks, alone=alone)


def figures(store: Store, run: str) -> list[Figure]:
    """Per task its losses of train and validation and its main metric; then the tasks' weights, if they moved."""
    marks = [event.epoch for _, event in store.events_since(run, kinds=("change",))]
    lines, weights = _gathered(all_events(store, run))
    tasks = list(dict.fromkeys(task for task, _, _ in lines))[:MOST_TASKS]
    found = []
    for task in tasks:
        for name in ("loss", *sorted(MAIN)):
            series = [Series(split, lines[task, name, split]) for split in _SPLITS if (task, name, split) in lines]
            if series:
                found.append(Figure(f"{task}: {name}", series, marks))
    if any(len({value for _, value in points}) > 1 for points in weights.values()):
        series = [Series(task, points) for task, points in weights.items()]
        found.append(Figure("weights of the losses", series[:MOST_TASKS], marks))
    return [figure for figure in found if figure.svg()]


def figures_zip(store: Store, run: str) -> Exported:
    """The figures as SVG files in a zip.

    Raises:
        RunNotFound: if no run has this id.
        MTLError: where there is nothing to draw yet.
    """
    files = {f"{name}.svg": svg.encode() for name, svg in _drawings(store, run).items()}
    return Exported(file_name(store.get(run), "-figures.zip"), zipped(files), "application/zip")


def figures_png_zip(store: Store, run: str) -> Exported:
    """The figures as PNG files in a zip, three pixels a unit of the drawing.

    Letters that no font of this machine has are told in ``left_out``.

    Raises:
        RunNotFound: if no run has this id.
        MTLError: where there is nothing to draw yet, no font, or the library resvg-py is not there.
    """
    drawings = _drawings(store, run)
    missing = without_glyph(drawings.values())
    files = {f"{name}.png": png_of(svg) for name, svg in drawings.items()}
    told = f"no font of this machine has {' '.join(missing)}: the PNG figures show a box, or nothing, in their place"
    left_out = (told,) if missing else ()
    return Exported(file_name(store.get(run), "-figures-png.zip"), zipped(files), "application/zip", left_out)


def _drawings(store: Store, run: str) -> dict[str, str]:
    """Each figure as SVG, by a name for its file."""
    record = store.get(run)
    found = figures(store, run)
    if not found:
        raise MTLError(
            f"run {run} is {record.status} and has fewer than two evaluations: there is no curve to draw; "
            "export its metrics or report"
        )
    names = identifiers(figure.title for figure in found)
    return {names[figure.title]: figure.svg(alone=True) for figure in found}


_SPLITS = ("train", "validation")


def _gathered(events: Iterator[Event]) -> tuple[dict[tuple[str, str, str], Points], dict[str, Points]]:
    """The evaluations' numbers by task, name and split; and the steps' weights by task."""
    lines: dict[tuple[str, str, str], Points] = defaultdict(list)
    weights: dict[str, Points] = defaultdict(list)
    for event in events:
        values = event.values
        if event.kind == "step":
            for task, weight in values["weights"].items():
                weights[task].append((event.epoch, weight))
        elif values["split"] in _SPLITS:
            for task, loss in values["loss"].items():
                lines[task, "loss", values["split"]].append((event.epoch, loss))
            for task, metrics in values["metrics"].items():
                for name in MAIN & set(metrics) - {"loss"}:
                    lines[task, name, values["split"]].append((event.epoch, metrics[name]))
    return lines, weights
