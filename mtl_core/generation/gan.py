"""``gan``: a discriminator on the shared trunk against a generator with an optimizer of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mtl_core import generation_blocks
from mtl_core.blocks import Block, Map
from mtl_core.generation.base import Generation, Reads
from mtl_core.paths import get_path

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from mtl_core.encoders import Trunk
    from mtl_core.generation_modules import Generator
    from mtl_core.making import Making
    from mtl_core.tasks import Task

MAPS = 3
"""Feature maps of the trunk, the deepest ones, that a discriminator reads."""
LEAST_BATCH = 16
HIGHEST_RATE = 0.002
"""Of trunk and D, before the schedule's factor."""
Beta = Annotated[float, Field(ge=0, lt=1)]


class Gan(Generation):
    """D, a head on the trunk's deepest maps, tells real pictures from made ones; G makes them from noise z ~ N(0, I).

    The task's loss on the trunk is D's; G is the second update group of a step, against the D that this step has
    changed. ``non_saturating``: D: E ς(−D(x)) + E ς(D(G(z))), G: E ς(−D(G(z))), ς(t) = log(1 + eᵗ). ``hinge``:
    D: E max(0, 1 − D(x)) + E max(0, 1 + D(G(z))), G: −E D(G(z)). ``r1`` adds γ/2 E‖∇ₓD(x)‖² on real pictures x, at
    every n-th step n-fold; ``spectral_norm`` divides each of D's own layers by its largest singular value.

    D meets the newest G, which never comes to rest; pictures that are shown, measured and kept are made by its moving
    average: after an update θ̄ ← θ̄ + f (1 − δ) (θ − θ̄), δ = min(``average``, (1 + T) / (10 + T)), with f the factor of
    the rate's schedule at it, and T the sum of f before it.
    """

    name: Literal["gan"] = "gan"
    source: ClassVar[str] = (
        "Goodfellow et al. 2014, Generative adversarial nets, section 3; hinge: Lim & Ye 2017; R1: Mescheder et al. "
        "2018, eq. 9, lazily as in Karras et al. 2020; spectral norm: Miyato et al. 2018; average: Karras et al. 2018, "
        "Yazıcı et al. 2019, by rates as in Nemirovski et al. 2009, section 3"
    )
    noise: Annotated[int, Field(ge=1, le=512, description="Numbers in z")] = 32
    loss: Annotated[Literal["non_saturating", "hinge"], Field(description="What D and G minimise")] = "non_saturating"
    stabiliser: Annotated[
        Literal["r1", "spectral_norm", "none"], Field(description="What keeps D from growing too steep")
    ] = "r1"
    r1: Annotated[float, Field(ge=0, le=1000, description="Of r1: γ")] = 0.3
    r1_every: Annotated[int, Field(ge=1, le=1000, description="Of r1: steps from one penalty to the next")] = 8
    lr_generator: Annotated[
        float, Field(gt=0, le=1, description="Learning rate of G (Adam), before the schedule's factor")
    ] = 0.002
    betas: Annotated[
        list[Beta],
        Field(min_length=2, max_length=2, description="Decay of Adam's two averages, for G and D's own layers"),
    ] = [0.5, 0.99]
    average: Annotated[
        float,
        Field(ge=0, lt=1, description="Decay of G's moving average, from which pictures are made; 0: the newest G"),
    ] = 0.999

    def advice(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Half the batch, from 16 up, and a learning rate of at most 0.002: G needs steps, and D must not run away."""
        batch = data.get("batch_size")
        smaller = {"batch_size": max(LEAST_BATCH, batch // 2)} if isinstance(batch, int) and batch > LEAST_BATCH else {}
        return {"optimizer": {"lr": min(HIGHEST_RATE, get_path(data, "optimizer.lr", HIGHEST_RATE))}} | smaller

    @property
    def width(self) -> int:
        return self.noise

    def head(self, trunk: Trunk, picture: Map) -> tuple[Block, Reads]:
        reads = trunk.maps[-MAPS:]
        maps = tuple(shape for shape in map(trunk.shape, reads) if isinstance(shape, Map))
        return generation_blocks.Discriminator(maps, self.channels, self.stabiliser == "spectral_norm"), reads

    def generator(self, picture: Map) -> Block:
        shape = (self.noise, picture, self.channels, self.mixed)
        return generation_blocks.Generator(*shape, smooth=True, average=self.average)

    def optimizer(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        from torch.optim import Adam

        fused = parameters[0].device.type in ("cpu", "cuda")
        return Adam(parameters, lr=self.lr_generator, betas=self.head_betas, fused=fused)

    @property
    def head_betas(self) -> tuple[float, float]:
        return self.betas[0], self.betas[1]

    def task_loss(self, making: Making) -> Tensor:
        from mtl_core.generation_losses import discriminator_loss, gradient_penalty

        loss = discriminator_loss(making.output, making.judge(making.made.detach()), self.loss)
        if self.stabiliser != "r1" or making.step is None or making.step % self.r1_every:
            return loss
        return loss + self.r1 / 2 * self.r1_every * gradient_penalty(making.judge, making.pictures)

    def generator_loss(self, making: Making) -> Tensor:
        from mtl_core.generation_losses import maker_loss

        return maker_loss(making.judge(making.made), self.loss)

    def decoder(self, parts: nn.ModuleDict, task: Task, *, newest: bool = False) -> Generator:
        generator: Generator = parts[f"{task.name}/generator"]  # type: ignore[assignment]
        return generator if newest else generator.shown
