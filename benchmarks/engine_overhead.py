"""What events, metrics and previews cost: ``train`` against a plain loop that does the same arithmetic.

    python -m benchmarks.engine_overhead [--rounds 7]

The plain loop: the same network, data and optimizer; per epoch one step and, on the validation rows, the losses;
numbers read once at the end.
"""

from __future__ import annotations

import argparse
import os
import platform
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from benchmarks.pairs import paired
from mtl_core.batches import Batch
from mtl_core.events import Event
from mtl_core.losses import task_loss
from mtl_core.network import Network
from mtl_core.opening import build_optimizer, open_session
from mtl_core.session import Session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.trainer import train

SPECS = {
    "wine, 100 epochs, evaluated each": {},
    "wine, 100 epochs, evaluated every 10th": {"evaluate_every": 10},
    "digits, 1 epoch": {"dataset": {"name": "digits"}, "epochs": 1},
}


def opened(spec: RunSpec) -> Session:
    """The session of a spec, loading's progress dropped."""
    loading = open_session(spec)
    while True:
        try:
            next(loading)
        except StopIteration as done:
            session: Session = done.value
            return session


def plain_loop(session: Session) -> list[float]:
    """The recipe that one would write by hand, on the session's data."""
    spec, train_rows, validation = session.spec, session.splits["train"], session.splits["validation"]
    network = Network(spec.layout(), spec.seed).to(memory_format=torch.channels_last)
    optimizer = build_optimizer(spec, network)
    losses = []
    for _ in range(spec.epochs):
        network.train()
        order = torch.randperm(len(train_rows)) if spec.batch_size != "full" else torch.arange(len(train_rows))
        for rows in order.split(session.batch_size):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            loss = _loss(session, network, train_rows.take(rows))
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.detach())
        network.eval()
        with torch.no_grad():
            losses.append(_loss(session, network, validation.take(slice(None))))
    return torch.stack(losses).tolist()


def _loss(session: Session, network: Network, batch: Batch) -> torch.Tensor:
    outputs, targets, lambdas = network(batch.inputs), batch.targets, session.spec.weighting.lambdas
    return torch.stack([lambdas[t.name] * task_loss(t, outputs[t.name], targets[t.name]) for t in session.tasks]).sum()


def _trained(spec: RunSpec) -> list[Event]:
    return list(train(spec))


def main() -> None:
    """Print one row a spec."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, 1 thread, {rounds} rounds")
    for name, fields in SPECS.items():
        spec = parse_spec(fields)
        session = opened(spec)
        pair = paired(partial(_trained, spec), partial(plain_loop, session), rounds)
        low, high = pair.spread
        print(f"{name}: train / plain loop = {pair.ratio:.2f} (rounds {low:.2f}–{high:.2f})")


if __name__ == "__main__":
    main()
