"""Checks on what the page asks: nothing that arrives over the wire is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from feder_widget.session.wire import Buffer, Request

MAX_BATCH = 1024
"""Rows in one request for pictures or members; the page asks for far fewer at a time."""

MAX_WINDOW = 65_536

MAX_SAMPLE = 1_000_000
"""Queries in a workload that the page asks for."""


class BadRequestError(ValueError):
    """A request that does not say what it must."""


class SupersededError(BadRequestError):
    """A request that goes on with a search when a newer one has begun."""


def request_of(content: object) -> Request:
    """Return the request's own name, echoed in every answer to it; an empty string when it has none."""
    if isinstance(content, Mapping):
        name = content.get("request")
        if isinstance(name, int) or (isinstance(name, str) and len(name) <= 80):
            return name
    return ""


def parse_row_id(value: object) -> int:
    """Return the int64 row id that a decimal string (or an int) names."""
    try:
        row_id = int(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    except ValueError:
        row_id = None
    if row_id is None or not -(2**63) <= row_id < 2**63:
        raise BadRequestError(f"id must be a 64-bit integer, got {shown(value)}")
    return row_id


def parse_search(content: Mapping[str, Any], nlist: int, k_max: int) -> tuple[Mapping[str, Any], int, int]:
    """Return the query's description, nprobe and k."""
    query = content.get("query")
    if not isinstance(query, Mapping):
        raise BadRequestError(f"query must be an object, got {type(query).__name__}")
    nprobe = _integer(content, "nprobe", 1, nlist, "nlist")
    return query, nprobe, _integer(content, "k", 1, k_max, "k_max")


def parse_thumbnails(content: Mapping[str, Any], nlist: int) -> tuple[list[int], list[int] | None, int]:
    """Return row ids, the clusters they live in (or None) and the size in device pixels."""
    return *_rows(content, "ids", nlist, "clusters"), _integer(content, "size", 1, 4096)


def parse_members(content: Mapping[str, Any], nlist: int) -> tuple[int, int, int]:
    """Return cluster, offset and limit of a window."""
    return (
        _integer(content, "cluster", 0, nlist - 1, "nlist - 1"),
        _integer(content, "offset", 0, 2**62),
        _integer(content, "limit", 1, MAX_WINDOW),
    )


def parse_candidates(content: Mapping[str, Any], nlist: int) -> tuple[int, int, int]:
    """Return the serial of the search, and the first and last rank."""
    first = _integer(content, "first_rank", 1, nlist, "nlist")
    last = _integer(content, "last_rank", first, nlist, "nlist")
    return _integer(content, "serial", 0, 2**62), first, last


@dataclass(frozen=True, slots=True)
class Projected:
    """Whose candidates are to be laid out: those of the ``ranks`` nearest clusters, and some more rows.

    Clusters at the ranks ``flips`` are left out if they are among these, and added if they are not.
    """

    serial: int
    ranks: int
    flips: list[int]
    k: int
    extra: list[int]
    extra_clusters: list[int]


def parse_projection(content: Mapping[str, Any], nlist: int, k_max: int) -> Projected:
    """Return what is to be laid out."""
    ranks = _integer(content, "ranks", 1, nlist, "nlist")
    k = _integer(content, "k", 1, k_max, "k_max")
    extra, clusters = _rows(content, "extra", nlist)
    if clusters is None:
        raise BadRequestError("extra_clusters must name a cluster for each of extra")
    flips = content.get("flips")
    if not _are_clusters(flips, nlist + 1) or 0 in flips:
        raise BadRequestError(f"flips must be a list of ranks in 1..{nlist}, got {shown(flips)}")
    return Projected(_integer(content, "serial", 0, 2**62), ranks, flips, k, extra, clusters)


def parse_rest(content: Mapping[str, Any], nlist: int) -> tuple[int, int]:
    """Return the serial of the search and the last rank."""
    return _integer(content, "serial", 0, 2**62), _integer(content, "last_rank", 1, nlist, "nlist")


def parse_results(content: Mapping[str, Any], nlist: int, k_max: int) -> tuple[int, int, int]:
    """Return the serial of the search, nprobe and k."""
    nprobe = _integer(content, "nprobe", 1, nlist, "nlist")
    return _integer(content, "serial", 0, 2**62), nprobe, _integer(content, "k", 1, k_max, "k_max")


def parse_verdict(content: Mapping[str, Any]) -> tuple[int, int]:
    """Return the serial of the search and the row id."""
    return _integer(content, "serial", 0, 2**62), parse_row_id(content.get("id"))


def parse_evaluate(content: Mapping[str, Any], k_max: int) -> tuple[int, int, int]:
    """Return sample size, seed and k."""
    sample = _integer(content, "sample", 1, MAX_SAMPLE)
    return sample, _integer(content, "seed", 0, 2**31), _integer(content, "k", 1, k_max, "k_max")


def parse_place(query: Mapping[str, Any]) -> int:
    """Return the place in a workload."""
    return _integer(query, "workload", 0, 2**62)


def parse_vector(buffers: Sequence[Buffer], dim: int) -> NDArray[np.float32]:
    """Return the vector that comes as the only buffer, float32 (dim,); zeros and ones of a binary index."""
    if len(buffers) != 1:
        raise BadRequestError(f"a search by vector needs one buffer, got {len(buffers)}")
    values = bytes(buffers[0])
    if len(values) != 4 * dim:
        raise BadRequestError(f"the query vector must hold {dim} float32 values, got {len(values)} bytes")
    return np.frombuffer(values, "<f4")


def parse_medoids(content: Mapping[str, Any], nlist: int) -> list[int]:
    """Return the clusters asked for."""
    clusters = content.get("clusters")
    if not _are_clusters(clusters, nlist) or len(clusters) > MAX_BATCH:
        raise BadRequestError(f"clusters must be a list of at most {MAX_BATCH} clusters in 0..{nlist - 1}")
    return clusters


def shown(value: object) -> str:
    """Return the beginning of a value as an error message quotes it."""
    try:
        return repr(str(value)[:80])
    except ValueError:
        # Python does not spell out integers of more than some thousand digits.
        return f"one that is far too long ({type(value).__name__})"


def _rows(
    content: Mapping[str, Any], name: str, nlist: int, clusters_name: str | None = None
) -> tuple[list[int], list[int] | None]:
    """Return row ids and the clusters they live in, or None where none are named."""
    ids = content.get(name)
    if not isinstance(ids, list) or len(ids) > MAX_BATCH:
        raise BadRequestError(f"{name} must be a list of at most {MAX_BATCH} row ids")
    row_ids = [parse_row_id(value) for value in ids]
    beside = clusters_name or f"{name}_clusters"
    clusters = content.get(beside)
    if clusters is not None and not (_are_clusters(clusters, nlist) and len(clusters) == len(row_ids)):
        raise BadRequestError(
            f"{beside} must name one cluster in 0..{nlist - 1} for each of the {len(row_ids)} {name}"
        )
    return row_ids, clusters


def _are_clusters(value: Any, nlist: int) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < nlist for item in value)


def _integer(content: Mapping[str, Any], name: str, low: int, high: int, high_name: str = "") -> int:
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        top = f"{high_name}={high}" if high_name else str(high)
        raise BadRequestError(f"{name} must be an integer between {low} and {top}, got {shown(value)}")
    return value
