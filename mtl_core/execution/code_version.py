"""Which code a runner runs: a fingerprint of the engine's source files as they are on the disk now."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from pathlib import Path

from mtl_core import __version__

PACKAGE = Path(__file__).resolve().parent.parent
FRESH_SECONDS = 2.0


def code_version() -> tuple[str, float]:
    """Version and fingerprint of the source on the disk, and when its newest file was changed (since 1970).

    Looked at anew at most once in two seconds.
    """
    return _looked_at(int(time.monotonic() / FRESH_SECONDS))


@lru_cache(maxsize=1)
def _looked_at(period: int) -> tuple[str, float]:
    stats = [(str(file), file.stat()) for file in sorted(PACKAGE.rglob("*.py"))]
    stamps = tuple((name, stat.st_mtime, stat.st_size) for name, stat in stats)
    return _fingerprint(stamps), max(changed for _, changed, _ in stamps)


@lru_cache(maxsize=4)
def _fingerprint(stamps: tuple[tuple[str, float, int], ...]) -> str:
    """By content, so that two checkouts of the same code agree; the stamps say when to read again."""
    digest = hashlib.sha256()
    for name, _, _ in stamps:
        path = Path(name)
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"
