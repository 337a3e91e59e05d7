"""The subjects in the order of the table; each module has ``PAIRS`` and is run in a process of its own."""

from __future__ import annotations

SUBJECTS = (
    "click_to_result",
    "wine_training",
    "images",
    "many_runs",
    "several_processes",
    "gradient_methods",
    "solvers",
    "loss_methods",
    "engine_cost",
    "web",
    "viewers",
    "browser",
)
