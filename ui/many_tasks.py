"""Choosing among more tasks than fit beside each other, and one λ for all of them, with exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from mtl_core.spec import EVERY
from mtl_core.tasks import Task
from ui import form_state
from ui.colours import singled_out
from ui.form_state import told_anew
from ui.lines import MOST_BESIDE
from ui.sliders import OnChange, every_slider, lambda_slider
from ui.words import t

FIRST = (8, 24)
"""Numbers of tasks that a shortcut chooses."""
KEPT_ONE = "first_task_kept"
EXCEPTIONS = "lambda_exceptions"
LAMBDAS = "weighting.lambdas"
EVERY_PATH = f"{LAMBDAS}.{EVERY}"
MOST_DRAWN = 6
"""Exceptions, at most, that have a line of their own in the curves."""
OnTogether = Callable[[float, list[str]], None]


def many(tasks: Sequence[Any]) -> bool:
    """Whether there are more tasks than are looked at one by one."""
    return len(tasks) > MOST_BESIDE


def task_chooser(offered: Sequence[Task], chosen: Sequence[str]) -> None:
    """Which of many tasks are learned: a list to search, and shortcuts.

    Args:
        offered: all tasks of the data set.
        chosen: names of those that are chosen.
    """
    names = [task.name for task in offered]
    label = t("many.chosen", count=len(chosen), total=len(names))
    call = form_state.widget("tasks", [name for name in names if name in chosen], "default")
    call |= {"on_change": _tasks_chosen, "args": (call["key"], names), "help": t("form.tasks_help"), "wrap": False}
    st.multiselect(label, names, filter_mode="contains", placeholder=t("many.search"), **call)
    with st.container(horizontal=True, gap="small"):
        _shortcut(t("many.all"), "all", names)
        _shortcut(t("many.none"), "none", [])
        for count in FIRST:
            if count < len(names):
                _shortcut(t("many.first", count=count), f"first_{count}", names[:count])
    if st.session_state.get(KEPT_ONE) and len(chosen) == 1:
        st.caption(f":material/info: {t('many.kept_one', task=chosen[0])}")


def _shortcut(label: str, key: str, tasks: list[str]) -> None:
    st.button(label, key=f"tasks:{key}", type="tertiary", on_click=_take, args=(tasks,))


def _take(tasks: list[str]) -> None:
    """Callback of a shortcut; of no task the first one stays."""
    st.session_state[KEPT_ONE] = not tasks
    current = form_state.current().spec
    first = [task.name for task in current.dataset.build().tasks()][:1]
    form_state.set_value("tasks", tasks or first)


def _tasks_chosen(key: str, names: list[str]) -> None:
    _take([name for name in names if name in st.session_state[key]])


def grouped(lambdas: Mapping[str, float], named: Sequence[str] = ()) -> tuple[float, dict[str, float]]:
    """λ of all tasks, and those that are exceptions.

    Args:
        lambdas: per task.
        named: tasks that count as exceptions whatever their λ.

    Returns:
        The most frequent λ of the tasks that are not named; λ of each named task and of each that differs from it.
    """
    rest = [value for task, value in lambdas.items() if task not in named] or list(lambdas.values())
    common = Counter(rest).most_common(1)[0][0]
    return common, {task: value for task, value in lambdas.items() if task in named or value != common}


def exceptions(lambdas: Mapping[str, float]) -> dict[str, float]:
    """The tasks that this session looks at one by one, with their λ."""
    return grouped(lambdas, st.session_state.get(EXCEPTIONS, ()))[1]


def drawn_colours(lambdas: Mapping[str, float]) -> dict[str, str]:
    """A colour for each exception that has a line of its own in the curves."""
    return singled_out(list(exceptions(lambdas))[:MOST_DRAWN])


def lambda_group(
    lambdas: Mapping[str, float],
    *,
    prefix: str,
    every: OnChange,
    one: OnChange,
    together: OnTogether,
    shown: float | None = None,
) -> None:
    """One slider for all tasks, a chooser of exceptions, and a slider for each of these.

    Args:
        lambdas: per task, as they are.
        prefix: of the widgets' keys.
        every: callback of the slider for all.
        one: callback of a task's slider.
        together: takes λ of all tasks, and those that are no exceptions any more.
        shown: where the slider for all stands; left out: at λ of most tasks.
    """
    common, found = grouped(lambdas, st.session_state.get(EXCEPTIONS, ()))
    common = common if shown is None else shown
    every_slider(EVERY_PATH, common, len(lambdas) - len(found), len(found), every, prefix)
    key = f"{prefix}:exceptions"
    call: dict[str, Any] = {"key": key, "help": t("many.exceptions_help"), "wrap": True, "filter_mode": "contains"}
    call |= {} if told_anew(key, list(found)) else {"default": list(found)}
    call |= {"on_change": _excepted, "args": (key, list(lambdas), list(found), common, together)}
    st.multiselect(t("many.exceptions"), list(lambdas), select_all=False, placeholder=t("many.search"), **call)
    for task, colour in singled_out(list(found)).items():
        lambda_slider(f"{LAMBDAS}.{task}", task, found[task], colour, one, prefix)


def _excepted(key: str, tasks: list[str], before: list[str], common: float, together: OnTogether) -> None:
    """Callback of the chooser: a task that is no exception any more goes with all others again."""
    named = st.session_state[EXCEPTIONS] = [task for task in tasks if task in st.session_state[key]]
    back = [task for task in before if task not in named]
    if back:
        together(common, back)


def form_lambdas(lambdas: Mapping[str, float]) -> None:
    """The group of the form, for the next run."""

    def every(path: str, key: str) -> None:
        set_every(path, float(st.session_state[key]))

    lambda_group(lambdas, prefix="form", every=every, one=form_state.changed, together=set_together)


def set_every(path: str, value: float) -> None:
    """λ of all tasks of the form; exceptions stay where they are."""
    found = exceptions(form_state.current().spec.weighting.lambdas)
    kept = {name: old for name, old in form_state.draft().items() if not name.startswith(f"{LAMBDAS}.")}
    named = {f"{LAMBDAS}.{task}": number for task, number in found.items()}
    st.session_state[EXCEPTIONS] = list(found)
    form_state.replace(kept | {path: value} | named)


def set_together(common: float, tasks: Sequence[str]) -> None:
    """Tasks of the form that go with all others again."""
    form_state.replace(form_state.draft() | {f"{LAMBDAS}.{task}": common for task in tasks})
