"""What the tasks' matching parameters say of the tasks: W, its singular values, and how tasks resemble each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

WIDEST = 1_024
"""Rows of W, at most, that a preview holds; of longer columns only what follows from them."""
MOST_SINGULAR_VALUES = 16


def weight_matrix(columns: Mapping[str, Sequence[Tensor]]) -> Tensor:
    """W = [θ_1 … θ_K] of shape (d, K), float64: each task's parameters, flattened, as a column."""
    flat = [[parameter.detach().flatten() for parameter in column] for column in columns.values()]
    rows = torch.stack([torch.cat(column) if len(column) > 1 else column[0] for column in flat])
    return rows.double().cpu().t()


def singular_values(weights: Tensor) -> list[float]:
    """The largest singular values of W (d, K), at most 16, largest first.

    Of a W with more rows than columns they are the roots of the eigenvalues of WᵀW (K, K); those of two tasks,
    (a b; b c), are ½(a + c) ± √(¼(a − c)² + b²).
    """
    if weights.shape[0] > 4 * weights.shape[1] == 8:
        (a, b), (_, c) = (weights.t() @ weights).tolist()
        middle, apart = (a + c) / 2, math.hypot((a - c) / 2, b)
        return [math.sqrt(middle + apart), math.sqrt(max(0.0, middle - apart))]
    exact = weights.numpy()
    if weights.shape[0] > 4 * weights.shape[1]:
        values = np.sqrt(np.linalg.eigvalsh(exact.T @ exact).clip(min=0))[::-1]
    else:
        values = np.linalg.svd(exact, compute_uv=False)
    kept: list[float] = values[:MOST_SINGULAR_VALUES].tolist()
    return kept


def correlation(weights: Tensor) -> Tensor:
    """(K, K) Pearson correlation of the columns of W, over its rows; 0 beside a column that does not vary."""
    centred = weights - weights.mean(0)
    lengths = centred.norm(dim=0)
    scaled = centred / torch.where(lengths > 0, lengths, torch.ones_like(lengths))
    matrix = scaled.T @ scaled
    matrix.fill_diagonal_(1.0)
    return matrix


def pictured(columns: Mapping[str, Sequence[Tensor]]) -> dict[str, NDArray[Any]]:
    """What a preview holds: ``ties.correlation`` (K, K), and ``ties.weights`` (d, K) unless the columns are long."""
    if not columns:
        return {}
    weights = weight_matrix(columns)
    arrays: dict[str, NDArray[Any]] = {"ties.correlation": correlation(weights).numpy().astype(np.float32)}
    if len(weights) <= WIDEST:
        arrays["ties.weights"] = weights.numpy().astype(np.float32)
    return arrays


def known_truth(
    truth: Mapping[str, NDArray[Any]], offered: Sequence[str], chosen: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """The known truth for the chosen tasks: ``truth.weights`` (d, K), ``truth.correlation``, ``truth.adjacency``.

    Args:
        truth: of the samples, in the order of the data set's tasks.
        offered: the data set's tasks.
        chosen: the run's tasks.
    """
    places = [list(offered).index(task) for task in chosen]
    found = {}
    for name, values in truth.items():
        kept = values[:, places] if name == "weights" else values[np.ix_(places, places)]
        found[f"truth.{name}"] = np.asarray(kept, dtype=np.float32)
    return found
