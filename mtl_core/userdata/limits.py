"""How much of what one data set of a person's own may hold; everything is measured before it is believed."""

from __future__ import annotations

from dataclasses import dataclass

MOST_CLASSES = 200
MOST_CATEGORIES = 50
"""Categories of an input that get a column each; rarer ones share one."""
MOST_WIDTH = 10_000
"""Columns of the table that a network reads, categories unfolded."""
MOST_NUMBERS = 100_000_000
"""Rows × columns of that table."""
MOST_WORDS = 100
"""Words of a sentence; later ones are cut off."""
VOCABULARY = 10_000
"""Words that are told apart; the most frequent ones."""
LARGEST_NUMBER = 1e30
"""What is beyond cannot be squared in 32 bits."""
LONGEST_NAME = 100
LONGEST_LINE = 1_000_000
LONGEST_CELL = 100_000
FEWEST_ROWS = 10
MOST_SETS = 100
"""Data sets of one owner."""
SIDES = (32, 48, 64, 96, 128)
"""Sides in pixels at which pictures can be trained on; they are kept at the smallest that loses nothing, up to 128."""


@dataclass(frozen=True)
class Limits:
    """Bounds on what comes in.

    Attributes:
        file: bytes of the file, or of the whole folder.
        unpacked: bytes that an archive, a Parquet file or a folder's pictures may unfold to.
        members: files in an archive or folder.
        rows: rows of a table.
        columns: columns of a table.
        pictures: pictures and masks together.
        pixels: of one picture before it is made smaller.
        all_pixels: of all pictures together, before they are made smaller.
    """

    file: int
    unpacked: int
    members: int
    rows: int
    columns: int = 2000
    pictures: int = 20_000
    pixels: int = 40_000_000
    all_pixels: int = 20_000_000_000


PAGE = Limits(
    file=20 * 2**20, unpacked=100 * 2**20, members=5_000, rows=1_000_000, pictures=4_000, all_pixels=1_000_000_000
)
"""For what comes through the page: its upload stops at 20 MB (.streamlit/config.toml)."""
COMMAND_LINE = Limits(file=200 * 2**20, unpacked=2 * 2**30, members=50_000, rows=1_000_000)
"""For a person at the machine itself."""
