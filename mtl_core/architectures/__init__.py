"""Sharing architectures: one file each; this dict is the list that spec, form, docs and tests read."""

from mtl_core.architectures.base import Architecture
from mtl_core.architectures.hard import Hard
from mtl_core.architectures.partial import Partial
from mtl_core.architectures.separate import Separate
from mtl_core.architectures.soft import Soft

ARCHITECTURES: dict[str, type[Architecture]] = {
    "separate": Separate,
    "hard": Hard,
    "soft": Soft,
    "partial": Partial,
}
