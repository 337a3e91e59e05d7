"""Training of wine: the loop that the documents show, written afresh, against a run with all that it stores.

Both start from loaded data and end with the metrics of the test rows; the first step of each pays for its own warm-up.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.engine import performed_after_start
from benchmarks.pairs import Found, Pair, Way, prepared
from mtl_core.runs.store import Store
from mtl_core.session import Session
from mtl_core.spec import parse_spec

EPOCHS = 100


class TwoHeads(nn.Module):
    """Two hidden layers of 64 that both tasks share, and a linear output for each."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(columns, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.score, self.good = nn.Linear(64, 1), nn.Linear(64, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        shared = self.trunk(x)
        return self.score(shared), self.good(shared)


def documents_loop(session: Session) -> dict[str, float]:
    """Full batch, Adam 0.01, 100 epochs, a printed loss each 20th; then the metrics on the test rows."""
    train, test = (session.splits[name].take(slice(None)) for name in ("train", "test"))
    x, score, good = train.inputs["table"], train.targets["quality"][:, None], train.targets["good"][:, None].float()
    model = TwoHeads(x.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    squared, crossed = nn.MSELoss(), nn.BCEWithLogitsLoss()
    told = []
    for epoch in range(EPOCHS):
        model.train()
        optimizer.zero_grad()
        scored, judged = model(x)
        first, second = squared(scored, score), crossed(judged, good)
        total = first + second
        total.backward()
        optimizer.step()
        if epoch % 20 == 19:
            told.append(f"{epoch + 1}: {total.item():.4f} {first.item():.4f} {second.item():.4f}")
    model.eval()
    with torch.no_grad():
        scored, judged = model(test.inputs["table"])
        right = (judged.sigmoid() > 0.5).long()[:, 0] == test.targets["good"]
        return {"mse": squared(scored, test.targets["quality"][:, None]).item(), "good": right.float().mean().item()}


def _against(every: int) -> Callable[[int], Found]:
    """The pair with an evaluation each so many epochs."""

    def measure(rounds: int) -> Found:
        from benchmarks.engine_overhead import opened

        fields: dict[str, Any] = {"dataset": "wine_quality", "epochs": EPOCHS, "evaluate_every": every}
        spec = parse_spec(fields | {"gradients": {"every": 0}})
        session = opened(spec)
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))

            def plain() -> Way:
                return lambda: documents_loop(session)

            timed = prepared(plain, lambda: performed_after_start(store, spec), rounds)
            store.close()
        return timed.gain()

    return measure


PAIRS = (
    Pair(
        "wine_training/each epoch",
        "the documents' loop, which measures at its end alone",
        "wine, 100 epochs, all events stored, evaluation each epoch",
        1.0,
        _against(1),
        rounds=15,
    ),
    Pair(
        "wine_training/each tenth",
        "the documents' loop, which measures at its end alone",
        "wine, 100 epochs, all events stored, evaluation each tenth epoch",
        1.2,
        _against(10),
        rounds=15,
    ),
)
