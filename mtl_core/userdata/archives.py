"""Files of a folder or a zip archive by relative name; nothing is unpacked to the disk, and no name leads outside."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Protocol

from mtl_core.errors import DataError
from mtl_core.userdata.limits import Limits

TABLE = "data.csv"
MOST_FOLD = 200
"""A member above 1 MB that unfolds more than so many times is no picture and no table."""
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    MemoryError,
)
"""What Python's zipfile raises on archives that were cut or tampered with."""
IGNORED = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
ENCRYPTED = 0x1


class Files(Protocol):
    """Files by relative name."""

    def read(self, name: str, most: int) -> bytes:
        """The content of one file.

        Raises:
            DataError: if it is not there, leads outside, is damaged or has more than ``most`` bytes.
        """
        ...

    def digest(self) -> str:
        """SHA-256 of all that was read."""
        ...

    def size(self) -> int:
        """Bytes that were read."""
        ...


class _Counted:
    """Counts and hashes what is read, and stops where a folder or archive as a whole is too large."""

    def __init__(self, place: str, limits: Limits) -> None:
        self.place, self.limits = place, limits
        self._hash, self._size = hashlib.sha256(), 0
        self._seen: set[str] = set()

    def digest(self) -> str:
        """SHA-256 of names and contents in the order in which they were read."""
        return self._hash.hexdigest()

    def size(self) -> int:
        """Bytes that were read."""
        return self._size

    def taken(self, name: str, content: bytes, most: int) -> bytes:
        """The content, counted when it is read for the first time.

        Raises:
            DataError: if it is larger than ``most``, or all together are too large.
        """
        if len(content) > most:
            raise DataError(f"{self.place}: {name} has more than {most} bytes")
        if name in self._seen:
            return content
        self._seen.add(name)
        self._size += len(content)
        self._hash.update(name.encode() + b"\0" + content)
        if self._size > self.limits.unpacked:
            raise DataError(f"{self.place} holds more than {self.limits.unpacked} bytes; use fewer or smaller files")
        return content


class FolderFiles(_Counted):
    """Files of a folder on this machine; links are not followed."""

    def __init__(self, root: Path, limits: Limits) -> None:
        super().__init__(root.name, limits)
        self.root = root
        if not (root / TABLE).is_file():
            raise DataError(f"the folder {root} has no {TABLE}: it must say which file is what")

    def read(self, name: str, most: int) -> bytes:
        """As :meth:`Files.read`."""
        path = self.root
        for part in inside(name, self.place).parts:
            path /= part
            if path.is_symlink():
                raise DataError(f"{self.place}: {name} is a link, which is not followed; put the file itself there")
        try:
            if not path.is_file():
                raise DataError(f"{self.place}: {name} is not there")
            with path.open("rb") as stream:
                return self.taken(name, stream.read(most + 1), most)
        except OSError as error:
            raise DataError(f"{self.place}: {name} cannot be read: {error.strerror or error}") from error


class ZipFiles(_Counted):
    """Files of a zip archive, whose list is looked through before anything is read.

    Raises:
        DataError: if it is damaged, encrypted, holds links, leads outside, unfolds too far, or has no table.
    """

    def __init__(self, content: bytes, place: str, limits: Limits) -> None:
        super().__init__(place, limits)
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except DAMAGED as error:
            raise DataError(f"{place} is no whole zip archive: {error}") from error
        self._members = self._checked()
        tables = [
            name for name in self._members if name == TABLE or (name.endswith(f"/{TABLE}") and name.count("/") == 1)
        ]
        if len(tables) != 1:
            many = f"{len(tables)} of them" if tables else "none"
            raise DataError(f"{place} must hold one {TABLE}, at the top or in its only folder; there is {many}")
        self._root = tables[0].removesuffix(TABLE)

    def read(self, name: str, most: int) -> bytes:
        """As :meth:`Files.read`."""
        full = self._root + inside(name, self.place).as_posix()
        if full not in self._members:
            raise DataError(f"{self.place}: {name} is not there")
        try:
            with self._archive.open(self._members[full]) as stream:
                return self.taken(name, stream.read(most + 1), most)
        except DAMAGED as error:
            raise DataError(f"{self.place}: {name} is damaged: {error}") from error

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        infos = self._archive.infolist()
        if len(infos) > self.limits.members:
            raise DataError(f"{self.place} holds {len(infos)} files; at most {self.limits.members} are read")
        if sum(info.file_size for info in infos) > self.limits.unpacked:
            raise DataError(f"{self.place} unfolds to more than {self.limits.unpacked} bytes")
        members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = info.filename.replace("\\", "/")
            if name.endswith("/") or any(part in IGNORED for part in name.split("/")):
                continue
            self._check(info, name, members)
            members[name] = info
        return members

    def _check(self, info: zipfile.ZipInfo, name: str, before: dict[str, zipfile.ZipInfo]) -> None:
        inside(name, self.place)
        trouble = ""
        if stat.S_ISLNK(info.external_attr >> 16):
            trouble = "is a link, which is not followed"
        elif info.flag_bits & ENCRYPTED:
            trouble = "is encrypted"
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            trouble = "is packed in a way that is not read; use the usual one (deflate)"
        elif info.file_size > 2**20 and info.file_size > MOST_FOLD * max(info.compress_size, 1):
            trouble = f"unfolds more than {MOST_FOLD} times, as only a trap does"
        elif name in before:
            trouble = "is there twice"
        if trouble:
            raise DataError(f"{self.place}: {name[:100]} {trouble}")


def inside(name: str, place: str) -> PurePosixPath:
    """A relative name as a path, its separators made ``/``.

    Raises:
        DataError: if it is absolute, climbs with ``..``, or cannot be a file's name.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    odd = not path.parts or len(name) > 500 or any(ord(letter) < 32 for letter in name)
    if odd or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise DataError(f"{place}: {name[:100]!r} must be the name of a file within, without '..' and not absolute")
    return path
