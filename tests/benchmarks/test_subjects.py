"""The pairs themselves: names, words, and that both ways do the same work; without timing."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from benchmarks import epoch_parts, growth, several_processes
from benchmarks.eight import MASKS, PICTURES, TABLE, session_of, trunk_and_heads
from benchmarks.pairs import Pair, Way
from benchmarks.steps import first_batch, summed_network_step, summed_step
from benchmarks.subjects import SUBJECTS
from mtl_core.datasets import DATASETS
from mtl_core.runs.store import Store
from mtl_core.session import Session
from mtl_core.stepping import take_step

EVERY: list[Pair] = [pair for subject in SUBJECTS for pair in importlib.import_module(f"benchmarks.{subject}").PAIRS]


def test_a_pair_has_a_name_of_its_own_that_begins_with_its_subject() -> None:
    names = [pair.name for pair in EVERY]
    assert len(set(names)) == len(names)
    assert {name.split("/")[0] for name in names} == set(SUBJECTS)
    assert all(pair.a and pair.b and pair.rounds >= 1 and pair.threads in (1, 2) for pair in EVERY)


def test_no_words_would_break_the_table() -> None:
    assert not [pair.name for pair in EVERY if "|" in pair.a + pair.b or "\n" in pair.a + pair.b]


@pytest.mark.parametrize(
    ("base", "summed"),
    [(TABLE, summed_step), (PICTURES, summed_step), (PICTURES, summed_network_step), (MASKS, summed_network_step)],
    ids=["table", "pictures", "pictures by the network", "masks"],
)
def test_the_step_by_hand_is_the_step_of_the_engine(base: dict[str, object], summed: Callable[[Session], Way]) -> None:
    by_hand, engine = session_of(base), session_of(base)
    for _ in range(3):
        summed(by_hand)()
        take_step(engine, first_batch(engine))
        engine.step += 1
    pairs = zip(by_hand.network.parameters(), engine.network.parameters(), strict=True)
    assert max((a - b).abs().max().item() for a, b in pairs) < 1e-6


def test_trunk_and_heads_are_the_network() -> None:
    session = session_of(TABLE)
    trunk, heads = trunk_and_heads(session.network)
    batch = first_batch(session)
    expected = session.network(batch.inputs)
    for name, head in heads.items():
        torch.testing.assert_close(head(trunk(batch.inputs["table"])), expected[name])


def test_the_parts_of_an_epoch_are_all_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epoch_parts, "EPOCHS", 2)
    store = Store(tmp_path)
    found = epoch_parts.parts(store, 1)
    assert list(found)[1:] == ["steps", "… with both evaluations", "… with events", "… stored"]
    assert all(taken > 0 for taken in found.values())
    assert [record.status for record in store.runs()] == ["finished"]
    store.close()


def test_jains_index_is_1_where_all_have_the_same_and_1_in_n_where_one_has_everything() -> None:
    assert several_processes.jain([3.0, 3.0, 3.0]) == pytest.approx(1.0)
    assert several_processes.jain([4.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)


def test_the_slope_is_the_power() -> None:
    sizes = [1.0, 10.0, 100.0]
    assert growth.slope(sizes, [2 * size**1.5 for size in sizes]) == pytest.approx(1.5)
    assert growth.slope(sizes, [7.0, 7.0, 7.0]) == pytest.approx(0.0, abs=1e-12)


def test_the_drawn_data_sets_are_on_no_list() -> None:
    assert session_of(TABLE).spec.dataset.name == "drawn_table"
    assert "drawn_table" not in DATASETS
