"""An evaluation of a graph as the page follows one: recall at every efSearch in the place of nprobe."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

from feder_widget.truth import Workload
from feder_widget.truth.graph.graph_evaluation import GraphEvaluation
from feder_widget.truth.workloads.evaluation import Progress


class CurvesEvaluation:
    """Runs the evaluation of a graph, and gives its curves.

    Parameters
    ----------
    evaluation
        To be run once.
    """

    def __init__(self, evaluation: GraphEvaluation) -> None:
        self._evaluation = evaluation

    @property
    def asked(self) -> int:
        """Number of queries."""
        return self._evaluation.asked

    @property
    def done(self) -> int:
        """Number of queries evaluated."""
        return self._evaluation.done

    @property
    def waits_for(self) -> Future[None] | None:
        """What ``steps`` wait for when they have yielded; None for nothing."""
        return self._evaluation.waits_for

    @property
    def dashboard(self) -> str | None:
        """Address of the page on which the workers' cluster shows its work, if it has one."""
        return self._evaluation.dashboard

    def steps(self) -> Iterator[float]:
        """Evaluate; yields the number of queries done after each piece."""
        return self._evaluation.steps()

    def run(self, progress: Progress) -> Iterator[int]:
        """Evaluate in the caller's call; yields the number of queries done."""
        return self._evaluation.run(progress)

    def leave(self) -> None:
        """Finish no query that is under way: none is."""

    def workload(self, reason: str | None) -> Workload:
        """Return the curves of the queries done; ``reason`` says why they are not all."""
        return self._evaluation.curves(reason)
