"""The spec of a run as the YAML file that ``train`` takes."""

from __future__ import annotations

import yaml

from mtl_core.export.exported import Exported, file_name
from mtl_core.runs.store import Store


def spec_yaml(store: Store, run: str) -> Exported:
    """Every field of the spec, changes made during the run as its ``schedule``.

    Raises:
        RunNotFound: if no run has this id.
    """
    record = store.get(run)
    return Exported(file_name(record, ".yaml"), spec_text(record.spec).encode(), "application/yaml")


def spec_text(spec: object) -> str:
    """A spec as YAML, fields in their order."""
    text: str = yaml.safe_dump(spec, sort_keys=False, allow_unicode=True)
    return text
