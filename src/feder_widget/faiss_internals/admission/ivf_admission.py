"""Admission of an index: its kind can be traced, it is trained and filled, and its parts fit together.

Faiss checks little of this when it searches, and reads out of bounds.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from feder_widget.faiss_internals.admission.check_sizes import misfit
from feder_widget.faiss_internals.admission.supported_quantizers import APPROXIMATE, EXHAUSTIVE
from feder_widget.faiss_internals.family_name import METRICS
from feder_widget.faiss_internals.tracing_by_class import family_of, why_refused
from feder_widget.faiss_internals.unwrap import Stack, class_name, derived, refusal


class InconsistentIndexError(ValueError):
    """The parts of an index contradict each other, so that Faiss would read out of bounds."""


def check(stack: Stack) -> None:
    """Raise if searches of an index cannot be traced, or not safely.

    Raises
    ------
    UnsupportedIndexError
        If the inverted lists or the coarse quantizer cannot be traced.
    InconsistentIndexError
        If parts do not fit together.
    ValueError
        If the index is untrained or empty.
    """
    for shard in stack.shards:
        _check_kind(shard.ivf)
    if not all(shard.ivf.is_trained for shard in stack.shards):
        raise ValueError("the index is not trained: call its train() and add() first")
    if not any(shard.ivf.ntotal for shard in stack.shards):
        raise ValueError("the index is empty: add() vectors to it first")
    found = misfit(stack)
    if found:
        raise InconsistentIndexError(found)
    _check_alike(stack)


def _check_kind(ivf: Any) -> None:
    if family_of(ivf) is None:
        raise refusal(ivf, why_refused(ivf))
    if isinstance(ivf, faiss.Index) and ivf.metric_type not in METRICS:
        raise refusal(ivf, f"its metric_type {ivf.metric_type} is unknown")
    if ivf.quantizer is None:
        raise refusal(ivf, "it has no coarse quantizer")
    quantizer = derived(ivf.quantizer)
    if type(quantizer).__name__ not in (*EXHAUSTIVE, *APPROXIMATE):
        raise refusal(ivf, f"its coarse quantizer is a {class_name(quantizer)}, which is not supported")
    if isinstance(quantizer, faiss.IndexIVF) and ivf.by_residual and quantizer.direct_map.type == 0:
        raise refusal(
            ivf, "Faiss needs centroids that it cannot read: call make_direct_map() of the quantizer"
        )


def _check_alike(stack: Stack) -> None:
    """Refuse shards without the same clusters: a ranking for one would be wrong for another."""
    first, *others = (shard.ivf for shard in stack.shards)
    for number, ivf in enumerate(others, start=1):
        if type(ivf) is not type(first) or ivf.metric_type != first.metric_type:
            raise refusal(stack.sharded, f"shard {number} is of another kind than shard 0; open one of them")
        same = ivf.nlist == first.nlist and ivf.d == first.d
        if not (same and _same_bytes(ivf.quantizer, first.quantizer)):
            raise refusal(
                stack.sharded,
                f"shard {number} has other centroids than shard 0, so that they share no clusters; open one "
                "of them, or train one index, clone it empty for each shard, and add to the clones",
            )


def _same_bytes(one: Any, other: Any) -> bool:
    return int(one.this) == int(other.this) or np.array_equal(
        faiss.serialize_index(one), faiss.serialize_index(other)
    )
