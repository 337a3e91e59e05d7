"""Constants: small numbers that a step needs on the device, copied there when they change and not at every step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Constants:
    """Tensors of a few numbers, by name; a copy to the device waits for it, so each is made once a value.

    Args:
        device: where the run computes.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._known: dict[str, tuple[list[float], Tensor]] = {}

    def of(self, name: str, values: Sequence[float], dtype: torch.dtype = torch.float32) -> Tensor:
        """(n,) these numbers on the device."""
        found = list(values)
        known = self._known.get(name)
        if known is None or known[0] != found:
            known = self._known[name] = found, torch.tensor(found, dtype=dtype).to(self.device)
        return known[1]
