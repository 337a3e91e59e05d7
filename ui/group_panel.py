"""A group of runs: how far it is, what came out on average, and every single run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import streamlit as st

from mtl_core.errors import MTLError, RunNotFound
from mtl_core.runs.groups import get_group, list_groups, stop_group
from mtl_core.spec import parse_spec
from mtl_core.sweeps.summary import ALL_TASKS, Arm, MemberState, Spread, Summary, summary
from ui import compare_form, curve_view, hub, link, own_access, sharing_view, shown_run, tradeoff_view
from ui.colours import SHARED_COLOUR
from ui.evaluation import GROUP
from ui.markup import show_markup
from ui.owner import owner_token
from ui.progress import duration
from ui.run_panel import status_badge
from ui.shown_run import CLI
from ui.spec_form import colours_of
from ui.strip_picture import Strip, strip_picture
from ui.tiles import formatted, metric_name
from ui.words import t

LIVE_SECONDS = 1.0
MOST_STRIPS = 12
OPENING = "opening_member"


VIEWS = {
    "sharing": sharing_view.show,
    "learning_curve": curve_view.show,
    "tradeoff": tradeoff_view.show,
    "sweep": tradeoff_view.show,
}
"""Per kind of group with an answer of its own what draws it; the others are means, dots and a table."""


def group_panel(question: str) -> None:
    """The group that was started or picked last for this question; renewed while it goes on."""
    earlier = [group for group in list_groups(hub.store(), (owner_token(), CLI), 50) if group.kind == question]
    known = [group.id for group in earlier]
    wanted = st.session_state.get(GROUP)
    if wanted not in known and wanted and _is_of(wanted, question):
        known = [wanted, *known]
    if not known:
        st.caption(f":material/inbox: {t('evaluation.none_yet')}")
        return
    chosen = wanted if wanted in known else known[0]
    if len(known) > 1:
        chosen = _pick(known, chosen)
    found = summary(hub.store(), chosen)
    every = LIVE_SECONDS if found.status == "running" else None
    st.fragment(_body, run_every=every)(chosen, found.status)


def _is_of(group: str, question: str) -> bool:
    try:
        if own_access.hidden(get_group(hub.store(), group)):
            raise RunNotFound(group)
        return summary(hub.store(), group).kind == question
    except RunNotFound:
        st.warning(t("evaluation.unknown", id=group), icon=":material/link_off:")
        st.session_state.pop(GROUP, None)
        return False


def _pick(groups: list[str], chosen: str) -> str:
    key = "evaluation_earlier"
    if st.session_state.get(key) not in groups or st.session_state.get(f"{key}:for") != chosen:
        st.session_state[key] = st.session_state[f"{key}:for"] = chosen
    titles = {group: _title(group) for group in groups}
    call: dict[str, Any] = {"key": key, "format_func": titles.__getitem__, "on_change": _picked, "args": (key,)}
    return str(st.selectbox(t("evaluation.earlier"), groups, **call))


def _picked(key: str) -> None:
    st.session_state[GROUP] = st.session_state[key]
    link.put("group", st.session_state[key])


def _title(group: str) -> str:
    found = summary(hub.store(), group)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.created))
    return f"{found.name} · {when} · {t(f'status.{found.status}')}"


def _body(group: str, drawn: str) -> None:
    if opening := st.session_state.pop(OPENING, None):
        st.switch_page("pages/playground.py", query_params={"run": opening})
    try:
        found = summary(hub.store(), group)
    except RunNotFound:
        st.rerun()
    if found.status != drawn:
        st.rerun()
    _progress(found)
    if found.kind in VIEWS:
        VIEWS[found.kind](found, _open)
    else:
        _answer(found)
        _strips(found)
        _table(found)
    if found.left_out:
        st.caption(f"**{t('evaluation.left_out')}**")
        compare_form.left_out(found.left_out)
    with st.expander(t("evaluation.members", count=len(found.members)), icon=":material/list:"):
        for member in found.members:
            _member(member)


def _progress(found: Summary) -> None:
    ended = found.status != "running"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        status_badge(found.status)
        finished = found.counts.get("finished", 0)
        words = [t("evaluation.done", done=finished, count=len(found.members))]
        left = _seconds_left(found)
        if left is not None:
            words.append(t("progress.left", left=duration(left)))
        st.caption(" · ".join(words), width="stretch")
        if not ended:
            call: dict[str, Any] = {"on_click": _stop, "args": (found.group,), "icon": ":material/stop:"}
            st.button(t("control.stop"), key="evaluation_stop", **call)
    if not ended:
        st.progress(min(1.0, found.done))


def _seconds_left(found: Summary) -> float | None:
    """Time to the end at the speed so far; None before there is one."""
    if found.status != "running" or found.done < 0.02:
        return None
    return (time.time() - found.created) * (1 - found.done) / found.done


def _stop(group: str) -> None:
    try:
        stop_group(hub.store(), group)
    except MTLError as error:
        st.session_state[shown_run.TROUBLE] = str(error)


def _answer(found: Summary) -> None:
    """In a sentence a task what the comparison of two or more arms says."""
    first, lines = found.arms[0], []
    for arm in found.arms[1:]:
        for task, metrics in (arm.gain_test or {}).items():
            name = next(iter(_ranked(metrics)), None)
            gain = metrics[name] if name else None
            if name and gain and gain.mean is not None:
                lines.append(f"- {_sentence(first.name, arm.name, task, name, gain)}")
    if lines:
        st.markdown("\n".join(lines))


def _sentence(first: str, other: str, task: str, metric: str, gain: Spread) -> str:
    """Whether the first arm is better in one task: only where all pairs agree or the mean is twice its error."""
    sd = f" ± {formatted(metric, gain.sd)}" if gain.sd is not None else ""
    size = f"{formatted(metric, abs(gain.mean or 0.0))}{sd}"
    values = [value for value in gain.values if value is not None]
    clear = len(values) > 1 and gain.sd is not None and abs(gain.mean or 0) > 2 * gain.sd / len(values) ** 0.5
    key = "unclear" if not clear else "better" if (gain.mean or 0) > 0 else "worse"
    names = {"first": first, "other": other, "task": task, "metric": metric_name(metric), "count": len(values)}
    return t(f"evaluation.{key}", size=size, **names)


def _ranked(metrics: Any) -> list[str]:
    """The names of the metrics with numbers, the heavy ones that are measured at the end first for pictures."""
    there = [name for name, spread in metrics.items() if spread.mean is not None]
    return sorted(there, key=lambda name: (name != "frechet", there.index(name)))


def _strips(found: Summary) -> None:
    """Every member as a dot: per task its first metric, a row an arm."""
    strips = list(_rows(found))
    if strips:
        show_markup(strip_picture(strips), key="evaluation_strips")


def _rows(found: Summary) -> Iterator[Strip]:
    colours = _colours(found.group) | {ALL_TASKS: SHARED_COLOUR}
    tasks = list(dict.fromkeys(task for arm in found.arms for task in _metrics(arm)))
    tasks.sort(key=lambda task: task != ALL_TASKS)
    for task in tasks[:MOST_STRIPS]:
        for arm in found.arms:
            metrics = _metrics(arm).get(task, {})
            name = next(iter(_ranked(metrics)), None)
            if name:
                spread = metrics[name]
                title = f"{task} · {metric_name(name)}"
                texts = tuple(formatted(name, value) for value in spread.values)
                yield Strip(title, arm.name, spread.values, texts, arm.labels, spread.mean, spread.sd, colours[task])


def _metrics(arm: Arm) -> Any:
    """Test metrics once there are any, before that those of the validation part."""
    return arm.test or arm.validation


def _table(found: Summary) -> None:
    """Mean, sd and every fold, a row a task and metric."""
    rows = []
    for arm in found.arms:
        for task, metrics in _metrics(arm).items():
            for name, spread in metrics.items():
                if spread.count:
                    head = {t("evaluation.arm"): arm.name} if len(found.arms) > 1 else {}
                    rows.append(head | _row(task, name, spread, arm))
    if not rows:
        st.caption(t("output.nothing_yet"))
        return
    import pandas as pd

    split = "test" if any(arm.test for arm in found.arms) else "validation"
    st.caption(t(f"evaluation.table_{split}"))
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _row(task: str, name: str, spread: Spread, arm: Arm) -> dict[str, str]:
    row = {
        t("evaluation.task"): task,
        t("evaluation.metric"): metric_name(name),
        t("evaluation.mean"): formatted(name, spread.mean),
        t("evaluation.sd"): formatted(name, spread.sd),
    }
    shown = [label.rsplit(", ", 1)[-1] if arm.name and label.startswith(arm.name) else label for label in arm.labels]
    return row | {label: formatted(name, value) for label, value in zip(shown, spread.values, strict=True)}


def _member(member: MemberState) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if member.status == "deleted":
            st.badge(t("evaluation.deleted"), color="gray")
        else:
            status_badge(member.status)
        took = duration(member.seconds) if member.seconds is not None else ""
        st.caption(" · ".join(word for word in (member.label, took, member.error or "") if word), width="stretch")
        if member.status != "deleted":
            call: dict[str, Any] = {"on_click": _open, "args": (member.run,), "icon": ":material/open_in_full:"}
            st.button(t("runs.open"), key=f"member:{member.run}", type="tertiary", **call)


def _open(run: str) -> None:
    shown_run.open_later(run, OPENING)


@st.cache_data(max_entries=50, show_spinner=False)
def _colours(group: str) -> dict[str, str]:
    """One colour a task of the data set of a group's spec."""
    return colours_of(parse_spec(get_group(hub.store(), group).spec))
