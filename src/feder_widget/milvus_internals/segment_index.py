"""The index of one segment as a Faiss index: without the rows that were deleted, under the segment's ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexFileError, UnsupportedIndexError
from feder_widget.faiss_internals import index_file
from feder_widget.faiss_internals.admission.ivf_admission import InconsistentIndexError, check
from feder_widget.faiss_internals.unwrap import unwrap
from feder_widget.milvus_internals.database import IndexKind

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

METRICS = {
    "L2": faiss.METRIC_L2,
    "IP": faiss.METRIC_INNER_PRODUCT,
    "COSINE": faiss.METRIC_INNER_PRODUCT,
}
"""How Milvus Lite has Faiss compare; by cosine, vectors and queries are normalised."""

NPROBE, EF_SEARCH = 10, 64
"""What Milvus Lite searches with unless it is told otherwise."""

NUMPY_FILE = b"\x93NUMPY"
"""What the vectors of a flat index begin with, which is no file of Faiss."""


def read(path: Path, kind: IndexKind, dim: int, ids: Ids, is_live: Flags) -> faiss.Index:
    """Read the index of a segment.

    Parameters
    ----------
    path : Path
        Its file.
    kind : IndexKind
        What the manifest says of it.
    dim : int
        Dimensions of the field.
    ids : int64 (n,)
        The id of each row of the segment.
    is_live : bool (n,)
        Which rows a search returns.

    Raises
    ------
    OSError
        If the file is damaged, or is not the index of these rows.
    UnsupportedIndexError
        If rows were deleted from a graph, or the kind of index is not known.
    """
    if kind.metric not in METRICS:
        raise UnsupportedIndexError(f"{path} compares by {kind.metric}; L2, IP and COSINE can be opened")
    if _begins_with(path, NUMPY_FILE):
        return _outside(_flat(path, kind, dim, is_live), kind, dim, ids[is_live])
    index = index_file.read(path, mmap=False)
    if (index.d, index.ntotal, index.metric_type) != (dim, len(ids), METRICS[kind.metric]):
        raise IndexFileError(
            f"{path} is not the index of its segment: it must hold {len(ids):,} rows of {dim} dimensions "
            f"compared by {kind.metric}, got {index.ntotal:,} of {index.d}"
        )
    if isinstance(index, faiss.IndexIVF):
        _check_lists(path, index)
        index.nprobe = min(NPROBE, index.nlist)
        if not is_live.all():
            _keep_rows(index, is_live)
    elif isinstance(index, faiss.IndexHNSW):
        index.hnsw.efSearch = EF_SEARCH
        if not is_live.all():
            raise UnsupportedIndexError(
                f"{path} is a graph, and {int((~is_live).sum()):,} of its {len(ids):,} rows were deleted or "
                "replaced: Milvus Lite walks through them and returns others, which cannot be told here. "
                "Write the rows that are left to a new collection, and open that"
            )
    else:
        raise UnsupportedIndexError(
            f"{path} holds a {type(index).__name__}, which Milvus Lite does not write"
        )
    return _outside(index, kind, dim, ids[is_live])


def _begins_with(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _flat(path: Path, kind: IndexKind, dim: int, is_live: Flags) -> faiss.Index:
    """Return a flat index of the vectors that Milvus Lite compares without Faiss."""
    try:
        vectors = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise IndexFileError(f"{path} is damaged: {error}") from error
    if vectors.shape != (len(is_live), dim) or vectors.dtype != np.float32:
        raise IndexFileError(
            f"{path} is not the index of its segment: it must hold float32 ({len(is_live)}, {dim}), got "
            f"{vectors.dtype} {vectors.shape}"
        )
    vectors = np.ascontiguousarray(vectors[is_live])
    if kind.metric == "COSINE":
        faiss.normalize_L2(vectors)
    index = faiss.IndexFlat(dim, METRICS[kind.metric])
    index.add(vectors)
    return index


def _check_lists(path: Path, index: faiss.Index) -> None:
    """Raise if parts of an index contradict each other: its lists are read where they say that they are."""
    try:
        check(unwrap(index))
    except InconsistentIndexError as error:
        raise IndexFileError(f"{path} is damaged: {error}") from error


def _keep_rows(index: Any, is_live: Flags) -> None:
    """Drop rows from inverted lists, and number the others anew in their order."""
    numbers = np.cumsum(is_live) - 1
    held = index.invlists
    kept = faiss.ArrayInvertedLists(index.nlist, index.code_size)
    for cluster in range(index.nlist):
        size = held.list_size(cluster)
        if not size:
            continue
        rows = faiss.rev_swig_ptr(held.get_ids(cluster), size)
        if rows.min() < 0 or rows.max() >= len(is_live):
            raise IndexFileError(
                f"the index is damaged: cluster {cluster} holds a row that the segment lacks"
            )
        some = is_live[rows]
        codes = faiss.rev_swig_ptr(held.get_codes(cluster), size * index.code_size)
        ids = np.ascontiguousarray(numbers[rows[some]], np.int64)
        codes = np.ascontiguousarray(codes.reshape(size, index.code_size)[some])
        if len(ids):
            kept.add_entries(cluster, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes))
    index.replace_invlists(kept, True)
    kept.this.disown()
    index.ntotal = int(is_live.sum())


def _outside(index: Any, kind: IndexKind, dim: int, ids: Ids) -> faiss.Index:
    """Put the layers around an index that stand for what Milvus Lite does outside Faiss."""
    if kind.metric == "COSINE":
        transform = faiss.NormalizationTransform(dim, 2.0)
        inside, index = index, faiss.IndexPreTransform(transform, index)
        index.own_fields = True
        inside.this.disown()
        transform.this.disown()
    if np.array_equal(ids, np.arange(len(ids))):
        return index
    count = index.ntotal
    # An id map is made around an empty index only.
    index.ntotal = 0
    named = faiss.IndexIDMap(index)
    index.ntotal = named.ntotal = count
    faiss.copy_array_to_vector(np.ascontiguousarray(ids, np.int64), named.id_map)
    named.own_fields = True
    index.this.disown()
    return named
