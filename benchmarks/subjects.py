"""The subjects in the order of the table; each module has ``PAIRS`` and is run in a process of its own."""

from __future__ import annotations

SUBJECTS = (
    "click_to_result",
    "first_step",
    "wine_training",
    "images",
    "streaming",
    "many_runs",
    "several_processes",
    "gradient_methods",
    "solvers",
    "loss_methods",
    "engine_cost",
    "evaluations",
    "heap",
    "gpu",
    "web",
    "viewers",
    "browser",
)
