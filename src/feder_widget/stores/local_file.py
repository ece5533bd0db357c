"""A file of this machine, as it was when it was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from feder_widget.model.file_stamp import FileStamp


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of this machine.

    Attributes
    ----------
    stamp : FileStamp
        Its path, and what tells whether it has changed.
    """

    stamp: FileStamp

    @property
    def name(self) -> str:
        """The path, as errors name it."""
        return self.stamp.path

    @property
    def size(self) -> int:
        """In bytes."""
        return self.stamp.size

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` up to but not ``stop``; fewer where the file ends before."""
        with Path(self.stamp.path).open("rb") as file:
            file.seek(start)
            return file.read(max(0, stop - start))

    def read_many(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of several ranges, each whole.

        Raises
        ------
        IndexChangedError
            If the file has changed since it was looked at.
        """
        found = []
        with Path(self.stamp.path).open("rb") as file:
            for start, stop in ranges:
                file.seek(start)
                found.append(file.read(stop - start))
        self.check()
        return found

    def check(self) -> None:
        """Raise ``IndexChangedError`` if the file has changed."""
        self.stamp.check()
