"""school: what the published file holds, the split within each school, and every way in which a file can be wrong."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split

from mtl_core.datasets import school_file
from mtl_core.datasets.base import SPLITS
from mtl_core.datasets.files import checksum_of
from mtl_core.datasets.pooled import owners
from mtl_core.datasets.school import School
from mtl_core.datasets.school_file import COLUMNS, COUNTS
from mtl_core.errors import DataError
from tests.datasets.conftest import real_file
from tests.datasets.helpers import Server, drain

SHARES = (0, 0.003, 0.2, 0.5, 0.9)
Floats = np.ndarray[Any, np.dtype[np.float64]]


@pytest.fixture
def real_school() -> Path:
    return real_file("school", "school.mat")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """The known addresses lead to a port of this machine at which nobody listens."""
    monkeypatch.setattr(school_file, "URLS", ("http://127.0.0.1:9/school.mat",))


Accept = Callable[[bytes], bytes]


@pytest.fixture
def accept(monkeypatch: pytest.MonkeyPatch) -> Accept:
    """``accept(content)``: from now on this content counts as the published file."""

    def publish(content: bytes) -> bytes:
        monkeypatch.setattr(school_file, "CHECKSUM", checksum_of(content, "sha256:"))
        monkeypatch.setattr(school_file, "SIZE", len(content))
        return content

    return publish


def made_up(**changed: Any) -> bytes:
    """A MATLAB file of the published shape with made-up pupils; ``X`` or ``Y`` may be something else."""
    draw = np.random.default_rng(0)
    cells: dict[str, Any] = {}
    for name, width in (("X", len(COLUMNS)), ("Y", 1)):
        row = np.empty((1, len(COUNTS)), dtype=object)
        for i, count in enumerate(COUNTS):
            row[0, i] = draw.integers(0, 2, (count, width), dtype=np.uint8)
        cells[name] = row
    stream = io.BytesIO()
    cells = {name: value for name, value in {**cells, **changed}.items() if value is not None}
    savemat(stream, cells, do_compression=True)
    return stream.getvalue()


def put(folder: Path, content: bytes) -> Path:
    path = school_file.home_of(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_real_file(real_school: Path) -> None:
    path = school_file.locate(real_school)
    assert path is not None
    columns, scores = school_file.read_file(path)
    assert (columns.shape, scores.shape) == ((15362, 28), (15362,))
    assert (len(COUNTS), sum(COUNTS), min(COUNTS), max(COUNTS)) == (139, 15362, 22, 251)
    assert (scores.min(), scores.max(), round(float(scores.mean()), 4)) == (1, 70, 20.5973)
    assert (columns[:, 27] == 1).all()
    others = [i for i in range(28) if i not in range(3, 5)]
    assert set(np.unique(columns[:, others])) == {0, 1}
    for several in (slice(0, 3), slice(5, 7), slice(10, 21), slice(21, 24), slice(24, 27)):
        assert (columns[:, several].sum(axis=1) == 1).all()
    assert (columns[:, 7:10].sum(axis=1) == 0).sum() == 15


def test_the_columns_have_the_right_names(real_school: Path) -> None:
    columns, scores = school_file.read_file(real_school / "school" / "school.mat")
    named = {name: columns[:, i] for i, name in enumerate(COLUMNS)}
    assert named["girl"][named["school: girls"] == 1].mean() == 1
    assert named["boy"][named["school: boys"] == 1].mean() > 0.999
    assert 0.4 < named["girl"][named["school: mixed"] == 1].mean() < 0.6
    means = [scores[named[f"verbal reasoning band {band}"] == 1].mean() for band in (1, 2, 3)]
    np.testing.assert_allclose(means, [30.31, 19.22, 11.14], atol=0.01)
    school = owners(COUNTS)
    own = np.bincount(school, named["verbal reasoning band 1"]) / COUNTS
    said = np.bincount(school, named["school: % verbal reasoning band 1"]) / COUNTS
    assert np.corrcoef(own, said)[0, 1] > 0.8


def test_each_school_is_a_task_with_its_own_pupils(real_school: Path) -> None:
    samples, _ = drain(School().load(real_school, 0.2))
    assert [task.name for task in School().tasks()] == list(samples.targets)
    assert (next(iter(samples.targets)), list(samples.targets)[-1]) == ("school_001", "school_139")
    there = np.array([np.isfinite(target) for target in samples.targets.values()])
    np.testing.assert_array_equal(there.sum(axis=0), 1)
    np.testing.assert_array_equal(there.argmax(axis=0), samples.strata)
    np.testing.assert_array_equal(there.sum(axis=1), COUNTS)
    assert (samples.columns, samples.rescaled) == (COLUMNS, ("table",))
    assert "constant" in samples.notes[0]


@pytest.mark.parametrize("validation", SHARES)
def test_sizes_are_known_without_the_file(real_school: Path, validation: float) -> None:
    splits = drain(School().load(real_school, validation))[0].splits
    assert {split: len(splits[split]) for split in SPLITS} == School().sizes(validation)
    assert sorted(np.concatenate(list(splits.values()))) == list(range(15362))


def test_a_quarter_of_each_school_tests(real_school: Path) -> None:
    splits = drain(School().load(real_school, 0.2))[0].splits
    owner, starts = owners(COUNTS), np.cumsum([0, *COUNTS[:-1]])
    np.testing.assert_array_equal(np.bincount(owner[splits["test"]]), np.ceil(np.array(COUNTS) / 4))
    for school in (0, 75, 138):
        rest, test = train_test_split(np.arange(COUNTS[school]), test_size=0.25, random_state=42)
        train, held = train_test_split(rest, test_size=0.2, random_state=42)
        for split, wanted in zip(SPLITS, (train, held, test), strict=True):
            found = splits[split][owner[splits[split]] == school] - starts[school]
            np.testing.assert_array_equal(found, wanted)


def test_percentages_are_standardised_and_flags_are_not(real_school: Path) -> None:
    samples, _ = drain(School().load(real_school, 0.2))
    raw, _ = school_file.read_file(real_school / "school" / "school.mat")
    table, train = samples.inputs["table"], samples.splits["train"]
    assert table.dtype == np.float32
    np.testing.assert_allclose(table[train, 3:5].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(table[train, 3:5].std(axis=0), 1, atol=1e-5)
    flags = [i for i in range(28) if i not in range(3, 5)]
    np.testing.assert_array_equal(table[:, flags], raw[:, flags])


def test_a_download_is_checked_used_and_kept(
    accept: Accept, tmp_path: Path, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = server.contents["/school.mat"] = accept(made_up())
    monkeypatch.setattr(school_file, "URLS", (f"{server.url}/school.mat",))
    assert School().file_urls(tmp_path) == (f"{server.url}/school.mat",)
    for _ in range(2):
        samples, _ = drain(School().load(tmp_path, 0.2))
        assert len(samples.inputs["table"]) == 15362
    assert server.asked == ["/school.mat"]
    assert school_file.home_of(tmp_path).read_bytes() == content
    assert drain(School().fetch(tmp_path))[0] == ()
    assert School().missing_files(tmp_path) == School().file_urls(tmp_path) == ()
    assert len(School().preview(tmp_path).rows) == 8


@pytest.mark.usefixtures("offline")
def test_without_the_file_it_says_what_to_put_where(tmp_path: Path) -> None:
    where = str(school_file.home_of(tmp_path))
    for work in (School().load(tmp_path, 0.2), School().fetch(tmp_path)):
        with pytest.raises(DataError, match=r"127\.0\.0\.1:9"):
            drain(work)
    with pytest.raises(DataError, match="related_tasks") as caught:
        drain(School().load(tmp_path, 0.2))
    assert where in str(caught.value)
    preview = School().preview(tmp_path)
    assert preview.rows == ()
    assert where in preview.notes[0]


def test_another_file_is_refused_before_it_is_parsed(
    accept: Accept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scipy.io.loadmat", lambda *_, **__: pytest.fail("an unknown file was parsed"))
    content = accept(made_up())
    for spoilt in (b"", content[:-1], b"x" + content[1:], made_up(Y=None)):
        path = put(tmp_path, spoilt)
        with pytest.raises(DataError, match="truncated, altered or another file") as caught:
            drain(School().load(tmp_path, 0.2))
        assert f"its {len(spoilt)} bytes" in str(caught.value)
        assert str(path) in str(caught.value)
        assert School().preview(tmp_path).notes == (str(caught.value),)
        assert path.read_bytes() == spoilt


def cells(width: int, short: int = -1) -> Any:
    row = np.empty((1, len(COUNTS)), dtype=object)
    for i, count in enumerate(COUNTS):
        row[0, i] = np.zeros((count - (i == short), width))
    return row


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"X": None}, "the variable 'X' is missing"),
        ({"Y": None}, "the variable 'Y' is missing"),
        ({"X": np.zeros((3, 28))}, "X holds 84 matrices, not 139"),
        ({"X": cells(27)}, r"X of school 1 has the shape \(200, 27\), not \(200, 28\)"),
        ({"Y": cells(1, short=138)}, r"Y of school 139 has the shape \(22, 1\), not \(23, 1\)"),
        ({"Y": cells(1)[:, :100]}, "Y holds 100 matrices, not 139"),
        ({"X": cells(28) * np.nan}, "every value must be a finite number"),
    ],
)
def test_content_of_another_shape_is_told(accept: Accept, tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    put(tmp_path, accept(made_up(**changed)))
    with pytest.raises(DataError, match=words):
        drain(School().load(tmp_path, 0.2))


def explained(truth: list[Floats], predicted: list[Floats]) -> tuple[float, float, float]:
    """Explained variance of the schools' test pupils, by three definitions.

    Within schools: 1 − Σ_k Σ(y − ŷ)² / Σ_k Σ(y − ȳ_k)², ȳ_k the mean of school k's test pupils. Of the whole (as
    Bakker & Heskes 2003 word it): 1 − Σ(y − ŷ)² / Σ(y − ȳ)² over all test pupils at once. Mean over the schools' r².
    """
    errors = np.array([((y - p) ** 2).sum() for y, p in zip(truth, predicted, strict=True)])
    spreads = np.array([((y - y.mean()) ** 2).sum() for y in truth])
    every = np.concatenate(truth)
    return (
        1 - errors.sum() / spreads.sum(),
        1 - errors.sum() / (every.var() * len(every)),
        (1 - errors / spreads).mean(),
    )


def ridge_scores(columns: Floats, scores: Floats, seed: int) -> dict[str, tuple[float, float, float]]:
    """Ridge (its strength by leave-one-out) on a random 75/25 split of each school."""
    school, draw, strengths = owners(COUNTS), np.random.RandomState(seed), np.logspace(-1, 4, 16)
    parts = [draw.permutation(np.flatnonzero(school == k)) for k in range(len(COUNTS))]
    test = [rows[: -(-len(rows) // 4)] for rows in parts]
    train = [rows[-(-len(rows) // 4) :] for rows in parts]
    rows, truth = np.concatenate(train), [scores[part] for part in test]
    own = [RidgeCV(strengths).fit(columns[a], scores[a]).predict(columns[b]) for a, b in zip(train, test, strict=True)]
    pooled = RidgeCV(strengths).fit(columns[rows], scores[rows])
    marked = np.column_stack((columns, 3 * (school[:, None] == np.arange(len(COUNTS)))))
    shifted = RidgeCV(strengths).fit(marked[rows], scores[rows])
    return {
        "a ridge per school": explained(truth, own),
        "one ridge for all": explained(truth, [pooled.predict(columns[part]) for part in test]),
        "one ridge, an intercept per school": explained(truth, [shifted.predict(marked[part]) for part in test]),
    }


@pytest.mark.acceptance
def test_what_ridge_explains_over_ten_splits(
    real_school: Path, record_measurement: Callable[[str, str, str], None]
) -> None:
    columns, scores = school_file.read_file(real_school / "school" / "school.mat")
    columns[:, 3:5] = (columns[:, 3:5] - columns[:, 3:5].mean(axis=0)) / columns[:, 3:5].std(axis=0)
    found = [ridge_scores(columns[:, :27], scores, seed) for seed in range(10)]
    within = {}
    for name in found[0]:
        values = np.array([one[name] for one in found])
        mean, sd = values.mean(axis=0), values.std(axis=0, ddof=1)
        shown = " · ".join(f"{m:.1%} ± {s:.1%}" for m, s in zip(mean, sd, strict=True))
        record_measurement(f"school, {name}, ten 75/25 splits: within · whole · mean r²", shown, "for comparison")
        within[name] = mean[0]
    assert 0.21 < within["a ridge per school"] < 0.26
    assert 0.20 < within["one ridge for all"] < 0.25
    assert 0.25 < within["one ridge, an intercept per school"] < 0.29
