"""The formula of the loss with its live numbers: L = 0.5·0.312 + 0.5·0.851."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mtl_core.spec import RunSpec
from ui import form_state
from ui.colours import SHARED_COLOUR, singled_out
from ui.hub import RunView
from ui.ladders import short
from ui.lines import MOST_BESIDE
from ui.many_tasks import grouped
from ui.words import t

MOST_TERMS = 3
"""Exceptions, at most, that the formula of many tasks names."""


def formula(view: RunView | None) -> None:
    """The formula, with the run's numbers while it is the same problem as the form's, else with names.

    Args:
        view: the run that is shown, if any.
    """
    from ui.spec_form import colours_of

    spec = form_state.current().spec
    if view is not None and not view.ended:
        spec = view.spec
    losses = _losses(view) if view is not None and _same_problem(view, spec) else {}
    st.markdown(formula_text(spec, _lambdas(view, spec), losses, colours_of(spec), _penalty(view, spec)))


def formula_text(
    spec: RunSpec,
    lambdas: Mapping[str, float],
    losses: Mapping[str, float],
    colours: Mapping[str, str],
    penalty: tuple[float, float | None] | None,
) -> str:
    """The formula as coloured Markdown.

    Args:
        spec: whose tasks it has.
        lambdas: λ per task.
        losses: per task; where one is missing all are written as names.
        colours: per task.
        penalty: γ and γ·Ω (None while unknown), or None without such a term.
    """
    known = all(task in losses for task in spec.tasks)
    if len(spec.tasks) > MOST_BESIDE:
        terms = _many_terms({task: lambdas[task] for task in spec.tasks}, losses if known else {})
    else:
        terms = [
            _term(lambdas[task], f"{losses[task]:.3f}" if known else _name_of_loss(task), colours[task])
            for task in spec.tasks
        ]
    total = sum(lambdas[task] * losses[task] for task in spec.tasks) if known else None
    if penalty is not None:
        strength, value = penalty
        terms.append(f"{value:.3f}" if known and value is not None else f"{short(strength)} · Ω")
        total = total + value if total is not None and value is not None else None
    return f"**L** = {' + '.join(terms)}" + (f" = **{total:.3f}**" if total is not None else "")


def _many_terms(lambdas: Mapping[str, float], losses: Mapping[str, float]) -> list[str]:
    """One term for all tasks with the same λ, the first exceptions by name, one for the others of them."""
    common, found = grouped(lambdas)
    together = [task for task in lambdas if task not in found]
    count = len(together)
    mean = sum(losses[task] for task in together) / max(1, count) if losses else 0.0
    summed = f"{count} · {mean:.3f}" if losses else rf"$\sum_{{{count}}} L_i$"
    terms = [_term(common, summed, SHARED_COLOUR)] if together else []
    for task, colour in singled_out(list(found)[:MOST_TERMS]).items():
        terms.append(_term(found[task], f"{losses[task]:.3f}" if losses else _name_of_loss(task), colour))
    others = list(found)[MOST_TERMS:]
    if others:
        weighted = sum(found[task] * losses[task] for task in others) if losses else None
        terms.append(rf"$\sum_{{{len(others)}}} \lambda_i L_i$" if weighted is None else f"{weighted:.3f}")
    return terms


def _term(value: float, loss: str, colour: str) -> str:
    return f':color[{short(value)} · {loss}]{{foreground="{colour}"}}'


def adam_note() -> None:
    """What a person may not expect: under Adam the scale of λ does not matter."""
    if form_state.current().spec.optimizer.name in ("adam", "adamw"):
        st.caption(t("formula.adam"))


def _name_of_loss(task: str) -> str:
    """L with the task's name under it, in LaTeX."""
    name = task.replace("_", r"\_")
    return rf"$L_{{\text{{{name}}}}}$"


def _same_problem(view: RunView, spec: RunSpec) -> bool:
    return bool(view.record.spec["dataset"]["name"] == spec.dataset.name and view.record.spec["tasks"] == spec.tasks)


def _lambdas(view: RunView | None, spec: RunSpec) -> dict[str, float]:
    if view is None or view.ended:
        return dict(spec.weighting.lambdas)
    return {task: view.lambdas.get(task, value) for task, value in spec.weighting.lambdas.items()}


def _losses(view: RunView) -> dict[str, float]:
    return view.series.train.latest()


def _penalty(view: RunView | None, spec: RunSpec) -> tuple[float, float | None] | None:
    if not spec.regularizers or len(spec.tasks) < 2:  # one task alone has nothing to be tied to
        return None
    strength = spec.regularizers[0].strength
    if view is None or not _same_problem(view, spec) or not view.spec.regularizers:
        return strength, None
    last = view.series.penalty.last
    if view.ended:  # the form's γ may be another one than the run's was
        same = strength == view.value("regularizers.0.strength", view.spec.regularizers[0].strength)
        return strength, last[1] if last and same else None
    return view.value("regularizers.0.strength", strength), last[1] if last else None
