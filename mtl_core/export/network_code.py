"""A layout as the source of one module: each part by name, and the way from inputs to outputs written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mtl_core import fusion, mixing
from mtl_core.export.blocks_code import module_code
from mtl_core.export.naming import call, identifiers, literal
from mtl_core.layout import Layout, Part

INPUT = "input:"


@dataclass(frozen=True)
class NetworkCode:
    """The source of a network.

    Attributes:
        layout: its parts.
        modalities: names of the inputs.
        lacking: tasks that have no target in some rows: their own parts see the others alone.
        cut: whether gradients are taken at what the shared parts give.
    """

    layout: Layout
    modalities: Sequence[str]
    lacking: frozenset[str] = frozenset()
    cut: bool = False

    @cached_property
    def keepers(self) -> Mapping[str, str | None]:
        """Per part the task that alone uses it."""
        return self.layout.keepers()

    @cached_property
    def names(self) -> dict[str, str]:
        """What parts, and inputs, are called in the script."""
        return identifiers([*(INPUT + name for name in self.modalities), *(part.name for part in self.layout.parts)])

    @cached_property
    def stitches(self) -> dict[str, list[Part]]:
        """Per stage the stitches that mix the same columns and that several tasks use, under the first one's name."""
        found: dict[tuple[str, ...], list[Part]] = {}
        for part in self.layout.parts:
            if isinstance(part.block, mixing.Stitch) and self.keepers[part.name] is None:
                found.setdefault(part.inputs, []).append(part)
        return {parts[0].name: parts for parts in found.values()}

    def source(self) -> str:
        """The class."""
        lines = [
            "class Network(nn.Module):",
            '    """Each part begins at numbers of its own, whatever else there is."""',
        ]
        lines += ["", "    def __init__(self) -> None:", "        super().__init__()"]
        lines += [f"        {line}" for line in self._built()]
        cuts = ", cuts: dict[str, tuple[Tensor, Tensor]] | None = None" if self.cut else ""
        lines += ["", f"    def forward(self, batch: Batch{cuts}) -> dict[str, Tensor]:"]
        lines += ['        """What each task gives for a batch; logits for classes."""']
        lines += [f"        {line}" for line in self._passed()]
        return "\n".join(lines)

    def own(self, task: str) -> list[Part]:
        """The parts with parameters that only this task uses."""
        return [p for p in self.layout.parts if self.keepers[p.name] == task and module_code(p.block)]

    def _built(self) -> Iterator[str]:
        for part in self.layout.parts:
            code = module_code(part.block) if part.lender is None else []
            if code:
                made = call(code[0], code[1:], " " * 8).split("\n")
                yield f"torch.manual_seed(part_seed(SEED, {literal(part.name)}))"
                yield f"self.{self.names[part.name]} = {made[0]}"
                yield from (line.removeprefix(" " * 8) for line in made[1:])

    def _passed(self) -> Iterator[str]:
        for modality in self.modalities:
            yield f"{self.names[INPUT + modality]} = batch.inputs[{literal(modality)}]"
        if self.lacking:
            yield "rows = Rows(batch.rows)"
            yield "outputs = {}"
        done: set[str] = set()
        within: str | None = None
        for part in self.layout.parts:
            if part.apart or part.name in done:
                continue
            keeper = self.keepers[part.name]
            asked = keeper if keeper in self.lacking else None
            if asked is not None and asked != within:
                yield f"if rows.needs({literal(asked)}):"
            within = asked
            given = list(self._given(part))
            done.update(self._together(part))
            yield from (f"    {line}" if asked is not None else line for line in given)
        if self.lacking:
            yield "return outputs"
        else:
            outputs = [f"{literal(task)}: {self.names[name]}" for task, name in self.layout.outputs.items()]
            text = "return {" + ", ".join(outputs) + "}"
            yield from [text] if len(text) <= 110 else ["return {", *(f"    {line}," for line in outputs), "}"]

    def _together(self, part: Part) -> list[str]:
        return [other.name for other in self.stitches.get(part.name, [part])]

    def _given(self, part: Part) -> Iterator[str]:
        """The lines that compute a part and, where cuts or outputs are gathered, note what it gave."""
        together = self._together(part)
        names = [self.names[name] for name in together]
        if part.name in self.stitches:
            stitches = ", ".join(f"self.{name}" for name in names)
            columns = ", ".join(self._feed(part, name) for name in part.inputs)
            left = ", ".join(names) if len(names) > 1 else f"({names[0]},)"
            yield f"{left} = stitched([{stitches}], [{columns}])"
        else:
            yield f"{names[0]} = {self._computed(part)}"
        for name in together:
            if self.cut and self._goes_on_alone(name):
                yield f"{self.names[name]}_leaf = cut_here({self.names[name]}, {literal(name)}, cuts)"
            for task, end in self.layout.outputs.items():
                if end == name and self.lacking:
                    yield f"outputs[{literal(task)}] = {self.names[name]}"

    def _computed(self, part: Part) -> str:
        feeds = [self._feed(part, name) for name in part.inputs]
        match part.block:
            case fusion.LastState():
                return f"last_state({feeds[0]})"
            case mixing.Mixture():
                return f"mixture({', '.join(feeds)})"
            case mixing.Attended():
                return f"{feeds[0]} * {feeds[1]}"
            case mixing.Stitch():
                return f"stitched([self.{self.names[part.name]}], [{', '.join(feeds)}])[0]"
        return f"self.{self.names[part.lender or part.name]}({', '.join(feeds)})"

    def _feed(self, part: Part, name: str) -> str:
        """What feeds a part: behind a cut the leaf; of what its task does not keep to itself, the task's rows."""
        keeper, giver = self.keepers[part.name], self.keepers.get(name)
        behind = self.cut and keeper is not None and giver is None and not name.startswith(INPUT)
        value = self.names[name] + ("_leaf" if behind else "")
        if keeper is None or keeper not in self.lacking or giver == keeper:
            return value
        return f"rows.of({literal(keeper)}, {literal(name)}, {value})"

    def _goes_on_alone(self, name: str) -> bool:
        """Whether several tasks use a part, and a part of a single one reads it."""
        readers = [part for part in self.layout.parts if name in part.inputs]
        return self.keepers[name] is None and any(self.keepers[part.name] is not None for part in readers)
