"""Answer: what a sharing experiment says, as data, as one sentence, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from mtl_core.comparison import Verdict
from mtl_core.intervals import Interval
from mtl_core.sweeps.variants import ALONE


@dataclass(frozen=True)
class TaskAnswer:
    """One task of one arm on one split.

    Attributes:
        task, metric: what is measured: the main metric of the task's kind.
        value: the metric over the seeds.
        gain: by how much it is better than alone, over the pairs, in the metric's unit.
        relative: mean of the same in % of the single-task value; None where there is none.
        verdict: what the gain says, corrected for all comparisons of the answer; None for the baseline.
    """

    task: str
    metric: str
    value: Interval
    gain: Interval
    relative: float | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Measured:
    """One arm on one split.

    Attributes:
        tasks: in the order of the spec.
        delta_m: Δm over the pairs, in %, positive where sharing is better; without a mean for the baseline.
        problem: why there is no Δm, where single-task values are not above 0.
        words: the verdicts as a sentence; empty for the baseline.
    """

    tasks: tuple[TaskAnswer, ...]
    delta_m: Interval
    problem: str | None
    words: str


@dataclass(frozen=True)
class ArmAnswer:
    """One way to train the tasks.

    Attributes:
        name: the arm.
        architecture, weighting: their names.
        train_rows: training rows, where the arms differ in them; else None.
        runs: ids, in the order of the seeds.
        finished: how many of them have finished; only these count.
        seconds: what a run took, over the finished ones; of runs that trained together, a share each.
        parameters: of the network, all in all; None before a run has finished.
        validation, test: what was measured.
    """

    name: str
    architecture: str
    weighting: str
    train_rows: int | None
    runs: tuple[str, ...]
    finished: int
    seconds: Interval
    parameters: int | None
    validation: Measured
    test: Measured

    @property
    def disagreeing(self) -> tuple[str, ...]:
        """Tasks of which validation says that they gain and test that they lose, or the other way round.

        Both are sure over the seeds, so it is the rows of the split that decide: compare over folds.
        """
        pairs = zip(self.validation.tasks, self.test.tasks, strict=True)
        kinds = {one.task: {one.verdict.kind, two.verdict.kind} for one, two in pairs if one.verdict and two.verdict}
        return tuple(task for task, said in kinds.items() if said == {"gains", "loses"})

    @property
    def is_baseline(self) -> bool:
        """Whether it is the tasks alone."""
        return self.architecture == ALONE


@dataclass(frozen=True)
class Answer:
    """What a sharing experiment or a learning curve says so far.

    Attributes:
        group, kind, name, status, done: as in the summary.
        pairs: ``seed`` or ``fold``: what the intervals are over, and so what they are about.
        arms: in the order of the plan.
        chosen: the arm with the largest mean Δm on validation, ``separate`` where none is above 0; None where that
            cannot be said. Test numbers have no part in it.
        why_none: why nothing is chosen.
    """

    group: str
    kind: str
    name: str
    status: str
    done: float
    pairs: str
    arms: tuple[ArmAnswer, ...]
    chosen: str | None
    why_none: str | None

    @property
    def words(self) -> str:
        """The answer as an English sentence: what validation chose, and what the test part says of it."""
        arm = next((arm for arm in self.arms if arm.name == self.chosen), None)
        if arm is None:
            return self.why_none or ""
        if arm.is_baseline:
            return "no way of sharing is better than single-task on validation"
        return f"{arm.name} (chosen on validation): {arm.test.words}"

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values; intervals with their half width."""
        found: dict[str, Any] = json.loads(json.dumps(_plain(asdict(self))))
        told = {arm.name: list(arm.disagreeing) for arm in self.arms if arm.disagreeing}
        return found | {"words": self.words, "disagreeing": told}


def _plain(value: Any) -> Any:
    """With a half width beside both ends of every interval, and without its p-value."""
    if isinstance(value, dict):
        found = {key: _plain(entry) for key, entry in value.items()}
        if "low" in found and "high" in found:
            found["half_width"] = None if found["low"] is None else (found["high"] - found["low"]) / 2
            found.pop("p", None)  # it is with the verdict; of a metric by itself it would say nothing
        return found
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
