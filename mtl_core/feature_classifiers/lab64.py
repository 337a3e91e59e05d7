"""``lab64``: a small network for 64×64 RGB, 66 648 weights."""

from __future__ import annotations

from torch import Tensor, nn

SIDE = 64
FEATURES = 64
CLASSES = 40
"""The 30 shapes in their colours (shape · 6 + colour), then the 10 digits."""


class Lab64(nn.Module):
    """Four normalised convolutions of stride 2, means over quarters of the picture, a hidden layer, 40 logits.

    The hidden layer's 64 numbers are the features.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs, kernel in ((3, 16, 5), (16, 32, 3), (32, 48, 3), (48, 64, 3)):
            convolve = nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False)
            layers += [convolve, nn.BatchNorm2d(outputs), nn.ReLU()]
        layers += [nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, FEATURES), nn.ReLU()]
        self.hidden = nn.Sequential(*layers)
        self.logits = nn.Linear(FEATURES, CLASSES)

    def features(self, pictures: Tensor) -> Tensor:
        """(B, 3, 64, 64) in 0..1 -> (B, 64)."""
        found: Tensor = self.hidden(pictures)
        return found

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.logits(self.features(pictures))
        return logits
