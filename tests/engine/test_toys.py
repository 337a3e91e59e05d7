"""The toys: closed forms held against autograd, walks against torch's own Adam, and what methods do on them."""

from __future__ import annotations

import math
import random
from itertools import islice

import pytest
import torch

from mtl_core.errors import MTLError
from mtl_core.toys.concave_front import ConcaveFront
from mtl_core.toys.outcomes import followed
from mtl_core.toys.problems import Problem, combined, gramian
from mtl_core.toys.settings import SETTINGS
from mtl_core.toys.two_valleys import LEAST, TwoValleys, depth
from mtl_core.toys.walking import Adam, Place, Plain, method, walk
from mtl_core.weightings import WEIGHTINGS
from mtl_core.weightings.base import Weighting

MIDDLE = -8.3551
NASH = SETTINGS["nash"]


def valleys(point: torch.Tensor, scale: float) -> list[torch.Tensor]:
    """The two-valley toy as the papers write it; its slope at x2 = 0 is left to autograd."""
    x1, x2 = point
    first = (0.5 * (-x1 - 7) - torch.tanh(-x2)).abs().clamp(min=LEAST).log() + 6
    second = (0.5 * (-x1 + 3) + torch.tanh(-x2) + 2).abs().clamp(min=LEAST).log() + 6
    above, below = torch.tanh(0.5 * x2).clamp(min=0), torch.tanh(-0.5 * x2).clamp(min=0)
    bowls = [((7 - x1) ** 2 + 0.1 * (x2 + 8) ** 2) / 10 - 20, ((x1 + 7) ** 2 + 0.1 * (x2 + 8) ** 2) / 10 - 20]
    return [scale * (first * above + bowls[0] * below), second * above + bowls[1] * below]


def front(point: torch.Tensor) -> list[torch.Tensor]:
    """The concave front as the paper writes it."""
    centre = 1 / math.sqrt(len(point))
    return [1 - torch.exp(-((point + sign * centre) ** 2).sum()) for sign in (-1, 1)]


def test_the_two_valleys_are_what_autograd_says() -> None:
    draw = random.Random(0)
    for scale in (1.0, 0.1):
        for _ in range(200):
            start = [draw.uniform(-10, 10), draw.uniform(-10, 10)]
            point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
            wanted = valleys(point, scale)
            slopes = [torch.autograd.grad(loss, point, retain_graph=True)[0].tolist() for loss in wanted]
            losses, rows = TwoValleys(scale).at(start)
            assert losses == pytest.approx([loss.item() for loss in wanted], rel=1e-12)
            assert rows == [pytest.approx(row, rel=1e-9, abs=1e-12) for row in slopes]


def test_the_concave_front_is_what_autograd_says() -> None:
    problem = ConcaveFront()
    start = problem.start(0)
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    wanted = front(point)
    losses, rows = problem.at(start)
    assert losses == pytest.approx([loss.item() for loss in wanted], rel=1e-12)
    for loss, row in zip(wanted, rows, strict=True):
        assert row == pytest.approx(torch.autograd.grad(loss, point, retain_graph=True)[0].tolist(), rel=1e-12)


def test_values_at_known_points() -> None:
    assert TwoValleys().at((0.0, MIDDLE))[0] == pytest.approx([-15.0916, -15.0916], abs=1e-4)
    floor = TwoValleys().at((-7 + 2 * math.tanh(3.0), 3.0))
    assert floor[0][0] == pytest.approx(math.tanh(1.5) * (math.log(LEAST) + 6))
    assert floor[1][0] == pytest.approx([0.0, (1 - math.tanh(1.5) ** 2) / 2 * (math.log(LEAST) + 6)])
    assert ConcaveFront().at([0.0] * 20)[0] == pytest.approx([1 - math.exp(-1)] * 2)


def test_at_x2_zero_both_slopes_count_so_that_the_start_moves() -> None:
    """The limits from above and from below together; torch 2.15's clamp has slope 0 there, older ones 1."""
    losses, rows = TwoValleys().at((0.0, 0.0))
    assert losses == [0.0, 0.0]
    valley, bowl = math.log(3.5) + 6, 5.54 - 20
    assert rows[0] == pytest.approx([0.0, 0.5 * valley - 0.5 * bowl])
    moved = list(islice(walk(TwoValleys(), method("fixed"), (0, 0), 1), 2))[1]
    assert moved.point == pytest.approx((0.0, -1e-3), abs=1e-9)


@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_the_gradients_cancel_on_the_pareto_set(scale: float) -> None:
    problem = TwoValleys(scale)
    for x1, x2 in problem.pareto_set(15):
        _, (first, second) = problem.at((x1, x2))
        share = (x1 + 7) / 14  # of L1, unscaled
        assert [share * a / scale + (1 - share) * b for a, b in zip(first, second, strict=True)] == pytest.approx(
            [0, 0], abs=1e-9
        )
        assert problem.distance((x1, x2)) == pytest.approx(0)
    assert (depth(0), depth(7), depth(-7)) == pytest.approx((MIDDLE, -8.4345, -8.4345), abs=1e-4)
    assert problem.distance((8.0, depth(7))) == pytest.approx(1)


def test_distance_from_the_concave_front() -> None:
    problem = ConcaveFront()
    on = [0.5 / math.sqrt(20)] * 20
    assert problem.distance(on) == pytest.approx(0, abs=1e-12)
    assert problem.distance([on[0] + 0.3, *on[1:]]) == pytest.approx(0.3 * math.sqrt(19 / 20))
    assert problem.front(3)[1] == pytest.approx((1 - math.exp(-1), 1 - math.exp(-1)))


def test_gramian_and_direction() -> None:
    rows = [[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]]
    assert gramian(rows) == [[18.0, -22.0], [-22.0, 38.0]]
    assert combined(rows, [0.6, 0.4]) == pytest.approx([0, 1, 1])


def test_adam_is_torchs() -> None:
    problem, point, own = TwoValleys(0.1), [-8.5, 7.5], Adam(1e-2)
    theirs = torch.tensor(point, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([theirs], lr=1e-2)
    for _ in range(300):
        theirs.grad = torch.tensor(combined(problem.at(theirs.tolist())[1], [1, 1]), dtype=torch.float64)
        adam.step()
        own.move(point, combined(problem.at(point)[1], [1, 1]))
    assert point == pytest.approx(theirs.tolist(), abs=1e-9)


def places(name: str, steps: int, start: tuple[float, float] = (-8.5, 7.5), seed: int = 0) -> list[Place]:
    weighting = method(name, **NASH.options.get(name, {}))
    return list(walk(NASH.problem, weighting, start, steps, seed=seed))


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_every_method_walks_and_again_the_same(name: str) -> None:
    walked = places(name, 30)
    assert [place.step for place in walked] == list(range(31))
    assert all(math.isfinite(x) for place in walked for x in (*place.point, *place.losses, *place.weights[:2]))
    assert walked == places(name, 30)
    assert max(abs(a - b) for a, b in zip(walked[0].point, walked[-1].point, strict=True)) > 0.01


def test_the_seed_matters_to_a_method_that_draws_and_to_no_other() -> None:
    assert places("rlw", 5, seed=1) != places("rlw", 5, seed=2)
    assert places("mgda", 5, seed=1) == places("mgda", 5, seed=2)


def test_the_weights_told_are_those_of_the_step() -> None:
    for name in ("fixed", "nash", "stch", "famo"):
        before, after = list(walk(NASH.problem, method(name), (9.0, 9.0), 1, Plain(0.01), lambdas=(0.3, 0.7)))
        direction = combined(NASH.problem.at(before.point)[1], after.weights)
        assert after.point == pytest.approx([x - 0.01 * d for x, d in zip(before.point, direction, strict=True)])


def test_lambda_scales_rows_and_losses() -> None:
    twice = list(walk(TwoValleys(1.0), method("pcgrad"), (9.0, 9.0), 3, Plain(1e-3), lambdas=(0.1, 1.0)))
    scaled = list(walk(TwoValleys(0.1), method("pcgrad"), (9.0, 9.0), 3, Plain(1e-3)))
    assert twice[-1].point == pytest.approx(scaled[-1].point, abs=1e-12)


def test_an_outcome_says_since_when_the_set_is_reached() -> None:
    depth_there = depth(0.0)
    around = [(0.0, -7.0), (0.0, depth_there), (0.0, -7.0), (0.0, depth_there), (0.0, depth_there + 0.05)]
    walked = (Place(i, point, (0.0, 0.0)) for i, point in enumerate(around))
    kept: list[Place] = []
    outcome = followed(TwoValleys(), walked, kept.append, {1, 4})
    assert (outcome.steps, outcome.arrived, outcome.trouble) == (4, 3, "")
    assert [place.step for place in kept] == [1, 4]
    assert followed(TwoValleys(), iter([Place(0, (0.0, 0.0), (0.0, 0.0))])).arrived is None


class Lost(Weighting):
    """Gives weights that are no numbers."""

    name: str = "lost"

    def weigh(self, losses: torch.Tensor, gramian: torch.Tensor | None, moment: object) -> torch.Tensor:
        return losses * math.nan


def test_a_walk_that_leaves_the_numbers_says_so() -> None:
    with pytest.raises(MTLError, match="lost left the numbers at step 1"):
        list(walk(TwoValleys(), Lost(), (1.0, 1.0), 3))
    assert "step 1" in followed(TwoValleys(), walk(TwoValleys(), Lost(), (1.0, 1.0), 3)).trouble


def end_on_front(name: str, share: float, seed: int = 0) -> tuple[Place, float]:
    """The end of 100 gradient steps of size 1, and its distance from the front."""
    problem: Problem = ConcaveFront()
    *_, last = walk(problem, method(name), ConcaveFront().start(seed), 100, Plain(), lambdas=(share, 1 - share))
    return last, problem.distance(last.point)


def test_no_lambda_reaches_the_middle_of_the_concave_front_and_stch_does() -> None:
    """A λ of 0.3 may hold a walk that begins nearer to its end of the front: there the lesser loss stays at 0.019."""
    for share in (0.1, 0.3, 0.5, 0.9):
        assert min(end_on_front("fixed", share)[0].losses) < 0.02
    last, away = end_on_front("stch", 0.5)
    assert last.losses == pytest.approx((0.632, 0.632), abs=1e-3)
    assert away < 1e-4
    last, away = end_on_front("mgda", 0.5)
    assert away < 1e-4
    assert min(last.losses) > 0.5
