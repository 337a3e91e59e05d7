"""The toy table: which shipped method reaches the Pareto set of the two-valley toy from which start, and where it ends.

Three settings of the literature (:mod:`mtl_core.toys.settings`), every walk of all its steps, two processes.

A walk has reached the set where its end lies within 0.1 of it; the set is x2 = −8.355 in its middle and −8.434 at
x1 = ±7. One walk stands on rounding: CAGrad, c = 0.4, from (−8.5, 7.5) in Nash-MTL's setting swings long about its
valley's floor and arrives at step 32 214 of 35 000. With the same minimum computed in other arrangements it arrived at
25 000 (SLSQP, the authors' constants), or stood 0.4 (SLSQP on the Gramian) or 0.8 (other guards against 0) above the
set when the steps were over. Where it fails on another machine, that is why.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from mtl_core.toys.concave_front import ConcaveFront
from mtl_core.toys.outcomes import Outcome, followed
from mtl_core.toys.settings import SETTINGS
from mtl_core.toys.walking import Plain, method, walk

pytestmark = pytest.mark.acceptance
Record = Callable[[str, str, str], None]
Ends = dict[tuple[str, str], list["Future[tuple[Outcome, float]]"]]

ALL_THREE, ALL_FIVE, NOT_9_9 = {0, 1, 2}, {0, 1, 2, 3, 4}, {0, 1, 3, 4}
CAGRAD = dict.fromkeys(("pcgrad", "upgrad", "mgda", "imtl_g", "nash", "famo", "cagrad", "aligned"), ALL_THREE)
NASH = dict.fromkeys(("cagrad", "pcgrad", "upgrad"), NOT_9_9)
NASH |= dict.fromkeys(("mgda", "imtl_g", "nash", "aligned"), ALL_FIVE)
NASH |= {"fixed": {1, 3, 4}, "rlw": {1, 3, 4}}
CAGRAD |= {"fixed": {1}}
FAMO = {"fixed": NOT_9_9, "famo": ALL_FIVE}
TABLE = {"cagrad": CAGRAD, "nash": NASH, "famo": FAMO}
"""By setting and method the places of the starts from which the set is reached."""
ROWS = [(setting, name) for setting, methods in TABLE.items() for name in methods]


def end_of(setting: str, name: str, start: int) -> tuple[Outcome, float]:
    """How one walk ends, and the seconds of processor that it took."""
    import torch

    torch.set_num_threads(1)
    record, begun = SETTINGS[setting], time.process_time()
    places = walk(record.problem, method(name, **record.options.get(name, {})), record.starts[start], record.steps)
    return followed(record.problem, places), time.process_time() - begun


@pytest.fixture(scope="module")
def ends() -> Iterator[Ends]:
    """The ends of all walks, as they come."""
    pool = ProcessPoolExecutor(min(2, os.cpu_count() or 1), mp_context=get_context("spawn"))
    yield {
        (setting, name): [pool.submit(end_of, setting, name, i) for i in range(len(SETTINGS[setting].starts))]
        for setting, name in ROWS
    }
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(("setting", "name"), ROWS)
def test_a_row_of_the_toy_table(setting: str, name: str, ends: Ends, record_measurement: Record) -> None:
    found = [future.result() for future in ends[setting, name]]
    wanted = TABLE[setting][name]
    reached = {i for i, (outcome, _) in enumerate(found) if outcome.arrived is not None}
    words = f"{len(reached)} of {len(found)}: {', '.join(_told(outcome) for outcome, _ in found)}"
    words += f" · {sum(seconds for _, seconds in found):.0f} s"
    what = f"two valleys, {setting}'s setting, {name}: Pareto set reached"
    record_measurement(what, words, f"{len(wanted)} of {len(found)}")
    assert [outcome.trouble for outcome, _ in found] == [""] * len(found)
    assert reached == wanted


def _told(outcome: Outcome) -> str:
    x1, x2 = outcome.point
    return f"({x1:.2f}, {x2:.2f})" + (f" since {outcome.arrived}" if outcome.arrived is not None else "")


def test_where_equal_weights_hang(ends: Ends) -> None:
    """Within the width that Adam swings about the valley's floor; there the mean loss swings between 0.5 and 3.9."""
    for start, point in ((0, (-5.054, 2.154)), (2, (5.035, 2.313))):
        outcome, _ = ends["cagrad", "fixed"][start].result()
        assert outcome.point == pytest.approx(point, abs=0.06)
        assert 0.5 < sum(outcome.losses) / 2 < 3.9


@pytest.mark.parametrize("name", ["cagrad", "aligned"])
def test_cagrad_and_aligned_end_in_the_middle_of_the_set(name: str, ends: Ends) -> None:
    for future in ends["cagrad", name]:
        outcome, _ = future.result()
        assert outcome.point == pytest.approx((0, -8.355), abs=5e-3)
        assert outcome.losses == pytest.approx((-15.09, -15.09), abs=0.01)


def test_the_concave_front_is_reached_by_no_lambda(record_measurement: Record) -> None:
    """Ten starts, 21 λ each: one loss stays below 0.02.

    Below 0.006 wherever λ and the start pull to the same end; λ = 0.3 against a start near the other end gives 0.019.
    """
    problem, lesser = ConcaveFront(), []
    for seed in range(10):
        for i in range(21):
            share = i / 20
            *_, last = walk(problem, method("fixed"), problem.start(seed), 100, Plain(), lambdas=(share, 1 - share))
            lesser.append(min(last.losses))
        for name in ("mgda", "stch"):
            *_, last = walk(problem, method(name), problem.start(seed), 100, Plain(), lambdas=(0.5, 0.5))
            assert problem.distance(last.point) < 1e-4
            assert last.losses == pytest.approx((0.632, 0.632), abs=1e-3 if name == "stch" else 0.1)
    small = sum(loss < 0.006 for loss in lesser)
    record_measurement("concave front, 210 walks with fixed λ: the lesser loss", f"≤ {max(lesser):.3f}", "≤ 0.02")
    assert max(lesser) < 0.02
    assert small / len(lesser) > 0.9
