"""The weights of a gate through a run, as stacked bars: one bar a moment, one colour an expert, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ui.gradient_charts import Moments
from ui.network_plan import two
from ui.words import t

WIDTH, HEIGHT, LEFT, FOOT = 320.0, 132.0, 26.0, 18.0
SMALL = 10.5


@dataclass(frozen=True)
class Share:
    """One expert of a gate.

    Attributes:
        name: words for it.
        colour: of its part of each bar.
        opacity: of it.
    """

    name: str
    colour: str
    opacity: float


def gate_bars(moments: Moments, shares: Sequence[Share], label: str) -> str:
    """The bars, their axes and a legend with the newest weights, as HTML.

    Args:
        moments: (experts, moments) weights that sum to 1.
        shares: of each expert, in the order of the rows.
        label: what it shows, in words.
    """
    count = len(moments.steps)
    wide = (WIDTH - LEFT) / max(1, count)
    bars = []
    for i, step in enumerate(moments.steps):
        top = 0.0
        for share, weight in zip(shares, moments.values[:, i], strict=True):
            about = f"{share.name}: {two(weight)} · {t('chart.step')} {step}"
            bars.append(
                f'<rect x="{LEFT + i * wide:.2f}" y="{_y(top + weight):.2f}" width="{max(0.5, wide * 0.92):.2f}" '
                f'height="{max(0.0, _y(top) - _y(top + weight)):.2f}" fill="{share.colour}" '
                f'fill-opacity="{share.opacity:.2f}"><title>{escape(about)}</title></rect>'
            )
            top += weight
    newest = [two(weight) for weight in moments.values[:, -1]] if count else ["–"] * len(shares)
    words = f"{label}. " + ", ".join(f"{share.name}: {value}" for share, value in zip(shares, newest, strict=True))
    return (
        f'<figure style="margin:0"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" '
        f'role="img" aria-label="{escape(words)}" font-size="{SMALL}" fill="currentColor" '
        f'style="display:block;width:100%;max-width:420px">{"".join(bars)}{_axes(moments.steps)}</svg>'
        f"{_legend(shares, newest)}</figure>"
    )


def _y(share: float) -> float:
    return 4 + (HEIGHT - FOOT - 4) * (1 - share)


def _axes(steps: Sequence[str]) -> str:
    sides = "".join(
        f'<text x="{LEFT - 5}" y="{_y(share) + 4:.1f}" text-anchor="end" class="quiet">{share:g}</text>'
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{_y(share):.1f}" y2="{_y(share):.1f}" stroke="currentColor" '
        'stroke-opacity="0.16"/>'
        for share in (0.0, 0.5, 1.0)
    )
    ends = "".join(
        f'<text x="{x}" y="{HEIGHT - 4}" text-anchor="{anchor}" class="quiet">{step}</text>'
        for x, anchor, step in ((LEFT, "start", steps[0]), (WIDTH, "end", steps[-1]))
        if len(steps) > 1
    )
    return sides + ends


def _legend(shares: Sequence[Share], newest: Sequence[str]) -> str:
    entries = "".join(
        f'<span style="white-space:nowrap"><i style="display:inline-block;width:0.65em;height:0.65em;border-radius:2px;'
        f'margin-right:0.35em;background:{share.colour};opacity:{share.opacity:.2f}"></i>{escape(share.name)} '
        f"<b>{value}</b></span>"
        for share, value in zip(shares, newest, strict=True)
    )
    return (
        '<figcaption style="display:flex;flex-wrap:wrap;gap:0.2rem 0.9rem;font-size:0.78rem;margin-top:0.3rem">'
        f"{entries}</figcaption>"
    )
