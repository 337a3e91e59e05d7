"""How far a run is, how fast, and how long it takes still."""

from __future__ import annotations

from mtl_core.runs.records import ACTIVE
from ui import hub, tile_markup, tiles
from ui.hub import RunView
from ui.words import t


def progress_markup(view: RunView | None, recorded: bool = False) -> str:
    """The bar with its words as HTML.

    Args:
        view: of the run, if there is one.
        recorded: whether it is shipped with the project.
    """
    if view is None or recorded:
        return tile_markup.note(t("progress.none" if view is None else "progress.recorded"))
    loading = view.series.progress
    if loading.get("unit") not in (None, "steps") and not view.ended:
        total = loading.get("total")
        share = min(1.0, loading["done"] / total) if total else 0.0
        words = t("progress.loading", what=loading["what"], done=loading["done"], unit=loading["unit"])
        return tile_markup.progress(share, words)
    total = view.total_steps
    share = min(1.0, view.series.step / total) if total else 0.0
    return tile_markup.progress(share, " · ".join(_position(view, total)))


def _position(view: RunView, total: int | None) -> list[str]:
    words = [t(f"status.{view.record.status}")]
    if view.record.status == "queued":
        return [*words, _turn(view)]
    words.append(t("progress.epoch", done=tiles.epoch_text(view.series.epoch), total=str(view.epochs)))
    if total:
        words.append(t("progress.step", done=f"{view.series.step:,}", total=f"{total:,}"))
    speed, left = view.samples_per_second, view.seconds_left
    if speed and not view.ended:
        words.append(t("progress.speed", speed=f"{speed:,.0f}"))
    if left is not None and view.record.status == "running":
        words.append(t("progress.left", left=duration(left)))
    if view.ended and view.record.result:
        words.append(t("progress.took", seconds=duration(float(view.record.result.get("seconds", 0)))))
    return words


def _turn(view: RunView) -> str:
    """What a run that waits is waiting for: runs that wait longer, a free place, or its own worker."""
    store = hub.store()
    waiting = store.runs(status="queued", limit=1_000)
    before = sum(other.created < view.record.created for other in waiting)
    if before:
        return t("progress.ahead", count=before)
    return t("progress.next" if store.runs(status=ACTIVE, limit=1) else "progress.warming")


def duration(seconds: float) -> str:
    """Seconds as a person says them: ``0.3 s``, ``12 s``, ``3 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
