"""The smallest engine: a NumPy array that is searched exhaustively. Type-checked against the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import UnknownIdError
from feder_widget.model.arguments import as_int, as_rows
from feder_widget.model.guarantees import Guarantees
from feder_widget.model.query import Query
from feder_widget.model.query_vector import as_vector
from feder_widget.model.search_parameter import SearchParameter
from feder_widget.model.search_trace import (
    CoarseStep,
    FineStep,
    FineSteps,
    Ranking,
    RefineStep,
    Scan,
    SearchTrace,
)
from feder_widget.model.top_k import top_k
from feder_widget.model.work_pieces import PIECE_WORK, Steps, drain, vectors_per_piece
from feder_widget.truth import Evaluation, Explanation, Verdict, Workload
from feder_widget.truth.search_stages import Near, Spans

if TYPE_CHECKING:
    from feder_widget.engines import Engine


class FlatEngine:
    """Vectors, float32 (n, dim), under L2; row i has id i. All of them are one cluster, probed always."""

    engine_name = "NumPy"
    family = "Flat"
    metric = "L2"
    distance_name = "squared L2 distance"
    similarity = False
    frozen = True
    guarantees = Guarantees(
        exact=True,
        faithful=True,
        splittable=True,
        sliceable=True,
        replayable=True,
        skips=False,
        refines=False,
        limited=False,
        renamed=False,
        coarse_exact=True,
        coarse_measured=True,
        steady=True,
        ranked_once=True,
    )

    def __init__(self, vectors: npt.NDArray[np.float32]) -> None:
        self._vectors = vectors
        self.ntotal, self.dim = vectors.shape

    @property
    def parameter(self) -> SearchParameter:
        return SearchParameter("nprobe", 1, 1, 1)

    def version(self) -> tuple[int, ...]:
        return (self.ntotal,)

    def query(self, query: Any, /) -> Query:
        return drain(self.query_steps(query))

    def query_steps(self, query: Any, /) -> Steps[Query]:
        if isinstance(query, Query):
            return query
        if not isinstance(query, int):
            return Query(as_vector(query, self.dim))
        vector = (yield from self.vectors_of_steps([query]))[0]
        if np.isnan(vector).any():
            raise UnknownIdError(f"row id {query} is not in the index of {self.ntotal:,} vectors")
        return Query(vector, query)

    def trace(self, query: Any, value: int, k: int, /) -> SearchTrace:
        self.parameter.check(value)
        scan = drain(self._scan_steps(self.query(query)))
        ids, distances = top_k(scan.ids, scan.distances, as_int(k, "k"), self.similarity)
        only = CoarseStep(np.zeros(1, np.int64), np.zeros(1, np.float32))
        ranking = Ranking(only.clusters, only.distances, lambda: only)
        return SearchTrace(ranking, FineSteps(scan), ids, distances, self.ntotal)

    def steps(self, query: Any, value: int, k: int, /) -> Iterator[CoarseStep | FineStep | RefineStep]:
        trace = self.trace(query, value, k)
        yield trace.coarse
        yield from trace.fine

    def explain(self, query: Any, k: int, /, *, include_self: bool = False) -> Explanation:
        return drain(self.explain_steps(query, k, include_self=include_self))

    def explain_steps(self, query: Any, k: int, /, *, include_self: bool = False) -> Steps[Explanation]:
        found = yield from self.query_steps(query)
        scan = yield from self._scan_steps(found)
        kept = scan.ids != found.left_out(include_self)
        k = min(k, int(np.count_nonzero(kept)))
        ids, distances = top_k(scan.ids[kept], scan.distances[kept], k, self.similarity)
        ones = np.ones(k, np.int64)
        near = Near(ids, np.zeros(k, np.int64), distances == distances[-1], k)
        spans = Spans(near, 1, ones, ones, ones + 1)
        return Explanation(ids, distances, ones - 1, ones, spans, 1, "vectors", self.distance_name)

    def verdict(
        self, query: Any, row_id: int, /, *, count: bool = True, include_self: bool = False
    ) -> Verdict:
        return drain(self.verdict_steps(query, row_id, count=count, include_self=include_self))

    def verdict_steps(
        self, query: Any, row_id: int, /, *, count: bool = True, include_self: bool = False
    ) -> Steps[Verdict]:
        found = self.query(query)
        scan = yield from self._scan_steps(found)
        distance = scan.distances[row_id]
        nearer = (scan.distances < distance) & (scan.ids != found.left_out(include_self))
        position = int(np.count_nonzero(nearer)) + 1 if count else None
        return Verdict(row_id, float(distance), 0, 1, position)

    def evaluate(self, queries: Any, k: int, /) -> Workload:
        raise ValueError(f"an exhaustive search finds all {k} of {queries!r}")

    def evaluation(self, queries: Any, k: int, /, *, seed: int = 0, include_self: bool = False) -> Evaluation:
        raise ValueError(f"an exhaustive search finds all {k} of {queries!r} ({seed=}, {include_self=})")

    def vectors_of(self, ids: npt.ArrayLike, /) -> npt.NDArray[np.float32]:
        return drain(self.vectors_of_steps(ids))

    def vectors_of_steps(self, ids: npt.ArrayLike, /) -> Steps[npt.NDArray[np.float32]]:
        wanted = as_rows(ids, "ids", None)
        vectors = np.full((len(wanted), self.dim), np.nan, np.float32)
        most = max(1, PIECE_WORK // self.dim)
        for begin in range(0, len(wanted), most):
            yield
            some = wanted[begin : begin + most]
            known = (some >= 0) & (some < self.ntotal)
            vectors[begin : begin + most][known] = self._vectors[some[known]]
        return vectors

    def sample_ids(self, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        ids: npt.NDArray[np.int64] = rng.choice(self.ntotal, min(size, self.ntotal), replace=False)
        return ids

    def random_id(self, rng: np.random.Generator | None = None) -> int:
        return int(self.sample_ids(1, rng or np.random.default_rng())[0])

    def _scan_steps(self, query: Query) -> Steps[Scan]:
        distances = np.empty(self.ntotal, np.float32)
        most = vectors_per_piece(self.dim)
        for begin in range(0, self.ntotal, most):
            yield
            some = slice(begin, begin + most)
            distances[some] = ((self._vectors[some] - query.vector) ** 2).sum(axis=1)
        return Scan(np.zeros(1, np.int64), np.array([0, self.ntotal]), np.arange(self.ntotal), distances)


if TYPE_CHECKING:
    _implements: type[Engine] = FlatEngine
