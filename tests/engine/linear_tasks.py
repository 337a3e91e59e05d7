"""Linear tasks with rows of their own, and exact solutions of what linear models with a regularizer minimise.

The objective of a run with ``architecture.hidden: []`` and full batches is

    F(W, b) = Σ_k λ_k/n_k ‖X_k w_k + b_k − y_k‖² + γ Ω(W),

with the biases outside of Ω. V (K, d + 1) stands for W and b together, a row a task and b last.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mtl_core.blocks import Vector
from mtl_core.datasets.base import Dataset, Preview, Progress, Samples
from mtl_core.encoders import InputSpec
from mtl_core.spec import RunSpec
from mtl_core.tasks import Task
from tests.engine.tiny import CARD

Matrix = NDArray[np.float64]
TASKS = 6
COLUMNS = 5


class LinearTasks(Dataset):
    """Six regressions of 12 to 32 rows each, y = X w_k + k + noise, W of rank 2 plus a little."""

    name: Literal["linear_tasks"] = "linear_tasks"
    card: ClassVar[Any] = CARD
    recommended: ClassVar[Mapping[str, Any]] = {
        "dataset": {"validation": 0},
        "architecture": {"name": "separate", "hidden": []},
        "evaluate_every": 10_000,
    }

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(COLUMNS))}

    def tasks(self) -> tuple[Task, ...]:
        return tuple(Task(f"task_{k}", "regression") for k in range(TASKS))

    def sizes(self, validation: float) -> dict[str, int]:
        return {"train": 132, "validation": 0, "test": 12}

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("making rows", 144, 144, "rows")
        random = np.random.default_rng(3)
        owner = np.concatenate([np.repeat(np.arange(TASKS), 12 + 4 * np.arange(TASKS)), np.repeat(np.arange(TASKS), 2)])
        x = random.normal(size=(144, COLUMNS))
        weights = random.normal(size=(TASKS, 2)) @ random.normal(size=(2, COLUMNS))
        weights += 0.1 * random.normal(size=weights.shape)
        y = (x * weights[owner]).sum(1) + owner + 0.5 * random.normal(size=144)
        targets = {f"task_{k}": np.where(owner == k, y, np.nan).astype(np.float32) for k in range(TASKS)}
        rows = np.arange(144)
        splits = {"train": rows[:132], "validation": rows[:0], "test": rows[132:]}
        return Samples({"table": x.astype(np.float32)}, targets, splits, "generated")

    def preview(self, folder: Path) -> Preview:
        return Preview("generated", ("x",), ((1,),))


@dataclass(frozen=True)
class LeastSquares:
    """Σ_k λ_k/n_k ‖X_k v_k − y_k‖², each X_k (n_k, d + 1) with a last column of ones."""

    inputs: tuple[Matrix, ...]
    targets: tuple[Matrix, ...]
    lambdas: tuple[float, ...]

    def loss(self, v: Matrix) -> float:
        return sum(
            weight * float(np.square(x @ row - y).mean())
            for x, y, weight, row in zip(self.inputs, self.targets, self.lambdas, v, strict=True)
        )

    def gradient(self, v: Matrix) -> Matrix:
        parts = zip(self.inputs, self.targets, self.lambdas, v, strict=True)
        return np.stack([2 * weight / len(y) * x.T @ (x @ row - y) for x, y, weight, row in parts])

    def curvature(self) -> list[Matrix]:
        """The Hessian of each task."""
        return [2 * w / len(x) * x.T @ x for x, w in zip(self.inputs, self.lambdas, strict=True)]


def least_squares(spec: RunSpec, samples: Samples) -> LeastSquares:
    """The data term of a run on samples with one table and regression tasks only."""
    (table,) = samples.inputs.values()
    inputs, targets = [], []
    for task in spec.tasks:
        rows = samples.splits["train"]
        rows = rows[~np.isnan(samples.targets[task][rows])]
        x, y = table[rows].astype(np.float64), samples.targets[task][rows].astype(np.float64)
        inputs.append(np.column_stack([x, np.ones(len(x))]))
        targets.append((y - y.mean()) / y.std() if spec.dataset.target_scaling == "standardize" else y)
    return LeastSquares(tuple(inputs), tuple(targets), tuple(spec.weighting.lambdas[task] for task in spec.tasks))


def learned(state: Mapping[str, Any], tasks: list[str]) -> Matrix:
    """V (K, d + 1) of a network's state whose only parts are heads."""
    rows = []
    for task in tasks:
        weight, bias = (state[f"parts.{task}/head.{name}"].double().numpy() for name in ("weight", "bias"))
        rows.append(np.concatenate([weight[0], bias]))
    return np.stack(rows)


def laplacian(weights: list[list[float]]) -> Matrix:
    a = np.array(weights)
    return np.diag(a.sum(1)) - a


def graph_penalty(v: Matrix, weights: list[list[float]]) -> float:
    """Σ_{i<j} a_ij ‖w_i − w_j‖², by its definition."""
    pairs = [(i, j) for i in range(len(v)) for j in range(i)]
    return sum(weights[i][j] * float(np.square(v[i, :-1] - v[j, :-1]).sum()) for i, j in pairs)


def graph_solution(data: LeastSquares, weights: list[list[float]], gamma: float) -> Matrix:
    """The minimiser for the graph term: (λ_k/n_k) X_kᵀ(X_k v_k − y_k) + γ Σ_l L_kl (w_l, 0) = 0, one linear system."""
    tasks, width = len(data.inputs), data.inputs[0].shape[1]
    system = gamma * np.kron(laplacian(weights), np.diag([1.0] * (width - 1) + [0.0]))
    right = np.zeros(tasks * width)
    for k, (x, y, weight) in enumerate(zip(data.inputs, data.targets, data.lambdas, strict=True)):
        place = slice(k * width, (k + 1) * width)
        system[place, place] += weight / len(y) * x.T @ x
        right[place] = weight / len(y) * x.T @ y
    return np.linalg.solve(system, right).reshape(tasks, width)


def nuclear_penalty(v: Matrix) -> float:
    return float(np.linalg.svd(v[:, :-1], compute_uv=False).sum())


def soft_threshold(w: Matrix, threshold: float) -> Matrix:
    """The proximal step of the nuclear norm, by a full singular value decomposition."""
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    return u * np.maximum(s - threshold, 0) @ vt


def nuclear_solution(data: LeastSquares, gamma: float, steps: int = 20_000) -> Matrix:
    """The minimiser for the nuclear norm, by accelerated proximal gradient with restarts (FISTA)."""
    step = 1 / max(np.linalg.eigvalsh(h)[-1] for h in data.curvature())
    v = ahead = np.zeros((len(data.inputs), data.inputs[0].shape[1]))
    t = 1.0
    for _ in range(steps):
        moved = ahead - step * data.gradient(ahead)
        new = np.column_stack([soft_threshold(moved[:, :-1], step * gamma), moved[:, -1]])
        if np.vdot(ahead - new, new - v) > 0:
            t = 1.0
        after = (1 + (1 + 4 * t * t) ** 0.5) / 2
        done = np.abs(new - v).max() < 1e-12
        ahead, v, t = new + (t - 1) / after * (new - v), new, after
        if done:
            break
    return v


def nuclear_residuals(data: LeastSquares, v: Matrix, gamma: float) -> tuple[float, float, float]:
    """How far V is from optimal, as shares of γ: 0 each at the minimiser.

    With G = −∇_W f and W = U Σ Vᵀ (rank r): ‖G − (U Vᵀ part)‖ on the tangent space, ‖G‖ beyond γ on its complement,
    and the gradient of the biases.
    """
    gradient = -data.gradient(v)
    u, s, vt = np.linalg.svd(v[:, :-1], full_matrices=False)
    kept = s > 1e-3 * s[0]
    u, vt = u[:, kept], vt[kept]
    rest = gradient[:, :-1] - gamma * u @ vt
    outside = rest - u @ (u.T @ rest)
    outside -= outside @ vt.T @ vt
    beyond = max(0.0, float(np.linalg.norm(outside, 2)) - gamma)
    return (
        float(np.linalg.norm(rest - outside)) / gamma,
        beyond / gamma,
        float(np.abs(gradient[:, -1]).max()) / gamma,
    )


Penalty = Callable[[Matrix], float]


def gap(data: LeastSquares, penalty: Penalty, gamma: float, found: Matrix, best: Matrix) -> float:
    """(F(found) − F(best)) / F(best)."""
    least = data.loss(best) + gamma * penalty(best)
    return (data.loss(found) + gamma * penalty(found) - least) / least
