"""What the true neighbours by the original vectors cost, said before the page asks for them."""

from __future__ import annotations

from dataclasses import dataclass

from feder_widget.faiss_internals.omp_threads import faiss_threads
from feder_widget.truth.ivf_truth import GroundTruth
from feder_widget.workers import Workers


@dataclass(frozen=True, slots=True)
class Price:
    """One pass over the original vectors.

    Attributes
    ----------
    bytes : int
        To read; 0 where no pass is to be asked for.
    seconds : float
        That it takes, by a rate measured on some of the vectors.
    """

    bytes: int = 0
    seconds: float = 0.0


class TruthPrice:
    """Measures the price once.

    Parameters
    ----------
    truth : GroundTruth
        Of an index.
    workers : Workers or None
        Compare the vectors; None for the caller's threads.
    """

    def __init__(self, truth: GroundTruth, workers: Workers | None) -> None:
        self._truth = truth
        self._workers = workers
        self._seconds_per_row: float | None = None

    def now(self) -> Price:
        """Return the price, where true neighbours are by the vectors given; else none."""
        truth = self._truth
        if truth.basis != "vectors" or truth.why_unexplained is not None:
            return Price()
        originals = truth.originals
        if self._seconds_per_row is None:
            self._seconds_per_row = originals.seconds_per_row()
        cores = faiss_threads() if self._workers is None else self._workers.count or 1
        return Price(originals.nbytes, self._seconds_per_row * len(originals) / cores)
