"""A run to take away: spec, metrics, weights, figures, report, and a script that trains it without this project."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from mtl_core.errors import MTLError
from mtl_core.export.bundle import bundled
from mtl_core.export.curves import figures_png_zip, figures_zip
from mtl_core.export.exported import Exported
from mtl_core.export.report import report_html
from mtl_core.export.script import script_zip
from mtl_core.export.spec_file import spec_yaml
from mtl_core.export.tables import metrics_csv, metrics_parquet
from mtl_core.export.weights import weights_safetensors, weights_state_dict
from mtl_core.runs.store import Store

__all__ = ["EXPORTS", "Exported", "bundle", "report_html", "script_zip", "spec_yaml"]

Export = Callable[[Store, str], Exported]
EXPORTS: dict[str, Export] = {
    "spec": spec_yaml,
    "metrics": metrics_csv,
    "parquet": metrics_parquet,
    "weights": weights_safetensors,
    "state_dict": weights_state_dict,
    "figures": figures_zip,
    "figures_png": figures_png_zip,
    "report": report_html,
    "script": script_zip,
}
"""What can be exported of a run; ``weights``, ``state_dict`` and ``script`` import torch when they are called."""


def bundle(store: Store, runs: Sequence[str], what: Collection[str]) -> Exported:
    """Several runs as one zip, a folder a run; see :func:`mtl_core.export.bundle.bundled`.

    Args:
        store: the run store.
        runs: their ids.
        what: names in :data:`EXPORTS`.

    Raises:
        RunNotFound: if no run has one of these ids.
        MTLError: for an unknown name, if nothing is asked for, or if nothing can be given.
    """
    if unknown := [name for name in what if name not in EXPORTS]:
        raise MTLError(f"what to export must be among {', '.join(EXPORTS)}, got {', '.join(unknown)}")
    return bundled(store, runs, {name: EXPORTS[name] for name in what})
