"""The second picture of the candidates: t-SNE, or a function of the caller."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from feder_widget.layout.arrays import Float32Array, Float64Array
from feder_widget.layout.cancellation import LayoutCancelled, never
from feder_widget.projection.candidates_tsne import candidates_tsne

_log = logging.getLogger(__name__)

CHOICES = ("auto", "linear", "neighbours")

FEWEST = 5
"""Most candidates for which t-SNE shows nothing that the linear picture does not."""

Embed = Callable[[Float32Array, Float64Array, Callable[[], bool]], Any]


class ProjectionError(ValueError):
    """A projection that cannot be shown, with the reason."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to lay vectors out in the plane. It reads nothing but its arguments, so any thread may call it.

    Attributes
    ----------
    name : str
        Name on screen.
    embed : function
        Takes the vectors, float32 (n, d), the query last; their linear positions, float64 (n, 2); and a
        function that returns whether to stop. Returns positions, (n, 2) numbers. It may change its arguments.
    fewest : int
        Most candidates for which the linear picture stays.
    by_direction : bool
        For the inner-product metric, take vectors scaled to length 1.
    """

    name: str
    embed: Embed
    fewest: int
    by_direction: bool

    def __call__(
        self, rows: Float32Array, start: Float64Array, cancelled: Callable[[], bool] = never
    ) -> Float64Array:
        """Return checked positions, float64 (n, 2), of largest magnitude 1.

        Raises
        ------
        ProjectionError
            If ``embed`` raises, or returns anything but n finite pairs.
        LayoutCancelled
            If ``embed`` stopped because ``cancelled()`` was true.
        """
        count = len(rows)
        try:
            positions = self.embed(rows, start, cancelled)
        except BaseException as error:
            if cancelled():
                raise LayoutCancelled from error
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
    """Return the method of the second picture, or None for the linear picture alone.

    Parameters
    ----------
    projection : "auto", "linear", "neighbours" or function
        ``"auto"`` and ``"neighbours"`` both are t-SNE.

    Raises
    ------
    ValueError, TypeError
        For anything else.
    """
    if callable(projection):
        function = projection
        return Method(f"custom: {_name_of(function)}", lambda rows, *_: function(rows), 2, by_direction=False)
    wanted = f"projection must be one of {', '.join(CHOICES)} or a function (n, d) -> (n, 2)"
    if not isinstance(projection, str):
        raise TypeError(f"{wanted}, got {projection!r}")
    if projection not in CHOICES:
        raise ValueError(f"{wanted}, got {projection!r}")
    return None if projection == "linear" else Method("t-SNE", candidates_tsne, FEWEST, by_direction=True)


def _name_of(function: Callable[..., object]) -> str:
    """Return the function's name, without the scopes around it."""
    name = getattr(function, "__qualname__", None) or type(function).__name__
    return str(name).rsplit("<locals>.", 1)[-1][:60]
