"""The formula of the loss with its live numbers, L = 0.5·0.312 + 0.5·0.851; of a method its direction, Σ w_i ∇L_i."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from mtl_core.numerals import typeset
from mtl_core.spec import RunSpec
from mtl_core.weightings import WEIGHTINGS
from ui import form_state
from ui.colours import SHARED_COLOUR, singled_out
from ui.fields import choice_name
from ui.hub import RunView
from ui.ladders import short
from ui.lines import MOST_BESIDE
from ui.many_tasks import grouped
from ui.methods_formulas import FORMULAS
from ui.words import t

SCALE_COUNTS = ("uncertainty", "imtl_l", "stch")
"""Weightings whose w change when all λ are multiplied by one number."""
MOST_TERMS = 3
"""Exceptions, at most, that the formula of many tasks names."""


def formula(view: RunView | None) -> str:
    """The formula as HTML, with the run's numbers while it is the same problem as the form's, else with names.

    Args:
        view: the run that is shown, if any.
    """
    from ui.spec_form import colours_of

    spec = _spec_of(view)
    colours, lambdas, penalty = colours_of(spec), _lambdas(view, spec), _penalty(view, spec)
    if spec.weighting.name != "fixed":
        used = _weights_used(view, spec) if view is not None else {}
        return direction_text(spec, lambdas, used, colours, penalty)
    losses = _losses(view) if view is not None and _tells(view, spec) else {}
    return formula_text(spec, lambdas, losses, colours, penalty)


def method_notes(view: RunView | None) -> None:
    """Below the formula of a method: where it acts, and its own law."""
    weighting = _spec_of(view).weighting
    if weighting.name == "fixed":
        return
    if not WEIGHTINGS[weighting.name].scales_heads:
        st.caption(t("formula.own_heads"))
    law = FORMULAS.get(weighting.name)
    if law:
        st.markdown(f":small[:gray[{choice_name('weighting_name', weighting.name)}]]  \n${law}$")


def _spec_of(view: RunView | None) -> RunSpec:
    """The run's while it goes on, else the form's."""
    return view.spec if view is not None and not view.ended else form_state.current().spec


def formula_text(
    spec: RunSpec,
    lambdas: Mapping[str, float],
    losses: Mapping[str, float],
    colours: Mapping[str, str],
    penalty: tuple[float, float | None] | None,
) -> str:
    """The formula as coloured HTML.

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
            _term(lambdas[task], typeset(losses[task], ".3f") if known else _name_of_loss(task), colours[task])
            for task in spec.tasks
        ]
    total = sum(lambdas[task] * losses[task] for task in spec.tasks) if known else None
    if penalty is not None:
        strength, value = penalty
        terms.append(typeset(value, ".3f") if known and value is not None else f"{short(strength)} · Ω")
        total = total + value if total is not None and value is not None else None
    end = f" = <b>{typeset(total, '.3f')}</b>" if total is not None else ""
    return f'<p class="formula"><b>L</b> = {" + ".join(terms)}{end}</p>'


def direction_text(
    spec: RunSpec,
    lambdas: Mapping[str, float],
    used: Mapping[str, float],
    colours: Mapping[str, str],
    penalty: tuple[float, float | None] | None,
) -> str:
    """The direction of a method that weighs by itself as coloured HTML: **d** = 0.62 · ∇L_a + 0.38 · ∇L_b.

    Args:
        spec: whose tasks it has.
        lambdas: λ per task.
        used: per task what multiplied its loss in the newest step; where one is missing all are written as w · λ.
        colours: per task.
        penalty: γ and γ·Ω, or None without such a term.
    """
    known = all(task in used for task in spec.tasks)
    if len(spec.tasks) > MOST_BESIDE:
        terms = [f"Σ {_sign('w', 'i')} {_sign('λ', 'i')} ∇{_sign('L', 'i')}"]
    elif known:
        terms = [_term(used[task], _slope_of_loss(task), colours[task]) for task in spec.tasks]
    else:
        terms = [
            _coloured(f"{_sign('w', str(i))} · {short(lambdas[task])} · {_slope_of_loss(task)}", colours[task])
            for i, task in enumerate(spec.tasks, start=1)
        ]
    if penalty is not None:
        terms.append(f"{short(penalty[0])} · ∇Ω")
    return f'<p class="formula"><b>d</b> = {" + ".join(terms)}</p>'


def _many_terms(lambdas: Mapping[str, float], losses: Mapping[str, float]) -> list[str]:
    """One term for all tasks with the same λ, the first exceptions by name, one for the others of them."""
    common, found = grouped(lambdas)
    together = [task for task in lambdas if task not in found]
    count = len(together)
    mean = sum(losses[task] for task in together) / max(1, count) if losses else 0.0
    summed = f"{count} · {typeset(mean, '.3f')}" if losses else f"Σ<sub>{count}</sub> {_sign('L', 'i')}"
    terms = [_term(common, summed, SHARED_COLOUR)] if together else []
    for task, colour in singled_out(list(found)[:MOST_TERMS]).items():
        terms.append(_term(found[task], typeset(losses[task], ".3f") if losses else _name_of_loss(task), colour))
    others = list(found)[MOST_TERMS:]
    if others:
        weighted = sum(found[task] * losses[task] for task in others) if losses else None
        named = f"Σ<sub>{len(others)}</sub> {_sign('λ', 'i')} {_sign('L', 'i')}"
        terms.append(named if weighted is None else typeset(weighted, ".3f"))
    return terms


def _term(value: float, loss: str, colour: str) -> str:
    return _coloured(f"{short(value)} · {loss}", colour)


def _coloured(text: str, colour: str) -> str:
    return f'<span style="color:{colour}">{text}</span>'


def _sign(letter: str, index: str) -> str:
    """A letter with its index."""
    return f"<i>{letter}</i><sub>{escape(index)}</sub>"


def adam_note() -> None:
    """What a person may not expect: under Adam the scale of λ does not matter, where nothing else is added."""
    spec = form_state.current().spec
    tied = any(term.strength > 0 for term in spec.regularizers) and len(spec.tasks) > 1
    decays = spec.optimizer.name == "adam" and spec.optimizer.weight_decay > 0  # AdamW's decay is apart
    adam = spec.optimizer.name in ("adam", "adamw")
    if adam and spec.weighting.name not in SCALE_COUNTS and not tied and not decays:
        st.caption(t("formula.adam"))


def _name_of_loss(task: str) -> str:
    """L with the task's name under it."""
    return _sign("L", task)


def _slope_of_loss(task: str) -> str:
    """The gradient of that loss."""
    return f"∇{_name_of_loss(task)}"


def _weights_used(view: RunView, spec: RunSpec) -> dict[str, float]:
    """What the run's newest step multiplied each loss by, while it is this spec's method and problem."""
    same = _same_problem(view, spec) and view.spec.weighting.name == spec.weighting.name
    return {task: float(f"{value:.3g}") for task, value in view.series.weights.latest().items()} if same else {}


def _same_problem(view: RunView, spec: RunSpec) -> bool:
    return bool(view.record.spec["dataset"]["name"] == spec.dataset.name and view.record.spec["tasks"] == spec.tasks)


def _tells(view: RunView, spec: RunSpec) -> bool:
    """Whether the run's losses belong into this spec's formula: once it has ended, only with the λ that it had."""
    same = _same_problem(view, spec)
    return same and (not view.ended or all(view.lambdas[task] == spec.weighting.lambdas[task] for task in spec.tasks))


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
