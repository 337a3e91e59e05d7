"""What is measured and shown of a generation task in one pass over a split."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtl_core.batches import Batch
from mtl_core.feature_classifiers import features_of
from mtl_core.generation.base import Generation
from mtl_core.generation_metrics import frechet_distance, peak_signal_to_noise, structural_similarity
from mtl_core.generation_modules import Generator
from mtl_core.making import Making, noise_seed
from mtl_core.network import Network
from mtl_core.tasks import Task

SAMPLES = 24
"""Pictures made from fixed noise that a preview shows."""
LIVE_FEATURES, FINAL_FEATURES = 256, 2_000
"""Pictures, at most, of each side of a Fréchet distance: while a run goes on (where there is no PSNR), at its end."""
JUDGED = 512
"""Rows, at most, on which the loss is measured where pictures must be made for it."""
CORNERS, DIRECTIONS, STEPS, REACH = 4, 6, 9, 2.5
"""Samples to go between, latent directions, pictures on each way, and how far it leads, in standard deviations."""
DECODED = 256


class GenerationTally:
    """One generation task's sums over the batches of a split, and its pictures.

    Args:
        task: the task.
        network: in evaluation mode.
        generation: the method.
        seed: of the run.
        final: whether the heavy measures are asked for.
    """

    def __init__(self, task: Task, network: Network, generation: Generation, seed: int, final: bool) -> None:
        self.task, self.network, self.generation, self.seed, self.final = task, network, generation, seed, final
        self.loss_sum, self.rows, self.met = 0.0, 0, 0
        self.sums: dict[str, float] = {}
        self.shown: list[Tensor] = []
        self.codes: list[Tensor] = []
        self.features: list[Tensor] = []
        self.wants_pictures = False

    @property
    def decoder(self) -> Generator:
        """What turns z into logits of a picture."""
        return self.generation.decoder(self.network.parts, self.task)

    def update(self, output: Any, batch: Batch, keep: int, loss: Tensor | None = None) -> None:
        """Add a batch, and keep the first ``keep`` reconstructions."""
        pictures = batch.targets[self.task.name].float()
        rebuilt = self.generation.rebuilt(output)
        if rebuilt is not None or self.rows < JUDGED:
            making = self._making(output, batch)
            self.loss_sum += float(self.generation.task_loss(making)) * len(pictures)
            self.rows += len(pictures)
        self._measure(rebuilt, pictures)
        room = (FINAL_FEATURES if self.final else 0 if rebuilt is not None else LIVE_FEATURES) - self.met
        if room > 0:
            self.features.append(features_of(pictures[:room]))
        self.met += len(pictures)
        codes = self.generation.codes(output)
        self.codes += [codes.float().cpu()] if self.final and codes is not None else []
        self.wants_pictures |= keep > 0
        self.shown += [rebuilt[:keep].cpu()] if keep > 0 and rebuilt is not None else []

    def _making(self, output: Any, batch: Batch) -> Making:
        seed = noise_seed(self.seed, self.task.name, f"evaluation, row {self.met}")
        return Making(self.network, self.generation, self.task, batch, output, seed)

    def _measure(self, rebuilt: Tensor | None, pictures: Tensor) -> None:
        if rebuilt is None:
            return
        found = {"psnr": peak_signal_to_noise(rebuilt, pictures)}
        if self.final:
            found["ssim"] = structural_similarity(rebuilt, pictures)
        for name, values in found.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(values.double().sum())

    def mean_loss(self) -> float | None:
        """Mean loss over the rows on which it was measured."""
        return self.loss_sum / self.rows if self.rows else None

    def metrics(self) -> dict[str, float | None]:
        """``psnr`` and ``ssim`` of reconstructions, ``frechet`` of as many samples as real pictures."""
        found = {"psnr": self.sums.get("psnr", math.nan) / max(1, self.met)}
        if self.final:
            found["ssim"] = self.sums.get("ssim", math.nan) / max(1, self.met)
        if self.features:
            real = torch.cat(self.features)
            z = self._drawn(len(real), "measured samples")
            made = torch.cat([features_of(self._decode(part)) for part in torch.split(z, DECODED)])
            found["frechet"] = frechet_distance(real, made)
        return {name: value if math.isfinite(value) else None for name, value in found.items()}

    def samples(self) -> int:
        """How many pictures of each side the Fréchet distance was measured on."""
        return sum(len(part) for part in self.features)

    def pictures(self) -> dict[str, NDArray[np.uint8]]:
        """What a preview holds of the task; at the end also ways through the latent space.

        ``reconstruction.<task>`` (n, C, S, S) of the first pictures · ``sample.<task>`` (24, C, S, S) from fixed
        noise · ``between.<task>`` (6, 9, C, S, S): straight ways between each two of the first four samples, in the
        order of :func:`itertools.combinations` · ``along.<task>`` (4, 6, 9, C, S, S): from each of these samples
        along each principal direction, from −2.5 to 2.5 standard deviations.
        """
        if not self.wants_pictures:
            return {}
        name = self.task.name
        z = self._drawn(SAMPLES, "samples")
        arrays = {f"reconstruction.{name}": as_bytes(torch.cat(self.shown))} if self.shown else {}
        arrays[f"sample.{name}"] = as_bytes(self._decode(z))
        if self.final:
            corners = z[:CORNERS]
            arrays[f"between.{name}"] = self._grid(ways_between(corners))
            codes = torch.cat(self.codes) if self.codes else None
            arrays[f"along.{name}"] = self._grid(ways_along(corners, principal_directions(self.decoder, codes)))
        return arrays

    def _drawn(self, rows: int, when: str) -> Tensor:
        seed = noise_seed(self.seed, self.task.name, when)
        return self.decoder.draw(rows, seed).float().cpu()

    def _decode(self, z: Tensor) -> Tensor:
        decoder = self.decoder
        pictures: Tensor = decoder(z.to(decoder.device)).sigmoid()
        return pictures

    def _grid(self, z: Tensor) -> NDArray[np.uint8]:
        """Pictures of a grid (…, width) of latent vectors, (…, C, S, S)."""
        made = np.concatenate([as_bytes(self._decode(part)) for part in torch.split(z.flatten(0, -2), DECODED)])
        return made.reshape(*z.shape[:-1], *made.shape[1:])


def as_bytes(pictures: Tensor) -> NDArray[np.uint8]:
    """Pictures of 0..1 as 0..255."""
    found: NDArray[np.uint8] = (pictures.float() * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    return found


def ways_between(corners: Tensor) -> Tensor:
    """(pairs, 9, width): straight ways between each two of the corners (n, width)."""
    share = torch.linspace(0, 1, STEPS)[:, None]
    return torch.stack([(1 - share) * a + share * b for a, b in combinations(corners, 2)])


def ways_along(corners: Tensor, directions: Tensor) -> Tensor:
    """(n, d, 9, width): from each corner (n, width) along each direction (d, width), both ways."""
    reach = torch.linspace(-REACH, REACH, STEPS)[:, None]
    return corners[:, None, None] + reach * directions[None, :, None]


def principal_directions(decoder: nn.Module, codes: Tensor | None) -> Tensor:
    """At most 6 directions (d, width) in which z changes pictures most, each as long as one standard deviation there.

    With the codes (N, width) of real pictures: the eigenvectors of their covariance with the largest eigenvalues λ,
    of length √λ. Else the eigenvectors of AᵀA of the decoder's first layer A (Shen & Zhou 2021, Closed-form
    factorization of latent semantics in GANs, eq. 4), of length 1, the noise's own deviation.
    """
    if codes is not None and len(codes) > 1:
        spread = torch.cov(codes.double().T).reshape(codes.shape[1], codes.shape[1])
    else:
        assert isinstance(decoder, Generator)
        (first, _) = decoder.style.children()
        assert isinstance(first, nn.Linear)
        weight = first.weight.detach().double().cpu()
        spread = weight.T @ weight
    values, vectors = torch.linalg.eigh(spread)
    lengths = values.clamp(min=0).sqrt() if codes is not None and len(codes) > 1 else torch.ones_like(values)
    directions: Tensor = (vectors * lengths).T.flip(0)[:DIRECTIONS].float()
    return directions
