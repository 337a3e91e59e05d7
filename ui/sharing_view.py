"""Does sharing help? The answer in words, as differences with their intervals, and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import floor, log10
from typing import Any

import streamlit as st

from mtl_core.comparison import SHARES, Verdict
from mtl_core.intervals import Interval
from mtl_core.numerals import typeset
from mtl_core.runs.groups import get_group
from mtl_core.spec import parse_spec
from mtl_core.sweeps.family import comparisons
from mtl_core.sweeps.summary import Summary
from mtl_core.sweeps.verdict import Answer, ArmAnswer, TaskAnswer, sharing_answer
from ui import hub
from ui.fields import choice_name
from ui.forest_picture import Branch, forest_picture
from ui.markup import show_markup
from ui.metric_text import formatted, metric_name
from ui.spec_form import colours_of
from ui.words import t

MOST_TASKS = 12
ICONS = {"gains": ":green[:material/trending_up:]", "loses": ":red[:material/trending_down:]"}


def show(found: Summary, opener: Any) -> None:
    """The answer as far as it is known.

    Args:
        found: the group.
        opener: callback that opens a run in the Playground.
    """
    answer = answer_of(found)
    spec = parse_spec(get_group(hub.store(), found.group).spec)
    shared = [arm for arm in answer.arms if not arm.is_baseline]
    if not any(task.verdict and task.verdict.pairs for arm in shared for task in arm.test.tasks):
        st.caption(t("output.nothing_yet"))
        return
    _headline(answer)
    for arm in shared:
        if any(task.verdict and task.verdict.pairs for task in arm.test.tasks):
            st.markdown(f"- **{arm_name(arm)}**: {sentence(arm)}")
    unsure = [f"`{task}`" for task in dict.fromkeys(task for arm in shared for task in arm.disagreeing)]
    if unsure:
        st.warning(t("sharing.disagree", tasks=", ".join(unsure)), icon=":material/warning:")
    branches = list(_branches(shared, colours_of(spec)))
    if branches:
        show_markup(forest_picture(branches, t("sharing.worse"), t("sharing.better")), key="sharing_forest")
    _table(answer)
    st.caption(honest(answer))


def answer_of(found: Summary) -> Answer:
    """The answer of a group, computed again only where another run has ended (139 schools take most of a second)."""
    ended = tuple(member.run for member in found.members if member.status == "finished")
    return _answer(found.group, found.status, ended)


@st.cache_data(max_entries=20, show_spinner=False)
def _answer(group: str, status: str, ended: tuple[str, ...]) -> Answer:
    return sharing_answer(hub.store(), group)


def arm_name(arm: ArmAnswer) -> str:
    """Architecture and, unless it is plain λ, weighting."""
    name = choice_name("architecture_name", arm.architecture)
    plain = arm.weighting == "fixed" or arm.is_baseline
    return name if plain else f"{name}, {choice_name('weighting_name', arm.weighting)}"


def sentence(arm: ArmAnswer) -> str:
    """The verdicts on an arm's tasks: who gains, who loses, who cannot be told apart from being alone."""
    verdicts = [task.verdict for task in arm.test.tasks if task.verdict is not None]
    parts = [
        f"{ICONS[one.kind]} {t(f'sharing.{one.kind}', task=one.task, amount=amount(one))}"
        for one in verdicts
        if one.kind in ICONS
    ]
    parts += [_weak(one) for one in verdicts if one.uncorrected]
    for kind in ("undecided", "unknown"):
        names = [f"`{one.task}`" for one in verdicts if one.kind == kind and not one.uncorrected]
        if names:
            parts.append(t(f"sharing.{kind}", tasks=", ".join(names)))
    worse = [f"`{one.task}`" for one in verdicts if one.negative_transfer]
    unsure = any(one.uncorrected == "loses" for one in verdicts)
    none = t("sharing.no_sure_negative") if unsure else t("sharing.no_negative")
    parts.append(t("sharing.negative", tasks=", ".join(worse)) if worse else none)
    return "; ".join(parts) + "."


def _weak(one: Verdict) -> str:
    """What an interval says by itself and the correction takes back."""
    return t(f"sharing.{one.uncorrected}_weakly", task=one.task, amount=amount(one), count=one.comparisons)


def amount(one: Verdict) -> str:
    """A difference with half its interval, shares in points of a hundred."""
    factor, unit = (100.0, f" {t('sharing.points')}") if one.metric in SHARES else (1.0, f" {metric_name(one.metric)}")
    size = abs(one.difference or 0.0) * factor
    half = f" ± {one.half_width * factor:.2g}" if one.half_width is not None else ""
    return f"{size:.2g}{half}{unit}"


def _headline(answer: Answer) -> None:
    """What validation chose."""
    chosen = next((arm for arm in answer.arms if arm.name == answer.chosen), None)
    if chosen is None:
        st.info(answer.why_none or t("output.nothing_yet"), icon=":material/info:")
    elif chosen.is_baseline:
        st.info(t("sharing.none_better"), icon=":material/balance:")
    else:
        delta = chosen.test.delta_m
        words = t("sharing.chosen", arm=arm_name(chosen), delta=percent(delta))
        if delta.excludes_zero and (delta.mean or 0) > 0:
            st.success(words, icon=":material/trending_up:")
        else:
            st.info(f"{words} {t('sharing.not_clear')}", icon=":material/balance:")


def percent(found: Interval) -> str:
    """A Δm with half its interval, in %."""
    if found.mean is None:
        return "–"
    half = f" ± {found.half_width:.1f}" if found.half_width is not None else ""
    return f"{typeset(found.mean, '+.1f')}{half} %"


def _branches(arms: list[ArmAnswer], colours: Mapping[str, str]) -> Iterator[Branch]:
    """A row an arm, task by task."""
    tasks = [task.task for task in arms[0].test.tasks][:MOST_TASKS] if arms else []
    for name in tasks:
        for arm in arms:
            task = next(task for task in arm.test.tasks if task.task == name)
            if task.verdict is not None and task.verdict.pairs:
                yield _branch(arm, task, task.verdict, colours[name])


def _branch(arm: ArmAnswer, task: TaskAnswer, verdict: Verdict, colour: str) -> Branch:
    factor = 100.0 if task.metric in SHARES else 1.0

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * factor

    unit = t("sharing.points") if task.metric in SHARES else metric_name(task.metric)
    mean, half = scaled(task.gain.mean), scaled(task.gain.half_width)
    places = 0 if not half else max(0, 1 - floor(log10(half)))
    text = "" if mean is None else typeset(mean, f"+.{places}f" if half else "+.2g")
    text += f" ± {half:.{places}f}" if text and half else ""
    return Branch(
        title=f"{task.task} · {t('sharing.against_alone', unit=unit)}",
        name=arm_name(arm),
        values=(),
        labels=(),
        mean=mean,
        low=scaled(task.gain.low),
        high=scaled(task.gain.high),
        text=text,
        colour=colour,
        clear=verdict.kind in ICONS,
    )


def _table(answer: Answer) -> None:
    """Each arm's means, Δm and costs."""
    import pandas as pd

    rows = []
    for arm in answer.arms:
        row: dict[str, Any] = {t("evaluation.arm"): arm_name(arm)}
        for task in arm.test.tasks[:MOST_TASKS]:
            half = task.value.half_width
            text = formatted(task.metric, task.value.mean) + (f" ± {formatted(task.metric, half)}" if half else "")
            row[f"{task.task} · {metric_name(task.metric)}"] = text
        row["Δm"] = "0 %" if arm.is_baseline else percent(arm.test.delta_m)
        row[t("sharing.parameters")] = "–" if arm.parameters is None else f"{arm.parameters:,}"
        row[t("sharing.seconds")] = "–" if arm.seconds.mean is None else f"{arm.seconds.mean:.2g} s"
        rows.append(row | {t("sharing.runs"): f"{arm.finished}/{len(arm.runs)}"})
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def honest(answer: Answer) -> str:
    """What the numbers rest on."""
    method = next((task.gain.method for arm in answer.arms for task in arm.test.tasks if task.gain.method), None)
    words = t(f"sharing.by_{method}") if method else t("sharing.no_interval")
    count = comparisons(answer.arms)
    together = f" {t('sharing.corrected', count=count)}" if count > 1 else ""
    return f"{words}{together} {t(f'sharing.over_{answer.pairs}')} {t('sharing.honest')}"
