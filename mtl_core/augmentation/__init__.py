"""Augmentations: one file each; this dict is the list that spec, form, docs and tests read."""

from mtl_core.augmentation.base import Augmentation
from mtl_core.augmentation.brightness import Brightness
from mtl_core.augmentation.contrast import Contrast
from mtl_core.augmentation.flip import Flip
from mtl_core.augmentation.noise import Noise
from mtl_core.augmentation.rotate import Rotate
from mtl_core.augmentation.shift import Shift
from mtl_core.augmentation.zoom import Zoom

AUGMENTATIONS: dict[str, type[Augmentation]] = {
    "flip": Flip,
    "shift": Shift,
    "rotate": Rotate,
    "zoom": Zoom,
    "brightness": Brightness,
    "contrast": Contrast,
    "noise": Noise,
}
