"""Network: the torch module of a layout."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from mtl_core.layout import Layout, Part
from mtl_core.mixing import Stitch
from mtl_core.mixing_modules import stitched
from mtl_core.seeding import reseed


class Network(nn.Module):
    """``inputs -> {task: output}``: each part of the layout once, in its order.

    Each part is initialised by torch's default from a generator of its own, seeded by the
    run's seed and the part's name: the same part starts at the same numbers in every
    architecture that has it.

    Args:
        layout: the parts and what feeds them.
        seed: the run's seed.
    """

    def __init__(self, layout: Layout, seed: int) -> None:
        super().__init__()
        self.layout = layout
        self.keepers = layout.keepers()
        self.stitches = _stitches_together(layout, self.keepers)
        self.parts = nn.ModuleDict()
        for part in layout.parts:
            with torch.random.fork_rng(devices=[]):
                reseed(part_seed(seed, part.name))
                if part.lender is None:
                    self.parts[part.name] = part.block.build()
        self._norms = [module for module in self.modules() if isinstance(module, _BatchNorm)]
        self._minds = any(minds_mode(module) for module in self.modules())
        self._mode: tuple[bool, frozenset[str | None]] | None = None
        self._frozen: frozenset[str | None] | None = None
        self._tied: dict[bool, dict[str, list[nn.Parameter]]] = {}
        self._used: list[nn.Parameter] = []
        self._kept: dict[str, list[nn.Parameter]] = {}
        self._met: dict[str, list[nn.Parameter]] | None = None

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        rows: Mapping[str, Tensor] | None = None,
        *,
        cuts: dict[str, tuple[Tensor, Tensor]] | None = None,
        seen: dict[str, Tensor] | None = None,
        only: Collection[str] | None = None,
    ) -> dict[str, Any]:
        """Outputs of the tasks for a batch of each modality; logits for classes.

        Args:
            inputs: (B, …) per modality.
            rows: row numbers (B_t,) of those tasks that need only some rows: their own parts see these rows alone,
                and a task that needs none has no output. Left out: every task needs all rows.
            cuts: takes, for each part that several tasks use, its output and the copy, a leaf of its own, from which
                the tasks' own parts go on. Left out: nothing is cut.
            seen: takes what each part gave.
            only: names of the parts that are wanted, with all that they depend on. Left out: all are.
        """
        rows = rows or {}
        values: dict[str, Tensor] = {f"input:{modality}": batch for modality, batch in inputs.items()}
        copies = values if cuts is None else dict(values)
        chosen: dict[tuple[str, str], Tensor] = {}
        for part in self.layout.parts:
            keeper = self.keepers[part.name]
            index = rows.get(keeper or "")
            if part.apart or part.name in values or (index is not None and not len(index)):
                continue
            if only is not None and part.name not in only:
                continue
            source = values if keeper is None else copies
            feeds = [self._feed(source, chosen, name, keeper, rows) for name in part.inputs]
            for name, given in self._given(part, feeds):
                values[name] = copies[name] = given
                if cuts is not None and keeper is None:
                    copies[name] = given.detach().requires_grad_()
                    cuts[name] = given, copies[name]
        if seen is not None:
            seen.update(values)
        return {task: values[name] for task, name in self.layout.outputs.items() if name in values}

    def module(self, part: Part) -> nn.Module:
        """What a part computes with: its own module, or that of its lender."""
        return self.parts[part.lender or part.name]

    def _given(self, part: Part, feeds: Sequence[Tensor]) -> Iterator[tuple[str, Tensor]]:
        """What a part gives, by its name; of a stage's stitches what all of them give, in one product of matrices."""
        together = self.stitches.get(part.name)
        if together is None:
            yield part.name, self.module(part)(*feeds)
            return
        alpha: list[Tensor] = [self.parts[other].alpha for other in together]  # type: ignore[misc]
        yield from zip(together, stitched(torch.stack(alpha), feeds).unbind(), strict=True)

    def _feed(
        self,
        values: Mapping[str, Tensor],
        chosen: dict[tuple[str, str], Tensor],
        name: str,
        keeper: str | None,
        rows: Mapping[str, Tensor],
    ) -> Tensor:
        """What feeds a part: of what its task does not keep to itself, only the task's rows.

        Of vectors they are taken for all such tasks at once: one gradient of the whole instead of one a task.
        """
        if keeper not in rows or keeper is None or self.keepers.get(name) == keeper:
            return values[name]
        if (keeper, name) not in chosen:
            together = rows if values[name].dim() == 2 else {keeper: rows[keeper]}
            taken = values[name][torch.cat(list(together.values()))]
            parts = torch.split(taken, [len(index) for index in together.values()])  # type: ignore[no-untyped-call]
            chosen.update({(task, name): part for task, part in zip(together, parts, strict=True)})
        return chosen[keeper, name]

    def tied(self, heads: bool) -> dict[str, list[nn.Parameter]]:
        """What a regularizer ties (:meth:`mtl_core.layout.Layout.tied`): per task its parameters, alike in all.

        Of heads the weights only: a bias is not penalised.
        """
        if heads not in self._tied:
            self._tied[heads] = {
                task: [
                    parameter
                    for part in parts
                    for parameter in self.parts[part.name].parameters()
                    if part.role == "trunk" or parameter.dim() > 1
                ]
                for task, parts in self.layout.tied(heads).items()
            }
        return self._tied[heads]

    def in_use(self) -> list[nn.Parameter]:
        """All parameters on the way from inputs to outputs: those of generators apart from it are left out."""
        return [parameter for part in self.layout.parts if part.role != "generator" for parameter in self._own(part)]

    def forget_gradients(self) -> None:
        """No parameter on the way from inputs to outputs has a gradient (``zero_grad`` takes thrice as long)."""
        if not self._used:  # an attribute of a module takes longer to set than all gradients of a small one
            self._used = self.in_use()
        for parameter in self._used:
            parameter.grad = None

    def _own(self, part: Part) -> list[nn.Parameter]:
        """The parameters of a part; none where it applies what is lent."""
        return list(self.parts[part.name].parameters()) if part.lender is None else []

    def set_mode(
        self, training: bool, resting: frozenset[str | None] = frozenset(), frozen: frozenset[str | None] = frozenset()
    ) -> None:
        """Training or evaluation mode; the parts of ``resting`` keepers (None: what is shared) stay in evaluation mode.

        So that not even the running statistics of their batch norms move. The parameters of ``frozen`` keepers have
        no gradient, whatever the loss.
        """
        if self._minds and self._mode != (training, resting):
            self.train(training)
            for name, module in self.parts.items() if training else ():
                if self.keepers[name] in resting:
                    module.eval()
        self._mode = training, resting
        if training and self._frozen != frozen:
            for name, module in self.parts.items():
                module.requires_grad_(self.keepers[name] not in frozen)
            self._frozen = frozen
            self._met, self._kept = None, {}

    def met(self) -> dict[str, list[nn.Parameter]]:
        """Per part that several tasks use its parameters that train; parts without any are left out."""
        if self._met is None:
            found = {part.name: self._own(part) for part in self.layout.met()}
            self._met = {name: kept for name, all_ in found.items() if (kept := [p for p in all_ if p.requires_grad])}
        return self._met

    def lent(self) -> list[nn.Parameter]:
        """The parameters that train of what the tasks apply on ways of their own."""
        found = [parameter for part in self.layout.parts if part.role == "lent" for parameter in self._own(part)]
        return [parameter for parameter in found if parameter.requires_grad]

    def kept(self, task: str) -> list[nn.Parameter]:
        """The parameters that only this task uses, on its way from inputs to output."""
        if task not in self._kept:
            parts = [p for p in self.layout.parts if self.keepers[p.name] == task and p.role != "generator"]
            self._kept[task] = [parameter for part in parts for parameter in self._own(part) if parameter.requires_grad]
        return self._kept[task]

    @contextmanager
    def nothing_remembered(self) -> Iterator[None]:
        """Within it batch norms that train do not move their running statistics."""
        norms = [module for module in self._norms if module.training]
        for norm in norms:
            norm.track_running_stats = False
        try:
            yield
        finally:
            for norm in norms:
                norm.track_running_stats = True


def _stitches_together(layout: Layout, keepers: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Per stage the stitches that mix the same columns, under the name of the first; those that several tasks use.

    A stitch that one task keeps is left to itself: it has its own rows, and no gradient where its task rests.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for part in layout.parts:
        if isinstance(part.block, Stitch) and keepers[part.name] is None:
            found.setdefault(part.inputs, []).append(part.name)
    return {names[0]: names for names in found.values()}


def part_seed(seed: int, name: str) -> int:
    """A 63-bit seed from the run's seed and a name, the same on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def minds_mode(module: nn.Module) -> bool:
    """Whether a module computes otherwise in training mode: norms, dropout, recurrent layers, and what says so itself.

    A network without any need not be told its mode, which takes as long as a layer of a small one.
    """
    return isinstance(module, _BatchNorm | _DropoutNd | nn.RNNBase) or getattr(module, "minds_mode", False)
