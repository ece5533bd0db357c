"""One IVF index at work: the only one, or one of several shards, whose scans and results are merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals import inverted_lists
from feder_widget.faiss_internals.layers import id_maps
from feder_widget.faiss_internals.scans import range_scan, search_scan
from feder_widget.faiss_internals.shards.joined_lists import keep_pages_within
from feder_widget.faiss_internals.tracing_by_class import family_of
from feder_widget.faiss_internals.unwrap import IdMap, Shard
from feder_widget.model.keys import keys_of, no_result
from feder_widget.model.search_trace import Ranking, Scan
from feder_widget.model.top_k import top_k
from feder_widget.model.work_pieces import WHOLE, Steps

Ids = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]


class Part:
    """One IVF index at work. Nothing in it is changed.

    Ids are those that the whole index reports before its own id maps; ``probe`` returns the ids in the
    lists.

    Parameters
    ----------
    shard : Shard
        The IVF index and the id maps around it alone.
    """

    def __init__(self, shard: Shard) -> None:
        family = family_of(shard.ivf)
        if family is None:
            raise TypeError(f"{type(shard.ivf).__name__} cannot be traced")
        self.ivf = shard.ivf
        self.family = family
        self._id_maps = shard.id_maps
        self._similarity = isinstance(shard.ivf, faiss.Index) and bool(
            faiss.is_similarity_metric(shard.ivf.metric_type)
        )

    @property
    def ntotal(self) -> int:
        """Number of vectors, now."""
        return int(self.ivf.ntotal)

    @property
    def limit(self) -> int:
        """Vectors after which a search stops, now; 0 for no limit."""
        return int(self.ivf.max_codes) if self.family.heeds_max_codes else 0

    @cached_property
    def on_disk(self) -> bool:
        """True when the lists were in a file when this was asked first."""
        return inverted_lists.are_on_disk(self.ivf.invlists)

    def keep_pages_within(self, root: Any, most: int) -> None:
        """Have pages of mapped lists unmapped after ``most`` bytes, for as long as ``root`` lives."""
        keep_pages_within(root, self.ivf.invlists, most)

    def size(self, cluster: int) -> int:
        """Return the number of vectors in one cluster, now."""
        return int(self.ivf.invlists.list_size(cluster))

    def sizes(self) -> Ids:
        """Return the number of vectors in every cluster, now: int64 (nlist,)."""
        return inverted_lists.sizes(self.ivf.invlists)

    def checksum(self) -> int:
        """Return a number that differs once the sizes do; see ``inverted_lists.checksum``."""
        return inverted_lists.checksum(self.ivf.invlists)

    def ids(self, cluster: int, first_id: int = 0, offsets: slice | Ids = slice(None)) -> Ids:
        """Return the ids of one cluster, or of those at ``offsets``, int64 (n,)."""
        return self.named(inverted_lists.copy_ids(self.ivf.invlists, cluster, offsets), first_id)

    def ids_among(self, first: int, last: int, first_id: int = 0) -> Ids:
        """Return the ids of all clusters from ``first`` up to but not ``last``, int64 (n,)."""
        return self.named(inverted_lists.copy_ids_among(self.ivf.invlists, first, last), first_id)

    def mapped_lists(self) -> list[tuple[IdMap, Callable[[int, int], Ids]]]:
        """Return the id map next to the lists and a reader of their numbers; nothing without a map."""
        if not self._id_maps:
            return []
        return [(self._id_maps[-1], partial(inverted_lists.copy_ids_among, self.ivf.invlists))]

    def named(self, ids: Ids, first_id: int = 0) -> Ids:
        """Return ids in the lists as they are reported, with ``first_id`` added to them."""
        if not self._id_maps and not first_id:
            return ids
        ids = id_maps.outward_all(self._id_maps, ids)
        return np.where(ids >= 0, ids + first_id, ids) if first_id else ids

    def decode(self, cluster: int, offsets: Ids | None = None) -> npt.NDArray[np.float32]:
        """Return the vectors of one cluster, or of those at ``offsets``, float32 (n, d).

        Raises
        ------
        ValueError
            If the codes cannot be decoded.
        """
        if self.family.decode is None:
            raise ValueError(
                f"the codes of a faiss.{type(self.ivf).__name__} cannot be read back: query by vector, "
                "or pass the original vectors, open_index(source, vectors=...)"
            )
        if offsets is not None and len(offsets) and int(offsets.max()) >= self.size(cluster):
            raise IndexChangedError(f"cluster {cluster} lost vectors while it was read")
        found: npt.NDArray[np.float32] = self.family.decode(self.ivf, cluster, offsets)
        return found

    def places_steps(
        self, ids: Ids, homes: Ids | None = None, first_id: int = 0, work: int = WHOLE
    ) -> Steps[tuple[Ids, Ids]]:
        """Return the cluster and the offset of each id, int64 (n,), -1 where there is none.

        See ``inverted_lists.places_steps``.
        """
        inner, known = yield from id_maps.inward_all_steps(
            self._id_maps, ids - first_id if first_id else ids, work
        )
        if first_id:
            known &= inner >= 0
        clusters = np.full(len(ids), -1, np.int64)
        offsets = np.full(len(ids), -1, np.int64)
        clusters[known], offsets[known] = yield from inverted_lists.places_steps(
            self.ivf, inner[known], None if homes is None else homes[known], work
        )
        return clusters, offsets

    def extremes(self, first_id: int = 0) -> tuple[int, int] | None:
        """Return the smallest and the largest id, or None when there is none. One pass over all ids."""
        found = id_maps.extremes(self._id_maps[0]) if self._id_maps else inverted_lists.extremes(self.ivf)
        return None if found is None else (found[0] + first_id, found[1] + first_id)

    def scan(
        self, vector: npt.NDArray[Any], clusters: Ids, to_centroids: Distances, first_id: int = 0
    ) -> Scan:
        """Compare a query with every vector of any clusters."""
        scan = self.family.scan(self.ivf, vector, clusters, to_centroids)
        return Scan(clusters, scan.lims, self.named(scan.ids, first_id), scan.distances)

    def scan_slices(
        self, vector: npt.NDArray[Any], cluster: int, to_centroid: float, most: int, first_id: int = 0
    ) -> Iterator[Scan]:
        """Compare a query with one cluster, at most ``most`` vectors at a time, in list order."""
        if self.family.slice is None:
            raise TypeError(f"a list of a {type(self.ivf).__name__} can only be scanned whole")
        begin = 0
        while begin == 0 or begin < self.size(cluster):
            ids, distances = self.family.slice(self.ivf, vector, cluster, to_centroid, begin, begin + most)
            lims = np.array([0, len(ids)])
            yield Scan(np.array([cluster]), lims, self.named(ids, first_id), distances)
            begin += most

    def probe(self, vector: npt.NDArray[Any], ranking: Ranking, nprobe: int) -> Scan:
        """Compare a query with every vector that a search compares it with, in the order of the ranking."""
        clusters, to_centroids = ranking.clusters, ranking.distances
        if self.family.probe is not None:
            return self.family.probe(self.ivf, vector, clusters, to_centroids, nprobe)
        if self.limit:
            return self._within(self.limit, vector, clusters, to_centroids)
        return self.family.scan(self.ivf, vector, clusters, to_centroids)

    def best(self, vector: npt.NDArray[Any], ranking: Ranking, scan: Scan, k: int) -> tuple[Ids, Distances]:
        """Return the k results of a search, int64 (k,) and float32 (k,), with the ids in the lists.

        ``scan`` is what ``probe`` returned for it.
        """
        if self.family.replays(self.ivf):
            return top_k(scan.ids, scan.distances, k, self._similarity)
        return search_scan.search(
            self.ivf, vector, ranking.clusters, ranking.distances, k, max_codes=self.limit
        )

    def _within(self, limit: int, vector: npt.NDArray[Any], clusters: Ids, to_centroids: Distances) -> Scan:
        """Scan until ``limit`` vectors are compared, where a search stops."""
        sizes = np.array([self.size(cluster) for cluster in clusters.tolist()], np.int64)
        whole = int(np.searchsorted(np.cumsum(sizes), limit, side="right"))
        scan = self.family.scan(self.ivf, vector, clusters[: whole + 1], to_centroids[: whole + 1])
        counts = np.zeros(len(clusters), np.int64)
        counts[: whole + 1] = np.diff(scan.lims)
        if whole < len(clusters):
            compared = limit - int(sizes[:whole].sum())
            at = np.arange(counts[whole])
            if counts[whole] < sizes[whole]:
                # The scan leaves some vectors out that a search compares all the same.
                at = range_scan.offsets(self.ivf, vector, int(clusters[whole]), float(to_centroids[whole]))
            counts[whole] = np.count_nonzero(at < compared)
        lims = np.concatenate([[0], np.cumsum(counts)])
        return Scan(clusters, lims, scan.ids[: lims[-1]], scan.distances[: lims[-1]])


def united(scans: Sequence[Scan]) -> Scan:
    """Return scans of the same clusters as one: each cluster's candidates shard after shard."""
    if len(scans) == 1:
        return scans[0]
    clusters = scans[0].clusters
    joined = Scan(
        np.tile(clusters, len(scans)),
        np.concatenate([[0], np.cumsum(np.concatenate([np.diff(scan.lims) for scan in scans]))]),
        np.concatenate([scan.ids for scan in scans]),
        np.concatenate([scan.distances for scan in scans]),
    )
    by_cluster = np.arange(len(scans) * len(clusters)).reshape(len(scans), -1).T
    lims = joined.lims[:1] + np.concatenate(
        [[0], np.cumsum(np.diff(joined.lims).reshape(len(scans), -1).sum(axis=0))]
    )
    moved = joined.at(by_cluster.reshape(-1))
    return Scan(clusters, lims, moved.ids, moved.distances)


def merged(results: Sequence[tuple[Ids, Distances]], k: int, similarity: bool) -> tuple[Ids, Distances]:
    """Return the k best of the results of each shard, int64 (k,) and float32 (k,), as Faiss merges them.

    Of results at the same distance, those of the earlier shard come first, or of the later one where a larger
    distance is nearer. Where there are fewer than k, Faiss's own filling follows: id -1 at the worst
    distance.
    """
    if len(results) == 1:
        return results[0]
    # Faiss reads the results of a shard up to the first id below zero, whether it says "none" or is one.
    lengths = [int(np.argmax(np.append(ids, -1) < 0)) for ids, _ in results]
    ids = np.concatenate([some[:n] for (some, _), n in zip(results, lengths, strict=True)])
    distances = np.concatenate([some[:n] for (_, some), n in zip(results, lengths, strict=True)])
    shard = np.repeat(np.arange(len(results)), lengths)
    place = np.concatenate([np.arange(n) for n in lengths])
    order = np.lexsort((place, keys_of(shard, similarity), keys_of(distances, similarity)))[:k]
    padding = k - len(order)
    nothing = np.full(padding, no_result(distances.dtype, similarity), np.float32)
    return (
        np.concatenate([ids[order], np.full(padding, -1, np.int64)]),
        np.concatenate([distances[order], nothing]),
    )
