"""The messages between kernel and page, and their binary layout.

Every message is a JSON object with a ``kind`` plus a list of binary buffers. Buffers are little endian and
C-contiguous. Row ids never travel as JSON numbers: they are int64 in buffers and decimal strings in JSON, so
that no id passes through a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

Request: TypeAlias = str | int
Buffer: TypeAlias = bytes | bytearray | memoryview


class QueryById(TypedDict):
    """A query that is a vector of the index. ``cluster`` is a hint where it lives, or null."""

    id: str
    cluster: int | None


class SearchRequest(TypedDict):
    """A query to answer.

    ``query`` is a ``QueryById``, ``{"vector": true}`` (buffer 0, float32), ``{"random": true}`` for any row,
    ``{"workload": i}`` for query i of the workload last evaluated, or ``{"resume": true}`` for the query that
    the kernel has already.
    """

    kind: Literal["search"]
    request: Request
    query: dict[str, Any]
    nprobe: int
    k: int


class ThumbnailsRequest(TypedDict):
    """Pictures of rows. ``clusters[i]`` is where ``ids[i]`` lives; ``size`` is in device pixels."""

    kind: Literal["thumbnails"]
    request: Request
    ids: list[str]
    clusters: list[int]
    size: int


class MembersRequest(TypedDict):
    """A window of one cluster's vectors, nearest to the query first (stored order without a query)."""

    kind: Literal["members"]
    request: Request
    cluster: int
    offset: int
    limit: int


class CandidatesRequest(TypedDict):
    """Every candidate of the clusters at these ranks of search ``serial``; ``fine`` messages answer it."""

    kind: Literal["candidates"]
    request: Request
    serial: int
    first_rank: int
    last_rank: int


class ProjectionRequest(TypedDict):
    """The candidates of the ``ranks`` nearest clusters of search ``serial`` in the plane, for ``k`` results.

    Clusters whose rank is in ``flips`` are left out if they are among these, and added if they are not.
    ``extra`` are rows of other clusters to show as well; ``extra[i]`` lives in ``extra_clusters[i]``. A newer
    request takes the place of an older one, which is then answered no further.
    """

    kind: Literal["projection"]
    request: Request
    serial: int
    ranks: int
    flips: list[int]
    k: int
    extra: list[str]
    extra_clusters: list[int]


class MedoidsRequest(TypedDict):
    """The row that stands for each of these clusters: the one nearest to its centroid."""

    kind: Literal["medoids"]
    request: Request
    clusters: list[int]


class RestRequest(TypedDict):
    """Go on with search ``serial``, whose coarse message said that it is not ``exhaustive``.

    ``nearest`` messages, from the first rank that has not been sent up to ``last_rank``, and a ``done`` are
    the answer.
    """

    kind: Literal["rest"]
    request: Request
    serial: int
    last_rank: int


class VerdictRequest(TypedDict):
    """Where a row stands for search ``serial``."""

    kind: Literal["verdict"]
    request: Request
    serial: int
    id: str


class ResultsRequest(TypedDict):
    """What Faiss returns for search ``serial`` at this nprobe and k. A ``results`` message answers."""

    kind: Literal["results"]
    request: Request
    serial: int
    nprobe: int
    k: int


class TruthRequest(TypedDict):
    """What a search at this nprobe and k loses, by the vectors given. A ``truth`` message answers."""

    kind: Literal["truth"]
    request: Request
    serial: int
    nprobe: int
    k: int


class EvaluateRequest(TypedDict):
    """Evaluate ``sample`` queries drawn from the index with ``seed``.

    ``progress`` and ``workload`` messages answer it. A newer request takes the place of an older one;
    ``cancel`` ends it and keeps what was computed.
    """

    kind: Literal["evaluate"]
    request: Request
    sample: int
    seed: int
    k: int


class WorkloadRequest(TypedDict):
    """Send the workload last evaluated, as far as it is, if there is one."""

    kind: Literal["workload"]
    request: Request


class MapRequest(TypedDict):
    """Send the map, now or as soon as it is ready, and a better one when that is."""

    kind: Literal["map"]
    request: Request


class CancelRequest(TypedDict):
    """Stop the named search, its rest, or the named evaluation, at the next chunk."""

    kind: Literal["cancel"]
    request: Request


class CoarseMessage(TypedDict):
    """The coarse search.

    Buffers: clusters int32 (nlist,) in rank order, distances float32 (nlist,), query float32 (dim,).
    ``serial`` grows with every search of this widget: a page adopts a coarse message only when its serial is
    the largest it has seen. ``complete`` says whether ``nearest`` will hold enough for any set of clusters,
    or (very large nlist) only for prefixes of the ranking. ``exhaustive`` says whether ``nearest`` goes on
    over all clusters by itself, or ends with the probed ones until the page asks for the ``rest``.
    """

    kind: Literal["coarse"]
    request: Request
    serial: int
    id: str | None
    label: str | None
    nprobe: int
    k: int
    k_max: int
    complete: bool
    exhaustive: bool


class CandidatesMessage(TypedDict):
    """Candidates of consecutive clusters, from ``first_rank`` on (1 = nearest).

    Buffers: counts int32 (clusters,), ids int64 (sum,), distances float32 (sum,), in list order. ``fine``
    holds every candidate of its clusters; a cluster larger than a chunk continues in the next message, which
    then starts with the same rank. ``nearest`` holds, of each cluster, all that can be a result at any
    k <= k_max.
    """

    kind: Literal["fine", "nearest"]
    request: Request
    first_rank: int


class ResultsMessage(TypedDict):
    """What Faiss returns for search ``serial``, where that cannot be told from the candidates.

    Comes after the ``fine`` messages of such a search, and when it is asked for. Buffers: ids int64 (n,),
    distances float32 (n,) and ranks of their clusters int32 (n,);
    then, of an index that re-ranks, the rows that the first pass hands over, nearest first: ids int64 (m,),
    distances in the first pass float32 (m,) and in the second float32 (m,).
    ``first_k`` is how many the first pass was asked for, 0 without a second. ``compared`` counts the vectors
    compared in the lists.
    """

    kind: Literal["results"]
    request: Request
    serial: int
    nprobe: int
    k: int
    first_k: int
    compared: int


class TruthMessage(TypedDict):
    """The ``count`` true neighbours by the vectors given, and then those that tie with the last of them.

    Buffers: ids int64 (n,), nearest first, distances to the vectors given float32 (n,), ranks of their
    clusters int32 (n,), and the nprobe from which on a search compares the query with each, hands it over to
    a second pass (never where there is none) and returns it, and from which on it returns it no more, int32
    (n,) each; nlist + 1 for never. ``nprobe`` is the only one that this holds for, or 0 where it holds for
    all.
    """

    kind: Literal["truth"]
    request: Request
    serial: int
    k: int
    nprobe: int
    count: int


class BoundsMessage(TypedDict):
    """The best distance that anything in each cluster can have, by geometry alone.

    Buffer 0: float32 (nlist,), by rank. Sent as soon as the index's geometry is known, at any time in a
    search, and again when it is known better. ``findings`` are sentences about this query.
    """

    kind: Literal["bounds"]
    request: Request
    serial: int
    findings: list[str]


class VerdictMessage(TypedDict):
    """Where one row stands: its distance, its cluster and that cluster's rank.

    ``position`` is one more than the number of vectors that are strictly nearer, null where the index is too
    large for an exhaustive pass that nobody asked for.
    """

    kind: Literal["verdict"]
    request: Request
    serial: int
    id: str
    cluster: int
    rank: int
    distance: float
    position: int | None


class ProgressMessage(TypedDict):
    """How far an evaluation is: ``done`` of ``asked`` queries, the last of them perhaps in part."""

    kind: Literal["progress"]
    request: Request
    done: float
    asked: int


class WorkloadMessage(TypedDict):
    """A workload as far as it has been evaluated: ``computed`` of ``asked`` queries.

    Buffers: nprobes int32 (n,), ascending; curves float32 (6, n): mean recall, the recall that 50, 95, 99 and
    100 % of the queries reach, and the share of the vectors compared; the hardest queries as places in the
    workload int32 (m,), their row ids int64 (m,) or (0,) for free vectors, and the nprobe at which each of
    their true neighbours is found int32 (m, k), ascending: 0 at first where there are fewer than k, nlist + 1
    for those that are never found. ``source`` says what the queries are; ``reason`` why it ended early.
    """

    kind: Literal["workload"]
    request: Request
    k: int
    seed: int | None
    source: Literal["sample", "ids", "vectors"]
    computed: int
    asked: int
    final: bool
    include_self: bool
    reason: str | None
    labels: list[str | None]


class DoneMessage(TypedDict):
    """The search is complete. Times in seconds; ``bytes`` is what was sent in buffers.

    ``findings`` are sentences about the index and this query.
    """

    kind: Literal["done"]
    request: Request
    seconds: dict[str, float]
    bytes: int
    findings: list[str]


class ThumbnailItem(TypedDict):
    """One picture: bytes in the buffer (``length`` > 0), or a ``url`` for the browser, or a ``reason``."""

    id: str
    label: str | None
    mime: str | None
    offset: int
    length: int
    url: str | None
    reason: str | None


class ThumbnailsMessage(TypedDict):
    """Pictures. Buffer 0: the encoded images, back to back."""

    kind: Literal["thumbnails"]
    request: Request
    size: int
    items: list[ThumbnailItem]


class MembersMessage(TypedDict):
    """Buffers: ids int64, distances float32 (NaN where there is no query)."""

    kind: Literal["members"]
    request: Request
    cluster: int
    offset: int
    total: int
    serial: int


class MedoidsMessage(TypedDict):
    """Buffers: clusters int32, ids int64; empty clusters are left out."""

    kind: Literal["medoids"]
    request: Request


class MapMessage(TypedDict):
    """The map's cells, ``offset`` and following of ``rows``, which is nlist: a first map, then the final one.

    Buffers: corners of these cells float32 (m, 2), counter-clockwise where y points up, in the rectangle
    [0, ``aspect``] by [0, 1]; offsets int32 (n + 1,), so that cell i of these has the corners ``offsets[i]``
    to ``offsets[i + 1]``, none if it holds no vectors; centres float32 (n, 2); radii of circles around these
    that fit in the cells, float32 (n,). ``method`` is that of the layout of the centroids. ``final`` when no
    better map follows.
    """

    kind: Literal["map"]
    request: Request
    method: str
    final: bool
    aspect: float
    rows: int
    offset: int


class ProjectionMessage(TypedDict):
    """Candidates in the plane, ``offset`` and following of ``rows``: a linear picture, then a better one.

    Buffers: ids int64 (n,), ranks int32 (n,) of their clusters, distances float32 (n,), positions float32
    (n, 2) and the query's float32 (2,), in the unit square. By rank and then in list order. ``ranks`` and
    ``flips`` are those of the request. ``sampled`` when these are not all ``total`` candidates; the
    ``drawn_in`` farthest are shown nearer than they are. ``final`` when no better picture follows. A picture
    that cannot be made is an ``error``; the one before it stays.
    """

    kind: Literal["projection"]
    request: Request
    serial: int
    ranks: int
    flips: list[int]
    method: str
    final: bool
    sampled: bool
    total: int
    drawn_in: int
    rows: int
    offset: int


class ErrorMessage(TypedDict):
    """A request that failed; the previous answer stays valid.

    ``code`` is "invalid" (the request), "superseded" (it is about a search that is over) or "internal".
    """

    kind: Literal["error"]
    request: Request | None
    code: str
    message: str


Message: TypeAlias = (
    CoarseMessage
    | CandidatesMessage
    | ResultsMessage
    | TruthMessage
    | BoundsMessage
    | DoneMessage
    | VerdictMessage
    | ProgressMessage
    | WorkloadMessage
    | ThumbnailsMessage
    | MembersMessage
    | MedoidsMessage
    | MapMessage
    | ProjectionMessage
    | ErrorMessage
)
Packet: TypeAlias = tuple[Message, Sequence[Buffer]]


def pack_int32(values: NDArray[Any]) -> bytes:
    """Little-endian int32 bytes of ``values``."""
    return np.ascontiguousarray(values, dtype="<i4").tobytes()


def pack_int64(values: NDArray[Any]) -> bytes:
    """Little-endian int64 bytes of ``values``."""
    return np.ascontiguousarray(values, dtype="<i8").tobytes()


def pack_float32(values: NDArray[Any]) -> bytes:
    """Little-endian float32 bytes of ``values``."""
    return np.ascontiguousarray(values, dtype="<f4").tobytes()
