"""How far a pass is: the rows done, and the nearest of them. It is kept in a file, and taken up again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import TruthFileError
from feder_widget.model.kept_arrays import read_arrays, write_arrays
from feder_widget.truth.job.spans import Span, total, with_span
from feder_widget.truth.neighbours.nearest_rows import NearRows
from feder_widget.truth.neighbours.row_digest import RowDigest
from feder_widget.truth.neighbours.truth_fingerprint import Compared

FORMAT = 1
"""Of the file."""

WHAT = "an unfinished ground truth"


@dataclass(frozen=True, slots=True, eq=False)
class PassState:
    """A pass at one moment: a whole part is in it or not at all.

    Attributes
    ----------
    spans : tuple of (int, int)
        The rows done.
    near : NearRows
        The nearest of them, for each query.
    digest : RowDigest
        Of those among them that count.
    """

    spans: tuple[Span, ...] = ()
    near: NearRows = field(default_factory=NearRows.none)
    digest: RowDigest = field(default_factory=RowDigest)

    @property
    def rows(self) -> int:
        """Number of rows done."""
        return total(self.spans)

    def with_part(self, span: Span, near: NearRows, digest: RowDigest) -> PassState:
        """Return the state after one more part; ``near`` are the nearest of all rows done."""
        return replace(self, spans=with_span(self.spans, span), near=near, digest=self.digest + digest)

    def save(self, path: Path, compared: Compared, k: int, hashes: npt.NDArray[np.uint64]) -> None:
        """Write it, with what it is of: rows, neighbours wanted, and hashes of the queries."""
        facts = {
            "format": FORMAT,
            "spans": self.spans,
            "digest": [self.digest.count, *self.digest.sums],
            "k": k,
            "compared": compared.as_facts(),
        }
        near = self.near
        write_arrays(
            path, facts, {"queries": near.queries, "rows": near.rows, "keys": near.keys, "hashes": hashes}
        )

    @classmethod
    def load(
        cls, path: Path, compared: Compared, k: int, hashes: npt.NDArray[np.uint64]
    ) -> tuple[PassState, Compared]:
        """Read a state, and the rows it is of.

        Raises
        ------
        TruthFileError
            If the file is damaged.
        ValueError
            If it is the state of other rows or queries.
        """
        facts, arrays = read_arrays(path, WHAT)
        try:
            if facts["format"] != FORMAT:
                raise TruthFileError(f"{path} must be of format {FORMAT}, got {facts['format']}")
            count, first, second = facts["digest"]
            state = cls(
                tuple((int(begin), int(end)) for begin, end in facts["spans"]),
                NearRows(arrays["queries"], arrays["rows"], arrays["keys"]),
                RowDigest(count, (first, second)),
            )
            before = Compared.from_facts(facts["compared"])
            other = difference_of_queries(facts["k"], arrays["hashes"], k, hashes)
        except (KeyError, TypeError, ValueError) as error:
            raise TruthFileError(f"{path} must hold {WHAT}, and lacks a part of it: {error}") from error
        refuse(path, before.difference(compared) or other)
        return state, before


def difference_of_queries(k: int, hashes: Any, wanted_k: int, wanted: npt.NDArray[np.uint64]) -> str | None:
    """Return what is otherwise about k or the queries, or None."""
    if len(hashes) != len(wanted):
        return f"{len(hashes):,} queries at once, not {len(wanted):,}"
    if not np.array_equal(hashes, wanted):
        return "other queries"
    return None if k == wanted_k else f"k={k}, not {wanted_k}"


def refuse(path: Path, difference: str | None) -> None:
    """Raise if a folder holds something of other rows or queries."""
    if difference is not None:
        raise ValueError(
            f"folder must be that of this ground truth, or hold none: {path} is of {difference}; pass "
            "another folder, or remove the file"
        )
