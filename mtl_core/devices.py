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


def use_tensor_cores(device: torch.device, precision: str) -> None:
    """How CUDA multiplies matrices of float32: rounded to TF32 on its tensor cores, unless ``fp32`` was asked for.

    TF32 keeps float32's range and 10 bits of its fraction; sums stay in float32. It is a setting of the process, made
    anew for each run. The CPU always computes in float32.

    Args:
        device: of the run.
        precision: of the spec.
    """
    rounded = device.type == "cuda" and precision != "fp32"
    torch.set_float32_matmul_precision("high" if rounded else "highest")
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = rounded
