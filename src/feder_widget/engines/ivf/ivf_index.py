"""``IvfIndex``: what a Faiss IVF index holds, how it answers one query, and what it should have found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.engines.ivf.bounding import Bounding
from feder_widget.model.arguments import as_int
from feder_widget.truth import (
    Basis,
    Evaluation,
    Explanation,
    Found,
    GroundTruth,
    Ledger,
    Verdict,
    Workload,
    evaluate,
)
from feder_widget.truth.batch import batches
from feder_widget.truth.evaluation import Progress
from feder_widget.truth.workload_queries import open_queries


class IvfIndex(Bounding):
    """A Faiss IVF index whose searches can be watched. Make one with ``open_index``.

    Nothing is changed, and nothing copied that could go stale: sizes, ids and vectors are read from the
    caller's index when asked for, so the index may grow between calls. It must not change during one. Any
    number of threads may call at once.

    Distances are the ones Faiss reports, ``distance_name`` says which. Queries and the vectors of rows are in
    the space of the whole index, ``dim`` dimensions; where it transforms vectors first (PCA, OPQ, …),
    centroids and codes are in the space behind the transforms, which a query reaches through ``transform``. A
    query of a binary index is uint8 (dim / 8,), or the same bits as zeros and ones; its vectors and centroids
    are zeros and ones.
    """

    def explain(self, query: Any, k: int, *, include_self: bool = True) -> Explanation:
        """Find the true neighbours of a query by an exhaustive search.

        Of the inverted lists; or, where codes stand for the vectors and ``open_index`` was given the vectors,
        of these. No copy of the vectors is made.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.
        k : int
            Number of neighbours, at least 1.
        include_self : bool
            Whether the row searched for counts among its own neighbours, as it does for Faiss, which returns
            it as the first result. False leaves it out; compare that with a search for k + 1 of whose results
            it is left out too (for k + 2 where it is stored twice under that id, and so on). Without effect
            for a vector.

        Returns
        -------
        Explanation
            Its ``ids`` and ``distances`` are what ``faiss_index.search`` returns with nprobe = nlist, where
            results are ``replayable`` and the coarse search is exhaustive. In general, the nearest by the
            distances that ``scan`` reports. By the vectors given, they are what a ``faiss.IndexFlat`` of the
            stored ones returns, behind the transforms that belong to the metric (L2norm, whitening); its
            ``basis`` says which.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong; see ``query_vector`` for the query. If the index refines and
            ``open_index`` was not given the vectors.
        """
        truth = self._checked_truth()
        return truth.explain(self.query_vector(query), as_int(k, "k"), _left_out(query, include_self))

    def ledger(self, query: Any, k: int, nprobe: int, *, include_self: bool = True) -> Ledger:
        """Search, and say what became of every true neighbour: returned, or lost at which stage.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.
        k : int
            Number of neighbours and of results, at least 1.
        nprobe : int
            Clusters to probe, 1 to nlist.
        include_self : bool
            As for ``explain``; False is a search for k + 1 without the row (for k + 2 where it is stored
            twice under that id, and so on).

        Returns
        -------
        Ledger
            What it lists as ``hits`` is among what ``faiss_index.search`` returns at this nprobe, and what it
            lists as lost is not.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong. If codes stand for the vectors, or the index refines, and ``open_index``
            was not given the vectors.
        """
        truth = self._checked_truth()
        vector, nprobe = self.query_vector(query), self._nprobe(nprobe)
        return truth.ledger(vector, as_int(k, "k"), nprobe, _left_out(query, include_self))

    def ledgers(
        self, queries: Any, k: int, nprobe: int, *, seed: int = 0, include_self: bool = True
    ) -> list[Ledger]:
        """Return the ledger of each of many queries, with one pass over the vectors given for all of them.

        Parameters
        ----------
        queries, seed
            As for ``evaluate``.
        k, nprobe, include_self
            As for ``ledger``.

        Returns
        -------
        list of Ledger
            In the order of the queries. ``MeanLedger.of`` takes their mean.
        """
        truth = self._checked_truth()
        k, nprobe = as_int(k, "k"), self._nprobe(nprobe)
        asked = open_queries(self, self._as_numbers(queries), as_int(seed, "seed", least=0))
        own = None if include_self else asked.ids
        found: list[Ledger] = []
        for batch in self.query_batches(asked.count):
            part = slice(batch[0].start, batch[-1].stop)
            leave_out = None if own is None else own[part]
            found += truth.ledgers(asked.read(part), leave_out, k, nprobe)
        return found

    def verdict(self, query: Any, row_id: int, *, count: bool = True) -> Verdict:
        """Say where one row stands for a query.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.
        row_id : int
            The row in question.
        count : bool
            Whether to count the vectors that are nearer, by one pass over all of them.

        Raises
        ------
        UnknownIdError, TypeError, ValueError
            If an argument is wrong.
        """
        vector, row_id = self.query_vector(query), as_int(row_id, "row_id", least=None)
        return self.truth.verdict(vector, row_id, *self.locate(row_id), count)

    def evaluate(
        self,
        queries: Any,
        k: int,
        *,
        seed: int = 0,
        include_self: bool = True,
        progress: bool | Progress = True,
    ) -> Workload:
        """Evaluate many queries: recall at every nprobe, its spread, what it costs, and the hardest queries.

        One exhaustive pass over the lists per thousand queries or so, and one ranking of the clusters. Memory
        does not grow with the number of queries but for 4 k bytes each. By the vectors given, one pass over
        these per 128 queries, one over the codes for each, and some 20 k bytes each.

        Parameters
        ----------
        queries : int, int array_like (n,) or array_like (n, dim)
            A sample size (rows drawn from the index), row ids, or vectors.
        k : int
            Neighbours of each query, at least 1.
        seed : int
            What a sample is drawn with.
        include_self : bool
            Whether the row searched for counts among its own neighbours; see ``explain``.
        progress : bool or function
            True shows a bar for what takes longer than a moment. A function is called with the queries done
            and their number; what it raises ends the evaluation.

        Returns
        -------
        Workload
            When interrupted from the keyboard, what was computed by then, with a ``RuntimeWarning``.

        Raises
        ------
        TypeError, ValueError
            If there are no queries, or an id is unknown, or a vector has another dimension or is not finite.
            If recall at every nprobe would take a search at each: for an index that is not ``splittable``,
            passes over candidates by an estimate (RaBitQ of several bits) or ranks its clusters otherwise at
            another nprobe (NSG and re-ranked coarse quantizers), and by the vectors given also for one that
            is not ``replayable`` or whose coarse search is approximate. ``explain`` and ``ledgers`` work for
            all.
        """
        return evaluate(self.evaluation(queries, k, seed=seed, include_self=include_self), progress)

    def evaluation(self, queries: Any, k: int, *, seed: int = 0, include_self: bool = True) -> Evaluation:
        """Prepare what ``evaluate`` does, to be run batch by batch; arguments as there."""
        if self.why_unevaluated is not None:
            raise ValueError(self.why_unevaluated)
        k = as_int(k, "k")
        seed = as_int(seed, "seed", least=0)
        return Evaluation(self, self._as_numbers(queries), k, seed=seed, include_self=include_self)

    def query_batches(self, count: int) -> list[list[slice]]:
        """Cut queries into batches, and each into parts that are ranked together, as a search would."""
        return batches(count, self.dim, self.nlist)

    def found_at(
        self,
        vectors: npt.NDArray[np.float32],
        parts: list[slice],
        own: npt.NDArray[np.int64] | None,
        k: int,
        progress: Callable[[float], None],
    ) -> Iterator[Found]:
        """Find at which nprobe the k true neighbours of many queries are found; see ``find_batch``."""
        return self.truth.found_at(vectors, parts, own, k, progress)

    @property
    def truth(self) -> GroundTruth:
        """The ground truth of this index."""
        return GroundTruth(self.engine, self.vectors_given)

    @property
    def basis(self) -> Basis:
        """What defines true neighbours: "vectors" (given to ``open_index``), "lists" or "codes"."""
        return self.truth.basis

    @property
    def why_unexplained(self) -> str | None:
        """Why true neighbours are unavailable for this index, or None where they are available."""
        return self.truth.why_unexplained

    @property
    def why_unevaluated(self) -> str | None:
        """Why recall at every nprobe is unavailable for many queries at once, or None where it is not."""
        return self.truth.why_unevaluated

    def _checked_truth(self) -> GroundTruth:
        if self.why_unexplained is not None:
            raise ValueError(self.why_unexplained)
        return self.truth

    def _as_numbers(self, queries: Any) -> Any:
        """Return the queries of a workload, the bits in the bytes of a binary index's as zeros and ones."""
        are_bytes = self.engine.stack.is_binary and getattr(queries, "dtype", None) == np.uint8
        if are_bytes and queries.ndim == 2 and 8 * queries.shape[1] == self.dim:
            return np.unpackbits(queries, axis=1)
        return queries


def _left_out(query: Any, include_self: bool) -> int | None:
    """Return the row id that is left out of the neighbours, if any."""
    is_row = isinstance(query, (int, np.integer))
    return int(query) if is_row and not include_self else None
