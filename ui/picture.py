"""The picture of the network that the form describes."""

from __future__ import annotations

from ui import form_state
from ui.network_picture import network_picture, show_network
from ui.spec_form import colours_of
from ui.words import t


def draw() -> None:
    """The form's network with its λ and γ as they stand now."""
    spec = form_state.current().spec
    layout = spec.layout()
    strength = max((term.strength for term in spec.regularizers), default=0.0)
    svg = network_picture(layout, spec.weighting.lambdas, colours_of(spec), strengths=strength)
    counts = layout.parameter_counts()
    show_network(svg, description=t("network.title") + f": {counts}")
