"""What is checked of one opened index, and what was found by now."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.checks import given_vectors, row_ids
from feder_widget.checks.coarse_metric import metric_findings
from feder_widget.errors import BrokenIdMapError
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.finding import Finding
from feder_widget.model.work_pieces import WHOLE, Steps, drain
from feder_widget.truth.neighbours.own_row import MOST_HELD, RowCopies

CHECKED_AT_ONCE = 1_000_000
"""Row ids that are read on opening at most; of more, a widget reads them between cells."""


class IndexChecks:
    """Checks an index anew once it has changed, and keeps what was found.

    Parameters
    ----------
    file : InvertedFile
        The index.
    vectors : array (n, dim) or None
        The original vectors given, row i for row id i.
    row_copies : RowCopies
        Reads all ids, for these checks and for others.
    """

    def __init__(self, file: InvertedFile, vectors: npt.NDArray[Any] | None, row_copies: RowCopies) -> None:
        self._file = file
        self._vectors = vectors
        self._row_copies = row_copies
        self._quick: tuple[tuple[float, ...], list[Finding]] | None = None
        self._moved: tuple[tuple[float, ...], list[Finding]] | None = None

    def findings(self, sizes: npt.NDArray[np.int64]) -> list[Finding]:
        """Return what was found: by a look at some rows, and by ``steps`` once these are done.

        ``sizes``, int64 (nlist,), are the vectors in each list.
        """
        version = self._file.version()
        if self._quick is None or self._quick[0] != version:
            self._quick = version, self._look_at_rows(sizes)
        moved = self._moved[1] if self._moved is not None and self._moved[0] == version else []
        repeated = None if moved else self._row_copies.known()
        return [*self._quick[1], *moved, *([] if repeated is None else row_ids.repeated_findings(repeated))]

    def steps(self, work: int = WHOLE) -> Steps[None]:
        """Read all ids, ``work`` multiplications per piece; nothing where there are too many to hold."""
        if self._file.ntotal > MOST_HELD:
            return
        version = self._file.version()
        moved = yield from row_ids.moved_findings_steps(self._file, work)
        self._moved = version, moved
        if not moved:
            yield from self._row_copies.count_steps(work)

    def forget(self) -> None:
        """Look at everything anew: rows were replaced by as many others."""
        self._quick = self._moved = None

    def _look_at_rows(self, sizes: npt.NDArray[np.int64]) -> list[Finding]:
        try:
            return self._look(sizes)
        except BrokenIdMapError:
            # Nothing that goes by ids can be told of such an index.
            self._moved = self._file.version(), drain(row_ids.moved_findings_steps(self._file))
            return []

    def _look(self, sizes: npt.NDArray[np.int64]) -> list[Finding]:
        compared = None if self._vectors is None else given_vectors.compare(self._file, self._vectors)
        return [
            *([] if compared is None else compared.findings),
            *row_ids.unlisted_findings(self._file, sizes),
            *metric_findings(self._file),
        ]
