"""What an engine offers: anything that answers nearest-neighbour queries and can be traced.

``IvfIndex`` implements both protocols. A flat index, a graph or a database implements ``Engine``; an engine
that partitions its rows into clusters implements ``ClusteredEngine`` as well. They share these conventions:

- A query is a row id (int), a vector, or a ``Query``. Arguments are checked when a method is called; errors
  name the argument, what came and what is wanted.
- A query that is a row is not its own neighbour, unless ``include_self`` is true.
- Distances are the ones that the engine reports, and ``similarity`` says whether a larger one is nearer.
- A method named ``…_steps`` is a generator: it yields between pieces of a few milliseconds and returns the
  result of the method without the suffix.
- The engine may change between two calls, and between two pieces of a stepped read. ``version`` differs then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from feder_widget.model.guarantees import Guarantees
from feder_widget.model.query import Query
from feder_widget.model.search_parameter import SearchParameter
from feder_widget.model.search_trace import CoarseStep, FineStep, RefineStep, Scan, SearchTrace
from feder_widget.model.work_pieces import Steps
from feder_widget.truth import Evaluation, Explanation, Verdict, Workload

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


@runtime_checkable
class Engine(Protocol):
    """An index whose searches can be traced and explained."""

    @property
    def engine_name(self) -> str:
        """Library and kind of the index: "Faiss IVF"."""
        ...

    @property
    def family(self) -> str:
        """The parts of the index, as people write them."""
        ...

    @property
    def ntotal(self) -> int:
        """Number of stored vectors, now."""
        ...

    @property
    def dim(self) -> int:
        """Number of dimensions of a query."""
        ...

    @property
    def metric(self) -> str:
        """Name of the metric."""
        ...

    @property
    def distance_name(self) -> str:
        """Name of a reported distance."""
        ...

    @property
    def similarity(self) -> bool:
        """True when a larger distance is nearer."""
        ...

    @property
    def parameter(self) -> SearchParameter:
        """The search parameter, with its range and stored value."""
        ...

    @property
    def guarantees(self) -> Guarantees:
        """What holds for every search, now."""
        ...

    @property
    def frozen(self) -> bool:
        """True when nobody changes the index."""
        ...

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once vectors were added, removed or moved."""
        ...

    def query(self, query: Any, /) -> Query:
        """Return a query, checked, with its vector looked up where it is a row."""
        ...

    def query_steps(self, query: Any, /) -> Steps[Query]:
        """Return ``query`` in steps."""
        ...

    def trace(self, query: Any, value: int, k: int, /) -> SearchTrace:
        """Search at this value of ``parameter``, and return every vector compared."""
        ...

    def steps(self, query: Any, value: int, k: int, /) -> Iterator[CoarseStep | FineStep | RefineStep]:
        """Search step by step."""
        ...

    def explain(self, query: Any, k: int, /, *, include_self: bool = False) -> Explanation:
        """Find the k true neighbours."""
        ...

    def explain_steps(self, query: Any, k: int, /, *, include_self: bool = False) -> Steps[Explanation]:
        """Return ``explain`` in steps."""
        ...

    def verdict(
        self, query: Any, row_id: int, /, *, count: bool = True, include_self: bool = False
    ) -> Verdict:
        """Say where one row stands for a query."""
        ...

    def verdict_steps(
        self, query: Any, row_id: int, /, *, count: bool = True, include_self: bool = False
    ) -> Steps[Verdict]:
        """Return ``verdict`` in steps."""
        ...

    def evaluate(self, queries: Any, k: int, /) -> Workload:
        """Evaluate many queries at every value of ``parameter``."""
        ...

    def evaluation(self, queries: Any, k: int, /, *, seed: int = 0, include_self: bool = False) -> Evaluation:
        """Prepare an ``evaluate`` to be run in steps."""
        ...

    def vectors_of(self, ids: npt.ArrayLike, /) -> Vectors:
        """Return the vectors of rows, float32 (n, dim); NaN where an id is unknown."""
        ...

    def vectors_of_steps(self, ids: npt.ArrayLike, /) -> Steps[Vectors]:
        """Return ``vectors_of`` in steps."""
        ...

    def sample_ids(self, size: int, rng: np.random.Generator) -> Ids:
        """Return row ids drawn uniformly over the stored vectors, each at most once."""
        ...

    def random_id(self, rng: np.random.Generator | None = None) -> int:
        """Return one row id drawn uniformly."""
        ...


@runtime_checkable
class ClusteredEngine(Engine, Protocol):
    """An engine that partitions its rows into clusters, ranks these for a query and scans the first ones."""

    @property
    def nlist(self) -> int:
        """Number of clusters."""
        ...

    @property
    def list_sizes(self) -> Ids:
        """Number of vectors in every cluster, now: int64 (nlist,)."""
        ...

    @property
    def coarse_similarity(self) -> bool:
        """True when a larger distance to a centroid is nearer."""
        ...

    @property
    def coarse_distance_name(self) -> str:
        """Name of a distance to a centroid."""
        ...

    def centroids(self, clusters: npt.ArrayLike | None = None) -> Vectors:
        """Return the centroids, or those of some clusters."""
        ...

    def locate(self, row_id: int) -> tuple[int, int]:
        """Return the cluster of a row and its offset in the list."""
        ...

    def places(self, ids: npt.ArrayLike) -> tuple[Ids, Ids]:
        """Return cluster and offset of each row, -1 for an unknown id."""
        ...

    def places_steps(self, ids: npt.ArrayLike, homes: npt.ArrayLike | None = None) -> Steps[tuple[Ids, Ids]]:
        """Return ``places`` in steps."""
        ...

    def list_ids(self, cluster: int) -> Ids:
        """Return the row ids of one cluster in list order."""
        ...

    def stored_vectors(self, cluster: int, offsets: npt.ArrayLike | None = None) -> Vectors:
        """Return the vectors of one cluster in the space of the centroids."""
        ...

    def rank(self, query: Any, nprobe: int | None = None) -> CoarseStep:
        """Rank all clusters for a query."""
        ...

    def scan(self, query: Any, clusters: npt.ArrayLike, to_centroids: npt.ArrayLike | None = None) -> Scan:
        """Compare a query with every vector of some clusters."""
        ...

    def scan_steps(
        self, query: Any, clusters: npt.ArrayLike, to_centroids: npt.ArrayLike | None = None
    ) -> Iterator[Scan]:
        """Yield ``scan`` in pieces."""
        ...

    def scan_from_centroid_steps(self, cluster: int) -> Iterator[Scan]:
        """Compare the centroid of a cluster with every vector in it, in pieces."""
        ...
