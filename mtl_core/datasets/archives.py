"""Files in a tar archive, read one after another into memory: nothing is unpacked, so nothing can leave a folder."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Container, Iterator
from pathlib import Path

from mtl_core.errors import DataError

MOST_MEMBERS = 100_000
MOST_BYTES = 4 << 30
"""Of everything in an archive together; Oxford-IIIT Pet has 0.8 GB."""


def members(path: Path, wanted: Container[str], largest: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of the wanted files of an archive, in its own order, compressed or not.

    Args:
        path: the archive.
        wanted: names of members, as the archive gives them but for a leading ``./``.
        largest: most bytes that one of them may have.

    Raises:
        DataError: if it cannot be read, a wanted member is no plain file or is too large, or the whole is too large.
    """
    count = size = 0
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                count, size = count + 1, size + member.size
                if count > MOST_MEMBERS or size > MOST_BYTES:
                    most = f"{MOST_MEMBERS} files and {MOST_BYTES >> 20} MB"
                    raise DataError(f"{path} is larger than the data set can be: more than {most}. Delete it")
                if name not in wanted:
                    continue
                content = archive.extractfile(member) if member.isreg() else None
                if content is None:
                    raise DataError(f"{path}: {name!r} must be a plain file, and is a link or a folder. Delete {path}")
                if member.size > largest:
                    raise DataError(f"{path}: {name!r} has {member.size} bytes, the most is {largest}. Delete {path}")
                yield name, content.read()
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is truncated or no archive: {error}. Delete it, and it is downloaded again") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; mend its rights or delete it") from error
