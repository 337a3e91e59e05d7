"""Generation: one file a method; this dict is the list that spec, form, docs and tests read."""

from mtl_core.generation.base import Generation
from mtl_core.generation.gan import Gan
from mtl_core.generation.vae import Vae

GENERATORS: dict[str, type[Generation]] = {
    "vae": Vae,
    "gan": Gan,
}
