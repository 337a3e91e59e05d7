"""The weights of a run: as safetensors, or as torch's state_dict."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from mtl_core.errors import MTLError
from mtl_core.export.exported import Exported, file_name
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store

if TYPE_CHECKING:
    from torch import Tensor


def weights_safetensors(store: Store, run: str) -> Exported:
    """The network's tensors by name (``parts.<part>.…``), with the run's id and spec as metadata.

    Raises:
        RunNotFound: if no run has this id.
        MTLError: where it has no weights, or the library safetensors is not there.
    """
    try:
        from safetensors.torch import save
    except ImportError as error:
        raise MTLError(
            "weights as safetensors need the library safetensors: `pip install safetensors`, or export a state_dict"
        ) from error
    record = store.get(run)
    state = {name: tensor.detach().contiguous() for name, tensor in _network(store, record).items()}
    about = {"format": "pt", "run": run, "step": str(record.step), "spec": json.dumps(record.spec, ensure_ascii=False)}
    return Exported(file_name(record, ".safetensors"), save(state, about), "application/octet-stream")


def weights_state_dict(store: Store, run: str) -> Exported:
    """The same as a ``.pt`` file for ``torch.load(…, weights_only=True)``.

    Raises:
        RunNotFound: if no run has this id.
        MTLError: where it has no weights.
    """
    import torch

    record = store.get(run)
    buffer = io.BytesIO()
    torch.save(_network(store, record), buffer)
    return Exported(file_name(record, "-weights.pt"), buffer.getvalue(), "application/octet-stream")


def _network(store: Store, record: RunRecord) -> dict[str, Tensor]:
    """The network's state at the last checkpoint."""
    state = store.load_checkpoint(record.id)
    if state is None:
        raise MTLError(
            f"run {record.id} is {record.status} and has no weights yet: they are there from its first checkpoint on; "
            "export its spec, metrics or report"
        )
    network: dict[str, Any] = state["network"]
    return network
