"""One widget for one field of the spec, made from the field itself: its type, its limits, its description."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from mtl_core.paths import get_path
from ui import form_state
from ui.ladders import BATCH_SIZES
from ui.rule_words import rule_text
from ui.words import t, t_or

Kind = Literal["choice", "flag", "switch", "integer", "number", "integers", "choice_or_integer", "text"]
WIDEST_SLIDER = 20
MOST_SEGMENTS = 3
SWITCH: Mapping[str, bool | None] = {"auto": None, "on": True, "off": False}


@dataclass(frozen=True)
class Shape:
    """What a field may hold.

    Attributes:
        kind: chooses the widget.
        choices: of a choice.
        low: smallest number, inclusive; None for no limit (an exclusive one counts as a limit for the eye only).
        high: largest number.
        optional: whether it may be left empty.
    """

    kind: Kind
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    optional: bool = False


def shape_of(annotation: Any, metadata: Iterator[Any] | list[Any] | tuple[Any, ...] = ()) -> Shape | None:
    """The shape of a field by its annotation, or None where it is no single value (a mapping)."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(arguments[0], [*arguments[1:], *metadata])
    if origin in (Union, types.UnionType):
        return _shape_of_union(arguments, list(metadata))
    if origin is Literal:
        return Shape("choice", tuple(str(choice) for choice in arguments))
    if origin is list and (inner := shape_of(arguments[0])) and inner.kind == "integer":
        return Shape("integers")
    kinds: dict[Any, Kind] = {bool: "flag", int: "integer", float: "number", str: "text"}
    return _limited(Shape(kinds[annotation]), list(metadata)) if annotation in kinds else None


def _shape_of_union(arguments: tuple[Any, ...], metadata: list[Any]) -> Shape | None:
    shapes = [shape_of(member, metadata) for member in arguments if member is not type(None)]
    optional = type(None) in arguments
    if len(shapes) == 1 and shapes[0] is not None:
        return replace(shapes[0], kind="switch" if shapes[0].kind == "flag" else shapes[0].kind, optional=optional)
    kinds = [shape.kind for shape in shapes if shape is not None]
    if kinds == ["choice", "integer"] and shapes[0] is not None:
        return Shape("choice_or_integer", shapes[0].choices)
    return None


def _limited(shape: Shape, metadata: list[Any]) -> Shape:
    for item in metadata:
        if isinstance(item, FieldInfo):
            shape = _limited(shape, item.metadata)
        low = getattr(item, "ge", getattr(item, "gt", None))
        high = getattr(item, "le", getattr(item, "lt", None))
        shape = replace(shape, low=shape.low if low is None else low, high=shape.high if high is None else high)
    return shape


def field_widget(path: str, field: FieldInfo, *, high: float | None = None) -> None:
    """The widget of one field, with its error under it; what it is set to goes into the draft.

    Args:
        path: dotted path in the spec.
        field: pydantic's description of it.
        high: a limit that depends on other fields, e.g. the depth of the network.
    """
    shape = shape_of(field.annotation, field.metadata)
    if shape is None:
        return
    if high is not None:
        shape = replace(shape, high=high)
    words = words_of(path)
    label = t_or(f"field.{words}", path.rsplit(".", 1)[-1].replace("_", " ").capitalize())
    tip = t_or(f"help.{words}", field.description or "") or None
    WIDGETS[shape.kind](path, label, tip, shape)
    show_problem(path)


def show_problem(path: str) -> None:
    """The rule that the draft's value breaks, in red under its widget."""
    rule = form_state.current().rule(path)
    if rule:
        st.caption(f":red[:material/error: {rule_text(rule)}]", help=None)


def value_of(path: str) -> Any:
    """What the draft says, right or wrong, else the spec's value."""
    draft = form_state.draft()
    return draft[path] if path in draft else get_path(form_state.current().spec, path)


def choice_name(path: str, value: Any) -> str:
    """Display name of one choice of a field."""
    return t_or(f"choice.{words_of(path)}_{value}", str(value).replace("_", " "))


def words_of(path: str) -> str:
    """The part of a key that stands for a field, whatever its place in a list: ``regularizers_strength``."""
    return "_".join(part for part in path.split(".") if not part.isdigit())


def _named(path: str, choices: Iterable[str]) -> Callable[[Any], str]:
    """What shows a choice's name in the language of this run of the script."""
    names = {choice: choice_name(path, choice) for choice in choices}
    return lambda value: names.get(value, str(value))


def _choice(path: str, label: str, tip: str | None, shape: Shape) -> None:
    call: dict[str, Any] = {"help": tip, "format_func": _named(path, shape.choices), "on_change": form_state.changed}
    if len(shape.choices) <= MOST_SEGMENTS:
        call |= form_state.widget(path, value_of(path), "default")
        st.segmented_control(label, shape.choices, required=True, args=(path, call["key"]), **call)
    else:
        call |= listed(path, str(value_of(path)), shape.choices)
        st.selectbox(label, shape.choices, args=(path, call["key"]), **call)


def listed(path: str, value: Any, options: Sequence[Any]) -> dict[str, Any]:
    """As :func:`ui.form_state.widget`, for a list, which takes its default as a place in it."""
    call = form_state.widget(path, value, "index")
    return call | {"index": options.index(value)} if value in options and "index" in call else {"key": call["key"]}


def _flag(path: str, label: str, tip: str | None, shape: Shape) -> None:
    call = form_state.widget(path, bool(value_of(path)))
    st.toggle(label, help=tip, on_change=form_state.changed, args=(path, call["key"]), **call)


def _switch(path: str, label: str, tip: str | None, shape: Shape) -> None:
    shown = next((name for name, value in SWITCH.items() if value is value_of(path)), "auto")
    call = form_state.widget(path, shown, "default")
    names = {name: t(f"switch.{name}") for name in SWITCH}
    call |= {"on_change": form_state.changed, "args": (path, call["key"], SWITCH.get), "required": True}
    st.segmented_control(label, list(SWITCH), help=tip, format_func=names.__getitem__, **call)


def _integer(path: str, label: str, tip: str | None, shape: Shape) -> None:
    low, high = _whole(shape.low), _whole(shape.high)
    value = _number(value_of(path))
    call: dict[str, Any] = {"help": tip, "on_change": form_state.changed}
    if low is not None and high is not None and high - low <= WIDEST_SLIDER:
        if high > low:
            call |= form_state.widget(path, min(max(low, int(value or 0)), high))
            st.slider(label, low, high, step=1, args=(path, call["key"]), **call)
        return
    call |= {"value": None, "placeholder": t("field.off")} if shape.optional else {}
    call |= form_state.widget(path, int(value or 0) if not shape.optional else None if value is None else int(value))
    st.number_input(label, low, high, step=1, args=(path, call["key"]), **call)


def _float(path: str, label: str, tip: str | None, shape: Shape) -> None:
    value = _number(value_of(path))
    call: dict[str, Any] = {"value": None, "placeholder": t("field.off")} if shape.optional else {}
    call |= form_state.widget(path, value if shape.optional else value or 0.0)
    call |= {"help": tip, "on_change": form_state.changed, "args": (path, call["key"])}
    if shape.low is not None and shape.high is not None and shape.high <= 1 and not shape.optional:
        st.slider(label, float(shape.low), float(shape.high), step=0.05, format="%g", **call)
        return
    low, high = (None if limit is None else float(limit) for limit in (shape.low, shape.high))
    st.number_input(label, low, high, format="%g", **call)


def _integers(path: str, label: str, tip: str | None, shape: Shape) -> None:
    call = form_state.widget(path, ", ".join(str(width) for width in value_of(path)))
    st.text_input(label, help=tip, on_change=form_state.changed, args=(path, call["key"], _split), **call)


def _choice_or_integer(path: str, label: str, tip: str | None, shape: Shape) -> None:
    shown = str(value_of(path))
    options = list(dict.fromkeys([*shape.choices, *BATCH_SIZES, shown]))
    call = listed(path, shown, options)
    call |= {"on_change": form_state.changed, "args": (path, call["key"], _whole_or_text)}
    st.selectbox(label, options, help=tip, accept_new_options=True, format_func=_named(path, options), **call)


def _text(path: str, label: str, tip: str | None, shape: Shape) -> None:
    call = form_state.widget(path, str(value_of(path)))
    st.text_input(label, help=tip, on_change=form_state.changed, args=(path, call["key"]), **call)


def _split(text: str) -> list[int | str]:
    return [_whole_or_text(part.strip()) for part in text.replace(";", ",").split(",") if part.strip()]


def _whole_or_text(text: Any) -> int | str:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else str(text)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


WIDGETS: Mapping[Kind, Callable[[str, str, str | None, Shape], None]] = {
    "choice": _choice,
    "flag": _flag,
    "switch": _switch,
    "integer": _integer,
    "number": _float,
    "integers": _integers,
    "choice_or_integer": _choice_or_integer,
    "text": _text,
}
