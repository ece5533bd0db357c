"""How the inverted lists of each class of index are traced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss

from feder_widget.faiss_internals import codes
from feder_widget.faiss_internals.scans import fast_scan, hamming_scan, range_scan, search_scan
from feder_widget.model.search_trace import Scan

Judgement = Callable[[Any], bool]
Slice = Callable[..., Any]


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Family:
    """How the indexes of one class are traced. Properties that vary within it are functions of the index.

    Attributes
    ----------
    scan : function
        Compares a query with any lists; see ``feder_widget.faiss_internals.scans``.
    slice : function or None
        Compares a query with a part of one list, likewise; None where a list can only be scanned whole.
    work : int
        Multiplications per dimension that comparing a vector costs, about.
    probe : function or None
        A better way for the lists of a search, where there is one. Takes ``nprobe`` as well.
    decode : function or None
        Decodes vectors; see ``feder_widget.faiss_internals.codes``. None where codes cannot be decoded.
    exact : bool
        Vectors are stored whole.
    faithful : function
        A distance is the one to the decoded vector, to within rounding.
    adds_centroid : function
        A distance is the coarse distance plus a residual term.
    splittable : function
        A distance is the same whichever lists are scanned together.
    replays : function
        The results are the best of the candidates. Elsewhere a search skips candidates by a bound, or breaks
        ties in its own way, and Faiss itself is asked for the results.
    skips : function
        A search may skip some of the best candidates: by an estimated bound, or all of them, as Faiss 1.15
        does in an ``IndexBinaryIVF`` without a heap.
    heeds_max_codes : bool
        A search stops after ``max_codes`` vectors where that is set.
    """

    scan: Callable[..., Scan] = range_scan.scan
    slice: Slice | None = range_scan.scan_slice
    probe: Callable[..., Scan] | None = None
    decode: Callable[..., Any] | None = codes.coded
    work: int = 1
    exact: bool = False
    faithful: Judgement = _always
    adds_centroid: Judgement = _never
    splittable: Judgement = _always
    replays: Judgement = _always
    skips: Judgement = _never
    heeds_max_codes: bool = True


def family_of(ivf: Any) -> Family | None:
    """Return how an index is traced, or None where it cannot be."""
    return FAMILIES.get(type(ivf).__name__)


def _scalar_is_faithful(ivf: Any) -> bool:
    """Return False where the query is rounded too, or a distance uses more than the decoded vector."""
    if ivf.sq.qtype in _BYTES:
        return False
    return ivf.metric_type != faiss.METRIC_L2 or ivf.sq.qtype not in _TURBO


def _is_residual(ivf: Any) -> bool:
    return bool(ivf.by_residual)


def _scalar_adds_centroid(ivf: Any) -> bool:
    return bool(ivf.by_residual and ivf.metric_type != faiss.METRIC_L2)


def _product_adds_centroid(ivf: Any) -> bool:
    """Return whether a distance is looked up in precomputed tables of squares, or needs no squares."""
    return bool(ivf.by_residual and (ivf.metric_type != faiss.METRIC_L2 or ivf.use_precomputed_table > 0))


def _additive_is_faithful(ivf: Any) -> bool:
    """Under L2 a distance needs the norm of the decoded vector, which some codes round or leave out."""
    return ivf.metric_type != faiss.METRIC_L2 or ivf.aq.search_type in _WHOLE_NORMS


def _has_one_table(ivf: Any) -> bool:
    """Without residuals a fast-scan table, and so its scale, depends on the query alone."""
    return not ivf.by_residual


def _has_more_bits(ivf: Any) -> bool:
    """With more bits, a distance is computed rather than looked up in a table."""
    return not _has_one_bit(ivf)


def _has_one_bit(ivf: Any) -> bool:
    """With more bits, a search compares only the candidates that the first bit lets through."""
    return bool(ivf.rabitq.nb_bits == 1)


def _keeps_a_heap(ivf: Any) -> bool:
    return bool(ivf.use_heap and not ivf.per_invlist_search)


def _keeps_none(ivf: Any) -> bool:
    return not ivf.use_heap


_BYTES = (faiss.ScalarQuantizer.QT_8bit_direct, faiss.ScalarQuantizer.QT_8bit_direct_signed)
_TURBO = [
    getattr(faiss.ScalarQuantizer, name)
    for name in ("QT_2bit_tq", "QT_3bit_tq", "QT_4bit_tq", "QT_5bit_tq")
    if hasattr(faiss.ScalarQuantizer, name)
]
_WHOLE_NORMS = (
    faiss.AdditiveQuantizer.ST_decompress,
    faiss.AdditiveQuantizer.ST_norm_float,
    faiss.AdditiveQuantizer.ST_norm_from_LUT,
)

_ADDITIVE = Family(
    scan=range_scan.scan_in_groups,
    work=64,
    faithful=_additive_is_faithful,
    adds_centroid=_is_residual,
)
_FAST_SCAN = Family(
    scan=search_scan.scan_by_id,
    slice=None,
    probe=fast_scan.probe,
    decode=codes.packed,
    faithful=_never,
    splittable=_has_one_table,
    replays=_never,
    heeds_max_codes=False,
)

FAMILIES = {
    "IndexIVFFlat": Family(decode=codes.whole, exact=True),
    # A search sums a distance level by level and the range search in other blocks: the last digit may differ.
    "IndexIVFFlatPanorama": Family(slice=None, decode=codes.one_by_one, exact=True, replays=_never),
    "IndexIVFScalarQuantizer": Family(faithful=_scalar_is_faithful, adds_centroid=_scalar_adds_centroid),
    "IndexIVFPQ": Family(scan=range_scan.scan_in_groups, adds_centroid=_product_adds_centroid),
    "IndexIVFPQFastScan": _FAST_SCAN,
    "IndexIVFResidualQuantizer": _ADDITIVE,
    "IndexIVFLocalSearchQuantizer": _ADDITIVE,
    "IndexIVFProductResidualQuantizer": _ADDITIVE,
    "IndexIVFProductLocalSearchQuantizer": _ADDITIVE,
    "IndexIVFResidualQuantizerFastScan": _FAST_SCAN,
    "IndexIVFLocalSearchQuantizerFastScan": _FAST_SCAN,
    "IndexIVFProductResidualQuantizerFastScan": _FAST_SCAN,
    "IndexIVFProductLocalSearchQuantizerFastScan": _FAST_SCAN,
    "IndexIVFRaBitQ": Family(faithful=_never, replays=_has_one_bit, skips=_has_more_bits),
    "IndexIVFRaBitQFastScan": Family(
        scan=search_scan.scan_by_id,
        slice=None,
        # Its reconstruct returns points farther from the vector than the centroid is.
        decode=None,
        faithful=_never,
        splittable=_has_more_bits,
        replays=_never,
        skips=_has_more_bits,
        heeds_max_codes=False,
    ),
    "IndexIVFEDEN": Family(faithful=_never),
    "IndexIVFSpectralHash": Family(decode=None, faithful=_never),
    "IndexBinaryIVF": Family(
        scan=hamming_scan.scan,
        slice=hamming_scan.scan_slice,
        decode=codes.bits,
        exact=True,
        replays=_keeps_a_heap,
        skips=_keeps_none,
    ),
}

REFUSED = {
    "IndexIVFPQR": "its second pass cannot be traced; IndexRefineFlat around an IndexIVFPQ can",
    "IndexIVFFlatDedup": "its ids of equal vectors are in a map that SWIG does not expose; use IndexIVFFlat",
    "IndexIVFIndependentQuantizer": "its coarse quantizer and its lists see different vectors",
    "IndexRefinePanorama": "its second pass is not supported; use IndexRefineFlat",
    "IndexReplicas": "each replica holds the whole index; open one of them",
    "IndexBinaryShards": "shards of binary indexes are not supported; open one of them",
}
"""Reason why an index with inverted lists is not traced, and a remedy, by class."""


def why_refused(index: Any) -> str:
    """Return the reason why an index cannot be traced, with a remedy where there is one."""
    kind = type(index).__name__
    if kind in REFUSED:
        return REFUSED[kind]
    if kind.startswith("GpuIndex"):
        return "its inverted lists are on a GPU; pass faiss.index_gpu_to_cpu(index)"
    if isinstance(index, (faiss.IndexIVF, faiss.IndexBinaryIVF)):
        return "this kind of IVF index is not supported"
    return "it is no IVF index, no HNSW graph and no flat index"
