"""The form's draft when another way to make pictures is chosen."""

from __future__ import annotations

from ui import draft


def test_choosing_a_gan_brings_its_defaults_and_leaving_it_those_of_the_data() -> None:
    """Nothing but the choice stands in the draft, so each way's own defaults apply; what was set stays."""
    shapes = draft.build({"dataset.name": "shapes"}).spec
    gan = draft.build({**draft.of_spec(shapes), "generation.name": "gan"}).spec
    assert draft.of_spec(gan) == {"dataset.name": "shapes", "generation.name": "gan"}
    assert (gan.batch_size, gan.optimizer.lr) == (16, 0.002)
    back = draft.build({**draft.of_spec(gan), "generation.name": "vae"}).spec
    assert back == shapes
    mine = draft.build({**draft.of_spec(shapes), "batch_size": 64, "generation.name": "gan"}).spec
    assert mine.batch_size == 64


def test_a_gan_does_not_outlive_a_change_of_the_data_set() -> None:
    chosen = {"dataset.name": "shapes", "generation.name": "gan", "generation.r1": 2.0}
    assert draft.with_dataset(chosen, "digits") == {"dataset.name": "digits"}
