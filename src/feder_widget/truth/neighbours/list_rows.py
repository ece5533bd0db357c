"""The vectors in the lists of one index as a worker gets them, by position: cluster by cluster."""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.opened_file import ListsFile, opened_stack
from feder_widget.model.row_source import HeldRows, RowSource
from feder_widget.model.search_trace import CoarseStep
from feder_widget.model.work_pieces import Steps
from feder_widget.truth.neighbours.list_blocks import ListBlocks
from feder_widget.truth.neighbours.original_vectors import BLOCK_BYTES, READ_WORK
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.neighbours.row_parts import RowPass
from feder_widget.workers import Workers

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ListRows:
    """Vectors in the lists of an index file.

    Attributes
    ----------
    file : FileStamp or ShardFiles
        The file, or the files of shards.
    total : int
        Vectors in it.
    start, stop : int
        Positions ``start`` up to but not ``stop``.
    """

    file: ListsFile
    total: int
    start: int
    stop: int

    @property
    def name(self) -> str:
        """The path of the file, or of the first one and how many others."""
        return self.file.path

    @property
    def carried_bytes(self) -> int:
        """None."""
        return 0

    def read(self) -> Float32Array:
        """Return the vectors, float32 (n, dim).

        Raises
        ------
        IndexChangedError
            If the file has changed.
        OSError
            If it cannot be read.
        """
        blocks = _blocks_in(self.file)
        if blocks.total != self.total:
            raise IndexChangedError(
                f"{self.file.path} holds {blocks.total:,} vectors, and the index opened from it "
                f"{self.total:,}; open it again"
            )
        return blocks.copied(self.start, self.stop)

    def load(self) -> Float32Array:
        """Return the vectors, as ``read``."""
        return self.read()

    def part(self, start: int, stop: int) -> ListRows:
        """Return some of them."""
        return ListRows(self.file, self.total, self.start + start, self.start + stop)


def _blocks_in(file: ListsFile) -> ListBlocks:
    stack = opened_stack(file)
    return ListBlocks(stack.ivf, centred=False, root=stack)


def list_rows(file: InvertedFile, blocks: ListBlocks, start: int, stop: int) -> RowSource:
    """Return the vectors at some positions as a worker gets them: by their file, or as a copy."""
    stamp = file.file_of_lists
    if stamp is not None:
        return ListRows(stamp, blocks.total, start, stop)
    return HeldRows(blocks.copied(start, stop), "the lists")


def why_not_shared(file: InvertedFile) -> str | None:
    """Return why the lists of an index cannot be compared by workers, or None where they can.

    A worker compares vectors by the kernels of a flat index. These give the distances that a search reports
    of vectors stored whole, by L2 or inner product.
    """
    ivf = file.stack.ivf
    if type(ivf).__name__ != "IndexIVFFlat" or not file.has_one_scanner or ivf.metric_type > faiss.METRIC_L2:
        return (
            "executor needs vectors that workers can compare, and only Faiss can compare what these lists "
            "hold; pass the original vectors, open_index(source, vectors=...), or leave executor out"
        )
    return None


def not_farther_steps(
    file: InvertedFile, vector: Float32Array, coarse: CoarseStep, k: int, workers: Workers
) -> Steps[tuple[Ids, Ids, Float32Array]]:
    """Have workers find the k nearest vectors in some clusters, and all as near as the last of them.

    For an index of which ``why_not_shared`` says nothing.

    Returns
    -------
    clusters, offsets : int64 (n,)
        Where they are stored, in no order.
    distances : float32 (n,)
        As a search reports them.
    """
    ivf = file.stack.ivf
    blocks = ListBlocks(ivf, centred=False)
    searched = np.zeros(len(blocks.sizes), np.bool_)
    searched[coarse.clusters] = True
    row_work = ivf.d * (1 + READ_WORK)
    row_bytes = 0 if file.file_of_lists is not None else 4 * ivf.d
    whole = RowPass(
        RowComparison((), ivf.metric_type, ivf.metric_arg),
        np.ascontiguousarray(vector[None]),
        np.repeat(searched, blocks.sizes),
        k,
        max(1, BLOCK_BYTES // (4 * ivf.d)),
        row_work,
        row_bytes,
    )
    nearest = yield from whole.nearest_steps(
        workers, lambda start, stop: list_rows(file, blocks, start, stop)
    )
    ((positions, distances),) = nearest.found()
    clusters, offsets = blocks.places(positions)
    return clusters, offsets, distances
