"""Stepper: takes the steps of a run in the way that was chosen for it, and sees to it that one is chosen."""

from __future__ import annotations

import time
from collections import deque

import torch

from mtl_core.acceleration.compiled import first_line
from mtl_core.acceleration.decision import decide, trial_seconds
from mtl_core.acceleration.rules import why_irregular, why_not
from mtl_core.acceleration.taking import Taker, taker
from mtl_core.acceleration.trial import Trial
from mtl_core.acceleration.ways import Choice, Precision, Taken, Way
from mtl_core.batches import Batch
from mtl_core.errors import Problem, SpecError
from mtl_core.session import Session
from mtl_core.stepping import Step, take_step

TRIAL_AFTER, BATCHES = 10, 4
"""Steps of a run before its trial, and batches among the last of them on which the ways are tried."""
SAME_BITS = "plain steps in {}: on the {} a run keeps to the same numbers bit for bit"
PENDING = "what is faster is measured after the first {} steps"


class Stepper:
    """Takes steps.

    A choice that is not final yet is made after some steps, by a trial; :attr:`news` is then true until it is told.

    Args:
        session: of the run, before its first step or after it was brought to where it goes on.

    Raises:
        SpecError: where the spec asks for what is not there (a CUDA graph without CUDA), or means nothing here.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        session.choice = session.choice or first_choice(session)
        session.way = session.choice.way
        self.news = False
        self._taker: Taker | None = None
        self._recent: deque[Batch] = deque(maxlen=BATCHES)
        self._taken, self._began = 0, time.monotonic()

    @property
    def choice(self) -> Choice:
        """How steps are taken now, and why."""
        assert self.session.choice is not None
        return self.session.choice

    def take(self, batch: Batch) -> Step:
        """Take the next step of the run; the caller counts it."""
        choice = self.choice
        if choice.final and choice.way.taken == "eager":
            return take_step(self.session, batch)
        if why_irregular(self.session, batch) is not None:
            return take_step(self.session, batch)
        if not choice.final:
            self._try(batch)
        return self._take(batch)

    def told(self) -> dict[str, object]:
        """The choice as plain values; it is no news any more."""
        self.news = False
        return self.choice.values()

    def _take(self, batch: Batch) -> Step:
        way = self.choice.way
        if way.taken == "eager":
            return take_step(self.session, batch)
        if self._taker is None or not self._taker.fits(batch):  # another regularizer acts: it is captured anew
            try:
                self._taker = taker(self.session, way, batch)
            except RuntimeError as error:
                self._give_up(f"it failed: {first_line(error)}")
                return take_step(self.session, batch)
        step = self._taker.take(batch)
        if self._taker.failed:
            self._give_up(self._taker.failed)
        return step

    def _give_up(self, why: str) -> None:
        choice, self._taker = self.choice, None
        self._choose(Choice(Way(choice.way.precision), f"plain steps: {why}", choice.measured))

    def _choose(self, choice: Choice) -> None:
        self.session.choice, self.session.way, self.news = choice, choice.way, True

    def _try(self, batch: Batch) -> None:
        """Hold the trial once enough steps were taken."""
        self._recent.append(batch)
        self._taken += 1
        if self._taken <= TRIAL_AFTER:
            return
        session, way = self.session, self.choice.way
        left = session.total_steps - session.step
        expected = left * (time.monotonic() - self._began) / (self._taken - 1)
        seconds = trial_seconds(expected)
        if not seconds:
            why = f"the run is over in about {expected:.1g} s: a trial would not pay"
            self._choose(Choice(way, f"plain steps in {way.precision}: {why}"))
            return
        trial = Trial(session, list(self._recent), seconds)
        self._recent.clear()
        self._choose(decide(trial.measure, precisions(session), takens(session), left))


def first_choice(session: Session) -> Choice:
    """What is known before the first step: the way, or that it is still to be measured.

    Raises:
        SpecError: where what the spec asks for is not there, or means nothing here.
    """
    spec, kind = session.spec, session.device.type
    plain = Way("bf16" if spec.precision == "bf16" else "fp32")
    if spec.acceleration in ("compile", "cuda_graph"):
        taken: Taken = "compile" if spec.acceleration == "compile" else "cuda_graph"
        reason = why_not(session, taken)
        if reason is not None and (session.explicit is not None or (taken == "cuda_graph" and kind != "cuda")):
            raise SpecError([Problem("acceleration", f"{reason}; use auto or none", taken)])
        if reason is not None:
            return Choice(plain, f"plain steps: {reason}")
        return Choice(Way(plain.precision, taken), "chosen in the spec")
    if session.explicit is not None:
        return Choice(plain, "dense layers are trained by formulas, without a tape")
    if kind != "cuda":
        return Choice(plain, SAME_BITS.format(plain.precision, kind.upper()))
    if len(precisions(session)) == 1 and not takens(session):
        return Choice(plain, "chosen in the spec")
    return Choice(plain, PENDING.format(TRIAL_AFTER), final=False)


def precisions(session: Session) -> list[Precision]:
    """The precisions to choose from; the first is that of the plain way."""
    if session.spec.precision != "auto":
        return [session.spec.precision]
    able = session.device.type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    return ["fp32", "bf16"] if able else ["fp32"]


def takens(session: Session) -> list[Taken]:
    """Ways to take steps besides eagerly, among which may be chosen."""
    ways: list[Taken] = ["cuda_graph", "compile"] if session.spec.acceleration == "auto" else []
    return [taken for taken in ways if why_not(session, taken) is None]
