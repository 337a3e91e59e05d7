"""One colour a weighting, the same on every picture of the race; grey for fixed λ, the one to beat."""

from __future__ import annotations

from ui.colours import SHARED_COLOUR, TASK_PALETTE

METHOD_COLOURS: dict[str, str] = {
    "fixed": SHARED_COLOUR,
    "mgda": TASK_PALETTE[0],
    "pcgrad": TASK_PALETTE[1],
    "cagrad": TASK_PALETTE[2],
    "nash": TASK_PALETTE[3],
    "imtl_g": TASK_PALETTE[4],
    "famo": TASK_PALETTE[5],
    "aligned": TASK_PALETTE[6],
    "upgrad": TASK_PALETTE[7],
    "uncertainty": "#d1443f",
    "dwa": "#5c8f22",
    "rlw": "#7a77d9",
    "imtl_l": "#bd7a1c",
    "stch": "#a34d94",
    "gradnorm": "#4f8f6b",
    "gradvac": "#5b7fa6",
}


def method_colour(name: str) -> str:
    """The colour of a weighting; grey for one that has none yet."""
    return METHOD_COLOURS.get(name, SHARED_COLOUR)
