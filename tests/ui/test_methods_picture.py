"""The small picture of what a weighting did on the two-valley toy."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from mtl_core.weightings import WEIGHTINGS
from ui.methods_picture import ARRIVED, HEIGHT, LOST, WIDTH, reached, toy_picture
from ui.recorded import walks


def parsed(name: str) -> ElementTree.Element:
    picture = toy_picture(name, "A < B")
    assert picture is not None
    return ElementTree.fromstring(picture)  # noqa: S314 - made by the line above


@pytest.mark.parametrize(("name", "count"), [("fixed", 3), ("nash", 5), ("imtl_g", 5)])
def test_a_dot_a_start_green_where_the_set_was_reached(name: str, count: int) -> None:
    assert reached(name) == (count, 5)
    dots = [circle.get("fill") for circle in parsed(name).iter("circle")]
    assert (dots.count(ARRIVED), dots.count(LOST), dots.count("none")) == (count, 5 - count, 5)


def test_everything_lies_inside_the_picture() -> None:
    for circle in parsed("fixed").iter("circle"):
        assert 0 <= float(circle.get("cx", "-1")) <= WIDTH
        assert 0 <= float(circle.get("cy", "-1")) <= HEIGHT
    assert parsed("fixed").get("aria-label", "").count("A < B") == 1


def test_every_weighting_that_was_recorded_has_a_picture_and_no_other_thing_has() -> None:
    for name in WEIGHTINGS:
        assert (toy_picture(name, name) is not None) == (name in walks.methods("nash"))
    assert toy_picture("hard", "hard") is None
    assert reached("nobody") is None
