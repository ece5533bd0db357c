"""Checks of codecs: tables and code sizes must agree with the dimension.

Each function yields a sentence per misfit, as in ``check_sizes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss

Misfit = str

IMPLEMENTATIONS = (0, 10, 11, 12, 13, 14, 15)
"""Ways of a fast-scan search (``implem``) for lists in blocks."""

BLOCKS = (32, 64, 96, 128, 256)
"""Vectors in a block of a fast-scan list."""

MOST_QUERIES = 1024
"""Queries that a fast-scan search compares with a block at a time, at most; Faiss itself takes some ten."""

MOST_BITS = 24
"""Bits of a code that Faiss makes a codebook for."""

_BITS = {"QT_8bit": 8, "QT_6bit": 6, "QT_4bit": 4, "QT_8bit_uniform": 8, "QT_4bit_uniform": 4}


def equal(what: str, got: int, wanted: int) -> Iterator[Misfit]:
    """Yield a sentence where a number is not the wanted one."""
    if got != wanted:
        yield f"{what} must be {wanted}, got {got}"


def plain(index: Any) -> Iterator[Misfit]:
    """Check an index of codes one after the other, or a coarse quantizer made of codebooks."""
    kind = type(index).__name__
    if kind == "MultiIndexQuantizer":
        yield from _product(index.pq, index.d)
        yield from equal("number of combinations of centroids", index.ntotal, index.pq.ksub**index.pq.M)
        return
    if kind in ("ResidualCoarseQuantizer", "LocalSearchCoarseQuantizer"):
        quantizer = index.rq if kind.startswith("Residual") else index.lsq
        yield from _additive(quantizer, index.d)
        yield from equal("number of combinations of centroids", index.ntotal, 1 << quantizer.tot_bits)
        return
    if kind == "IndexPQFastScan":
        yield from _tables(index)
        yield from _product(index.pq, index.d)
        yield from equal("subquantizers", index.M, index.pq.M)
        rows = -(-index.ntotal // index.bbs) * index.bbs
        yield from equal("rows of all blocks", index.ntotal2, rows)
        yield from equal("bytes of all blocks", index.codes.size(), rows * index.M2 // 2)
        return
    yield from equal(
        "bytes of centroids" if isinstance(index, faiss.IndexFlat) else "bytes of codes",
        index.codes.size(),
        index.ntotal * index.code_size,
    )
    if isinstance(index, faiss.IndexFlat):
        yield from equal("bytes per vector", index.code_size, index.d * 4)
    elif kind == "IndexScalarQuantizer":
        yield from _scalar(index.sq, index)
    elif kind == "IndexPQ":
        yield from _product(index.pq, index.d)
        yield from equal("bytes per code", index.code_size, index.pq.code_size)
    else:
        yield f"a {kind} is not expected here"


def ivf(index: Any) -> Iterator[Misfit]:
    """Check the codec of an IVF index."""
    kind = type(index).__name__
    if kind == "IndexIVFFlat":
        yield from equal("bytes per vector", index.code_size, index.d * 4)
    elif kind == "IndexIVFScalarQuantizer":
        yield from _scalar(index.sq, index)
    elif kind == "IndexIVFPQ":
        yield from _product(index.pq, index.d)
        yield from equal("bytes per code", index.code_size, index.pq.code_size)
    elif "FastScan" in kind:
        yield from _fast_scan(index)
    elif hasattr(index, "aq"):
        yield from _additive(index.aq, index.d)
        yield from equal("bytes per code", index.code_size, index.aq.code_size)
    elif kind == "IndexIVFRaBitQ":
        yield from _rabitq(index.rabitq, index)
    elif kind == "IndexIVFSpectralHash":
        transform = faiss.downcast_VectorTransform(index.vt)
        yield from equal("input dimension of the hash", transform.d_in, index.d)
        yield from equal("output dimension of the hash", transform.d_out, index.nbit)
        yield from equal("bytes per code", index.code_size, (index.nbit + 7) // 8)


def _scalar(sq: Any, index: Any) -> Iterator[Misfit]:
    yield from equal("dimension of the scalar quantizer", sq.d, index.d)
    yield from equal("bytes per code", index.code_size, sq.code_size)
    names = {getattr(faiss.ScalarQuantizer, name): name for name in _BITS}
    if sq.qtype in names:
        name = names[sq.qtype]
        yield from equal("bytes per code", sq.code_size, (sq.d * _BITS[name] + 7) // 8)
        yield from equal(
            "ranges of the scalar quantizer", sq.trained.size(), 2 if "uniform" in name else 2 * sq.d
        )


def _product(pq: Any, dim: int) -> Iterator[Misfit]:
    yield from equal("dimension of the product quantizer", pq.d, dim)
    yield from equal("dimensions of all subquantizers", pq.M * pq.dsub, pq.d)
    if not 0 <= pq.nbits <= MOST_BITS:
        yield f"bits of a subquantizer must be between 0 and {MOST_BITS}, got {pq.nbits}"
    yield from equal("centroids of a subquantizer", pq.ksub, 1 << pq.nbits)
    yield from equal("numbers in the codebook", pq.centroids.size(), pq.d * pq.ksub)
    yield from equal("bytes per code", pq.code_size, (pq.M * pq.nbits + 7) // 8)


def _additive(aq: Any, dim: int) -> Iterator[Misfit]:
    bits = faiss.vector_to_array(aq.nbits).tolist()
    yield from equal("dimension of the additive quantizer", aq.d, dim)
    yield from equal("number of codebooks", len(bits), aq.M)
    if bits and not 0 <= min(bits) <= max(bits) <= MOST_BITS:
        yield f"bits of a codebook must be between 0 and {MOST_BITS}, got {min(bits)} to {max(bits)}"
    offsets = faiss.vector_to_array(aq.codebook_offsets).tolist()
    entries = [1 << bit for bit in bits]
    if offsets != [sum(entries[:i]) for i in range(len(entries) + 1)]:
        yield f"codebooks of {entries} entries must not begin at {offsets}"
    yield from equal("entries of all codebooks", aq.total_codebook_size, sum(entries))
    # A product of additive quantizers has codebooks for a part of the dimensions each.
    parts = getattr(faiss.downcast_AdditiveQuantizer(aq), "nsplits", 1)
    yield from equal("numbers in the codebooks", aq.codebooks.size() * parts, sum(entries) * aq.d)


def _tables(index: Any) -> Iterator[Misfit]:
    """Check the parts that all fast-scan indexes have."""
    yield from equal("bits per subquantizer", index.nbits, 4)
    yield from equal("centroids of a subquantizer", index.ksub, 16)
    yield from equal("subquantizers, rounded up", index.M2, (index.M + 1) // 2 * 2)
    if index.implem not in IMPLEMENTATIONS:
        yield f"implem must be one of {IMPLEMENTATIONS}, got {index.implem}"
    if index.bbs not in BLOCKS:
        yield f"vectors per block must be one of {BLOCKS}, got {index.bbs}"


def _fast_scan(index: Any) -> Iterator[Misfit]:
    yield from _tables(index)
    if not 0 <= index.qbs2 <= MOST_QUERIES:
        yield f"queries at a time (qbs2) must be at most {MOST_QUERIES}, got {index.qbs2}"
    if hasattr(index, "pq"):
        yield from _product(index.pq, index.d)
        yield from equal("subquantizers", index.M, index.pq.M)
        yield from equal("bytes per code", index.code_size, index.M2 // 2)
    elif hasattr(index, "rabitq"):
        yield from _rabitq(index.rabitq, index)
        yield from equal("subquantizers", index.M, (index.d + 3) // 4)
    else:
        yield from _additive(index.aq, index.d)
        yield from equal("bytes per code", index.code_size, index.M2 // 2)


def _rabitq(rabitq: Any, index: Any) -> Iterator[Misfit]:
    yield from equal("dimension of RaBitQ", rabitq.d, index.d)
    if not 1 <= rabitq.nb_bits <= 9:
        yield f"bits of RaBitQ must be between 1 and 9, got {rabitq.nb_bits}"
    yield from equal("bytes per code", rabitq.code_size, rabitq.compute_code_size(rabitq.d, rabitq.nb_bits))
    yield from equal("bytes per code", index.code_size, rabitq.code_size)
