"""The ground truth of one inverted file: true neighbours, what a search loses of them, where a row stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import comparison_space, family_name
from feder_widget.faiss_internals.coarse_ranking import Ranking
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.arguments import as_bytes
from feder_widget.truth import recall_spans, true_neighbours
from feder_widget.truth.batch import can_batch, find_batch
from feder_widget.truth.evaluation import Found
from feder_widget.truth.exhaustive_search import count_nearer
from feder_widget.truth.explanation import Explanation, Verdict
from feder_widget.truth.ledger import WITHOUT_VECTORS, Basis, Ledger
from feder_widget.truth.original_vectors import Originals
from feder_widget.truth.recall_curves import curves_of
from feder_widget.truth.search_stages import Presence, Searches, Spans, first_reaching, stages_of_search
from feder_widget.truth.true_neighbours import Neighbours

SIFTED = 0.5
"""Share of an evaluation by original vectors that finding the true neighbours counts for in its progress."""

SIFTED_TOGETHER = 128
"""Queries compared with the original vectors in one pass; the next ones take another pass."""

Vector = npt.NDArray[Any]
Ids = npt.NDArray[np.int64]


class GroundTruth:
    """What a search of an index should have found.

    Queries are vectors before the index's transforms: float32 (dim,), or uint8 (dim / 8,) of a binary index.
    ``without`` is a row id that does not count among the neighbours. Arguments are taken as checked.

    Parameters
    ----------
    file : InvertedFile
        The index. Not changed.
    vectors_given : array (n, dim), optional
        The original vectors, row i for row id i. They define the true neighbours where the index holds codes
        or re-ranks.
    """

    def __init__(self, file: InvertedFile, vectors_given: Any = None) -> None:
        self._file = file
        self._vectors_given = vectors_given

    @property
    def file(self) -> InvertedFile:
        """The index."""
        return self._file

    @property
    def ntotal(self) -> int:
        """Number of vectors, now."""
        return sum(part.ntotal for part in self._file.parts)

    @property
    def basis(self) -> Basis:
        """What defines the true neighbours: the vectors given, vectors stored in the lists, or codes."""
        if self._vectors_given is not None and not self._file.stores_originals:
            return "vectors"
        return "lists" if self._file.guarantees.exact else "codes"

    @property
    def why_unexplained(self) -> str | None:
        """Why the true neighbours are unavailable, or None where they are available.

        They are where a row's cluster does not tell at which nprobe the row is found, and the original
        vectors are missing.
        """
        if self._file.is_limited and len(self._file.parts) > 1:
            return "true neighbours of shards that have max_codes cannot be explained"
        if self._refines and self._vectors_given is None:
            return (
                "true neighbours of an index that refines cannot be explained by its lists: which vectors "
                "are compared once more depends on all that are probed; pass the original vectors, "
                "open_index(source, vectors=...), or open its base_index"
            )
        return None

    @property
    def why_no_curve(self) -> str | None:
        """Why recall at every nprobe takes a search at each, or None where one pass tells it."""
        if self.basis == "vectors":
            return recall_spans.why_not(self._file)
        return self._file.why_each_nprobe

    @property
    def why_unevaluated(self) -> str | None:
        """Why recall at every nprobe is unavailable for many queries at once, or None where it is not."""
        reason = self.why_unexplained
        if reason is None and (each := self.why_no_curve) is not None:
            reason = f"recall at every nprobe takes a search at each of them: {each}; ask "
            if self.basis != "vectors":
                reason += "explain(query, k).recall(nprobe)"
            elif self._refines or self._file.why_each_nprobe is not None:
                reason += "ledgers(queries, k, nprobe)"
            else:
                reason += "ledgers(queries, k, nprobe), or open the index without vectors for recall as "
                reason += "codes see it"
        return reason

    def explain(self, vector: Vector, k: int, without: int | None = None) -> Explanation:
        """Find the k true neighbours of a query.

        Raises
        ------
        ValueError
            If ``why_unexplained``.
        """
        self._check(self.why_unexplained)
        k = self._at_most_all(k)
        ranking = self._ranking(vector)
        found = self._neighbours(vector, k, without, ranking)
        best = found.best
        return Explanation(
            ids=best.ids,
            distances=best.distances,
            clusters=best.clusters,
            ranks=_ranks(ranking)[best.clusters],
            presence=self._presence(vector, ranking, found, k, without),
            nlist=self._file.centroids.nlist,
            basis=self.basis,
            distance_name=self._distance_name,
        )

    def ledger(self, vector: Vector, k: int, nprobe: int, without: int | None = None) -> Ledger:
        """Search, and say what became of the k true neighbours of a query.

        Raises
        ------
        ValueError
            If ``why_unexplained``, or if the true neighbours are by codes, which then lose none.
        """
        self._check_ledger()
        k = self._at_most_all(k)
        found = self._neighbours(vector, k, without, self._ranking(vector))
        return self._ledger(vector, found, k, nprobe, without)

    def ledgers(
        self, vectors: npt.NDArray[np.float32], own: Ids | None, k: int, nprobe: int
    ) -> Iterator[Ledger]:
        """Yield the ledger of each of several queries, float32 (n, dim), after one pass over the originals.

        ``own``, int64 (n,), is the row that is left out of each.
        """
        self._check_ledger()
        k = self._at_most_all(k)
        every = None
        if self.basis == "vectors":
            every = true_neighbours.by_originals(self._file, self._originals, vectors, k, own)
        for i in range(len(vectors)):
            vector, without = self._query(vectors[i]), None if own is None else int(own[i])
            found = self._neighbours(vector, k, without, self._ranking(vector)) if every is None else every[i]
            yield self._ledger(vector, found, k, nprobe, without)

    def verdict(self, vector: Vector, row_id: int, cluster: int, offset: int, count: bool = True) -> Verdict:
        """Say where a row that is stored at this place stands for a query.

        Raises
        ------
        ValueError
            If the distance to the row is no finite float32.
        """
        file = self._file
        inner = file.transform(vector)
        ranking = file.rank(inner, file.centroids.nlist)
        scan = file.scan(inner, np.array([cluster]))
        ids = file.external_ids(scan.ids)
        # A vector whose distance overflows is left out of the scan, so that offsets after it are smaller.
        at = offset if len(ids) > offset and ids[offset] == row_id else _first(ids, row_id)
        if at is None:
            raise ValueError(f"the distance to row {row_id} is no finite float32")
        distance = float(scan.distances[at])
        position = count_nearer(file, inner, ranking.step, distance) + 1 if count else None
        return Verdict(row_id, distance, cluster, int(_ranks(ranking)[cluster]), position)

    def found_at(
        self,
        vectors: npt.NDArray[np.float32],
        parts: list[slice],
        own: Ids | None,
        k: int,
        progress: Callable[[float], None],
    ) -> Iterator[Found]:
        """Find at which nprobe the k true neighbours of many queries are found; see ``find_batch``."""

        def find_one(i: int) -> Ids:
            found = self.explain(self._query(vectors[i]), k, None if own is None else int(own[i])).found_at
            return np.pad(found, (k - len(found), 0))

        file = self._file
        if self.basis == "vectors":
            yield from self._found_by_originals(vectors, own, k, progress)
        elif can_batch(file):
            inner = np.stack([file.transform(vector) for vector in vectors]) if file.stack.chain else vectors
            hidden = None if own is None else file.inner_ids(own)
            for each in find_batch(
                file.stack.ivf, inner, parts, hidden, k, file.similarity, progress, find_one
            ):
                yield Found(*each)
        else:
            for i in range(len(vectors)):
                found = find_one(i)[None].astype(np.int32)
                compared = self._compared(self._ranking(self._query(vectors[i])))
                progress(1 / len(vectors))
                yield Found(found, compared)

    def _found_by_originals(
        self,
        vectors: npt.NDArray[np.float32],
        own: Ids | None,
        k: int,
        progress: Callable[[float], None],
    ) -> Iterator[Found]:
        count = len(vectors)
        for start in range(0, count, SIFTED_TOGETHER):
            some = slice(start, min(start + SIFTED_TOGETHER, count))
            sifted = (some.stop - some.start) / count

            def on(share: float, sifted: float = sifted) -> None:
                progress(SIFTED * share * sifted)

            mine = None if own is None else own[some]
            every = true_neighbours.by_originals(self._file, self._originals, vectors[some], k, mine, on)
            for i, one in enumerate(every, start):
                vector = self._query(vectors[i])
                ranking = self._ranking(vector)
                spans = self._spans(vector, ranking, one, k, None if own is None else int(own[i]))
                curve = spans.curve()
                found = np.zeros((2, 1, k), np.int32)
                found[0, 0, k - one.count :] = first_reaching(curve, one.count)
                found[1, 0, k - one.count :] = first_reaching(spans.reachable(), one.count)
                progress((1 - SIFTED) / count)
                yield Found(found[0], self._compared(ranking), found[1], curves_of([curve]))

    @property
    def _refines(self) -> bool:
        return self._file.stack.refine is not None

    @property
    def _originals(self) -> Originals:
        ivf = self._file.stack.ivf
        chain = comparison_space.metric_chain(self._file.stack)
        return Originals(self._vectors_given, chain, ivf.metric_type, ivf.metric_arg)

    @property
    def _distance_name(self) -> str:
        file = self._file
        if self.basis == "vectors":
            return family_name.exact_distance(file.stack.ivf, comparison_space.metric_chain(file.stack))
        return family_name.of_codes(family_name.distance(file.stack, file.is_faithful), self.basis == "lists")

    def _check(self, reason: str | None) -> None:
        if reason is not None:
            raise ValueError(reason)

    def _check_ledger(self) -> None:
        self._check(self.why_unexplained)
        self._check(WITHOUT_VECTORS if self.basis == "codes" else None)

    def _at_most_all(self, k: int) -> int:
        """Return k, or as many as there are: room is made for so many results."""
        return min(k, max(1, self.ntotal))

    def _query(self, vector: npt.NDArray[np.float32]) -> Vector:
        """Return a query of a workload, float32 (dim,), as a search takes it."""
        return as_bytes(vector, len(vector)) if self._file.stack.is_binary else vector

    def _ranking(self, vector: Vector) -> Ranking:
        return self._file.rank(self._file.transform(vector), self._file.centroids.nlist)

    def _neighbours(self, vector: Vector, k: int, without: int | None, ranking: Ranking) -> Neighbours:
        file = self._file
        if self.basis == "vectors":
            own = None if without is None else np.array([without])
            return true_neighbours.by_originals(file, self._originals, vector[None], k, own)[0]
        return true_neighbours.by_lists(file, file.transform(vector), ranking.step, k, without)

    def _presence(
        self, vector: Vector, ranking: Ranking, found: Neighbours, k: int, without: int | None
    ) -> Presence:
        reason = self.why_no_curve
        if reason is None:
            return self._spans(vector, ranking, found, k, without)
        copies = self._copies(without)
        return Searches(
            found.near,
            lambda nprobe: stages_of_search(self._file, vector, found.stored, k, nprobe, without, copies),
            reason,
        )

    def _spans(
        self, vector: Vector, ranking: Ranking, found: Neighbours, k: int, without: int | None
    ) -> Spans:
        file, stored, nlist = self._file, found.stored, self._file.centroids.nlist
        reached = self._reached(ranking, stored.clusters, stored.offsets)
        begin, end = reached, np.full(len(stored), nlist + 1)
        if self.basis == "vectors":
            inner = file.transform(vector)
            begin, end = recall_spans.spans(file, inner, ranking.step, stored, k, without)
        return Spans(found.near, nlist, reached, begin, end)

    def _ledger(self, vector: Vector, found: Neighbours, k: int, nprobe: int, without: int | None) -> Ledger:
        copies = self._copies(without)
        stages = stages_of_search(self._file, vector, found.stored, k, nprobe, without, copies)
        return found.near.ledger(stages, nprobe, self.basis)

    def _copies(self, without: int | None) -> int:
        """Return how often the row that is left out is stored."""
        return 0 if without is None else self._file.copies_of(without)

    def _compared(self, ranking: Ranking) -> npt.NDArray[np.float64]:
        """Return the vectors compared at nprobe 1 to nlist, float64 (nlist,)."""
        compared = np.cumsum(self._file.sizes()[ranking.step.clusters], dtype=np.float64)
        limits = [part.limit for part in self._file.parts]
        return np.minimum(compared, limits[0]) if len(limits) == 1 and limits[0] > 0 else compared

    def _reached(self, ranking: Ranking, clusters: Ids, offsets: Ids) -> Ids:
        """Return the nprobe at which a search comes to each place; nlist + 1 where none does.

        None does beyond the index's ``max_codes``, and in clusters that an approximate coarse search never
        returns.
        """
        ranks = _ranks(ranking)[clusters]
        limit = self._file.parts[0].limit
        if limit <= 0:
            return ranks
        before = np.cumsum(np.append(0, self._file.sizes()[ranking.step.clusters]))
        return np.where(before[ranks - 1] + offsets < limit, ranks, self._file.centroids.nlist + 1)


def _ranks(ranking: Ranking) -> Ids:
    """Return every cluster's rank, int64 (nlist,); nlist + 1 where a search of all never comes to it."""
    clusters = ranking.step.clusters
    ranks = np.full(len(clusters), len(clusters) + 1)
    returned = np.unique(ranking.clusters)
    ranks[clusters[: len(returned)]] = np.arange(1, len(returned) + 1)
    return ranks


def _first(ids: Ids, row_id: int) -> int | None:
    found = np.flatnonzero(ids == row_id)
    return int(found[0]) if len(found) else None
