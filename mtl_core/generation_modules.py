"""The torch modules of the blocks in :mod:`mtl_core.generation_blocks`."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from mtl_core import generation_blocks as blocks
from mtl_core.averaging import Average, begun_anew

PACE, NARROW = 5.0, -1.0
"""Of a learned mixture: its numbers are the parameters so many times, so that under Adam they move so many times as
far a step; and log s² at the start."""
SLOPE = 0.2
"""Of the discriminator's leaky ReLUs below 0."""


class Mixture(NamedTuple):
    """The prior 1/K Σ_k N(m_k, diag s_k²) of z.

    Attributes:
        mean: (K, latent) m.
        log_variance: (K, latent) log s².
    """

    mean: Tensor
    log_variance: Tensor


class Coded(NamedTuple):
    """What a VAE's head gives for a batch.

    Attributes:
        picture: (B, C, S, S) logits.
        mean: (B, latent) μ.
        log_variance: (B, latent) log σ².
        prior: of z; None for N(0, I).
    """

    picture: Tensor
    mean: Tensor
    log_variance: Tensor
    prior: Mixture | None = None


class Generator(nn.Module):
    """(B, latent) -> logits (B, C, S, S); see :class:`mtl_core.generation_blocks.Generator`."""

    def __init__(self, block: blocks.Generator) -> None:
        super().__init__()
        self.sizes, self.widths, self.side = block.sizes, block.widths, block.picture.size
        self.latent, self.smooth = block.latent, block.smooth
        first = self.widths[0] * self.sizes[0] ** 2
        self.style = nn.Sequential(nn.Linear(block.latent, block.style), nn.ReLU())
        self.first = nn.Sequential(nn.Linear(block.style, first, bias=False), nn.BatchNorm1d(first), nn.ReLU())
        pairs = list(zip(self.widths, self.widths[1:], strict=False))
        self.stages = nn.ModuleList(
            nn.Sequential(PlacedConvolution(before, width), nn.BatchNorm2d(width)) for before, width in pairs
        )
        self.films = nn.ModuleList(nn.Linear(block.style, 2 * width) for _, width in pairs)
        self.logits = PlacedConvolution(self.widths[-1], 4 * block.picture.channels, bias=True)
        _alike(self.logits)
        mean = torch.randn(block.components, block.latent)
        centres = torch.stack([mean, torch.full_like(mean, NARROW)])
        self.centres = nn.Parameter(centres / PACE) if block.components else None
        self.average = Average(self, block.average) if block.average else None
        self.register_load_state_dict_pre_hook(_averaged_from_here)  # type: ignore[no-untyped-call]

    @property
    def shown(self) -> Generator:
        """What makes the pictures that are looked at: its average, where it keeps one, else itself."""
        found = self if self.average is None else self.average.twin
        assert isinstance(found, Generator)
        return found

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.logits.map.weight.device

    def prior(self) -> Mixture | None:
        """The learned distribution of z; None for N(0, I)."""
        return Mixture(*(PACE * self.centres)) if self.centres is not None else None

    def draw(self, rows: int, seed: int) -> Tensor:
        """z (rows, latent) of as many pictures, the same for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        z, prior = torch.randn(rows, self.latent, generator=generator), self.prior()
        if prior is None:
            return z.to(self.device)
        chosen = torch.randint(len(prior.mean), (rows,), generator=generator)
        drawn: Tensor = prior.mean[chosen] + (prior.log_variance[chosen] / 2).exp() * z.to(prior.mean.device)
        return drawn

    def forward(self, z: Tensor) -> Tensor:
        style = self.style(z)
        x = self.first(style).view(-1, self.widths[0], self.sizes[0], self.sizes[0])
        x = x.contiguous(memory_format=torch.channels_last)
        for size, stage, film in zip(self.sizes[1:], self.stages, self.films, strict=False):
            scale, shift = film(style)[:, :, None, None].chunk(2, dim=1)
            x = F.interpolate(x, size=(size, size), mode="nearest")
            x = F.relu(stage(x) * (1 + scale) + shift)
        logits = F.pixel_shuffle(self.logits(x), 2)
        logits = smoothed(logits) if self.smooth else logits
        return logits[:, :, : self.side, : self.side]


def _averaged_from_here(generator: Generator, state: dict[str, Any], prefix: str, *_: object) -> None:
    """Load a state from before generators kept an average: it begins from the weights that are there."""
    if generator.average is not None:
        begun_anew(state, prefix, "average")


def smoothed(pictures: Tensor) -> Tensor:
    """Each channel of (B, C, S, S) weighed 1:2:1 over rows and columns, which takes what alternates pixel by pixel.

    Zhang 2019, Making convolutional networks shift-invariant again, section 3.2 (binomial filter of 3).
    """
    channels = pictures.shape[1]
    line = pictures.new_tensor([0.25, 0.5, 0.25])
    kernel = torch.outer(line, line).expand(channels, 1, 3, 3)
    return F.conv2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), kernel, groups=channels)


@torch.no_grad()
def _alike(logits: PlacedConvolution) -> None:
    """Let the four pixels of each place begin alike, so that no chequered pattern is there at the start.

    Aitken et al. 2017, Checkerboard artifact free sub-pixel convolution.
    """
    for parameter in logits.parameters():
        parameter.copy_(parameter[::4].repeat_interleave(4, dim=0))


class PlacedConvolution(nn.Module):
    """A 3×3 convolution of a map with its pixels' coordinates beside it: of the map and, once a batch, of these."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = False) -> None:
        super().__init__()
        self.map = nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)
        self.place = nn.Conv2d(blocks.COORDINATES, outputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        line = torch.linspace(-1, 1, x.shape[-1], device=x.device, dtype=x.dtype)
        place = torch.stack(torch.meshgrid(line, line, indexing="xy"))
        found: Tensor = self.map(x) + self.place(place[None])
        return found


class VaeHead(nn.Module):
    """code (B, width) -> :class:`Coded`; z = μ + σε, ε ~ N(0, I), in training, and z = μ in evaluation."""

    minds_mode = True

    def __init__(self, block: blocks.VaeHead) -> None:
        super().__init__()
        self.encoder = nn.Linear(block.code.width, 2 * block.latent)
        self.decoder = Generator(block.decoder)

    def forward(self, code: Tensor) -> Coded:
        mean, log_variance = self.encoder(code).chunk(2, dim=1)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean) if self.training else mean
        return Coded(self.decoder(z), mean, log_variance, self.decoder.prior())


class Discriminator(nn.Module):
    """(maps shallow to deep) -> logits (B, 1); see :class:`mtl_core.generation_blocks.Discriminator`."""

    def __init__(self, block: blocks.Discriminator) -> None:
        super().__init__()
        normalised = spectral_norm if block.spectral_norm else _as_it_is
        width, self.size = block.channels, block.features[-1].size
        self.first = nn.ModuleList(
            normalised(nn.Conv2d(feature.channels, width, 3, stride=2**step, padding=1))
            for step, feature in zip(reversed(range(len(block.features))), block.features, strict=True)
        )
        self.second = normalised(nn.Conv2d(width, width, 3, stride=2, padding=1))
        self.last = normalised(nn.Linear(width * block.size**2, 1))

    def forward(self, *maps: Tensor) -> Tensor:
        found = [layer(x)[:, :, : self.size, : self.size] for layer, x in zip(self.first, maps, strict=True)]
        x = F.leaky_relu(torch.stack(found).sum(0), SLOPE)
        x = F.leaky_relu(self.second(x), SLOPE)
        logits: Tensor = self.last(x.flatten(1))
        return logits


def _as_it_is(layer: nn.Module) -> nn.Module:
    return layer
