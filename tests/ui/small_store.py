"""A store with few runs for the tests of the pages, and the page opened on it; no runner, no training."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import psutil
from streamlit.testing.v1 import AppTest

from mtl_core.events import Event
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from ui.owner import SESSION_KEY
from ui.recorded import Recorded

APP = str(Path(__file__).resolve().parents[2] / "app.py")
OWNER = "o" * 43
STRANGER = "s" * 43
SECONDS = 60


def opened(page: str = "", **parameters: str) -> AppTest:
    """The app after its first run, at a page (a file name in ``pages/``) and with the parameters of a link."""
    app = AppTest.from_file(APP, default_timeout=SECONDS)
    app.session_state[SESSION_KEY] = OWNER
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    if page:
        app.switch_page(f"pages/{page}.py").run()
    return app


def whole(app: AppTest) -> str:
    """Every word on the page that a test may look for."""
    kinds = ("markdown", "caption", "error", "warning", "info", "subheader", "metric", "title", "success")
    found = [str(element.value) for kind in kinds for element in getattr(app, kind)]
    labels = [
        str(element.label) for kind in ("metric", "button") for element in app.get(kind) if hasattr(element, "label")
    ]
    bars = [str(bar.text) for bar in app.progress]
    return "\n".join(found + labels + bars + [words_of(text) for text in markup(app).values()])


def markup(app: AppTest) -> dict[str, str]:
    """The HTML of our own on the page, by the key of its place; with what its panel says of it since."""
    given = {str(element.proto.id).split("-", 2)[-1]: json.loads(element.proto.json or "{}")
             for element in app.get("bidi_component")}  # fmt: skip
    found = {key: data["markup"] for key, data in given.items() if "markup" in data}
    fed = given.get("feed", {}).get("slots", {})
    return found | {key: data["markup"] for key, data in fed.items() if "markup" in data}


def words_of(text: str) -> str:
    """HTML without its tags; bold stays marked as in Markdown."""
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?b>", "**", text)))


def tiles(app: AppTest, key: str = "tiles") -> list[tuple[str, str]]:
    """Name and value of each tile."""
    names = re.findall(
        r'<p class="name"><span>(?:<span [^>]*>●</span> )?(.*?)</span>.*?<p class="value">(.*?)</p>', markup(app)[key]
    )
    return [(unescape(name), unescape(value)) for name, value in names]


def told(app: AppTest) -> list[str]:
    """What went wrong inside the page; empty where nothing did."""
    return [str(error.message) for error in app.exception]


def run_of(
    store: Store,
    how: str,
    *,
    owner: str = OWNER,
    dataset: str = "wine_quality",
    spec: Mapping[str, Any] | None = None,
    until: int = 1_000_000,
    values: Mapping[str, Any] | None = None,
    without: str = "",
) -> str:
    """A run in the store, made of a recorded run's events.

    Args:
        store: to write to.
        how: ``queued``, ``running``, ``paused``, or the kind of event that ends it.
        owner: whose run it is.
        dataset: name of the recorded run.
        spec: fields besides the data set.
        until: steps to write.
        values: of the event that ends it.
        without: a kind of event that is left out.
    """
    parsed = parse_spec({"dataset": {"name": dataset}} | dict(spec or {}))
    if how == "queued":
        return store.create(parsed, owner, pace=15.0)
    process = (os.getpid(), psutil.Process().create_time())
    run = store.create(parsed, owner, pace=15.0, process=process)
    recorded, writer = Recorded(), store.writer(run)
    last = Event("started", 0, 0.0, 0.0)
    for event in events_of(dataset, until=until, test=how == "finished"):
        last = event
        if event.kind != without:
            writer.append(event)
    if how == "paused":
        writer.append(Event("progress", last.step, last.epoch, last.time, {"what": "paused", "done": last.step}))
    elif how != "running":
        ending = dict(values or {})
        if how == "finished":
            ending = dict(recorded.get(dataset).result or {}) | ending
        writer.append(Event(how, last.step, last.epoch, last.time, ending))  # type: ignore[arg-type]
    writer.flush()
    return run


def events_of(dataset: str, *, after: int = -1, until: int = 1_000_000, test: bool = False) -> Iterator[Event]:
    """Events of a recorded run after a number of steps and up to another, with what previews hold."""
    recorded = Recorded()
    for _, event in recorded.events_since(dataset):
        if event.kind in ("finished", "change") or not after < event.step <= until:
            continue
        if event.values.get("split") == "test" and not test:
            continue
        payload = recorded.load_preview(dataset, event.values["artifact"]) if event.kind == "preview" else None
        kept = {key: value for key, value in event.values.items() if key != "artifact"}
        yield Event(event.kind, event.step, event.epoch, event.time, kept, payload=payload)
