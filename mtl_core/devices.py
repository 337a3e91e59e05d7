"""Which device a run uses, and why."""

from __future__ import annotations

import torch

from mtl_core.errors import Problem, SpecError


def choose_device(wanted: str) -> tuple[torch.device, str]:
    """The device for ``auto``, ``cuda``, ``mps`` or ``cpu``, and the reason in words.

    Raises:
        SpecError: where the wanted device is not there.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wanted == "cuda" and not cuda:
        raise SpecError([Problem("device", "CUDA is not available on this machine; use auto or cpu", wanted)])
    if wanted == "mps" and not mps:
        raise SpecError([Problem("device", "MPS is not available on this machine; use auto or cpu", wanted)])
    if wanted == "cpu":
        return torch.device("cpu"), "chosen in the spec"
    if cuda and wanted in ("auto", "cuda"):
        return torch.device("cuda"), f"CUDA is present: {torch.cuda.get_device_name()}"
    if mps:
        return torch.device("mps"), "no CUDA, but Apple's MPS is present"
    built = torch.version.cuda
    reason = "a CUDA build of torch, but no CUDA device found" if built else "this build of torch has no CUDA"
    return torch.device("cpu"), f"{reason}; no MPS either"
