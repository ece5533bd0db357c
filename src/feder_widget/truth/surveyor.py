"""Measures an index once for everybody who wants bounds, and notices when it has grown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.truth.cluster_bounds import Geometry


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
        self._going: tuple[bytes, Iterator[Geometry | None]] | None = None

    def known(self) -> Geometry | None:
        """Return what has been measured of the lists as they are now; measures nothing."""
        kept = self._kept
        return kept.geometry if kept is not None and kept.sizes == self._sizes().tobytes() else None

    def forget(self) -> None:
        """Measure again when asked, also what is being measured."""
        with self._lock:
            self._kept = self._going = None

    def run(self) -> Iterator[Geometry | None]:
        """Measure, unless that was done; yields what is known when it is more, and None in between.

        All who ask go on with the same survey, a step each.
        """
        told: Geometry | None = None
        is_done = False
        while not is_done:
            with self._lock:
                is_done = self._step()
                known = None if self._kept is None else self._kept.geometry
            if known is not told:
                told = known
                yield known
            elif not is_done:
                yield None

    def _step(self) -> bool:
        """Measure a little more; return whether that is all."""
        sizes, kept = self._sizes().tobytes(), self._kept
        if kept is not None and kept.is_final and kept.sizes == sizes:
            return True
        if self._going is None or self._going[0] != sizes:
            self._kept, self._going = None, (sizes, self._survey())
        try:
            found = next(self._going[1])
        except StopIteration:
            self._going, kept = None, self._kept
            if kept is not None:
                self._kept = _Surveyed(sizes, kept.geometry, is_final=True)
            return True
        except BaseException:
            self._going = None
            raise
        if found is not None:
            self._kept = _Surveyed(sizes, found, is_final=False)
        return False
