"""Feed: the training batch of each step. It depends on the seed and the step alone, wherever the rows are kept."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cached_property
from itertools import count

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl_core.augmenting import augmented
from mtl_core.batches import Batch, epoch_order, sources
from mtl_core.session import Session


class Feed:
    """Gives a session its batches in order: shuffled anew each epoch, made ready ahead where they are streamed.

    It follows the session's step, also where that is set back or forward (resume); whoever made it closes it.

    Args:
        session: of the run.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._sources = sources(session.splits["train"])
        self._order: list[Tensor] = []
        self._order_epoch = -1
        self._ahead: Iterator[Batch] | None = None
        self._next = -1

    def next_batch(self) -> Batch:
        """The batch of the session's next step."""
        session = self.session
        batch = self._streamed() if session.splits["train"].streamed else self._held()
        return self._augmented(batch) if session.spec.dataset.augmentation else batch

    def _augmented(self, batch: Batch) -> Batch:
        session = self.session
        chosen, seed = session.spec.dataset.augmentation, session.spec.seed
        return augmented(batch, chosen, session.tasks, seed, session.step, self._kinds)

    def example(self, rows: int = 8) -> dict[str, NDArray[np.uint8]]:
        """What augmentation does to the first pictures of the next step's batch; empty without it, or without pictures.

        ``given.<input>`` and ``augmented.<input>``: (rows, C, S, S) as they are kept and as the network sees them.
        """
        pictures = [name for name, kind in self._kinds.items() if kind == "image"]
        if not self.session.spec.dataset.augmentation or not pictures:
            return {}
        given = self._held()
        both = {"given": given, "augmented": self._augmented(given)}
        return {
            f"{which}.{name}": (batch.inputs[name][:rows].clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
            for which, batch in both.items()
            for name in pictures
        }

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """What the inputs are, by name."""
        return {name: look.kind for name, look in self.session.spec.dataset.inputs().items()}

    def close(self) -> None:
        """End the threads that make batches ready."""
        if isinstance(self._ahead, Generator):
            self._ahead.close()
        self._ahead = None

    def _held(self) -> Batch:
        session = self.session
        train = session.splits["train"]
        if session.steps_per_epoch == 1 and self._exponent == 1:
            return train.whole
        return train.take(self._index(session.step))

    def _streamed(self) -> Batch:
        step = self.session.step
        if self._ahead is None or self._next != step:
            self.close()
            self._ahead = self.session.splits["train"].in_turn(map(self._index, count(step)))
        self._next = step + 1
        return next(self._ahead)

    def _index(self, step: int) -> Tensor:
        """The rows of a step."""
        session = self.session
        epoch, place = divmod(step, session.steps_per_epoch)
        if epoch != self._order_epoch:
            self._order = epoch_order(self._sources, session.batch_size, session.spec.seed, epoch, self._exponent)
            self._order_epoch = epoch
        return self._order[place]

    @property
    def _exponent(self) -> float:
        return self.session.spec.batch_policy.exponent if len(self._sources) > 1 else 1.0
