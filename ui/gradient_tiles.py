"""The numbers of the newest measurement: conflict per pair, condition, and what becomes of each loss along d."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mtl_core.numerals import typeset
from ui.colours import BEST_COLOUR, WORST_COLOUR
from ui.gradient_arrows import Arrows
from ui.gradient_series import GradientSeries, over_pairs
from ui.markup import show_markup
from ui.matrix_picture import matrix_picture
from ui.tile_markup import tile, tiles
from ui.words import t

MOST_TILES = 6
"""Pairs, at most, with a tile each; of more there is a matrix."""


def gradient_tiles(found: GradientSeries) -> None:
    """How often each pair was in conflict, the condition number, and the share of pairs in conflict now."""
    tasks = list(found.latest["tasks"])
    shares = conflict_shares(found.latest)
    pairs = over_pairs(tasks, shares.tolist()) if shares is not None else {}
    beside = pairs if len(pairs) <= MOST_TILES else {}
    if len(beside) > 1:
        st.markdown(f"**{t('gradients.conflict_share')}**")
    each = [
        _tile(pair if len(tasks) > 2 else t("gradients.conflict_share"), _percent(share), "conflict_share_help")
        for pair, share in beside.items()
    ]
    if len(pairs) != 1:
        each.append(_tile(t("gradients.conflict_now"), _percent(found.latest.get("share")), "conflict_now_help"))
    condition = found.latest.get("condition")
    each.append(_tile(t("gradients.condition"), "∞" if condition is None else f"{condition:,.3g}", "condition_help"))
    if len(tasks) == 2:
        cosine, similarity = (found.latest[name][0][1] for name in ("cosine", "similarity"))
        each.append(_tile(t("gradients.cosine_tile"), _signed(cosine), "cosine_help"))
        each.append(_tile(t("gradients.similarity"), _signed(similarity), "similarity_help"))
    show_markup(tiles(each), key="gradient_tiles")
    if shares is not None and not beside:
        label = t("gradients.conflict_share")
        st.markdown(f"**{label}**")
        call: dict[str, Any] = {"order": "as is", "diverging": False, "label": label}
        show_markup(matrix_picture(shares, tasks, tasks, **call), key="gradient_conflicts")


def conflict_shares(values: Mapping[str, Any]) -> NDArray[np.float64] | None:
    """(K, K): of the measured steps, the share at which a pair was in conflict; None where pairs are not told."""
    if "conflict" not in values:
        return None
    counts, measured = (np.array(values[name], dtype=np.float64) for name in ("conflict", "measured"))
    return np.where(measured > 0, counts / np.maximum(measured, 1), np.nan)


def fates(found: Arrows, values: Mapping[str, Any], colours: Mapping[str, str]) -> str:
    """A line a task as HTML: its gradient's length, its weight, and whether its loss falls along −d."""
    heads = ("", f"λ‖g‖ {t('gradients.length')}", t("gradients.weight"), t("gradients.along"))
    rows = [
        _fate(task, norm, weight, fall, colours[task])
        for task, norm, weight, fall in zip(found.tasks, values["norms"], values["weights"], found.falls, strict=True)
    ]
    cell = "padding:2px 10px;font-weight:400;opacity:.75;text-align:right"
    top = "".join(f'<th scope="col" style="{cell}">{escape(head)}</th>' for head in heads)
    look = "margin:0 auto;font-size:.8125rem;border-collapse:collapse;font-variant-numeric:tabular-nums"
    return f'<table class="fates" style="{look}"><tr>{top}</tr>{"".join(rows)}</table>'


def _fate(task: str, norm: float, weight: float, fall: float, colour: str) -> str:
    falls = fall > 0
    word = t("gradients.does_fall") if falls else t("gradients.does_rise")
    told = f'<span style="color:{BEST_COLOUR if falls else WORST_COLOUR}">{"↓" if falls else "↑"} {escape(word)}</span>'
    cells = (f"{norm:.3g}", f"{weight:.3g}", told)
    dot = f'<span style="color:{colour}">●</span> {escape(task)}'
    shown = "".join(f'<td style="padding:2px 10px;text-align:right">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row" style="padding:2px 10px;font-weight:600;text-align:left">{dot}</th>{shown}</tr>'


def _tile(label: str, value: str, tip: str) -> str:
    return tile(label, value, tip=t(f"gradients.{tip}"))


def _signed(value: float | None) -> str:
    return "–" if value is None else typeset(value, ".2f")


def _percent(share: float | None) -> str:
    return "–" if share is None or not np.isfinite(share) else f"{share:.0%}"
