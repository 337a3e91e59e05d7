"""Fixed classifiers in whose features pictures are compared; their weights are shipped, and made by ``make``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_core.feature_classifiers.lab64 import SIDE, Lab64

CLASSIFIER = "lab64-v1"
"""The classifier whose features every Fréchet distance uses; another one would be another measure."""


def weights_file(name: str) -> Path:
    """Where the weights of a classifier are."""
    return Path(__file__).with_name(f"{name}.npz")


@cache
def classifier(name: str = CLASSIFIER, device: str = "cpu") -> Lab64:
    """A fixed classifier in evaluation mode; its weights are read as plain arrays, never unpickled."""
    with torch.random.fork_rng(devices=[]):
        network = Lab64()
    with np.load(weights_file(name), allow_pickle=False) as arrays:
        network.load_state_dict({key: torch.from_numpy(arrays[key]) for key in arrays.files})
    return network.eval().requires_grad_(False).to(device)


@torch.no_grad()
def features_of(pictures: Tensor) -> Tensor:
    """The last hidden layer of the classifier, (B, 64) on the CPU, for pictures (B, C, S, S) in 0..1."""
    return classifier(device=str(pictures.device)).features(prepared(pictures)).float().cpu()


def prepared(pictures: Tensor) -> Tensor:
    """(B, 3, 64, 64): grey is repeated, another size is brought to 64 by bilinear interpolation without aliasing."""
    if pictures.shape[1] == 1:
        pictures = pictures.expand(-1, 3, -1, -1)
    if pictures.shape[-1] == SIDE:
        return pictures
    return F.interpolate(pictures, size=(SIDE, SIDE), mode="bilinear", antialias=True)
