"""Trains ``lab64-v1`` and writes its weights: ``python -m mtl_core.feature_classifiers.make [FILE]`` (about a minute).

It learns to tell 6000 drawn shapes by shape and colour (drawn from seed 64, so none of them is a run's) and
scikit-learn's digits; every fifth picture is held out. The same torch on the same kind of machine gives the same
weights.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_core.datasets.digits import enlarged_digits
from mtl_core.datasets.shape_pictures import OUTLINES, PALETTE, drawn_shapes
from mtl_core.feature_classifiers import CLASSIFIER, prepared, weights_file
from mtl_core.feature_classifiers.lab64 import SIDE, Lab64

SEED, ROWS, EPOCHS, BATCH, RATE = 64, 6000, 10, 64, 2e-3


def pictures_and_classes() -> tuple[Tensor, Tensor]:
    """(N, 3, 64, 64) in 0..1 and (N,) class indices."""
    drawn = drawn_shapes(ROWS, SIDE, SEED)
    grey, digits = enlarged_digits()
    pictures = [torch.from_numpy(drawn.pictures.copy()), torch.from_numpy(grey[:, None].copy())]
    classes = [drawn.shape * len(PALETTE) + drawn.colour, digits + len(OUTLINES) * len(PALETTE)]
    return torch.cat([prepared(part.float() / 255) for part in pictures]), torch.from_numpy(np.concatenate(classes))


def trained() -> tuple[Lab64, float]:
    """The network, and its accuracy on the pictures held out."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    pictures, classes = pictures_and_classes()
    order = torch.randperm(len(classes))
    held, rows = order[::5], order[torch.arange(len(order)) % 5 > 0]
    network = Lab64()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(EPOCHS):
        for part in torch.split(rows[torch.randperm(len(rows))], BATCH):
            optimizer.zero_grad()
            F.cross_entropy(network(pictures[part]), classes[part]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        right = (network(pictures[held]).argmax(1) == classes[held]).float().mean().item()
    return network, right


def main(path: Path) -> None:
    """Train, write the weights, say how good they are."""
    network, right = trained()
    np.savez_compressed(path, **{name: value.numpy() for name, value in network.state_dict().items()})
    print(f"{path.name}: {right:.4f} of the pictures held out are told right, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else weights_file(CLASSIFIER))
