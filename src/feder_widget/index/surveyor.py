"""Measures an index once for everybody who wants bounds, and notices when it has grown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.index.geometry import Geometry


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """What was measured of lists of these sizes."""

    sizes: bytes
    geometry: Geometry
    is_final: bool


class Surveyor:
    """Keeps what is measured until the sizes of the lists change; thread-safe.

    Parameters
    ----------
    sizes
        Gives the sizes of the lists as they are now, int64 (nlist,).
    survey
        Measures them; see ``geometry.survey``.
    """

    def __init__(
        self,
        sizes: Callable[[], npt.NDArray[np.int64]],
        survey: Callable[[], Iterator[Geometry | None]],
    ) -> None:
        self._sizes = sizes
        self._survey = survey
        self._lock = threading.Lock()
        self._kept: _Surveyed | None = None

    def known(self) -> Geometry | None:
        """Return what has been measured of the lists as they are now; measures nothing."""
        kept = self._kept
        return kept.geometry if kept is not None and kept.sizes == self._sizes().tobytes() else None

    def forget(self) -> None:
        """Measure again when asked."""
        self._kept = None

    def run(self) -> Iterator[Geometry | None]:
        """Measure, unless that was done; yields what is known when it is more, and None in between.

        Whoever comes second waits for the first.
        """
        with self._lock:
            sizes = self._sizes().tobytes()
            kept = self._kept
            if kept is not None and kept.is_final and kept.sizes == sizes:
                yield kept.geometry
                return
            last: Geometry | None = None
            for geometry in self._survey():
                if geometry is not None:
                    last = geometry
                    self._kept = _Surveyed(sizes, geometry, is_final=False)
                yield geometry
            if last is not None:
                self._kept = _Surveyed(sizes, last, is_final=True)
