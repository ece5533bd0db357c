"""The space in which the original vectors of an index are compared, and whether the index itself can do so.

An index measures behind its transforms. Rotations keep distances, and so does PCA but for what it drops; they
are part of how vectors are encoded, so that originals are compared before them, and what PCA drops is lost by
the code. A transform that changes what is measured (L2norm makes a cosine of an inner product, whitening
weighs directions, centring moves the origin of an inner product) belongs to the metric: originals pass it
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import faiss

from feder_widget.faiss_internals.inverted_file import Engine
from feder_widget.faiss_internals.unwrap import Transform


def metric_chain(engine: Engine) -> tuple[Any, ...]:
    """Return the transforms that vectors pass before they are compared: all up to the last that matters."""
    chain = _measured_behind(engine)
    return tuple(chain[: _belonging(chain, engine.stack.ivf.metric_type)])


def tells_all(engine: Engine) -> bool:
    """Say whether the inverted lists alone tell the true neighbours of the originals, and what finds them."""
    if engine.stack.refine is not None or not engine.family.exact:
        return False
    chain = _measured_behind(engine)
    return all(step.d_out >= step.d_in for step in chain[_belonging(chain, engine.stack.ivf.metric_type) :])


def shortens(engine: Engine) -> bool:
    """Say whether vectors lose dimensions on their way into the lists."""
    return any(step.d_out < step.d_in for step in engine.stack.chain)


def _measured_behind(engine: Engine) -> list[Any]:
    """Return the transforms behind which the distances of results are measured."""
    layers = engine.stack.outside_refine
    return [step for layer in layers if isinstance(layer, Transform) for step in layer.chain]


def _belonging(chain: Sequence[Any], metric: int) -> int:
    changing = [place for place, step in enumerate(chain) if not _keeps_distances(step, metric)]
    return changing[-1] + 1 if changing else 0


def _keeps_distances(step: Any, metric: int) -> bool:
    """Say whether a transform is a rotation, dropped dimensions aside; a shift is no matter under L2."""
    if metric not in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
        return False
    similarity = metric == faiss.METRIC_INNER_PRODUCT
    kind = type(step).__name__
    if kind == "CenteringTransform":
        return not similarity
    if kind in ("HadamardRotation", "RemapDimensionsTransform"):
        return True
    return bool(getattr(step, "is_orthonormal", False)) and not (similarity and step.have_bias)
