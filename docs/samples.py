"""Draws docs/shapes_vae.png and docs/shapes_gan.png, what the examples of that name make: ``python -m docs.samples``.

The pictures are those of the newest finished run of an example in the run store (``python -m mtl_core train
examples/shapes_vae.yaml`` makes one); where there is none, the example is trained here. Last it says what the run
measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from docs.systems import PROJECT, examples, spec_of
from mtl_core.cli.train import train_command
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec

DRAWN = ("shapes_vae", "shapes_gan")
COLUMNS = 12
GAP = 2
GROUND = 255
COLOURS = 128
Pictures = NDArray[np.uint8]


def main() -> None:
    """Write both files, and print what each run measured."""
    store = Store()
    for name in DRAWN:
        path = examples()[name]
        run = trained(store, spec_of(path))
        if run is None:
            train_command(path, (), None, as_json=False)
            run = trained(store, spec_of(path))
        assert run is not None, f"{path} did not finish"
        arrays: dict[str, Any] = {}
        for _, _, preview in store.preview_names(run):
            arrays |= store.load_preview(run, preview)
        write(grid(arrays), PROJECT / "docs" / f"{name}.png")
        result = store.get(run).result or {}
        print(f"{name}: {result.get('seconds')} s, {result.get('metrics', {}).get('test')}")
    store.close()


def trained(store: Store, spec: RunSpec) -> str | None:
    """The newest finished run of a spec; None where there is none."""
    wanted = spec.model_dump(mode="json")
    found = [run.id for run in store.runs(limit=1_000) if run.status == "finished" and run.spec == wanted]
    return found[0] if found else None


def grid(arrays: dict[str, Any]) -> Pictures:
    """A VAE's inputs of the test part and what it rebuilds of them, then samples from fixed noise, (H, W, 3)."""
    rows = []
    if "reconstruction.image" in arrays:
        inputs = arrays["input.image"][:COLUMNS]
        rows = [inputs, arrays["reconstruction.image"][:COLUMNS]]
    made = np.concatenate([*rows, arrays["sample.image"]]).transpose(0, 2, 3, 1)
    size = made.shape[1]
    lines = -(-len(made) // COLUMNS)
    between = GAP * 4 if rows else 0
    whole = np.full((lines * (size + GAP) - GAP + between, COLUMNS * (size + GAP) - GAP, 3), GROUND, dtype=np.uint8)
    for i, picture in enumerate(made):
        row, column = divmod(i, COLUMNS)
        top = row * (size + GAP) + (between if row >= len(rows) else 0)
        left = column * (size + GAP)
        whole[top : top + size, left : left + size] = picture
    return whole


def write(picture: Pictures, path: Path) -> None:
    """As a PNG of a palette, which keeps it small."""
    few = Image.fromarray(picture).quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE)
    few.save(path, "PNG", optimize=True)


if __name__ == "__main__":
    main()
