"""Data sets: one file each; this dict is the list that spec, form, docs and tests read."""

from mtl_core.datasets.base import Dataset
from mtl_core.datasets.digits import Digits
from mtl_core.datasets.mnist import Mnist
from mtl_core.datasets.wine_quality import WineQuality

DATASETS: dict[str, type[Dataset]] = {
    "wine_quality": WineQuality,
    "digits": Digits,
    "mnist": Mnist,
}


def preload() -> None:
    """Import what loading needs beside numpy, so that a warm worker loads at once (scikit-learn: about 1.5 s)."""
    import sklearn.datasets
    import sklearn.model_selection  # noqa: F401
