"""The row that a query is: it does not count among its own neighbours, and results are taken without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.repeated_ids import RepeatedIds, copies_of_steps, repeated_ids_steps
from feder_widget.model.work_pieces import WHOLE, Steps

MOST_HELD = 1 << 25
"""Row ids that are held at once at most (256 MiB): of more, those that equal one row's are counted."""

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A row that is left out. A search for k others asks for ``k + copies``, and drops this row.

    Attributes
    ----------
    row_id : int
        As the whole index reports it.
    copies : int
        How often it is stored: 1, or more where the id was added more than once.
    """

    row_id: int
    copies: int

    def others(self, ids: Ids, k: int) -> npt.NDArray[np.intp]:
        """Return the places of the first k other rows among the results of a search, without -1."""
        return np.flatnonzero((ids != self.row_id) & (ids != -1))[:k]


class RowCopies:
    """Counts how often rows are stored: by one look at all ids, until the sizes of the lists change.

    Parameters
    ----------
    file : InvertedFile
        The index.
    """

    def __init__(self, file: InvertedFile) -> None:
        self._file = file
        self._latest: tuple[tuple[float, ...], RepeatedIds] | None = None

    def known(self) -> RepeatedIds | None:
        """Return the ids that are stored more than once if all ids were read; reads nothing."""
        latest = self._latest
        return latest[1] if latest is not None and latest[0] == self._file.version() else None

    def repeated_steps(self, work: int = WHOLE) -> Steps[RepeatedIds]:
        """Return the ids that are stored more than once, ``work`` multiplications per piece."""
        found = self.known()
        if found is None:
            version = self._file.version()
            found = yield from repeated_ids_steps(self._file, work)
            self._latest = version, found
        return found

    def count_steps(self, work: int = WHOLE) -> Steps[None]:
        """Count, unless there are too many ids to hold."""
        if self._file.ntotal <= MOST_HELD:
            yield from self.repeated_steps(work)

    def own_row_steps(self, row_id: int | None, work: int = WHOLE) -> Steps[OwnRow | None]:
        """Return a row as one to be left out; None for None."""
        if row_id is None:
            return None
        if self.known() is None and self._file.ntotal > MOST_HELD:
            return OwnRow(row_id, (yield from copies_of_steps(self._file, row_id, work)))
        return OwnRow(row_id, (yield from self.repeated_steps(work)).copies_of(row_id))

    def presumed(self, row_id: int) -> OwnRow:
        """Return a row as one to be left out, by what was counted last; reads nothing."""
        latest = self._latest
        return OwnRow(row_id, 1 if latest is None else latest[1].copies_of(row_id))

    def forget(self) -> None:
        """Read the ids anew when they are asked for: rows were replaced by as many others."""
        self._latest = None
