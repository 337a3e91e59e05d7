"""The real page in front of a wine run that goes on at the pace of *Watch*."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.warm import wait
from mtl_core.control import Command
from mtl_core.execution.local import ensure_runner
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.browser.page_server import Server, serve

OWNER = "cli"
"""Every browser may steer what the command line started, so the page has all its controls."""
EPOCHS = 5_000
SECONDS_PER_EPOCH = 0.15
"""As *Watch* has it: 100 epochs in 15 s; one epoch of wine is one step. The run lasts ten minutes after its start."""
BEHIND = 1_000
"""Steps that the run has taken, and the chart shows, before anybody looks."""
FRAGMENT = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


@dataclass(frozen=True)
class LivePage:
    """A page and the run that it shows.

    Attributes:
        server: of the page.
        store: that both read.
        run: id of the run.
    """

    server: Server
    store: Store
    run: str

    def still_goes_on(self) -> None:
        """Look whether what was measured was a live run to its end.

        Raises:
            RuntimeError: if the run has ended; a page of an ended run asks for nothing.
        """
        status = self.store.get(self.run).status
        if status != "running":
            raise RuntimeError(f"the run must go on while its page is measured; it is {status}")


@contextmanager
def live_page() -> Iterator[LivePage]:
    """A server of its own whose run has :data:`BEHIND` steps behind it and takes seven a second.

    Server, runner and workers end with the block.
    """
    spec = parse_spec({"dataset": "wine_quality", "epochs": EPOCHS, "device": "cpu"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, serve(Path(folder)) as server:
        ensure_runner(server.home)
        wait(server.warm, "a warm worker", 0.05)
        store = server.store
        try:
            run = store.create(spec, OWNER)
            wait(lambda: store.get(run).step >= BEHIND, f"step {BEHIND}", 0.05)
            store.send(run, Command("pace", value=EPOCHS * SECONDS_PER_EPOCH))
            yield LivePage(server, store, run)
        finally:
            store.close()


def kind_of(message: ForwardMsg) -> str:
    """What a message from the server carries: a component's name, an element's or a block's kind, else its own."""
    kind = message.WhichOneof("type") or "nothing"
    if kind != "delta":
        return str(kind)
    if message.delta.WhichOneof("type") != "new_element":
        return f"block {message.delta.add_block.WhichOneof('type')}"
    element = message.delta.new_element
    name = element.WhichOneof("type") or "nothing"
    return element.bidi_component.component_name if name == "bidi_component" else str(name)


def ends_a_refresh(message: ForwardMsg) -> bool:
    """Whether a fragment that runs by itself has just been drawn to its end."""
    return message.WhichOneof("type") == "script_finished" and message.script_finished == FRAGMENT
