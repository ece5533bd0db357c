"""The queries of a page, and the parameters at which it opens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from feder_widget.engines import GraphIndex, IvfIndex
from feder_widget.errors import UnknownIdError
from feder_widget.model.query import Query
from feder_widget.truth import Workload


@dataclass(frozen=True, slots=True, eq=False)
class SavedQuery:
    """A query of a page, its choice as a request holds it, and the vector where that is in a buffer."""

    query: Query
    choice: dict[str, Any]
    buffers: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphView:
    """The parameters at which the page of a graph opens."""

    ef_search: int
    k: int
    include_self: bool


@dataclass(frozen=True, slots=True)
class View:
    """The parameters at which a page opens."""

    nprobe: int
    k: int
    include_self: bool


def saved_queries(index: IvfIndex | GraphIndex, queries: Sequence[Any]) -> list[SavedQuery]:
    """Return rows and vectors as requests hold them, each row once: where it comes last."""
    saved: dict[Any, SavedQuery] = {}
    for place, asked in enumerate(queries):
        query = index.query(asked)
        if query.row_id is not None:
            saved.pop(query.row_id, None)
            saved[query.row_id] = SavedQuery(query, {"id": str(query.row_id), "cluster": None})
            continue
        vector = query.vector if query.vector.dtype == np.uint8 else query.vector.astype("<f4")
        saved["vector", place] = SavedQuery(query, {"vector": True}, (vector.tobytes(),))
    return list(saved.values())


def hardest_queries(
    index: IvfIndex | GraphIndex, workload: Workload, nprobe: int, count: int
) -> list[SavedQuery]:
    """Return the hardest queries of a workload at an nprobe, the hardest first."""
    assert workload.origin is not None
    places = workload.hardest(count, nprobe=workload.evaluated_below(min(nprobe, workload.nlist))).tolist()
    found = []
    for place in places:
        # A row may have been removed since.
        with suppress(UnknownIdError):
            found.append(SavedQuery(index.query(workload.origin.query(place)), {"workload": place}))
    return found
