"""The vectors that the lists of an index hold whole, cluster by cluster, as rows to be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import original_space
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.file_stamp import FileStamp
from feder_widget.model.row_source import RowSource
from feder_widget.truth.job.row_set import Block
from feder_widget.truth.neighbours import list_rows
from feder_widget.truth.neighbours.list_blocks import ListBlocks
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.neighbours.row_digest import RowDigest
from feder_widget.truth.neighbours.truth_fingerprint import Compared, ids_digest

DIGEST_BYTES = 8 << 20
"""Vectors read at once to tell them from others."""

MOST_CENTROIDS = 1024
"""Centroids that tell where the vectors are."""

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


def why_not(file: InvertedFile) -> str | None:
    """Return what is compared in the place of the vectors as they were added; None where these are."""
    chain = original_space.metric_chain(file.stack)
    if list_rows.why_not_shared(file) is not None or len(chain) != len(file.stack.chain):
        return "codes, vectors that are rotated, or vectors by another metric than L2 and inner product"
    return None


class ListVectors:
    """All vectors in the lists of one index, by position: cluster after cluster, each in list order.

    Parameters
    ----------
    file : InvertedFile
        The index.
    by_position : bool
        Name each vector by its position. Else by its row id; vectors without one, under -1, do not count.

    Raises
    ------
    ValueError
        If its distances are not those to the vectors as they were added.
    """

    def __init__(self, file: InvertedFile, *, by_position: bool = False) -> None:
        reason = why_not(file)
        if reason is not None and not by_position:
            raise ValueError(
                f"truth is of vectors as they were added, and this index compares others: {reason}; "
                "leave truth out"
            )
        ivf = file.stack.ivf
        self._file = file
        self._by_position = by_position
        # Positions are compared as the lists hold vectors, whatever transforms come before.
        chain = () if by_position else original_space.metric_chain(file.stack)
        self.comparison = RowComparison(chain, ivf.metric_type, ivf.metric_arg)
        self.blocks = ListBlocks(ivf, centred=False)

    def __len__(self) -> int:
        """Return the number of vectors, those without an id among them."""
        return self.blocks.total

    @property
    def count(self) -> int:
        """Number of vectors that count."""
        return len(self) if self._by_position else self._ids_digest.count

    @property
    def dim(self) -> int:
        """Dimensions of a vector in the lists."""
        return int(self._file.stack.ivf.d)

    @property
    def item_bytes(self) -> int:
        """Bytes of one number."""
        return 4

    @property
    def row_bytes(self) -> int:
        """Bytes of one vector."""
        return self.item_bytes * self.dim

    @property
    def is_carried(self) -> bool:
        """Whether workers get the vectors themselves, because no file holds the lists."""
        return self._file.file_of_lists is None

    def compared(self) -> Compared:
        """Describe them, without reading vectors."""
        file = self._file.file_of_lists
        stamps = (file,) if isinstance(file, FileStamp) else ()
        return Compared.of(self.comparison, self._file.dim, self._ids_digest, stamps)

    def origin(self) -> Float32Array:
        """Return the mean of some centroids, float32 (dim,); zeros where they are infinite."""
        some = self._file.centroids.some(np.arange(min(self._file.nlist, MOST_CENTROIDS)))
        mean = some.mean(axis=0, dtype=np.float64).astype(np.float32)
        return np.asarray(np.where(np.isfinite(mean), mean, 0), np.float32)

    def block(self, start: int, stop: int) -> Block:
        """Read the vectors at some positions.

        Raises
        ------
        IndexChangedError
            If a list is no longer as long as it was.
        """
        return _block(self.blocks.copied(start, stop), self._ids(start, stop))

    def part(self, start: int, stop: int) -> ListPart:
        """Return the vectors at some positions as a worker gets them."""
        return ListPart(
            list_rows.list_rows(self._file, self.blocks, start, stop), start, self._ids(start, stop)
        )

    def digest_of_all(self) -> RowDigest:
        """Return the digest of all of them, which are read."""
        return self.digest(0, len(self), max(1, DIGEST_BYTES // self.row_bytes))

    def digest(self, start: int, stop: int, size: int) -> RowDigest:
        """Return the digest of those at some positions, which are read, ``size`` at a time."""
        found = RowDigest()
        for begin in range(start, stop, size):
            found += self.block(begin, min(begin + size, stop)).digest
        return found

    @cached_property
    def _ids_digest(self) -> RowDigest:
        found = RowDigest()
        for cluster in range(self._file.nlist):
            ids = self._file.ids(cluster)
            found += ids_digest(ids[ids >= 0])
        return found

    def _ids(self, start: int, stop: int) -> Ids:
        if self._by_position:
            return np.arange(start, stop)
        return self._file.external_ids(self.blocks.ids(start, stop))


@dataclass(frozen=True, slots=True, eq=False)
class ListPart:
    """Some vectors of the lists.

    Attributes
    ----------
    source : RowSource
        The vectors.
    first : int
        The position of the first one.
    ids : int64 (n,)
        The names of all of them; below 0 for one that does not count.
    """

    source: RowSource
    first: int
    ids: Ids

    @property
    def name(self) -> str:
        """The positions, and where the vectors are from."""
        return f"vectors {self.first:,} to {self.first + len(self.ids) - 1:,} of {self.source.name}"

    @property
    def carried_bytes(self) -> int:
        """Bytes of vectors that are pickled with it."""
        return self.source.carried_bytes

    def blocks(self, size: int) -> Iterator[Block]:
        """Read the vectors, ``size`` at a time."""
        for start in range(0, len(self.ids), size):
            some = slice(start, min(start + size, len(self.ids)))
            yield _block(self.source.part(some.start, some.stop).load(), self.ids[some])


def _block(vectors: Float32Array, ids: Ids) -> Block:
    is_named = ids >= 0
    return Block(vectors, ids) if is_named.all() else Block(vectors[is_named], ids[is_named])
