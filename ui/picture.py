"""The picture of the network that the form describes."""

from __future__ import annotations

from ui import form_state
from ui.network_picture import show_network
from ui.spec_form import colours_of


def draw() -> None:
    """The form's network with its λ and γ as they stand now."""
    spec = form_state.current().spec
    strength = max((term.strength for term in spec.regularizers), default=0.0)
    show_network(spec.layout(), spec.weighting.lambdas, colours_of(spec), strengths=strength)
