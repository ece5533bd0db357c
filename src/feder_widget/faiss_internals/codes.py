"""Stored codes back into vectors, list by list: ``decode(ivf, cluster, offsets)`` for every kind of code.

Each returns float32 (n, d): the vectors that ``reconstruct_from_offset`` gives for these offsets, or for the
whole list in list order where ``offsets`` is None. Cluster and offsets are within range; Faiss would not
check.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.shards.joined_lists import have

Offsets = npt.NDArray[np.int64] | None
Float32Array = npt.NDArray[np.float32]


def whole(ivf: Any, cluster: int, offsets: Offsets) -> Float32Array:
    """Copy vectors that are stored as they are."""
    with inverted_lists.borrowed_vectors(ivf.invlists, cluster, ivf.d) as vectors:
        chosen: Float32Array = vectors.copy() if offsets is None else vectors[offsets]
        return chosen


def coded(ivf: Any, cluster: int, offsets: Offsets) -> Float32Array:
    """Decode codes that are stored one after the other."""
    with inverted_lists.borrowed_codes(ivf.invlists, cluster, ivf.code_size) as codes:
        return _decoded(ivf, cluster, codes if offsets is None else codes[offsets])


def packed(ivf: Any, cluster: int, offsets: Offsets) -> Float32Array:
    """Decode codes that a fast-scan index has shuffled into blocks."""
    blocks_of: Any = faiss.downcast_InvertedLists(ivf.invlists)
    per_block = blocks_of.n_per_block
    wanted = np.arange(blocks_of.list_size(cluster)) if offsets is None else offsets
    needed, at = np.unique(wanted // per_block, return_inverse=True)
    codes = np.empty((len(needed), per_block, ivf.code_size), np.uint8)
    with inverted_lists.borrowed_blocks(blocks_of, cluster) as blocks:
        for i, block in enumerate(needed):
            blocks_of.packer.unpack_all(faiss.swig_ptr(blocks[block]), faiss.swig_ptr(codes[i]))
    return _decoded_by_codec(ivf, np.full(len(wanted), cluster), codes[at, wanted % per_block])


def one_by_one(ivf: Any, cluster: int, offsets: Offsets) -> Float32Array:
    """Decode lists whose layout only the index itself knows."""
    wanted = range(ivf.invlists.list_size(cluster)) if offsets is None else offsets.tolist()
    have(ivf.invlists, (cluster,))
    vectors = np.empty((len(wanted), ivf.d), np.float32)
    for vector, offset in zip(vectors, wanted, strict=True):
        ivf.reconstruct_from_offset(cluster, offset, faiss.swig_ptr(vector))
    return vectors


def bits(ivf: Any, cluster: int, offsets: Offsets) -> Float32Array:
    """Unpack the bits of a binary index into zeros and ones."""
    with inverted_lists.borrowed_codes(ivf.invlists, cluster, ivf.code_size) as codes:
        chosen = codes if offsets is None else codes[offsets]
        return unpacked(chosen)


def encoded_and_decoded(ivf: Any, vectors: Float32Array) -> Float32Array:
    """Return what the index would hold of vectors if they were added, float32 (n, d)."""
    codes = ivf.sa_encode(vectors)
    if not is_packed(ivf):
        again: Float32Array = ivf.sa_decode(codes)
        return again
    width = ivf.coarse_code_size()
    clusters = np.zeros((len(codes), 8), np.uint8)
    clusters[:, :width] = codes[:, :width]
    return _decoded_by_codec(ivf, clusters.view("<i8")[:, 0], codes[:, width:])


def is_packed(ivf: Any) -> bool:
    """Return whether a codec of its own decodes what ``packed`` finds in the lists."""
    return hasattr(ivf, "bbs") and (hasattr(ivf, "pq") or hasattr(ivf, "aq"))


def unpacked(codes: npt.NDArray[np.uint8]) -> Float32Array:
    """Return bytes as zeros and ones, the highest bit first as in NumPy, float32 (n, 8 * bytes)."""
    return np.unpackbits(codes, axis=1).astype(np.float32)


def _decoded_by_codec(
    ivf: Any, clusters: npt.NDArray[np.int64], codes: npt.NDArray[np.uint8]
) -> Float32Array:
    """Decode codes of some clusters without ``sa_decode``.

    In a fast-scan index that was read from a file, that follows an unset pointer.
    """
    codec = ivf.pq if hasattr(ivf, "pq") else ivf.aq
    vectors: Float32Array = codec.decode(np.ascontiguousarray(codes))
    if ivf.by_residual and len(clusters):
        needed, at = np.unique(clusters, return_inverse=True)
        vectors += ivf.quantizer.reconstruct_batch(needed)[at]
    return vectors


def _decoded(ivf: Any, cluster: int, codes: npt.NDArray[np.uint8]) -> Float32Array:
    """Decode with the number of the list before each code, as ``sa_decode`` wants it."""
    prefix = np.frombuffer(cluster.to_bytes(8, "little"), np.uint8)[: ivf.coarse_code_size()]
    full = np.concatenate([np.broadcast_to(prefix, (len(codes), len(prefix))), codes], axis=1)
    vectors = np.empty((len(codes), ivf.d), np.float32)
    if len(codes):
        ivf.sa_decode_c(len(codes), faiss.swig_ptr(np.ascontiguousarray(full)), faiss.swig_ptr(vectors))
    return vectors
