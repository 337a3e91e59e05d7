"""captioned_scenes: fours of rows in which neither picture nor sentence alone says whether they match."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mtl_core.datasets.base import Samples
from mtl_core.datasets.captioned_scenes import FOUR, LONGEST, WORDS, Captioned, CaptionedScenes, captioned
from mtl_core.datasets.scenes import SHAPES
from mtl_core.errors import SpecError
from mtl_core.settings import HOME_VARIABLE
from mtl_core.spec import parse_spec
from mtl_core.text import UNKNOWN, Vocabulary
from tests.datasets.helpers import drain

ROWS = 2000


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return drain(CaptionedScenes(rows=ROWS).load(tmp_path_factory.mktemp("none"), 0.2))[0]


def test_they_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    drawn = []

    def counted(fours: int, size: int, seed: int) -> Captioned:
        drawn.append((fours, size, seed))
        return captioned(fours, size, seed)

    monkeypatch.setattr("mtl_core.datasets.captioned_scenes.captioned", counted)
    first, again = (drain(CaptionedScenes(rows=400).load(tmp_path, 0.2))[0] for _ in range(2))
    assert drawn == [(100, 32, 0)]
    for name, values in {**first.inputs, **first.targets}.items():
        kept = {**again.inputs, **again.targets}[name]
        assert kept.dtype == values.dtype
        np.testing.assert_array_equal(kept, values)
    drain(CaptionedScenes(rows=400, seed=1).load(tmp_path, 0.2))
    assert drawn[1:] == [(100, 32, 1)]


def test_rows_come_in_fours(samples: Samples) -> None:
    image, text = (
        samples.inputs[name].reshape(-1, FOUR, *samples.inputs[name].shape[1:]) for name in ("image", "text")
    )
    assert (image[:, 0] == image[:, 1]).all()
    assert (image[:, 2] == image[:, 3]).all()
    assert (text[:, 0] == text[:, 2]).all()
    assert (text[:, 1] == text[:, 3]).all()
    assert (image[:, 0] != image[:, 2]).any(axis=(1, 2, 3)).all()
    assert (text[:, 0] != text[:, 1]).any(axis=1).all()
    assert (samples.targets["match"].reshape(-1, FOUR) == [1, 0, 0, 1]).all()


def test_a_four_is_never_torn(samples: Samples) -> None:
    assert samples.groups is not None
    parts = [set(samples.groups[rows]) for rows in samples.splits.values()]
    assert sum(map(len, parts)) == len(set.union(*parts)) == ROWS // FOUR
    assert all(len(rows) % FOUR == 0 for rows in samples.splits.values())


def test_there_is_a_mask_where_the_sentence_is_right_and_only_there(samples: Samples) -> None:
    some = samples.targets["mask"].any(axis=(1, 2))
    assert (some == (samples.targets["match"] == 1)).all()


def test_the_object_is_asked_for_only_where_the_sentence_does_not_name_it(samples: Samples) -> None:
    known = samples.targets["object"] >= 0
    assert not known[samples.targets["match"] == 0].any()
    names = [WORDS.numbers[name] for name in SHAPES]
    for row in known.nonzero()[0]:
        assert WORDS.numbers["thing"] in samples.inputs["text"][row]
    plain = (samples.targets["match"] == 1) & ~known
    assert np.isin(samples.inputs["text"][plain], names).any(axis=1).all()
    assert 0.5 < known.mean() / 0.5 < 0.9


def test_words_alone_say_nothing_of_match_and_little_of_the_object(samples: Samples) -> None:
    """A linear model of which word stands where, trained on four fifths: chance on the rest."""
    text, match, shape = samples.inputs["text"], samples.targets["match"], samples.targets["object"]
    flags = np.eye(len(WORDS))[text].reshape(ROWS, -1)
    cut = ROWS * 4 // 5
    model = LogisticRegression(max_iter=300).fit(flags[:cut], match[:cut])
    assert model.score(flags[cut:], match[cut:]) == 0.5
    known = shape >= 0
    train, rest = known & (np.arange(ROWS) < cut), known & (np.arange(ROWS) >= cut)
    guess = LogisticRegression(max_iter=300).fit(flags[train], shape[train]).score(flags[rest], shape[rest])
    assert guess < 0.25 + 3 * (0.25 * 0.75 / rest.sum()) ** 0.5


def test_no_word_is_unknown_and_the_longest_sentence_fits(samples: Samples) -> None:
    text = samples.inputs["text"]
    assert not (text == UNKNOWN).any()
    made = captioned(200, 32, 5)
    assert max(len(sentence.split()) for sentence in made.sentences) <= LONGEST
    assert [Vocabulary(WORDS.known).decode(row) for row in WORDS.encode(made.sentences, LONGEST)] == list(
        made.sentences
    )
    assert samples.vocabulary[:3] == ("", "<unknown>", "the")


def test_another_seed_draws_other_scenes_and_a_larger_picture_the_same_kind() -> None:
    one, other = captioned(20, 32, 0), captioned(20, 32, 1)
    assert one.sentences != other.sentences
    large = captioned(20, 64, 0)
    assert large.pictures.shape == (80, 3, 64, 64)
    assert large.sentences == one.sentences
    assert large.mask.sum() > 3 * one.mask.sum()


def test_without_the_picture_there_is_no_mask_and_without_words_all_tasks_stay() -> None:
    words = parse_spec({"dataset": {"name": "captioned_scenes", "modalities": ["text"]}})
    assert words.tasks == ["match", "object"]
    pictures = parse_spec({"dataset": {"name": "captioned_scenes", "modalities": ["image"]}})
    assert pictures.tasks == ["match", "object", "mask"]
    with pytest.raises(SpecError, match=r"dataset\.captioned_scenes\.rows|dataset\.rows"):
        parse_spec({"dataset": {"name": "captioned_scenes", "rows": 402}})


def test_the_preview_is_of_the_same_pictures(tmp_path: Path, samples: Samples) -> None:
    preview = CaptionedScenes(rows=ROWS).preview(tmp_path)
    assert preview.images is not None
    assert preview.images.shape == (12, 32, 32, 3)
    assert [caption[0] for caption in preview.captions[:4]] == ["✓", "✗", "✗", "✓"]
