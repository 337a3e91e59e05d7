"""The form of a run, in three parts: data, sharing, weights. Its widgets come from the spec's fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mtl_core.architectures import ARCHITECTURES
from mtl_core.architectures.base import Architecture
from mtl_core.datasets import DATASETS
from mtl_core.encoders import stage_names
from mtl_core.spec import BatchPolicySpec, DatasetSpec, LrScheduleSpec, OptimizerSpec, RunSpec
from mtl_core.spec_parts import SplitSpec
from mtl_core.weightings import WEIGHTINGS
from ui import data_card, form_state, many_tasks, own_choice
from ui.augmentation_form import augmentation_section
from ui.colours import task_colours
from ui.fields import field_widget, listed, show_problem
from ui.generation_form import generation_section
from ui.methods_fields import weighting_fields
from ui.methods_refused import (
    architecture_choice,
    architecture_labels,
    refused_architectures,
    refused_weightings,
    wanted,
    weighting_labels,
    weighting_list,
)
from ui.rule_words import rule_text
from ui.sliders import lambda_slider, learning_rate_slider
from ui.tie_form import term_name, terms_section
from ui.words import t, t_or

COMMON_NETWORK = tuple(name for name in Architecture.model_fields if name != "name")
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "channels": ("image",),
    "patch": ("image",),
    "embedding": ("text",),
    "recurrent": ("text",),
    "recurrent_layers": ("text",),
}
"""Fields of an architecture that mean something for one kind of input only."""
FUSION = ("fusion", "fusion_width")
SCHEDULE_FIELDS: Mapping[str, tuple[str, ...]] = {"one_cycle": ("warmup",), "step": ("step_share", "gamma")}
LAST_TASK = "last_task_kept"
GONE = "lambdas_of_tasks_left_out"
TRAINING = ("class_weights", "seed", "device", "precision", "acceleration", "evaluate_every")


def colours_of(spec: RunSpec) -> dict[str, str]:
    """One colour a task of the spec's data set; where these are many, those of the run have the first colours."""
    names = [task.name for task in spec.dataset.build().tasks()]
    return task_colours(list(dict.fromkeys([*spec.tasks, *names])) if many_tasks.many(names) else names)


def data_section() -> None:
    """Which data, which of its tasks, and how it is split."""
    spec = form_state.current().spec
    names = own_choice.offered()
    call = listed("dataset.name", own_choice.chosen(spec.dataset), list(names))
    call |= {"on_change": own_choice.changed, "args": (call["key"],)}
    st.selectbox(t("form.dataset"), list(names), format_func=names.__getitem__, **call)
    show_problem("dataset.name")
    data_card.badge_row(spec.dataset)
    _modalities(spec)
    _tasks(spec)
    with st.expander(t("form.data_options"), icon=":material/tune:"):
        for name in ("validation", "target_scaling"):
            field_widget(f"dataset.{name}", DatasetSpec.model_fields[name])
        _split_fields(spec)
        for name, field in DATASETS[spec.dataset.name].model_fields.items():
            if name not in ("name", *own_choice.idle_options(spec.dataset)):
                field_widget(f"dataset.options.{name}", field)
    augmentation_section()
    sizes = spec.dataset.sizes()
    st.caption(t("form.sizes", **{split: f"{rows:,}" for split, rows in sizes.items()}))


def _split_fields(spec: RunSpec) -> None:
    """The data set's own split, or one fold of a cross-validation."""
    shown = {"standard": ("name",), "kfold": ("name", "folds", "fold"), "holdout": ("name", "test", "fold")}
    for name in shown[spec.dataset.split.name]:
        high = spec.dataset.split.folds - 1 if name == "fold" else None
        field_widget(f"dataset.split.{name}", SplitSpec.model_fields[name], high=high)


def _modalities(spec: RunSpec) -> None:
    """Which of several inputs are used: with one left out, what the others can do without it shows."""
    offered = list(spec.dataset.build().inputs())
    if len(offered) < 2:
        return
    call = form_state.widget("dataset.modalities", list(spec.dataset.inputs()), "default")
    names = {name: t_or(f"modality.{name}", name) for name in offered}
    call |= {"on_change": _modalities_changed, "args": (call["key"], offered), "help": t("form.modalities_help")}
    st.pills(t("form.modalities"), offered, selection_mode="multi", format_func=names.__getitem__, **call)
    show_problem("dataset.modalities")


def _modalities_changed(key: str, offered: list[str]) -> None:
    """Callback: all of them is no choice; tasks that need what is left out go with it."""
    chosen = [name for name in offered if name in st.session_state[key]]
    if not chosen:
        return
    form_state.drop("tasks")
    form_state.set_value("dataset.modalities", [] if chosen == offered else chosen)


def _tasks(spec: RunSpec) -> None:
    offered = spec.dataset.build().tasks()
    known = [task.name for task in offered]
    if many_tasks.many(known):
        many_tasks.task_chooser(offered, spec.tasks)
        show_problem("tasks")
        return
    call = form_state.widget("tasks", [task for task in known if task in spec.tasks], "default")
    named = {task.name: f"{task.name} · {t_or(f'kind.{task.kind}', task.kind)}" for task in offered}
    call |= {
        "on_change": _tasks_changed,
        "args": (call["key"], known),
        "help": t("form.tasks_help"),
        "wrap": True,
    }
    st.pills(t("form.tasks"), known, selection_mode="multi", format_func=named.__getitem__, **call)
    if st.session_state.get(LAST_TASK) and len(spec.tasks) == 1:
        st.caption(f":material/info: {t('form.last_task')}")
    show_problem("tasks")


def _tasks_changed(key: str, known: list[str]) -> None:
    chosen = [task for task in known if task in st.session_state[key]]
    st.session_state[LAST_TASK] = not chosen
    if chosen:
        back = _remembered(chosen)
        form_state.set_value("tasks", chosen)
        for path, value in back.items():
            form_state.set_value(path, value)


def _remembered(chosen: list[str]) -> dict[str, float]:
    """λ that a person had set for tasks that come back; those of tasks that go are remembered for that."""
    spec, drafted = form_state.current().spec, form_state.draft()
    kept: dict[tuple[str, str], float] = st.session_state.setdefault(GONE, {})
    for task in spec.tasks:
        path = f"weighting.lambdas.{task}"
        if task not in chosen and path in drafted:
            kept[spec.dataset.name, task] = float(drafted[path])
    back = [task for task in chosen if task not in spec.tasks and (spec.dataset.name, task) in kept]
    return {f"weighting.lambdas.{task}": kept.pop((spec.dataset.name, task)) for task in back}


def sharing_section() -> None:
    """How the tasks share a network: the architecture and its own fields, made from the registry."""
    spec = form_state.current().spec
    name = wanted("architecture.name", ARCHITECTURES, spec.architecture.name)
    names = architecture_labels(refused_architectures(spec))
    st.segmented_control(
        t("form.architecture"),
        names,
        required=True,
        format_func=names.__getitem__,
        wrap=True,
        width="stretch",
        **architecture_choice(name, names),
    )
    show_problem("architecture.name")
    st.caption(t_or(f"architecture.{name}", (ARCHITECTURES[name].__doc__ or "").split("\n")[0]))
    if name != spec.architecture.name:
        return
    depth = len(stage_names(spec.dataset.inputs(), spec.architecture))
    for field_name, field in ARCHITECTURES[name].model_fields.items():
        if field_name not in ("name", *COMMON_NETWORK):
            field_widget(f"architecture.{field_name}", field, high=depth if field_name == "shared_depth" else None)


def sharing_details(*, ties: bool) -> None:
    """The strength of the ties (unless a run's own are steered), and the network's sizes."""
    spec = form_state.current().spec
    fields = ARCHITECTURES[spec.architecture.name].model_fields
    kinds = [source.kind for source in spec.dataset.inputs().values()]
    if len(kinds) > 1:
        field_widget("architecture.fusion", fields["fusion"])
    generation_section()
    with st.expander(_terms_title(spec), icon=":material/link:", expanded=ties and bool(spec.regularizers)):
        terms_section(strengths=ties)
    with st.expander(t("form.network_sizes"), icon=":material/straighten:"):
        for name in COMMON_NETWORK:
            fits = any(kind in kinds for kind in FIELDS_OF.get(name, kinds))
            if fits and (name not in FUSION or (len(kinds) > 1 and name != "fusion")):
                field_widget(f"architecture.{name}", fields[name])


def _terms_title(spec: RunSpec) -> str:
    """What ties the tasks, in one line."""
    names = [term_name(term) for term in spec.regularizers]
    return t("ties.title", names=", ".join(names)) if names else t("ties.none")


def weighting_choice() -> None:
    """Which weighting, what it does, and its own fields, made from the registry."""
    spec = form_state.current().spec
    name = wanted("weighting.name", WEIGHTINGS, spec.weighting.name)
    labels = weighting_labels(refused_weightings(spec))
    st.selectbox(t("form.weighting"), list(labels), format_func=labels.__getitem__, **weighting_list(name, labels))
    show_problem("weighting.name")
    st.caption(t_or(f"weighting.{name}", (WEIGHTINGS[name].__doc__ or "").split("\n")[0]))
    if name != "fixed":
        st.caption(f":material/info: {t('form.preference')}")
    call: dict[str, Any] = {"icon": ":material/functions:", "query_params": {"method": name}}
    st.page_link("pages/methods.py", label=t("form.read_more"), **call)
    if name != spec.weighting.name:
        return
    weighting_fields(name)


def weight_sliders() -> None:
    """A λ per task, and the learning rate, for the next run."""
    spec = form_state.current().spec
    colours = colours_of(spec)
    st.caption(f":material/bolt: {t('sliders.next')}")
    if many_tasks.many(spec.tasks):
        many_tasks.form_lambdas(spec.weighting.lambdas)
        show_problem("weighting.lambdas")
    else:
        for task in spec.tasks:
            path = f"weighting.lambdas.{task}"
            lambda_slider(path, task, spec.weighting.lambdas[task], colours[task], form_state.changed)
            show_problem(path)
    learning_rate_slider("optimizer.lr", spec.optimizer.lr, form_state.changed)
    show_problem("optimizer.lr")


def training_section() -> None:
    """How long, in which batches, and everything else that a run needs, folded away."""
    spec = form_state.current().spec
    left, right = st.columns(2)
    with left:
        field_widget("epochs", RunSpec.model_fields["epochs"])
    with right:
        field_widget("batch_size", RunSpec.model_fields["batch_size"])
    for name in ("name", *(("temperature",) if spec.batch_policy.name == "temperature" else ())):
        if DATASETS[spec.dataset.name].own_samples:
            field_widget(f"batch_policy.{name}", BatchPolicySpec.model_fields[name])
    with st.expander(t("form.training"), icon=":material/tune:"):
        for name, field in OptimizerSpec.model_fields.items():
            if name != "lr" and (name != "momentum" or spec.optimizer.name == "sgd"):
                field_widget(f"optimizer.{name}", field)
        for name in ("name", *SCHEDULE_FIELDS.get(spec.lr_schedule.name, ())):
            field_widget(f"lr_schedule.{name}", LrScheduleSpec.model_fields[name])
        for name in TRAINING:
            field_widget(name, RunSpec.model_fields[name])


def problems() -> None:
    """Everything wrong in the form at once; nothing where all is right."""
    found = form_state.current().problems
    if found:
        lines = "\n".join(f"- `{p.field}`: {rule_text(p.rule)}" for p in found)
        st.error(t("form.problems", count=len(found)) + "\n" + lines)


def dropped_note() -> None:
    """What the link said that could not be taken."""
    found = form_state.dropped()
    if found:
        lines = "\n".join(f"- `{d.name}={d.value}`: {_reason(d.rule)}" for d in found)
        st.warning(t("form.dropped") + "\n" + lines, icon=":material/link_off:")


def _reason(rule: str) -> str:
    known = {"unknown": "form.unknown_parameter", "private": "own.private"}
    return t(known[rule]) if rule in known else rule_text(rule)
