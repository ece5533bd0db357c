"""What ground truth is of: metric, rows, queries. Equal fingerprints have equal true neighbours."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.family_name import metric_name
from feder_widget.model.file_stamp import FileStamp
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.neighbours.row_digest import RowDigest, row_hashes

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Compared:
    """The rows that queries are compared with, and how.

    Attributes
    ----------
    metric : str
        Name of the metric.
    metric_number, metric_arg : int, float
        Faiss's number of it, and its argument.
    transforms : str
        A digest of the transforms before the metric; "" for none.
    dim : int
        Dimensions of a query, before these.
    ids : RowDigest
        Of the ids of the rows that count.
    rows : RowDigest or None
        Of these rows as they are compared, with their ids; None where they were not read yet.
    files : tuple of FileStamp
        The files that hold them; none where they are in memory.
    """

    metric: str
    metric_number: int
    metric_arg: float
    transforms: str
    dim: int
    ids: RowDigest
    rows: RowDigest | None = None
    files: tuple[FileStamp, ...] = ()

    @classmethod
    def of(
        cls, comparison: RowComparison, dim: int, ids: RowDigest, files: tuple[FileStamp, ...] = ()
    ) -> Compared:
        """Describe rows that are not read yet."""
        digest = hashlib.blake2b(digest_size=16)
        for step in comparison.chain_bytes:
            digest.update(step)
        transforms = digest.hexdigest() if comparison.chain_bytes else ""
        name = metric_name(comparison.metric, comparison.metric_arg)
        return cls(name, comparison.metric, comparison.metric_arg, transforms, dim, ids, None, files)

    def difference(self, other: Compared) -> str | None:
        """Return what another has otherwise, as "… , … there", or None where nothing is found.

        Rows are told apart where both were read, or where the files are not the same ones.
        """
        if self.dim != other.dim:
            return f"vectors of {self.dim} dimensions, not {other.dim}"
        if (self.metric_number, self.metric_arg) != (other.metric_number, other.metric_arg):
            return f"the metric {self.metric}, not {other.metric}"
        if self.transforms != other.transforms:
            return "other transforms of the vectors before the metric"
        if self.ids.count != other.ids.count:
            return f"{self.ids.count:,} rows, not {other.ids.count:,}"
        if self.ids != other.ids:
            return f"{self.ids.count:,} rows with other ids"
        if self.rows is not None and other.rows is not None and self.rows != other.rows:
            return "other vectors: some of their numbers differ, or they are in another order"
        return None

    def has_files_of(self, other: Compared) -> bool:
        """Return whether both are read from the same files, which have not changed in between."""
        return bool(self.files) and self.files == other.files

    def read_as(self, rows: RowDigest | None) -> Compared:
        """Return the same with the digest of the rows that were read."""
        return replace(self, rows=rows)

    def as_facts(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Compared:
        """Return what ``as_facts`` described."""
        held = dict(facts)
        rows = held.pop("rows")
        return cls(
            **{name: held[name] for name in ("metric", "metric_number", "metric_arg", "transforms", "dim")},
            ids=_digest(held["ids"]),
            rows=None if rows is None else _digest(rows),
            files=tuple(FileStamp(**stamp) for stamp in held["files"]),
        )


def ids_digest(ids: Ids) -> RowDigest:
    """Return a digest of row ids, in any order."""
    return RowDigest.of(np.empty((len(ids), 0), np.float32), ids)


def query_hashes(queries: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """Return two hashes of each query, uint64 (n, 2)."""
    size = max(1, (1 << 20) // max(1, queries.shape[1]))
    parts = [row_hashes(np.ascontiguousarray(queries[i : i + size])) for i in range(0, len(queries), size)]
    return np.concatenate(parts)


def _digest(facts: dict[str, Any]) -> RowDigest:
    first, second = facts["sums"]
    return RowDigest(int(facts["count"]), (int(first), int(second)))
