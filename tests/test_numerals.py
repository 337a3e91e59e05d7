"""Numbers as text: no sign on nothing, a true minus where people read, and no formatting of signed numbers by hand."""

from __future__ import annotations

import math

import pytest

from mtl_core.cli.sweep_tables import number as cli_number
from mtl_core.comparison import Verdict, amount
from mtl_core.export.svg import number as tick
from mtl_core.intervals import Interval
from mtl_core.numerals import numeral, typeset
from ui.metric_text import difference, formatted
from ui.network_plan import two
from ui.sharing_view import percent


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.0004, ".3f", "0.000"),
        (-0.0006, ".3f", "-0.001"),
        (-0.0, ".4g", "0"),
        (0.0, "+.1f", "0.0"),
        (0.04, "+.1f", "0.0"),
        (0.06, "+.1f", "+0.1"),
        (-0.0004, ".1%", "0.0%"),
        (-0.012, ".1%", "-1.2%"),
        (-1e-9, ".4g", "-1e-09"),
        (-1e-9, "+.2g", "-1e-09"),
        (-math.inf, ".3f", "-inf"),
        (math.nan, ".3f", "nan"),
    ],
)
def test_nothing_has_no_sign(value: float, form: str, text: str) -> None:
    assert numeral(value, form) == text
    assert typeset(value, form) == text.replace("-", "−")


def test_no_text_of_the_page_or_the_command_line_has_a_sign_on_nothing() -> None:
    """Everything that rounds to a fixed number of places, given what rounds to nothing from below."""
    nothing = Interval(-0.00004, 0.01, 5, -0.012, 0.012, "student", None)
    verdict = Verdict("good", "accuracy", "undecided", -0.00004, 0.011, 5)
    texts = [
        percent(nothing),
        amount(verdict, signed=True),
        amount(verdict),
        difference("accuracy", 0.5, 0.50004),
        difference("mse", -0.0, 0.0),
        formatted("accuracy", -0.0),
        formatted("explained_variance", -0.0),
        two(-0.001),
        tick(-0.0),
        cli_number(-0.0),
    ]
    assert [text for text in texts if text is None or text[0] in "-−+"] == []


def test_what_is_something_keeps_its_sign() -> None:
    assert percent(Interval(-1.26, 1, 5, -2.26, -0.26, "student", None)) == "−1.3 ± 1.0 %"
    assert difference("accuracy", 0.5, 0.6) == "-10.0 pp", "the tile's arrow looks for the keyboard's minus"
    assert (two(-0.126), tick(-0.5), formatted("r2", -0.5)) == ("−0.13", "−0.5", "−0.5")
