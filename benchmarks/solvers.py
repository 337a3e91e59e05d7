"""From the Gramian of eight gradients to their weights: ours against torchjd's solvers of the same problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.pairs import Found, NotMeasured, Pair, steps_in_turn
from mtl_core.weightings import WEIGHTINGS

TASKS, DIMENSIONS = 8, 30


def gramian() -> Tensor:
    """(K, K) G = J Jᵀ of gradients of unlike lengths that conflict here and there, float64."""
    draw = np.random.default_rng(7)
    rows = draw.standard_normal((TASKS, DIMENSIONS)) + 0.3 * draw.standard_normal(DIMENSIONS)
    rows *= draw.uniform(0.3, 3.0, (TASKS, 1))
    return torch.from_numpy(rows @ rows.T)


def _nash() -> Any:
    from torchjd import aggregation

    return aggregation._nash_mtl._NashMTLWeighting(n_tasks=TASKS, max_norm=0.0, update_weights_every=1, optim_niter=20)


def _cagrad() -> Any:
    from torchjd import aggregation

    return aggregation.CAGradWeighting(c=0.5)


def _mgda() -> Any:
    from torchjd import aggregation

    return aggregation.MGDAWeighting()


def _pcgrad() -> Any:
    from torchjd import aggregation

    return aggregation.PCGradWeighting()


THEIRS: Mapping[str, Callable[[], Any]] = {"nash": _nash, "cagrad": _cagrad, "mgda": _mgda, "pcgrad": _pcgrad}


def _against(name: str) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        try:
            theirs = THEIRS[name]()
        except (ImportError, AttributeError) as error:
            raise NotMeasured(f"torchjd's needs cvxpy, clarabel and ecos ({error})") from error
        products, losses = gramian(), torch.ones(TASKS)
        ours = WEIGHTINGS[name].model_validate({"name": name})
        moment = ours.first_moment(losses)
        timed = steps_in_turn(
            lambda: theirs(products), lambda: ours.weights(losses, products, moment), rounds, seconds=0.1
        )
        return timed.gain()

    return measure


PAIRS = tuple(
    Pair(
        f"solvers/{name}",
        "torchjd's solver",
        f"weights of {name} from a Gramian, 8 tasks",
        5.0,
        _against(name),
        rounds=11,
    )
    for name in THEIRS
)
