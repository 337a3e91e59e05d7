"""Copies on the host: from a GPU into pinned memory on a stream of their own, and waited for once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def on_host(tree: Any, device: torch.device) -> Any:
    """A tree of mappings, lists and tensors with its tensors on the host; as it is where they are there already.

    A checkpoint of many tensors so waits for the device once instead of once a tensor.

    Args:
        tree: nested dicts, lists and tuples.
        device: where its tensors are.
    """
    if device.type != "cuda":
        return tree
    aside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(aside):
        copied = _copied(tree)
    aside.synchronize()
    return copied


def _copied(tree: Any) -> Any:
    if isinstance(tree, Tensor):
        if tree.device.type == "cpu":
            return tree
        pinned = torch.empty_like(tree, device="cpu", pin_memory=True)
        return pinned.copy_(tree, non_blocking=True)
    if isinstance(tree, dict):
        return {name: _copied(value) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(_copied(value) for value in tree)
    return tree
