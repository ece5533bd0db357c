"""The ground truth of one inverted file: true neighbours, what a search loses of them, where a row stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import family_name, original_space
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.keys import keys_of
from feder_widget.model.query_vector import as_bytes
from feder_widget.model.row_source import row_file
from feder_widget.model.search_trace import Ranking
from feder_widget.model.work_pieces import WHOLE, Steps, drain
from feder_widget.truth import row_verdict
from feder_widget.truth.explanation import Explanation, Verdict
from feder_widget.truth.job.row_set import JobRows
from feder_widget.truth.ledger import WITHOUT_VECTORS, Basis, Ledger
from feder_widget.truth.neighbours import list_rows, list_vectors, true_neighbours
from feder_widget.truth.neighbours.known_neighbours import WITHOUT_VECTORS as CODES_ALONE
from feder_widget.truth.neighbours.known_neighbours import Known, TableCheck
from feder_widget.truth.neighbours.list_reading import read_steps, reads_once
from feder_widget.truth.neighbours.list_vectors import ListVectors
from feder_widget.truth.neighbours.original_vectors import Originals, ReadRows
from feder_widget.truth.neighbours.own_row import MOST_HELD, OwnRow, RowCopies
from feder_widget.truth.neighbours.true_neighbours import Neighbours
from feder_widget.truth.search_stages import Near, Presence, Searches, Spans, Stages, stages_of_search
from feder_widget.truth.workloads import recall_spans
from feder_widget.truth.workloads.recall_points import doubled_up_to
from feder_widget.workers import Workers

Vector = npt.NDArray[Any]
Ids = npt.NDArray[np.int64]


class GroundTruth:
    """The true neighbours of queries in an index, and how far a search gets with them.

    Queries are vectors before the index's transforms: float32 (dim,), or uint8 (dim / 8,) of a binary index.
    ``without`` is a row id that does not count among the neighbours. Arguments are checked by the caller.
    Methods that end in ``_steps`` yield between pieces of ``work`` multiplications and return the result.

    Parameters
    ----------
    file : InvertedFile
        The index. Not changed.
    vectors_given : array (n, dim), optional
        The original vectors, row i for row id i. They define the true neighbours where the index holds codes
        or re-ranks.

    Attributes
    ----------
    row_copies : RowCopies
        How often each row is stored.
    table_check : TableCheck
        Takes neighbours that were computed before.
    """

    def __init__(self, file: InvertedFile, vectors_given: Any = None) -> None:
        self._file = file
        self._vectors_given = vectors_given
        self._vectors_file = None if vectors_given is None else row_file(vectors_given)
        self.row_copies = RowCopies(file)
        self.table_check = TableCheck(
            lambda: self._rows_compared().compared(),
            lambda: self._rows_compared().digest_of_all(),
            file.version,
        )

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
        """Definition of the true neighbours: by the vectors given, vectors stored in the lists, or codes."""
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
    def why_not_shared(self) -> str | None:
        """Why the workers of an executor cannot compare the vectors, or None where they can."""
        return None if self.basis == "vectors" else list_rows.why_not_shared(self._file)

    @property
    def reads_once(self) -> bool:
        """Whether many queries are compared by one reading: of lists on a disk, or of files of vectors."""
        if self.basis == "vectors":
            return self.originals.reads_once
        return self.basis == "lists" and reads_once(self._file)

    @property
    def why_no_curve(self) -> str | None:
        """Why recall at every nprobe takes a search at each, or None where one pass tells it."""
        if self.basis == "vectors":
            return recall_spans.why_not(self._file)
        return self._file.why_each_nprobe

    @property
    def evaluated_at(self) -> Ids:
        """The values of nprobe at which a workload is evaluated, ascending, int64 (p,).

        Every nprobe, or 1, 2, 4, 8, … where each takes a search.
        """
        nlist = self._file.centroids.nlist
        return np.arange(1, nlist + 1) if self.why_no_curve is None else doubled_up_to(nlist)

    def explain_steps(
        self,
        vector: Vector,
        k: int,
        without: int | None = None,
        work: int = WHOLE,
        workers: Workers | None = None,
        known: Known | None = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> Steps[Explanation]:
        """Find the k true neighbours of a query, ``work`` multiplications per piece.

        ``workers`` compare the vectors, where ``why_not_shared`` says nothing against it; none does where the
        neighbours are ``known``. ``progress`` is called with the share of the originals compared since the
        last call.

        Raises
        ------
        ValueError
            If ``why_unexplained``.
        """
        self._check(self.why_unexplained)
        k = self._at_most_all(k)
        ranking = self.ranking(vector)
        yield
        own = yield from self.row_copies.own_row_steps(without, work)
        found = yield from self.neighbours_steps(vector, k, own, ranking, work, workers, known, progress)
        presence = yield from self._presence_steps(vector, ranking, found, k, own, work)
        best = found.best
        return Explanation(
            ids=best.ids,
            distances=best.distances,
            clusters=best.clusters,
            ranks=ranking.ranks[best.clusters],
            presence=presence,
            nlist=self._file.centroids.nlist,
            basis=self.basis,
            distance_name=self._distance_name,
        )

    def explain(self, vector: Vector, k: int, without: int | None = None) -> Explanation:
        """Return ``explain_steps`` at once."""
        return drain(self.explain_steps(vector, k, without))

    def ledger_steps(
        self,
        vector: Vector,
        k: int,
        nprobe: int,
        without: int | None = None,
        work: int = WHOLE,
        workers: Workers | None = None,
        known: Known | None = None,
    ) -> Steps[Ledger]:
        """Search, and say what became of the k true neighbours of a query. The search is one piece.

        Raises
        ------
        ValueError
            If ``why_unexplained``, or if the true neighbours are by codes, which then lose none.
        """
        self._check_ledger()
        k = self._at_most_all(k)
        ranking = self.ranking(vector)
        yield
        own = yield from self.row_copies.own_row_steps(without, work)
        found = yield from self.neighbours_steps(vector, k, own, ranking, work, workers, known)
        return self._ledger(vector, found, k, nprobe, own)

    def ledger(self, vector: Vector, k: int, nprobe: int, without: int | None = None) -> Ledger:
        """Return ``ledger_steps`` at once."""
        return drain(self.ledger_steps(vector, k, nprobe, without))

    def ledgers(
        self,
        vectors: npt.NDArray[np.float32],
        own: Ids | None,
        k: int,
        nprobe: int,
        workers: Workers | None = None,
        known: Known | None = None,
    ) -> Iterator[Ledger]:
        """Yield the ledger of each of several queries, float32 (n, dim), after one pass over the originals.

        ``own``, int64 (n,), is the row that is left out of each.
        """
        self._check_ledger()
        k = self._at_most_all(k)
        every = None
        if self.basis == "vectors":
            if known is None and self.reads_once:
                known = drain(self.read_rows_steps(vectors, k if own is None else k + 1, workers))
            every = drain(
                true_neighbours.by_originals_steps(
                    self._file, self.originals, vectors, k, own, workers=workers, known=known
                )
            )
        read = None
        if known is None and self.basis == "lists" and self.reads_once:
            points = np.stack([self._file.transform(vector) for vector in vectors])
            read = drain(read_steps(self._file, np.ascontiguousarray(points), k, workers))
        for i in range(len(vectors)):
            vector = self.query(vectors[i])
            without = drain(self.row_copies.own_row_steps(None if own is None else int(own[i])))
            left_out = None if own is None else int(self._file.inner_ids(own[i : i + 1])[0])
            if read is not None and read.holds(i, k, left_out, self.ntotal):
                coarse = self.ranking(vector).step
                found = true_neighbours.of_lists(self._file, coarse, read.each[i], k, without)
            elif every is None:
                ranking = self.ranking(vector)
                one = None if known is None else known.part(slice(i, i + 1))
                found = drain(self.neighbours_steps(vector, k, without, ranking, workers=workers, known=one))
            else:
                found = every[i]
            yield self._ledger(vector, found, k, nprobe, without)

    def read_rows_steps(
        self,
        vectors: npt.NDArray[np.float32],
        k: int,
        workers: Workers | None = None,
        progress: Callable[[float], None] = lambda _: None,
        work: int = WHOLE,
    ) -> Steps[ReadRows]:
        """Find the k nearest originals of many queries, float32 (n, dim), by one reading of their files."""
        originals = self.originals
        present = yield from true_neighbours.present_steps(self._file, len(originals), work)
        return (yield from originals.read_steps(vectors, present, k, work, progress, workers))

    def verdict_steps(
        self,
        vector: Vector,
        row_id: int,
        place: tuple[int, int],
        count: bool = True,
        without: int | None = None,
        work: int = WHOLE,
    ) -> Steps[Verdict]:
        """Say where a row stands for a query, ``work`` multiplications per piece.

        Parameters
        ----------
        vector
            The query.
        row_id, place : int, (int, int)
            The row, and its cluster and offset.
        count : bool
            Whether to count the vectors that are nearer, by one pass over all of them.
        without : int, optional
            A row id that does not count among these.

        Raises
        ------
        ValueError
            If the distance to the row is no finite float32.
        """
        return (
            yield from row_verdict.verdict_steps(
                self._file, self.row_copies, vector, row_id, place, count, without, work
            )
        )

    def verdict(self, vector: Vector, row_id: int, place: tuple[int, int], count: bool = True) -> Verdict:
        """Return ``verdict_steps`` at once."""
        return drain(self.verdict_steps(vector, row_id, place, count))

    def compared_at(self, ranking: Ranking) -> npt.NDArray[np.float64]:
        """Return the vectors compared at nprobe 1 to nlist, float64 (nlist,)."""
        sizes = self._file.sizes()[ranking.step.clusters]
        # An approximate coarse search does not come to the others, however large nprobe is.
        sizes[len(np.unique(ranking.clusters)) :] = 0
        compared = np.cumsum(sizes, dtype=np.float64)
        limits = [part.limit for part in self._file.parts]
        return np.minimum(compared, limits[0]) if len(limits) == 1 and limits[0] > 0 else compared

    def query(self, vector: npt.NDArray[np.float32]) -> Vector:
        """Return a query of a workload, float32 (dim,), as a search takes it."""
        return as_bytes(vector, len(vector)) if self._file.stack.is_binary else vector

    def ranking(self, vector: Vector) -> Ranking:
        """Rank all clusters as a search of all of them does."""
        return self._file.rank(self._file.transform(vector), self._file.centroids.nlist)

    @property
    def originals(self) -> Originals:
        """The vectors given, and how they are compared."""
        ivf = self._file.stack.ivf
        chain = original_space.metric_chain(self._file.stack)
        return Originals(
            self._vectors_given,
            chain,
            ivf.metric_type,
            ivf.metric_arg,
            self._vectors_file,
            self._file.memory_limit,
        )

    def row_set(self) -> JobRows:
        """Return the rows that are stored, with the vectors given for them, or held whole by the lists.

        Raises
        ------
        ValueError
            If there are neither, the index is binary, or lists hold two vectors under one row id.
        """
        if self._file.stack.is_binary:
            raise ValueError("source must hold vectors of numbers, got a binary index")
        if self._vectors_given is not None:
            present = drain(true_neighbours.present_steps(self._file, len(self._vectors_given), WHOLE))
            return self.originals.row_set(present)
        compares = list_vectors.why_not(self._file)
        if compares is not None:
            raise ValueError(
                "source must be an index that holds vectors whole, or that was opened with its vectors, "
                f"open_index(source, vectors=...); this one compares {compares}"
            )
        # Of more ids than can be held, the job notices those that it comes to.
        repeated = drain(self.row_copies.repeated_steps()).ids if self.ntotal <= MOST_HELD else np.empty(0)
        for row_id in repeated[repeated >= 0][:1].tolist():
            raise ValueError(
                f"source must hold each row id once, and {row_id} is stored several times: ground truth "
                "names neighbours by their ids"
            )
        return ListVectors(self._file)

    def _rows_compared(self) -> JobRows:
        """Return the rows that define the true neighbours."""
        if self._file.stack.is_binary:
            raise ValueError("truth is of vectors of numbers, and this index is binary; leave truth out")
        if self.basis == "codes":
            raise ValueError(CODES_ALONE)
        return self.row_set() if self.basis == "vectors" else ListVectors(self._file)

    def spans_steps(
        self,
        vector: Vector,
        ranking: Ranking,
        found: Neighbours,
        k: int,
        own: OwnRow | None,
        work: int = WHOLE,
    ) -> Steps[Spans]:
        """Find the spans of nprobe over which a search compares and returns each neighbour.

        For an index that ``why_no_curve`` says nothing about.
        """
        file, stored, nlist = self._file, found.stored, self._file.centroids.nlist
        reached = self._reached(ranking, stored.clusters, stored.offsets)
        begin, end = reached, np.full(len(stored), nlist + 1)
        if self.basis == "vectors":
            inner = file.transform(vector)
            begin, end = yield from recall_spans.spans_steps(file, inner, ranking.step, stored, k, own, work)
        return Spans(self._near(vector, found), nlist, reached, begin, end)

    def stages(self, vector: Vector, found: Neighbours, k: int, nprobe: int, own: OwnRow | None) -> Stages:
        """Search at one nprobe, and return how far each neighbour gets."""
        return stages_of_search(self._file, vector, found.stored, k, nprobe, own)

    @property
    def _refines(self) -> bool:
        return self._file.stack.refine is not None

    @property
    def _distance_name(self) -> str:
        file = self._file
        if self.basis == "vectors":
            return family_name.exact_distance(file.stack.ivf, original_space.metric_chain(file.stack))
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

    def neighbours_steps(
        self,
        vector: Vector,
        k: int,
        own: OwnRow | None,
        ranking: Ranking,
        work: int = WHOLE,
        workers: Workers | None = None,
        known: Known | None = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> Steps[Neighbours]:
        """Find the true neighbours of one query."""
        file = self._file
        if self.basis != "vectors":
            inner = file.transform(vector)
            return (
                yield from true_neighbours.by_lists_steps(
                    file, inner, ranking.step, k, own, work, workers, known
                )
            )
        row = None if own is None else np.array([own.row_id])
        found = yield from true_neighbours.by_originals_steps(
            file, self.originals, vector[None], k, row, work, progress, workers, known
        )
        return found[0]

    def _presence_steps(
        self, vector: Vector, ranking: Ranking, found: Neighbours, k: int, own: OwnRow | None, work: int
    ) -> Steps[Presence]:
        reason = self.why_no_curve
        if reason is None:
            return (yield from self.spans_steps(vector, ranking, found, k, own, work))

        def search(nprobe: int) -> Stages:
            return self.stages(vector, found, k, nprobe, own)

        return Searches(self._near(vector, found), search, reason)

    def _ledger(self, vector: Vector, found: Neighbours, k: int, nprobe: int, own: OwnRow | None) -> Ledger:
        stages = self.stages(vector, found, k, nprobe, own)
        return self._near(vector, found).ledger(stages, nprobe, self.basis)

    def _near(self, vector: Vector, found: Neighbours) -> Near:
        """Return the vectors that can count, with the exact ranks of their clusters where they may differ."""
        centroids = self._file.centroids
        tells = centroids.are_measured and not centroids.is_exhaustive and not self._file.is_limited
        if not tells:
            return found.near
        distances = centroids.distances(self._file.transform(vector))
        keys = keys_of(np.asarray(distances, np.float32), centroids.similarity)
        # Of centroids at one distance, which comes first is open: no blame for those.
        ranks = np.searchsorted(np.sort(keys), keys[found.stored.clusters], side="right")
        return replace(found.near, nearest_ranks=ranks)

    def _reached(self, ranking: Ranking, clusters: Ids, offsets: Ids) -> Ids:
        """Return the nprobe at which a search comes to each place; nlist + 1 where none does.

        None does beyond the index's ``max_codes``, and in clusters that an approximate coarse search never
        returns.
        """
        ranks = ranking.ranks[clusters]
        limit = self._file.parts[0].limit
        if limit <= 0:
            return ranks
        before = np.cumsum(np.append(0, self._file.sizes()[ranking.step.clusters]))
        return np.where(before[ranks - 1] + offsets < limit, ranks, self._file.centroids.nlist + 1)
