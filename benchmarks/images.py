"""MNIST, a digit and a mask: the loop that the documents show, written afresh, against the engine.

The loop reads picture by picture: PIL, ToTensor and Normalize in a DataLoader that shuffles, then Adam. What is timed
is training; both are measured on the same test pictures afterwards (not in a quick measurement). It trains the
documents' own network of 10 and 20 channels, with its shapes mended, or the same network as the engine: one that reads
patches of 2×2 pixels as channels, or the data set's defaults.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from benchmarks.engine_overhead import opened
from benchmarks.pairs import Found, NotMeasured, Pair, Timed, Way, prepared
from mtl_core.events import Event
from mtl_core.execution.perform import perform
from mtl_core.execution.processes import this_process
from mtl_core.network import Network
from mtl_core.runs.store import Store
from mtl_core.session import Session
from mtl_core.spec import RunSpec, parse_spec

BATCH, EPOCHS, ROWS, QUICK_ROWS = 128, 3, 6_400, 768
SMALL_LR = 0.001
Sample = tuple[Tensor, int, Tensor]
Make = Callable[[Session], nn.Module]
PATCHES: dict[str, Any] = {"architecture": {"name": "hard", "patch": 2, "channels": [16, 32], "hidden": [32]}}
"""A network that does at a quarter of the places what the defaults do at each pixel."""


class Pictures(Dataset[Sample]):
    """One picture at a time, as torchvision's MNIST gives it: an image in grey, turned and normalised, and its mask."""

    def __init__(self, session: Session, split: str) -> None:
        rows = session.samples.splits[split]
        self.pictures = session.samples.inputs["image"][rows, 0]
        self.digits, self.masks = (session.samples.targets[name][rows] for name in ("digit", "mask"))
        self.turn = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, place: int) -> Sample:
        picture = self.turn(Image.fromarray(self.pictures[place]))
        return picture, int(self.digits[place]), torch.from_numpy(self.masks[place].astype(np.int64))


class Documents(nn.Module):
    """Two convolutions of 5×5 with 10 and 20 channels, pooled; a dense layer for the digit, 1×1 for the mask."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 10, 5, padding=2), nn.Conv2d(10, 20, 5, padding=2)
        self.dropped, self.dense = nn.Dropout2d(), nn.Linear(20 * 49, 50)
        self.digit, self.mask = nn.Linear(50, 10), nn.Conv2d(20, 11, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(F.max_pool2d(self.first(x), 2))
        x = F.relu(F.max_pool2d(self.dropped(self.second(x)), 2))
        mask = F.interpolate(self.mask(x), scale_factor=4, mode="bilinear")
        return self.digit(F.relu(self.dense(x.flatten(1)))), mask


class Same(nn.Module):
    """The engine's network with two outputs in order."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.network = Network(session.spec.layout(), session.spec.seed)

    def train(self, mode: bool = True) -> Same:
        """As usual, but for the last layer of the masks: a plain one, that makes pictures."""
        super().train(mode)
        self.network.parts["mask/head"].training = False
        return self

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        outputs = self.network({"image": x})
        return outputs["digit"], outputs["mask"]


def documents_loop(model: nn.Module, data: Pictures) -> Iterator[float]:
    """Shuffled batches, Σ of two cross entropies, Adam; the mean loss of each epoch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=SMALL_LR)
    for _ in range(EPOCHS):
        model.train()
        total = 0.0
        for pictures, digits, masks in DataLoader(data, batch_size=BATCH, shuffle=True):
            optimizer.zero_grad()
            scored, painted = model(pictures)
            loss = F.cross_entropy(scored, digits) + F.cross_entropy(painted, masks)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.item()
        yield total


def right(model: nn.Module, data: Pictures) -> float:
    """Share of the digits that are told right."""
    model.eval()
    with torch.no_grad():
        found = [model(x)[0].argmax(1) == y for x, y, _ in DataLoader(data, batch_size=512)]
    return torch.cat(found).float().mean().item()


def trained(store: Store, spec: RunSpec) -> tuple[Iterator[Event], Way]:
    """A run that has started, and the way to its last step; what follows it are evaluations."""
    events = perform(store, store.create(spec, "benchmark", process=this_process()))
    total = next(event for event in events if event.kind == "started").values["total_steps"]

    def steps() -> None:
        for event in events:
            if event.kind == "step" and event.step == total:
                return
        raise RuntimeError("the run ended before its last step")

    return events, steps


def _against(make: Make, network: dict[str, Any]) -> Callable[[int], Found]:
    def measure(rounds: int) -> Found:
        quick = rounds < 3
        dataset = {"name": "mnist", "validation": 0, "train_rows": QUICK_ROWS if quick else ROWS}
        fields: dict[str, Any] = {"dataset": dataset, "epochs": EPOCHS, "evaluate_every": EPOCHS, "device": "cpu"}
        spec = parse_spec(fields | {"batch_size": BATCH, "gradients": {"every": 0}} | network)
        session = opened(spec)
        if session.samples.source == "synthetic":
            raise NotMeasured("MNIST's files are not in the data folder")
        return _both(spec, session, make, rounds)

    return measure


def _both(spec: RunSpec, session: Session, make: Make, rounds: int) -> Found:
    data, test = Pictures(session, "train"), Pictures(session, "test")
    last: dict[str, Any] = {}
    torch.manual_seed(0)

    def plain() -> Way:
        last["model"] = make(session)
        return lambda: list(documents_loop(last["model"], data))

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))

        def ours() -> Way:
            last["events"], steps = trained(store, spec)
            return steps

        timed: Timed = prepared(plain, ours, rounds, warm=False)
        seen: dict[str, Any] = {
            "rows": len(data),
            "epochs": EPOCHS,
            "images_a_second": round(len(data) * EPOCHS / min(timed.b)),
        }
        if len(data) == ROWS:
            ended = list(last["events"])[-1].values["metrics"]["test"]["digit"]["accuracy"]
            theirs = right(last["model"], test)
            seen |= {"accuracy_a": round(theirs, 4), "accuracy_b": round(ended, 4)}
            seen["shown"] = f"digits told right {ended:.1%}, theirs {theirs:.1%}"
        store.close()
    return timed.gain(**seen)


def _own(session: Session) -> nn.Module:
    return Documents()


def _pairs(threads: int, target: float) -> tuple[Pair, ...]:
    ours = "MNIST, digit and mask, batches of 128, all events stored"
    loop = "the documents' loop (DataLoader, ToTensor)"
    end = f", {threads} thread{'s' * (threads > 1)}"
    how: dict[str, Any] = {"threads": threads, "rounds": 3, "quick": 0}
    theirs, patches = f"{loop} with their network", f"{ours}, patches of 2×2"
    found = (
        Pair(f"images/patches{end}", theirs, patches, target, _against(_own, PATCHES), **how | {"quick": 2}),
        Pair(f"images/same patches{end}", f"{loop} with ours", patches, 1.0, _against(Same, PATCHES), **how),
    )
    if threads > 1:
        return found
    return (
        *found,
        Pair(f"images/same network{end}", f"{loop} with ours", f"{ours}, defaults", 1.0, _against(Same, {}), **how),
        Pair(f"images/documents' network{end}", theirs, f"{ours}, defaults", 1.0, _against(_own, {}), **how),
    )


PAIRS = (*_pairs(1, 1.8), *_pairs(2, 2.2))
