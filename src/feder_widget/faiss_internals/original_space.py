"""The space in which the original vectors of an index are compared, and whether its lists can stand for them.

An index measures distances behind its transforms. Rotations keep distances, and so does PCA except for the
dimensions that it drops; both belong to the encoding, so originals are compared before them, and the dropped
part is lost by the code. A transform that changes distances (L2norm makes a cosine of an inner product,
whitening weighs directions, centring moves the origin of an inner product) belongs to the metric: originals
pass through it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import faiss

from feder_widget.faiss_internals.unwrap import Stack, Transform


def metric_chain(stack: Stack) -> tuple[Any, ...]:
    """Return the transforms that belong to the metric: all up to the last one that changes distances."""
    chain = _measured_behind(stack)
    return tuple(chain[: _belonging(chain, stack.ivf.metric_type)])


def lists_stand_for_originals(stack: Stack, stored_whole: bool) -> bool:
    """Return whether the inverted lists alone define the true neighbours of the original vectors.

    ``stored_whole`` says that the lists hold vectors rather than codes.
    """
    if stack.refine is not None or not stored_whole:
        return False
    chain = _measured_behind(stack)
    return all(step.d_out >= step.d_in for step in chain[_belonging(chain, stack.ivf.metric_type) :])


def drops_dimensions(stack: Stack) -> bool:
    """Return whether vectors lose dimensions on their way into the lists."""
    return any(step.d_out < step.d_in for step in stack.chain)


def _measured_behind(stack: Stack) -> list[Any]:
    """Return the transforms behind which the distances of results are measured."""
    return [step for layer in stack.outside_refine if isinstance(layer, Transform) for step in layer.chain]


def _belonging(chain: Sequence[Any], metric: int) -> int:
    changing = [place for place, step in enumerate(chain) if not _keeps_distances(step, metric)]
    return changing[-1] + 1 if changing else 0


def _keeps_distances(step: Any, metric: int) -> bool:
    """Return whether a transform is a rotation, dropped dimensions aside; L2 ignores a shift too."""
    if metric not in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
        return False
    similarity = metric == faiss.METRIC_INNER_PRODUCT
    kind = type(step).__name__
    if kind == "CenteringTransform":
        return not similarity
    if kind in ("HadamardRotation", "RemapDimensionsTransform"):
        return True
    return bool(getattr(step, "is_orthonormal", False)) and not (similarity and step.have_bias)
