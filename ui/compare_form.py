"""What a comparison runs over: networks, methods, seeds, places of λ; and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mtl_core.architectures import ARCHITECTURES
from mtl_core.errors import SpecError
from mtl_core.spec import RunSpec
from mtl_core.sweeps import learning_curve, sharing, tradeoff
from mtl_core.sweeps.base import Plan
from mtl_core.sweeps.variants import ALONE
from mtl_core.weightings import WEIGHTINGS
from ui.fields import choice_name
from ui.methods_refused import refused_architectures
from ui.rule_words import rule_text
from ui.words import t

NETWORKS, METHODS = "compare_networks:{}", "compare_methods:{}"
SHARING_SEEDS, CURVE_SEEDS, TRADEOFF_SEEDS = "sharing_seeds", "curve_seeds", "tradeoff_seeds"
POINTS, OVER = "tradeoff_points", "sharing_over"
OVERS = ("seeds", "folds")
DEFAULTS: dict[str, Any] = {SHARING_SEEDS: 5, CURVE_SEEDS: 5, TRADEOFF_SEEDS: 1, POINTS: 21, OVER: "seeds"}
MOST_SEEDS, MOST_POINTS, MOST_LEFT_OUT = 20, 101, 6
Planned = tuple[Plan | None, str]
"""A plan, or None and the reason in words."""


def sharing_fields(spec: RunSpec) -> None:
    """Networks, methods and seeds of "does sharing help?"."""
    _networks("sharing", spec, [name for name in sharing.ARCHITECTURES_ASKED if name != ALONE])
    _methods("sharing", spec)
    names = {over: t(f"compare.over_{over}") for over in OVERS}
    call: dict[str, Any] = {"key": OVER, "required": True, "help": t("compare.over_help")}
    st.segmented_control(t("compare.over"), OVERS, format_func=names.__getitem__, **call)
    st.number_input(t("compare.how_many"), 2, MOST_SEEDS, key=SHARING_SEEDS, width=120, help=t("compare.seeds_help"))


def curve_fields(spec: RunSpec) -> None:
    """Networks and seeds of a learning curve."""
    _networks("curve", spec, ["hard"])
    st.number_input(t("compare.seeds"), 1, MOST_SEEDS, key=CURVE_SEEDS, width=120, help=t("compare.seeds_help"))


def tradeoff_fields(spec: RunSpec) -> None:
    """Networks, methods, places of λ and seeds of a trade-off."""
    own = spec.architecture.name if spec.architecture.name != ALONE else "hard"
    _networks("tradeoff", spec, [own])
    _methods("tradeoff", spec)
    st.number_input(t("compare.points"), 2, MOST_POINTS, key=POINTS, width=120, help=t("compare.points_help"))
    st.number_input(t("compare.seeds"), 1, MOST_SEEDS, key=TRADEOFF_SEEDS, width=120)


def defaults() -> None:
    """Begin with what most people want."""
    for key, value in DEFAULTS.items():
        if st.session_state.get(key) is None:
            st.session_state[key] = value


def sharing_plan(spec: RunSpec) -> Planned:
    """The runs of "does sharing help?"."""
    networks, methods, seeds = _chosen("sharing"), _chosen_methods("sharing"), int(st.session_state[SHARING_SEEDS])
    if st.session_state[OVER] == "folds":
        return _planned(lambda: sharing.plan(spec, [ALONE, *networks], methods, folds=seeds))
    return _planned(lambda: sharing.plan(spec, [ALONE, *networks], methods, seeds))


def curve_plan(spec: RunSpec) -> Planned:
    """The runs of a learning curve."""
    networks, seeds = [ALONE, *_chosen("curve")], int(st.session_state[CURVE_SEEDS])
    return _planned(lambda: learning_curve.plan(spec, architectures=networks, seeds=seeds))


def tradeoff_plan(spec: RunSpec) -> Planned:
    """The runs of a trade-off."""
    networks, methods = _chosen("tradeoff"), _chosen_methods("tradeoff")
    points, seeds = int(st.session_state[POINTS]), int(st.session_state[TRADEOFF_SEEDS])
    return _planned(lambda: tradeoff.plan(spec, points, seeds, networks, methods))


def left_out(found: Sequence[Mapping[str, Any]]) -> None:
    """What was asked for and cannot be trained, and why.

    Args:
        found: as a group keeps it (:class:`mtl_core.runs.records.GroupRecord`).
    """
    for one in found[:MOST_LEFT_OUT]:
        reasons = " ".join(f"`{problem['field']}`: {rule_text(problem['rule'])}." for problem in one["problems"])
        st.caption(f":material/block: **{one['arm']}** {reasons}")
    if len(found) > MOST_LEFT_OUT:
        st.caption(t("compare.more_left_out", count=len(found) - MOST_LEFT_OUT))


def _networks(question: str, spec: RunSpec, default: Sequence[str]) -> None:
    key, refused = NETWORKS.format(question), refused_architectures(spec)
    offered = [name for name in ARCHITECTURES if name != ALONE and name not in refused]
    kept = [name for name in st.session_state.get(key, default) if name in offered]
    st.session_state[key] = kept
    names = {name: choice_name("architecture_name", name) for name in offered}
    st.pills(t("compare.networks"), offered, selection_mode="multi", format_func=names.__getitem__, key=key, wrap=True)


def _methods(question: str, spec: RunSpec) -> None:
    key = METHODS.format(question)
    st.session_state.setdefault(key, [])
    names = {name: choice_name("weighting_name", name) for name in WEIGHTINGS}
    own = choice_name("weighting_name", spec.weighting.name)
    call: dict[str, Any] = {"placeholder": t("compare.own_method", name=own), "format_func": names.__getitem__}
    st.multiselect(t("compare.methods"), list(WEIGHTINGS), key=key, width=300, max_selections=6, **call)


def _chosen(question: str) -> list[str]:
    return list(st.session_state.get(NETWORKS.format(question)) or [])


def _chosen_methods(question: str) -> list[str]:
    return list(st.session_state.get(METHODS.format(question)) or [])


def _planned(make: Any) -> Planned:
    try:
        return make(), ""
    except SpecError as error:
        return None, " ".join(f"`{problem.field}`: {rule_text(problem.rule)}." for problem in error.problems)


FORMS = {"sharing": (sharing_fields, sharing_plan), "learning_curve": (curve_fields, curve_plan)}
"""Per question of the page of evaluation its fields, and the plan that comes of them."""
