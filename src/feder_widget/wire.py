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
    or ``{"resume": true}`` for the query that the kernel has already.
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

    A newer request takes the place of an older one, which is then answered no further.
    """

    kind: Literal["projection"]
    request: Request
    serial: int
    ranks: int
    k: int


class MedoidsRequest(TypedDict):
    """The row that stands for each of these clusters: the one nearest to its centroid."""

    kind: Literal["medoids"]
    request: Request
    clusters: list[int]


class MapRequest(TypedDict):
    """Send the map's positions, now or as soon as they are ready."""

    kind: Literal["map"]
    request: Request


class CancelRequest(TypedDict):
    """Stop the named search at the next chunk."""

    kind: Literal["cancel"]
    request: Request


class CoarseMessage(TypedDict):
    """The coarse search.

    Buffers: clusters int32 (nlist,) in rank order, distances float32 (nlist,), query float32 (dim,).
    ``serial`` grows with every search of this widget: a page adopts a coarse message only when its serial is
    the largest it has seen. ``complete`` says whether ``nearest`` will hold enough for any set of clusters,
    or (very large nlist) only for prefixes of the ranking.
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


class DoneMessage(TypedDict):
    """The search is complete. Times in seconds; ``bytes`` is what was sent in buffers."""

    kind: Literal["done"]
    request: Request
    seconds: dict[str, float]
    bytes: int


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
    """Positions of all centroids in the unit square. Buffer 0: float32 (nlist, 2)."""

    kind: Literal["map"]
    request: Request
    method: str
    final: bool


class ProjectionMessage(TypedDict):
    """Candidates in the plane, ``offset`` and following of ``rows``: a linear picture, then a better one.

    Buffers: ids int64 (n,), ranks int32 (n,) of their clusters, distances float32 (n,), positions float32
    (n, 2) and the query's float32 (2,), in the unit square. By rank and then in list order. ``sampled`` when
    these are not all ``total`` candidates; the ``drawn_in`` farthest are shown nearer than they are.
    ``final`` when no better picture follows. A picture that cannot be made is an ``error``; the one before
    it stays.
    """

    kind: Literal["projection"]
    request: Request
    serial: int
    ranks: int
    method: str
    final: bool
    sampled: bool
    total: int
    drawn_in: int
    rows: int
    offset: int


class ErrorMessage(TypedDict):
    """A request that failed; the previous answer stays valid."""

    kind: Literal["error"]
    request: Request | None
    code: str
    message: str


Message: TypeAlias = (
    CoarseMessage
    | CandidatesMessage
    | DoneMessage
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
