"""A file as it was when it was looked at, so that a later change is noticed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from feder_widget.errors import IndexChangedError


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A file, and what tells whether it has changed.

    Attributes
    ----------
    path : str
        Absolute.
    size : int
        In bytes.
    mtime_ns : int
        Time of the last change, in nanoseconds.
    """

    path: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> FileStamp:
        """Look at a file.

        Raises
        ------
        OSError
            If it cannot be looked at.
        """
        whole = Path(path).absolute()
        found = whole.stat()
        return cls(str(whole), found.st_size, found.st_mtime_ns)

    def check(self) -> None:
        """Look at the file again.

        Raises
        ------
        IndexChangedError
            If its size or its time is another one.
        OSError
            If it cannot be looked at.
        """
        now = FileStamp.of(self.path)
        if now != self:
            raise IndexChangedError(
                f"{self.path} was changed after it was opened: it had {self.size:,} bytes and has "
                f"{now.size:,} now; open it again"
                if now.size != self.size
                else f"{self.path} was written to after it was opened; open it again"
            )
