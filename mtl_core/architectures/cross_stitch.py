"""``cross_stitch``: a network per task, stitched together after each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mtl_core.architectures.base import Architecture, ends, fed, read_by, whole
from mtl_core.encoders import InputSpec, Stage, build_trunk
from mtl_core.generation.base import Generation
from mtl_core.layout import Layout, Part
from mtl_core.mixing import Stitch
from mtl_core.tasks import Task


class CrossStitch(Architecture):
    """A column per task; after each layer every task goes on from a mix of all columns: x̃_t = Σ_s α_ts x_s, α learned.

    α begins at ``diagonal`` on a task's own column and (1 − ``diagonal``)/(K − 1) on each other (the paper found 0.9
    best, section 5); α = 1 on the diagonal and 0 elsewhere is ``separate``. The run's optimizer moves it, at the run's
    learning rate; the paper gives it a higher one. Stages without parameters are not followed by a stitch.
    """

    name: Literal["cross_stitch"] = "cross_stitch"
    source: ClassVar[str] = "Misra et al. 2016, Cross-stitch networks for multi-task learning, eq. 1"
    least_tasks: ClassVar[int] = 2
    mixes_stages: ClassVar[bool] = True

    diagonal: Annotated[
        float, Field(ge=0, le=1, description="α of a task's own column at the start; the others share the rest")
    ] = 0.9
    per_unit: Annotated[
        bool, Field(description="An α for each unit or channel instead of one for each pair of columns")
    ] = False

    def layout(
        self, inputs: Mapping[str, InputSpec], tasks: Sequence[Task], generation: Generation | None = None
    ) -> Layout:
        trunk = build_trunk(inputs, self)
        stitched = {stage.name for stage in trunk.stages if stage.block.parameters()}

        def given(stage: str, task: str | None) -> str:
            return f"{task}/stitch_{stage}" if stage in stitched else f"{task}/{stage}"

        within = {name for stage in trunk.stages for name in stage.inputs}
        parts: list[Part] = []
        for stage in trunk.stages:
            parts += [Part(stage.name, t.name, stage.block, fed(stage.inputs, given, t.name)) for t in tasks]
            for place, task in enumerate(tasks if stage.name in stitched else ()):
                if stage.name in within | read_by(task, trunk, generation):
                    parts.append(self._stitch(stage, tasks, place))
        for task in tasks:
            parts += ends(task, trunk, generation, given)
        return whole(parts, tasks)

    def _stitch(self, stage: Stage, tasks: Sequence[Task], place: int) -> Part:
        """What a task goes on from after a stage."""
        block = Stitch(stage.block.output(), len(tasks), place, self.diagonal, self.per_unit)
        columns = tuple(f"{task.name}/{stage.name}" for task in tasks)
        return Part(f"stitch_{stage.name}", tasks[place].name, block, columns, role="mixer")
