"""Admission of a graph index: its searches can be told step by step, it is filled, and its parts fit."""

from __future__ import annotations

from typing import Any

import faiss

from feder_widget.faiss_internals import flat_file
from feder_widget.faiss_internals.admission.check_sizes import misfit
from feder_widget.faiss_internals.admission.ivf_admission import InconsistentIndexError
from feder_widget.faiss_internals.admission.supported_quantizers import FLAT
from feder_widget.faiss_internals.family_name import METRICS
from feder_widget.faiss_internals.graph.hnsw_search import check_settings
from feder_widget.faiss_internals.graph.second_pass import refining_stack
from feder_widget.faiss_internals.unwrap import IdMap, Stack, class_name, derived, refusal

BINARY = ("IndexBinaryHNSW", "IndexBinaryHNSWCagra")
GRAPHS = ("IndexHNSWFlat", "IndexHNSWSQ", "IndexHNSWPQ", "IndexHNSWCagra", "IndexHNSW", *BINARY)
"""Classes of graphs whose walk is told exactly."""

STORAGES = (*FLAT, "IndexScalarQuantizer", "IndexPQ", "IndexBinaryFlat")
"""Classes that hold the vectors of a graph, whose distances are known bit for bit."""

REFUSED = {
    "IndexHNSWFlatPanorama": "its search leaves distances unfinished, so that its visits are not known",
    "IndexHNSW2Level": "its search does not report the nodes that it visits",
    "IndexHNSWRaBitQ": "its search estimates distances before it computes them",
}


def is_graph(stack: Stack) -> bool:
    """Return whether the index inside all layers is an HNSW graph."""
    return stack.sharded is None and hasattr(stack.core, "hnsw")


def check(stack: Stack) -> None:
    """Raise if searches of a graph cannot be traced, or not safely.

    Raises
    ------
    UnsupportedIndexError
        If the graph, its storage or a layer around it cannot be traced.
    InconsistentIndexError
        If parts do not fit together.
    ValueError
        If the index is untrained or empty.
    """
    index = stack.core
    _check_kind(index)
    if stack.refine is not None:
        _check_second_pass(stack)
    if not index.is_trained:
        raise ValueError("the index is not trained: call its train() and add() first")
    if index.ntotal == 0:
        raise ValueError("the index is empty: add() vectors to it first")
    found = misfit(stack)
    if found:
        raise InconsistentIndexError(found)


def _check_kind(index: Any) -> None:
    kind = type(index).__name__
    if kind not in GRAPHS:
        raise refusal(index, REFUSED.get(kind, "this class of graph is not known"))
    if index.metric_type not in METRICS:
        raise refusal(index, f"its metric_type {index.metric_type} is unknown")
    if index.storage is None:
        raise refusal(index, "it holds no vectors (was it read with IO_FLAG_SKIP_STORAGE?)")
    storage = derived(index.storage)
    if type(storage).__name__ not in STORAGES:
        raise refusal(index, f"its vectors are in a {class_name(storage)}, whose distances are not known")
    if getattr(index, "base_level_only", False):
        raise refusal(index, "its search begins at random nodes; set base_level_only = False")
    check_settings(index)


def _check_second_pass(stack: Stack) -> None:
    refine = stack.refine
    if any(isinstance(layer, IdMap) for layer in stack.inside_refine):
        raise refusal(refine, "the id map inside it renumbers the rows to re-rank; put the id map around it")
    if refine.metric_type not in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
        raise refusal(refine, "Faiss re-ranks by L2 and by inner product only; open its base_index")
    refining = derived(refine.refine_index)
    if not refine.metric_type == refining.metric_type == stack.core.metric_type:
        raise refusal(refine, "its first and its second pass have different metrics")
    inside = refining_stack(stack)
    if not flat_file.is_flat(inside):
        raise refusal(
            refine, f"its second pass compares with a {class_name(refining)}, whose distances are not known"
        )
    flat_file.check(inside)
