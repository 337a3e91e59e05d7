"""Data sets: one file each; this dict is the list that spec, form, docs and tests read."""

from mtl_core.datasets.base import Dataset
from mtl_core.datasets.captioned_scenes import CaptionedScenes
from mtl_core.datasets.cifar10 import Cifar10
from mtl_core.datasets.digits import Digits
from mtl_core.datasets.energy_efficiency import EnergyEfficiency
from mtl_core.datasets.fashion_mnist import FashionMnist
from mtl_core.datasets.mnist import Mnist
from mtl_core.datasets.multi_mnist import MultiMnist
from mtl_core.datasets.own import Own
from mtl_core.datasets.pets import Pets
from mtl_core.datasets.related_tasks import RelatedTasks
from mtl_core.datasets.school import School
from mtl_core.datasets.shapes import Shapes
from mtl_core.datasets.wine_colours import WineColours
from mtl_core.datasets.wine_quality import WineQuality

DATASETS: dict[str, type[Dataset]] = {
    "wine_quality": WineQuality,
    "digits": Digits,
    "mnist": Mnist,
    "multi_mnist": MultiMnist,
    "shapes": Shapes,
    "fashion_mnist": FashionMnist,
    "cifar10": Cifar10,
    "pets": Pets,
    "captioned_scenes": CaptionedScenes,
    "energy_efficiency": EnergyEfficiency,
    "related_tasks": RelatedTasks,
    "school": School,
    "wine_colours": WineColours,
    "own": Own,
}


def preload() -> None:
    """Import what loading needs beside numpy, so that a warm worker loads at once (scikit-learn: about 1.5 s)."""
    import sklearn.datasets
    import sklearn.model_selection  # noqa: F401
