"""Words and numbers: how a sentence becomes a row of word numbers, and back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PADDING, UNKNOWN = 0, 1
"""Numbers that stand for no word: behind the last word, and for a word that the vocabulary lacks."""
UNKNOWN_WORD = "<unknown>"
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’][^\W_\u3400-\u9fff]+)*")


def words(sentence: str) -> list[str]:
    """The words of a sentence in lower case, without punctuation; each Chinese character is a word."""
    return _WORD.findall(sentence.lower())


@dataclass(frozen=True)
class Vocabulary:
    """The words that a network knows; their numbers begin at 2.

    Attributes:
        known: each word once, in lower case.
    """

    known: tuple[str, ...]

    def __post_init__(self) -> None:
        odd = [word for word, count in Counter(self.known).items() if count > 1 or words(word) != [word]]
        if odd:
            raise ValueError(f"known must hold single words in lower case, each once, found {odd[:3]}")

    def __len__(self) -> int:
        return len(self.known) + 2

    @property
    def names(self) -> tuple[str, ...]:
        """What each number stands for: nothing, an unknown word, the known ones."""
        return ("", UNKNOWN_WORD, *self.known)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word."""
        return {word: number for number, word in enumerate(self.known, start=2)}

    def encode(self, sentences: Sequence[str], length: int) -> NDArray[np.int64]:
        """(N, length) word numbers; words beyond ``length`` are left out, the rest is padding."""
        rows = np.full((len(sentences), length), PADDING, dtype=np.int64)
        for row, sentence in zip(rows, sentences, strict=True):
            numbers = [self.numbers.get(word, UNKNOWN) for word in words(sentence)[:length]]
            row[: len(numbers)] = numbers
        return rows

    def decode(self, numbers: Iterable[int]) -> str:
        """The sentence of one row of numbers, without its padding.

        Raises:
            ValueError: for a number that no word has.
        """
        names = self.names
        found = [int(number) for number in numbers]
        beyond = [number for number in found if not 0 <= number < len(names)]
        if beyond:
            raise ValueError(f"word numbers must lie in 0..{len(names) - 1}, found {beyond[0]}")
        return " ".join(names[number] for number in found if number != PADDING)


def build_vocabulary(sentences: Iterable[str], most: int = 10_000, at_least: int = 1) -> Vocabulary:
    """The words of training sentences, most frequent first, ties by the alphabet.

    Args:
        sentences: of the training rows, so that a test's words cannot leak in.
        most: words kept.
        at_least: how often a word must occur to be kept.
    """
    counts = Counter(word for sentence in sentences for word in words(sentence))
    ranked = sorted((-count, word) for word, count in counts.items() if count >= at_least)
    return Vocabulary(tuple(word for _, word in ranked[:most]))
