"""Weights of linear tasks whose relation is known: a low-rank matrix, or weights smooth over a task graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RIDGE = 0.1
"""ε of the graph's precision L + εI: how little the tasks of one component as a whole are held at 0."""


def low_rank_weights(features: int, tasks: int, rank: int, draw: np.random.Generator) -> Floats:
    """W = U Vᵀ with standard normal U (d, r) and V (K, r), scaled to a mean ‖w_k‖² of 1; its rank is r.

    Returns:
        (d, K).
    """
    return scaled(draw.standard_normal((features, rank)) @ draw.standard_normal((tasks, rank)).T)


def smooth_weights(features: int, adjacency: Floats, draw: np.random.Generator) -> Floats:
    """Rows of W ~ N(0, (L + εI)⁻¹), L = D − A, scaled to a mean ‖w_k‖² of 1: joined tasks have weights alike.

    Each row is a Gaussian Markov random field on the task graph: its log-density is −½ Σ_{i<j} a_ij (w_i − w_j)² −
    ½ ε Σ w_i² up to a constant, so the ``graph`` penalty is its prior (Rue & Held 2005, section 2.2).

    Args:
        features: d.
        adjacency: A (K, K), symmetric, 0 on the diagonal.
        draw: where the numbers come from.

    Returns:
        (d, K).
    """
    precision = np.diag(adjacency.sum(1)) - adjacency + RIDGE * np.eye(len(adjacency))
    root = np.linalg.cholesky(np.linalg.inv(precision))
    return scaled(draw.standard_normal((features, len(adjacency))) @ root.T)


def scaled(weights: Floats) -> Floats:
    """W with a mean squared column norm of 1, so that a standard normal input gives signals of variance 1."""
    return np.asarray(weights * np.sqrt(weights.shape[1]) / np.linalg.norm(weights))


def clusters(tasks: int, number: int) -> Floats:
    """(K, K) adjacency of ``number`` clusters of neighbouring tasks, as equal in size as can be, each fully joined."""
    member = np.arange(tasks) * number // tasks
    return np.asarray(member[:, None] == member, dtype=np.float64) - np.eye(tasks)


def chain(tasks: int) -> Floats:
    """(K, K) adjacency in which each task is joined to the one before and the one after it."""
    return np.eye(tasks, k=1) + np.eye(tasks, k=-1)


def cosines(weights: Floats) -> Floats:
    """(K, K) cosines between the columns of W (d, K).

    For standard normal inputs this is the correlation of the tasks' noiseless answers to one input.
    """
    unit = weights / np.linalg.norm(weights, axis=0)
    return np.asarray(unit.T @ unit)
