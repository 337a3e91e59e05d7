"""Generation: how a task makes pictures; its head reads the trunk, and its loss is a task's loss like the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from mtl_core.blocks import Block, Map
from mtl_core.model import Named

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from mtl_core.encoders import Trunk
    from mtl_core.generation_modules import Generator
    from mtl_core.making import Making
    from mtl_core.tasks import Task

Reads = tuple[str, ...]


class Generation(Named):
    """A way to learn to make pictures.

    ``after_supervised`` is the two-step way: for the share ``after`` of the run the supervised tasks train alone;
    then they rest, the trunk is frozen, and generation trains on it.
    """

    start: Annotated[
        Literal["joint", "after_supervised"],
        Field(description="after_supervised: first the others, then on theirs"),
    ] = "joint"
    after: Annotated[
        float, Field(gt=0, lt=1, description="Of after_supervised: share of the run before generation begins")
    ] = 0.5
    channels: Annotated[
        int, Field(ge=4, le=512, description="Width of the generator's first map; each next one has half")
    ] = 64
    prior: Annotated[
        Literal["normal", "mixture"], Field(description="What z is drawn from: N(0, I), or Gaussians that are learned")
    ] = "mixture"
    components: Annotated[int, Field(ge=1, le=1024, description="Of mixture: how many Gaussians")] = 64

    def advice(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The spec fields whose default is another one with it, given those that the data set recommends.

        It counts where a task of the run makes pictures; what the user writes always wins.
        """
        return {}

    @property
    def width(self) -> int:
        """Numbers in z, from which a picture is made."""
        raise TypeError(f"{type(self).__name__} must say how wide z is")

    def head(self, trunk: Trunk, picture: Map) -> tuple[Block, Reads]:
        """The head's block, and the stages that it reads."""
        raise TypeError(f"{type(self).__name__} must describe its head")

    def generator(self, picture: Map) -> Block | None:
        """A generator apart from the trunk, with an update group of its own; None where the head makes pictures."""
        return None

    def optimizer(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimizer of that update group, with its learning rate before the schedule's factor."""
        raise TypeError(f"{type(self).__name__} has no generator of its own")

    @property
    def head_betas(self) -> tuple[float, float] | None:
        """Decay of Adam's two averages for the head; None for those that the rest of the network has."""
        return None

    def task_loss(self, making: Making) -> Tensor:
        """The task's loss on the trunk, a scalar."""
        raise TypeError(f"{type(self).__name__} must define its loss")

    def generator_loss(self, making: Making) -> Tensor:
        """The loss of the generator's own update group, a scalar."""
        raise TypeError(f"{type(self).__name__} has no generator of its own")

    def rebuilt(self, output: Any) -> Tensor | None:
        """What the head makes of its input, (B, C, S, S) in 0..1; None where it makes nothing of it."""
        return None

    def codes(self, output: Any) -> Tensor | None:
        """z of the inputs, (B, width); None where inputs have none."""
        return None

    @property
    def mixed(self) -> int:
        """Gaussians from which z is drawn, to be learned; 0 for N(0, I)."""
        return self.components if self.prior == "mixture" else 0

    def decoder(self, parts: nn.ModuleDict, task: Task, *, newest: bool = False) -> Generator:
        """The module that draws z (B, width) and turns it into logits (B, C, S, S).

        Where a method keeps an average of it, that one; ``newest``: the one that trains.
        """
        raise TypeError(f"{type(self).__name__} must name its decoder")
