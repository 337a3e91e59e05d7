"""``vae``: a variational autoencoder whose encoder is the shared trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mtl_core.blocks import Block, Map, Vector
from mtl_core.generation.base import Generation, Reads
from mtl_core.generation_blocks import VaeHead

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mtl_core.encoders import Trunk
    from mtl_core.generation_modules import Generator
    from mtl_core.making import Making
    from mtl_core.tasks import Task


class Vae(Generation):
    """The trunk's code gives q(z|x) = N(μ, σ²I); z = μ + σε makes the picture; β weighs the KL term.

    L = (−E log p(x|z) + β KL(q(z|x) ‖ p(z))) / (C·S·S): in nats a channel and pixel, which is the scale of the
    cross-entropies of classes and masks. ``bce``: pixels are Bernoulli; ``mse``: Gaussian with standard deviation
    ``sigma``, up to a constant. In evaluation z = μ.

    p(z) is N(0, I) (``normal``) or 1/K Σ_k N(m_k, diag s_k²), learned (``mixture``): where the other tasks make the
    trunk's codes lie in clusters, a sample from N(0, I) falls between them.
    """

    name: Literal["vae"] = "vae"
    source: ClassVar[str] = (
        "Kingma & Welling 2014, Auto-encoding variational Bayes, eq. 10; β: Higgins et al. 2017, eq. 4; mixture: "
        "Tomczak & Welling 2018, VAE with a VampPrior, section 2"
    )
    latent: Annotated[int, Field(ge=1, le=512, description="Numbers in z")] = 16
    beta: Annotated[float, Field(ge=0, le=1000, description="β: weight of the KL term; 1 is the plain bound")] = 6.0
    reconstruction: Annotated[
        Literal["bce", "mse"], Field(description="Pixels as Bernoulli (bce) or as Gaussian (mse)")
    ] = "mse"
    sigma: Annotated[float, Field(gt=0, le=1, description="Of mse: standard deviation of a pixel in 0..1")] = 0.1

    @property
    def width(self) -> int:
        return self.latent

    def head(self, trunk: Trunk, picture: Map) -> tuple[Block, Reads]:
        code = trunk.shape(trunk.code)
        if not isinstance(code, Vector):
            raise TypeError(f"the global code must be a vector, got {code}")
        return VaeHead(code, self.latent, picture, self.channels, self.mixed), (trunk.code,)

    def task_loss(self, making: Making) -> Tensor:
        from mtl_core.generation_losses import negative_bound

        sigma = self.sigma if self.reconstruction == "mse" else None
        return negative_bound(making.output, making.pictures, beta=self.beta, sigma=sigma)

    def rebuilt(self, output: Any) -> Tensor | None:
        pictures: Tensor = output.picture.sigmoid()
        return pictures

    def codes(self, output: Any) -> Tensor | None:
        mean: Tensor = output.mean
        return mean

    def decoder(self, parts: nn.ModuleDict, task: Task, *, newest: bool = False) -> Generator:
        decoder: Generator = parts[f"{task.name}/head"].decoder  # type: ignore[assignment]
        return decoder
