"""A search of all vectors of a flat storage by the workers of an executor, bit for bit as Faiss searches.

Faiss compares few queries one by one, and many by matrix products in blocks of so many vectors. Parts begin
where such blocks begin, and use as many threads as the caller's search would, so that products round alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError, WorkerError
from feder_widget.faiss_internals.omp_threads import is_forked, omp_threads
from feder_widget.faiss_internals.opened_file import opened_stack
from feder_widget.faiss_internals.stored_vectors import StoredVectors
from feder_widget.faiss_internals.supported_quantizers import FLAT
from feder_widget.faiss_internals.unwrap import derived
from feder_widget.model.file_stamp import FileStamp
from feder_widget.model.pieces import Steps
from feder_widget.model.row_source import HeldRows, RowSource
from feder_widget.model.top_k import top_k_places
from feder_widget.model.vector_source import VectorSource
from feder_widget.truth.row_parts import CARRIED_BYTES, PART_WORK
from feder_widget.workers import Part, Workers

READ_WORK = 4
"""Multiplications per dimension that reading one vector counts for."""

NO_STORAGE = (
    "executor needs vectors that workers can compare: a Faiss index that holds them whole, by L2 or inner "
    "product, or codes with the original vectors, open_index(source, vectors=...); leave executor out"
)

Ids = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]
Best = list[tuple[Ids, Float32Array]]
"""Nodes and distances of each query, nearest first."""


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Vectors of an index file, by nodes.

    Attributes
    ----------
    file : FileStamp
        The file.
    total : int
        Vectors in it.
    start, stop : int
        Nodes ``start`` up to but not ``stop``.
    """

    file: FileStamp
    total: int
    start: int
    stop: int

    @property
    def name(self) -> str:
        """The path of the file."""
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
        core = opened_stack(self.file).core
        flat = derived(core.storage) if hasattr(core, "storage") else core
        if flat.ntotal != self.total:
            raise IndexChangedError(
                f"{self.file.path} holds {flat.ntotal:,} vectors, and the index opened from it {self.total:,}"
            )
        return np.asarray(flat.reconstruct_n(self.start, self.stop - self.start), np.float32)


def shared_storage(source: VectorSource) -> StoredVectors | None:
    """Return the vectors of an index whose workers can search them, or None for another one."""
    if not isinstance(source, StoredVectors) or type(source.storage).__name__ not in FLAT:
        return None
    return source if source.storage.metric_type <= faiss.METRIC_L2 else None


def nearest_steps(stored: StoredVectors, vectors: Float32Array, k: int, workers: Workers) -> Steps[Best]:
    """Have workers find the k nearest nodes of each query, as ``StoredVectors.nearest`` orders them.

    Of nodes as far as the last one, any may be among them, as in a search of Faiss: ask for more until all
    are.

    Parameters
    ----------
    stored : StoredVectors
        From ``shared_storage``.
    vectors : float32 (n, inner dim)
        Queries behind the transforms.
    k : int
        Nodes wanted, at least 1.
    workers : Workers
        Compare the vectors.
    """
    best: Best = [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in vectors]

    def take(found: Best) -> None:
        for i, (nodes, distances) in enumerate(found):
            nodes = np.concatenate([best[i][0], nodes])
            distances = np.concatenate([best[i][1], distances])
            kept = top_k_places(nodes, distances, k, stored.similarity)
            best[i] = nodes[kept], distances[kept]

    yield from workers.results_steps(_parts(stored, vectors, k), take)
    return best


def _parts(stored: StoredVectors, vectors: Float32Array, k: int) -> Iterator[Part[Best]]:
    total, dim = stored.ntotal, vectors.shape[1]
    block = int(faiss.cvar.distance_compute_blas_database_bs)
    is_product = vectors.size >= int(faiss.cvar.distance_compute_blas_threshold)
    threads = faiss.omp_get_max_threads() if is_product else 1
    most = PART_WORK // (dim * (len(vectors) + READ_WORK))
    if stored.file_of_vectors is None:
        most = min(most, CARRIED_BYTES // (4 * dim))
    rows = max(1, most // block) * block
    for start in range(0, total, rows):
        stop = min(start + rows, total)
        source = _rows(stored, start, stop)
        yield Part(
            f"vectors {start:,} to {stop - 1:,} of {source.name}",
            nearest_in_part,
            (source, vectors, start, k, stored.similarity, threads),
            source.carried_bytes,
        )


def _rows(stored: StoredVectors, start: int, stop: int) -> RowSource:
    file = stored.file_of_vectors
    if file is not None:
        return StoredRows(file, stored.ntotal, start, stop)
    return HeldRows(stored.stored_vectors(np.arange(start, stop)), "the index")


def nearest_in_part(
    source: RowSource, queries: Float32Array, first: int, k: int, similarity: bool, threads: int
) -> Best:
    """Return the nearest of some nodes for each query; a worker calls it."""
    if threads > 1 and is_forked():
        raise WorkerError(
            "executor must start its processes by spawn or forkserver here: many queries are compared by "
            f"OpenMP's {threads} threads, which a forked process does not have; pass "
            'ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")), or call '
            "faiss.omp_set_num_threads(1) first"
        )
    rows = np.ascontiguousarray(source.read(), np.float32)
    metric = faiss.METRIC_INNER_PRODUCT if similarity else faiss.METRIC_L2
    with omp_threads(threads):
        distances, nodes = faiss.knn(queries, rows, min(k, len(rows)), metric=metric)
    return [(found[found >= 0] + first, at[found >= 0]) for found, at in zip(nodes, distances, strict=True)]
