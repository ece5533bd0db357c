"""The state of an hnswlib index, taken apart and checked: vectors, labels, marks of deletion, links."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.hnswlib_internals.stored_links import InconsistentStateError, links_of
from feder_widget.model.graph_links import GraphLinks

Ids = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

SPACES = ("l2", "ip", "cosine")
"""Spaces of hnswlib."""

COUNT_BYTES, LINK_BYTES, FLOAT_BYTES, LABEL_BYTES = 4, 4, 4, 8
"""Bytes of the number of links, of a link, of a component of a vector, and of a label."""

DELETED = 1
"""The bit of byte 2 of an element by which it is marked as deleted."""

LARGEST_M = 10_000
"""Links of a node on an upper level at most: hnswlib cuts M there."""


@dataclass(frozen=True, eq=False)
class HnswlibState:
    """What an hnswlib index holds, as a copy.

    Attributes
    ----------
    space : "l2", "ip" or "cosine"
        How vectors are compared. Under cosine they are stored normalised.
    dim, m : int
        Dimensions of a vector; links of a node on an upper level at most, half of those on level 0.
    ef, ef_construction : int
        Parameters of a search and of the construction.
    vectors : float32 (n, dim)
        By node.
    labels : int64 (n,)
        Row ids, by node.
    deleted : bool (n,)
        Which nodes are marked as deleted: searches pass through them, and never return them.
    links : GraphLinks
        The links of the graph.
    elements, upper_links : uint8 (bytes,)
        Elements and links of upper levels as hnswlib holds them.
    """

    space: str
    dim: int
    m: int
    ef: int
    ef_construction: int
    vectors: npt.NDArray[np.float32]
    labels: Ids
    deleted: npt.NDArray[np.bool_]
    links: GraphLinks
    elements: Bytes
    upper_links: Bytes

    @staticmethod
    def of(parts: Mapping[str, Any]) -> HnswlibState:
        """Take a state apart: ``index.__getstate__()[0]``, or what ``index_file`` reads.

        Raises
        ------
        InconsistentStateError
            (a ``ValueError``) If parts do not fit together: hnswlib would read beyond its memory.
        ValueError
            If there is nothing in it.
        """
        count = int(parts.get("cur_element_count", 0))
        if not parts["index_inited"] or count == 0:
            raise ValueError("the index is empty: init_index() and add_items() first")
        space, dim, m = str(parts["space"]), int(parts["dim"]), int(parts["M"])
        size = _element_size(parts, dim, m)
        elements = _as_bytes(parts["data_level0"], count * size, f"{count:,} elements of {size} bytes")
        rows = elements.reshape(count, size)
        links = links_of(
            rows[:, : COUNT_BYTES + 2 * m * LINK_BYTES],
            np.asarray(parts["element_levels"])[:count],
            np.ascontiguousarray(parts["link_lists"]).view(np.uint8),
            m,
            entry_point=int(parts["enterpoint_node"]),
            max_level=int(parts["max_level"]),
        )
        begins = COUNT_BYTES + 2 * m * LINK_BYTES
        ends = begins + dim * FLOAT_BYTES
        return HnswlibState(
            space=space,
            dim=dim,
            m=m,
            ef=int(parts["ef"]),
            ef_construction=int(parts["ef_construction"]),
            vectors=_finite(rows[:, begins:ends].view(np.float32)),
            labels=_distinct(rows[:, ends:].view(np.uint64)[:, 0]),
            deleted=(rows[:, 2] & DELETED).astype(np.bool_),
            links=links,
            elements=elements,
            upper_links=np.ascontiguousarray(parts["link_lists"]).view(np.uint8),
        )

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.labels)

    @cached_property
    def live(self) -> Ids:
        """The nodes that are not deleted, ascending."""
        return np.flatnonzero(~self.deleted)

    @cached_property
    def by_label(self) -> Ids:
        """The nodes in the order of their labels."""
        return np.argsort(self.labels)

    def parts(self) -> dict[str, Any]:
        """Return the state from which hnswlib makes an index without room for more."""
        count, begins = len(self), COUNT_BYTES + 2 * self.m * LINK_BYTES
        ends = begins + self.dim * FLOAT_BYTES
        return {
            "ser_version": 1, "space": self.space, "dim": self.dim, "index_inited": True, "ep_added": True,
            "normalize": self.space == "cosine", "num_threads": 1, "seed": 100, "offset_level0": 0,
            "max_elements": count, "cur_element_count": count, "size_data_per_element": ends + LABEL_BYTES,
            "label_offset": ends, "offset_data": begins, "max_level": self.links.max_level,
            "enterpoint_node": self.links.entry_point, "max_M": self.m, "max_M0": 2 * self.m, "M": self.m,
            "mult": 1 / math.log(self.m) if self.m > 1 else math.inf, "ef": self.ef,
            "ef_construction": max(self.ef_construction, self.m), "has_deletions": bool(self.deleted.any()),
            "size_links_per_element": COUNT_BYTES + self.m * LINK_BYTES, "allow_replace_deleted": False,
            "label_lookup_external": self.labels.astype(np.uint64),
            "label_lookup_internal": np.arange(count, dtype=np.uint32),
            "element_levels": self.links.levels - 1,
            "data_level0": self.elements.view(np.int8), "link_lists": self.upper_links.view(np.int8),
        }  # fmt: skip


def _element_size(parts: Mapping[str, Any], dim: int, m: int) -> int:
    """Return the bytes of an element; all sizes that a state names must follow from ``dim`` and M."""
    if parts["space"] not in SPACES:
        raise InconsistentStateError(f"space must be one of {', '.join(SPACES)}, got {parts['space']!r}")
    if not (dim >= 1 and 1 <= m <= LARGEST_M):
        raise InconsistentStateError(
            f"dim must be at least 1 and M from 1 to {LARGEST_M}, got dim {dim} and M {m}"
        )
    begins = COUNT_BYTES + 2 * m * LINK_BYTES
    wanted = {
        "offset_level0": 0,
        "max_M": m,
        "max_M0": 2 * m,
        "offset_data": begins,
        "label_offset": begins + dim * FLOAT_BYTES,
        "size_data_per_element": begins + dim * FLOAT_BYTES + LABEL_BYTES,
        "size_links_per_element": COUNT_BYTES + m * LINK_BYTES,
    }
    for name, value in wanted.items():
        if int(parts[name]) != value:
            raise InconsistentStateError(
                f"{name} must be {value} for M {m} and {dim} dimensions, got {int(parts[name])}"
            )
    return wanted["size_data_per_element"]


def _as_bytes(array: Any, size: int, what: str) -> Bytes:
    found = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    if len(found) != size:
        raise InconsistentStateError(f"{what} take {size:,} bytes, got {len(found):,}")
    return found


def _finite(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    # A sum is finite where all of its terms are, unless it overflows.
    sums = vectors.sum(axis=1, dtype=np.float64)
    if not np.isfinite(sums).all():
        node = int(np.flatnonzero(~np.isfinite(sums))[0])
        raise InconsistentStateError(f"the vector of element {node} is not finite")
    return vectors


def _distinct(labels: npt.NDArray[np.uint64]) -> Ids:
    if len(labels) and labels.max() > np.iinfo(np.int64).max:
        raise InconsistentStateError(f"labels must be below 2^63, got {labels.max()}")
    found = labels.astype(np.int64)
    ordered = np.sort(found)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(repeated):
        raise InconsistentStateError(f"every label must be there once, got {repeated[0]} several times")
    return found
