"""Names of an index, its metric and its distances, in Faiss's own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import faiss

from feder_widget.faiss_internals.unwrap import IdMap, Stack, Transform, chain_of, derived

METRICS = {
    faiss.METRIC_INNER_PRODUCT: ("inner product", "inner product"),
    faiss.METRIC_L2: ("L2", "squared L2 distance"),
    faiss.METRIC_L1: ("L1", "L1 distance"),
    faiss.METRIC_Linf: ("Linf", "L-infinity distance"),
    faiss.METRIC_Lp: ("Lp", "Lp distance to the power of p"),
    faiss.METRIC_Canberra: ("Canberra", "Canberra distance"),
    faiss.METRIC_BrayCurtis: ("Bray-Curtis", "Bray-Curtis dissimilarity"),
    faiss.METRIC_JensenShannon: ("Jensen-Shannon", "Jensen-Shannon divergence"),
    faiss.METRIC_Jaccard: ("Jaccard", "Jaccard similarity"),
    faiss.METRIC_NaNEuclidean: ("NaN-Euclidean", "squared L2 distance over the numbers that are there"),
    faiss.METRIC_GOWER: ("Gower", "Gower distance"),
}
"""Faiss's metrics -> name of the metric, name of a distance."""


def metric(stack: Stack) -> str:
    """Return the name of the metric."""
    if stack.is_binary:
        return "Hamming"
    return metric_name(stack.ivf.metric_type, stack.ivf.metric_arg)


def metric_name(metric: int, metric_arg: float) -> str:
    """Return the name of a metric by Faiss's number of it."""
    name = METRICS[metric][0]
    return f"{name} (p={metric_arg:g})" if metric == faiss.METRIC_Lp else name


def other_coarse_metric(stack: Stack, coarse: int) -> str | None:
    """Return the name of the coarse quantizer's metric where the index has another; None where they agree."""
    is_same = stack.is_binary or coarse == stack.ivf.metric_type
    return None if is_same else METRICS[coarse][0]


def distance(stack: Stack, faithful: bool) -> str:
    """Return the name of a reported distance; ``faithful``: it is the distance to the decoded vector."""
    if stack.is_binary:
        return "Hamming distance"
    ivf = stack.ivf
    if type(ivf).__name__ == "IndexIVFSpectralHash":
        return "Hamming distance between codes"
    name = exact_distance(ivf, stack.chain)
    return name if faithful else f"estimated {name}"


def refined_distance(stack: Stack) -> str | None:
    """Return the name of a distance in the second pass, or None where there is none."""
    if stack.refine is None:
        return None
    index = derived(stack.refine.refine_index)
    return of_codes(METRICS[index.metric_type][1], _store(index) == "Flat")


def of_codes(name: str, exact: bool) -> str:
    """Return the name of a distance so that it says whether it is one to the vectors or to their codes."""
    if exact or name.startswith("estimated") or "codes" in name:
        return name
    return f"{name} {'to' if 'distance' in name else 'with'} codes"


def coarse_distance(stack: Stack, metric: int, measured: bool) -> str:
    """Return the name of a coarse distance; ``measured``: it is the distance to the centroid."""
    if stack.is_binary:
        return "Hamming distance"
    name = METRICS[metric][1]
    return name if measured else f"estimated {name}"


def exact_distance(ivf: Any, chain: tuple[Any, ...]) -> str:
    """Return the name of a distance between vectors behind some transforms."""
    if ivf.metric_type == faiss.METRIC_INNER_PRODUCT and _compares_directions(chain):
        return "cosine similarity"
    return METRICS[ivf.metric_type][1]


def family(stack: Stack) -> str:
    """Return the parts of an index: "OPQ16_64 → IVF1024,PQ16x8 + RFlat"."""
    before: list[str] = []
    after = ""
    for layer in stack.layers:
        if isinstance(layer, IdMap):
            before.append(_kind(layer.index).removeprefix("Index").replace("Binary", ""))
        elif isinstance(layer, Transform):
            before += [_transform(step) for step in layer.chain]
        else:
            refined = _store(derived(layer.index.refine_index))
            after = " + RFlat" if refined == "Flat" else f" + Refine({refined})"
    if hasattr(stack.core, "hnsw"):
        core = _hnsw(stack.core)
    elif isinstance(stack.core, (faiss.IndexIVF, faiss.IndexBinaryIVF)):
        core = _ivf(stack.core)
    else:
        core = _store(stack.core)
    if stack.sharded is not None:
        core = f"{len(stack.shards)} shards of {core}"
    return " → ".join([*before, core]) + after


def _hnsw(index: Any) -> str:
    if isinstance(index, faiss.IndexBinary):
        return f"B{_graph(index)}"
    return f"{_graph(index)},{_store(derived(index.storage))}"


def _ivf(ivf: Any) -> str:
    return f"{_lists(ivf)},{_codes(ivf)}" if isinstance(ivf, faiss.Index) else f"B{_lists(ivf)}"


def _lists(ivf: Any) -> str:
    quantizer = derived(ivf.quantizer)
    kind = _kind(quantizer)
    if kind == "MultiIndexQuantizer":
        return f"IMI{quantizer.pq.M}x{quantizer.pq.nbits}"
    store = _store(quantizer)
    if store == "Flat":
        return f"IVF{ivf.nlist}"
    if "HNSW" in kind and store == _graph(quantizer):
        return f"IVF{ivf.nlist}_{store}"
    return f"IVF{ivf.nlist}({store})"


def _store(index: Any) -> str:
    """Return the name of an index inside another."""
    kind = _kind(index)
    if kind.startswith(("IndexFlat", "IndexBinaryFlat")):
        return "Flat"
    if hasattr(index, "hnsw") or hasattr(index, "nsg"):
        stored = _store(derived(index.storage))
        return _graph(index) if stored == "Flat" else f"{_graph(index)}_{stored}"
    if isinstance(index, faiss.IndexIVF):
        return _ivf(index)
    if kind == "IndexPreTransform":
        return ",".join([*map(_transform, chain_of(index)), _store(derived(index.index))])
    if kind.startswith("IndexRefine"):
        return f"{_store(derived(index.base_index))},Refine({_store(derived(index.refine_index))})"
    return _CODES[kind](index) if kind in _CODES else kind.removeprefix("Index")


def _graph(index: Any) -> str:
    return f"HNSW{index.hnsw.nb_neighbors(1)}" if hasattr(index, "hnsw") else f"NSG{index.nsg.R}"


def _codes(ivf: Any) -> str:
    return _CODES[_kind(ivf)](ivf)


def _transform(step: Any) -> str:
    kind = _kind(step)
    if kind == "PCAMatrix":
        whitened = "W" if step.eigen_power else ""
        return f"PCA{whitened}{'R' if step.random_rotation else ''}{step.d_out}"
    if kind == "OPQMatrix":
        return f"OPQ{step.M}_{step.d_out}"
    if kind == "NormalizationTransform":
        return "L2norm"
    short = {"RandomRotationMatrix": "RR", "RemapDimensionsTransform": "Pad", "HadamardRotation": "HR"}
    name = short.get(kind, kind.removesuffix("Transform").removesuffix("Matrix"))
    return f"{name}{step.d_out}"


def _compares_directions(chain: tuple[Any, ...]) -> bool:
    """Return whether vectors reach the lists at length 1: normalised, and at most rotated after that."""
    for step in reversed(chain):
        kind = _kind(step)
        if kind == "NormalizationTransform":
            return True
        rotates = kind == "HadamardRotation" or getattr(step, "is_orthonormal", False)
        if not rotates or step.d_out < step.d_in or getattr(step, "have_bias", False):
            return False
    return False


def _kind(thing: Any) -> str:
    return type(thing).__name__


def _scalar(index: Any) -> str:
    name = next(
        name.removeprefix("QT_")
        for name, value in vars(faiss.ScalarQuantizer).items()
        if name.startswith("QT_") and value == index.sq.qtype
    )
    return f"SQ{name.removesuffix('bit') if name in ('4bit', '6bit', '8bit') else name}"


def _product(index: Any) -> str:
    return f"PQ{index.pq.M}x{index.pq.nbits}"


def _product_fast(index: Any) -> str:
    residual = "r" if index.by_residual else ""
    blocks = "" if index.bbs == 32 else f"_{index.bbs}"
    return f"PQ{index.M}x4fs{residual}{blocks}"


def _additive(name: str) -> Callable[[Any], str]:
    def named(index: Any) -> str:
        bits = [index.aq.nbits.at(i) for i in range(index.aq.M)]
        sizes = f"{index.aq.M}x{bits[0]}" if len(set(bits)) == 1 else "_".join(map(str, bits))
        return f"{name}{sizes}{'fs' if 'FastScan' in _kind(index) else ''}"

    return named


_CODES: dict[str, Callable[[Any], str]] = {
    "IndexIVFFlat": lambda _: "Flat",
    "IndexIVFFlatPanorama": lambda index: f"FlatPanorama{index.n_levels}",
    "IndexIVFScalarQuantizer": _scalar,
    "IndexScalarQuantizer": _scalar,
    "IndexIVFPQ": _product,
    "IndexPQ": _product,
    "IndexPQFastScan": lambda index: f"PQ{index.M}x4fs",
    "IndexIVFPQFastScan": _product_fast,
    **{
        f"IndexIVF{quantizer}{fast}": _additive(name)
        for quantizer, name in (
            ("ResidualQuantizer", "RQ"),
            ("LocalSearchQuantizer", "LSQ"),
            ("ProductResidualQuantizer", "PRQ"),
            ("ProductLocalSearchQuantizer", "PLSQ"),
        )
        for fast in ("", "FastScan")
    },
    "IndexIVFRaBitQ": lambda index: f"RaBitQ{index.rabitq.nb_bits}",
    "IndexIVFRaBitQFastScan": lambda index: f"RaBitQ{index.rabitq.nb_bits}fs",
    "IndexIVFEDEN": lambda index: f"EDEN{8 * index.code_size // index.d}",
    "IndexIVFSpectralHash": lambda index: f"SH{index.nbit}",
}
