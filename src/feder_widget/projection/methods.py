"""Better pictures than the linear one: a neighbour embedding, or whatever function the user has."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from feder_widget.map.linear_layout import Float32Array, Float64Array, principal_components
from feder_widget.projection.linear import nearest_turn

_log = logging.getLogger(__name__)

CHOICES = ("auto", "linear", "neighbours")

DIMENSIONS = 50
"""Principal components given to the neighbour embedding: more cost time and change little."""

PERPLEXITY = 30.0
ITERATIONS = 500
FEWEST = 5
"""Candidates below which neighbours say nothing that the linear picture does not."""

MISSING = "needs scikit-learn: pip install 'feder-widget[projection]'"


class ProjectionError(ValueError):
    """A projection that cannot be shown, with the reason."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to lay vectors out in the plane.

    Attributes
    ----------
    name : str
        As it is named on screen.
    embed : function
        Takes the vectors, float32 (n, d), the query last, and their linear positions, float64 (n, 2), which
        it need not use. Returns positions, (n, 2) numbers. It may change what it gets.
    fewest : int
        Candidates below which the linear picture stays.
    by_direction : bool
        For the inner-product metric, take vectors scaled to length 1.
    """

    name: str
    embed: Callable[[Float32Array, Float64Array], Any]
    fewest: int
    by_direction: bool

    def __call__(self, rows: Float32Array, start: Float64Array) -> Float64Array:
        """Return checked positions, float64 (n, 2), of largest magnitude 1.

        Raises
        ------
        ProjectionError
            When ``embed`` raises or returns anything but n finite pairs.
        """
        count = len(rows)
        try:
            positions = self.embed(rows, start)
        except BaseException as error:
            _log.warning("feder_widget: the projection %s raised", self.name, exc_info=error)
            raise ProjectionError(f"{self.name} raised {type(error).__name__}: {error}") from error
        return self._checked(positions, count)

    def _checked(self, positions: object, count: int) -> Float64Array:
        wanted = f"{self.name} must return {count} x 2 finite numbers"
        try:
            found = np.asarray(positions)
            shape = found.shape
            if found.dtype.kind not in "iuf":
                raise ProjectionError(f"{wanted}, got {type(positions).__name__} of {found.dtype}")
        except ProjectionError:
            raise
        except Exception as error:
            raise ProjectionError(f"{wanted}, got {type(positions).__name__}") from error
        if shape != (count, 2):
            raise ProjectionError(f"{wanted}, got shape {shape}")
        values = found.astype(np.float64)
        bad = int((~np.isfinite(values).all(axis=1)).sum())
        if bad:
            raise ProjectionError(f"{wanted}, got {bad} rows with NaN or infinite values")
        return np.asarray(values / (np.abs(values).max(initial=0) or 1.0))


def resolve_method(projection: object) -> Method | None:
    """Return the method that follows the linear picture, or None for none.

    Parameters
    ----------
    projection : "auto", "linear", "neighbours" or function
        ``"auto"`` is ``"neighbours"`` where scikit-learn is installed and ``"linear"`` elsewhere.

    Raises
    ------
    ImportError
        For ``"neighbours"`` without scikit-learn.
    ValueError, TypeError
        For anything else.
    """
    if callable(projection):
        function = projection
        return Method(f"custom: {_name_of(function)}", lambda rows, _: function(rows), 2, by_direction=False)
    wanted = f"projection must be one of {', '.join(CHOICES)} or a function (n, d) -> (n, 2)"
    if not isinstance(projection, str):
        raise TypeError(f"{wanted}, got {projection!r}")
    if projection not in CHOICES:
        raise ValueError(f"{wanted}, got {projection!r}")
    if projection == "linear":
        return None
    if importlib.util.find_spec("sklearn") is None:
        if projection == "auto":
            return None
        raise ImportError(f"projection='neighbours' {MISSING}")
    return Method("t-SNE (scikit-learn)", _neighbours, FEWEST, by_direction=True)


def _neighbours(rows: Float32Array, start: Float64Array) -> Float64Array:
    """Lay vectors out by t-SNE from their linear positions, turned to lie as those do."""
    # Importing them takes seconds and most widgets never show a projection.
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    points = rows.astype(np.float64)
    points -= points.mean(axis=0)
    points /= np.abs(points).max(initial=0) or 1.0
    reduced = principal_components(points, min(DIMENSIONS, *points.shape)).astype(np.float32)
    spread = float(start.std(axis=0).max()) or 1.0
    # The noise parts what would start at the same place or in a line, which no force leads out of.
    noise = np.random.default_rng(0).normal(scale=1e-6, size=start.shape)
    tsne = TSNE(
        init=(start / spread * 1e-4 + noise).astype(np.float32),
        perplexity=min(PERPLEXITY, (len(rows) - 1) / 3),
        max_iter=ITERATIONS,
        random_state=0,
        n_jobs=1,
    )
    # On one thread: others are searching and drawing thumbnails. OpenMP's limit is that of this thread alone.
    with threadpool_limits(1, user_api="openmp"):
        positions = tsne.fit_transform(reduced).astype(np.float64)
    positions -= positions.mean(axis=0)
    return np.asarray(positions @ nearest_turn(positions, start - start.mean(axis=0)))


def _name_of(function: Callable[..., object]) -> str:
    """Return what a function is called, as short as it is clear."""
    name = getattr(function, "__qualname__", None) or type(function).__name__
    return str(name).rsplit("<locals>.", 1)[-1][:60]
