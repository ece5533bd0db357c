"""Where one row stands for a query: its distance, its cluster, and the number of vectors that are nearer."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.keys import key_of, keys_of
from feder_widget.model.search_trace import CoarseStep, Ranking
from feder_widget.model.work_pieces import WHOLE, Steps
from feder_widget.truth.explanation import Verdict
from feder_widget.truth.neighbours.exhaustive_search import Stored, count_nearer_steps, within
from feder_widget.truth.neighbours.own_row import RowCopies

Vector = npt.NDArray[Any]
Ids = npt.NDArray[np.int64]


def verdict_steps(
    file: InvertedFile,
    row_copies: RowCopies,
    vector: Vector,
    row_id: int,
    place: tuple[int, int],
    count: bool,
    without: int | None,
    work: int = WHOLE,
) -> Steps[Verdict]:
    """Say where a row stands for a query; arguments as for ``GroundTruth.verdict_steps``."""
    cluster, offset = place
    inner = file.transform(vector)
    ranking = file.rank(inner, file.nlist)
    yield
    same = yield from _stored_as_steps(file, inner, ranking, row_id, np.array([cluster]), work)
    if not len(same):
        raise ValueError(f"the distance to row {row_id} is no finite float32")
    # Of a scan that leaves vectors out, offsets may be unknown: then the first copy counts.
    distance = float(same.distances[int(np.argmax(same.offsets == offset))])
    position = None
    if count:
        position = 1 + (yield from count_nearer_steps(file, inner, ranking.step, distance, work))
        if without is not None:
            homes = yield from _homes_steps(file, row_copies, without, work)
            own = yield from _stored_as_steps(file, inner, ranking, without, homes, work)
            nearer = keys_of(own.distances, file.similarity) < key_of(distance, file.similarity)
            position -= int(np.count_nonzero(nearer))
    return Verdict(row_id, distance, cluster, int(ranking.ranks[cluster]), position)


def _homes_steps(file: InvertedFile, row_copies: RowCopies, row_id: int, work: int) -> Steps[Ids]:
    """Return the clusters that hold a row, int64 (n,): several where its id is stored more than once."""
    own = yield from row_copies.own_row_steps(row_id, work)
    if own is None or own.copies == 1:
        clusters, _ = yield from file.places_steps(np.array([row_id]), None, work)
        return clusters[clusters >= 0]
    homes = []
    for cluster in range(file.nlist):
        if (file.ids(cluster) == row_id).any():
            homes.append(cluster)
        yield
    return np.array(homes, np.int64)


def _stored_as_steps(
    file: InvertedFile, inner: Vector, ranking: Ranking, row_id: int, clusters: Ids, work: int
) -> Steps[Stored]:
    """Compare the vectors that are stored under a row id in some clusters; ids as in the lists."""
    at = np.flatnonzero(np.isin(ranking.step.clusters, clusters))
    homes = CoarseStep(ranking.step.clusters[at], ranking.step.distances[at])
    copies: list[Stored] = []
    for found in within(file, inner, homes, lambda: np.inf, work):
        copies.append(found.at(file.external_ids(found.ids) == row_id))
        yield
    return Stored.joined(copies)
