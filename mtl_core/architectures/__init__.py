"""Sharing architectures: one file each; this dict is the list that spec, form, docs and tests read."""

from mtl_core.architectures.base import Architecture
from mtl_core.architectures.cgc import Cgc
from mtl_core.architectures.cross_stitch import CrossStitch
from mtl_core.architectures.hard import Hard
from mtl_core.architectures.mmoe import Mmoe
from mtl_core.architectures.mtan import Mtan
from mtl_core.architectures.partial import Partial
from mtl_core.architectures.ple import Ple
from mtl_core.architectures.separate import Separate
from mtl_core.architectures.soft import Soft

ARCHITECTURES: dict[str, type[Architecture]] = {
    "separate": Separate,
    "hard": Hard,
    "soft": Soft,
    "partial": Partial,
    "cross_stitch": CrossStitch,
    "mmoe": Mmoe,
    "cgc": Cgc,
    "ple": Ple,
    "mtan": Mtan,
}
