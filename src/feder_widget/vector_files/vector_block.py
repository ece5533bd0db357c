"""One block of vectors in a file, whatever its format."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.model.file_stamp import FileStamp


class VectorBlock(Protocol):
    """Vectors in one file. It can be pickled and compared."""

    @property
    def stamps(self) -> tuple[FileStamp, ...]:
        """The files that are looked at before each read."""
        ...

    @property
    def path(self) -> str:
        """The path, for messages."""
        ...

    @property
    def dtype(self) -> str:
        """Type of the numbers, with their byte order."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions."""
        ...

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return the rows ``start`` up to but not ``stop``, (n, dim), in memory."""
        ...

    def some(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return rows in the order asked for, (n, dim)."""
        ...
