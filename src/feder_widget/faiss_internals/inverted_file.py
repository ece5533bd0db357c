"""One Faiss IVF index taken apart: its lists read and searched, in their own space and by their own ids.

A query goes in through ``transform``, ids come out through ``external_ids``. In between, vectors are in the
inner space, the space of centroids and codes, and ids are the ones that the innermost index, or its shards
together, report.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals import inverted_lists, original_space, shard
from feder_widget.faiss_internals.centroids import Centroids
from feder_widget.faiss_internals.coarse_ranking import rank_clusters, rank_clusters_for_every
from feder_widget.faiss_internals.codes import unpacked
from feder_widget.faiss_internals.layers import id_maps, refinement, transforms
from feder_widget.faiss_internals.opened_file import ListsFile
from feder_widget.faiss_internals.scans import range_scan
from feder_widget.faiss_internals.search_settings import search_settings
from feder_widget.faiss_internals.shard import Part
from feder_widget.faiss_internals.shards.head_bytes import ID_BYTES
from feder_widget.faiss_internals.shards.joined_lists import have, joined_in
from feder_widget.faiss_internals.unwrap import IdMap, Stack, Transform
from feder_widget.model.guarantees import Guarantees
from feder_widget.model.list_runs import runs
from feder_widget.model.memory_limit import as_memory_limit
from feder_widget.model.search_trace import (
    Ranking,
    Scan,
)
from feder_widget.model.work_pieces import DECODE_WORK, PIECE_WORK, WHOLE, Steps, drain, vectors_per_piece

Ids = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]
Float32Array = npt.NDArray[np.float32]

FAST_METRICS = (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT, faiss.METRIC_L1, faiss.METRIC_Linf)
"""Metrics whose distance takes about one multiplication per dimension."""

SLOW_METRIC_WORK = 16
"""Multiplications per dimension that a distance under another metric counts for."""


PAGES_SHARE = 8
"""One part in so many of the memory limit is for pages of mapped lists."""

MOST_PAGES = 256 << 20
"""Bytes of pages at most: more of them save nothing."""


class InvertedFile:
    """One index taken apart. Nothing in it is changed.

    Parameters
    ----------
    stack : Stack
        As ``unwrap`` returns it and ``check`` approves it.
    memory_limit : int, optional
        Bytes that a pass over the lists may hold, those of mapped pages among them; by default a quarter of
        the machine's memory. A process that reads an index with two limits keeps to the later one.

    Attributes
    ----------
    memory_limit : int
        As given.
    """

    def __init__(self, stack: Stack, memory_limit: int | None = None) -> None:
        self.stack = stack
        self.memory_limit = as_memory_limit(memory_limit)
        self.parts = tuple(Part(shard) for shard in stack.shards)
        self.family = self.parts[0].family
        self.centroids = Centroids(stack.ivf)
        self.similarity = not stack.is_binary and bool(faiss.is_similarity_metric(stack.ivf.metric_type))
        self._as_read = None if stack.file is None else self._counts()
        for part in self.parts:
            part.keep_pages_within(stack.root, self._page_bytes)

    def named(self, scan: Scan) -> Scan:
        """Return a scan with the ids that the whole index reports."""
        ids = self.external_ids(scan.ids)
        return scan if ids is scan.ids else Scan(scan.clusters, scan.lims, ids, scan.distances)

    def transform(self, vector: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a query as the inverted lists see it: float32 (inner dim,), or the same bytes."""
        return transforms.forward(self.stack.chain, vector)

    def external_ids(self, ids: Ids) -> Ids:
        """Return ids as the whole index reports them."""
        return id_maps.outward_all(self._id_maps, ids)

    def inner_ids(self, ids: Ids) -> Ids:
        """Return the ids in the lists of one index that go by these; -1 where there is none."""
        return id_maps.inward_all(self._id_maps, ids)[0]

    def rank(self, vector: npt.NDArray[Any], nprobe: int | None) -> Ranking:
        """Rank all clusters, for all shards at once; see ``rank_clusters``."""
        return rank_clusters(self.centroids, vector, nprobe)

    def rank_for_every(self, vector: npt.NDArray[Any], nprobe: int) -> Ranking:
        """Rank the clusters that a search probes at some nprobe; see ``rank_clusters_for_every``."""
        return rank_clusters_for_every(self.centroids, vector, nprobe)

    def scan(self, vector: npt.NDArray[Any], clusters: Ids, to_centroids: Distances | None = None) -> Scan:
        """Compare a query with every vector of any clusters.

        ``to_centroids``, float32 (n,), are the distances to their centroids as a coarse search reports them;
        without, they are computed, and the distances to residual codes may differ from a search's in the last
        digit.
        """
        if to_centroids is None:
            to_centroids = self._to_centroids(vector, clusters)
        return shard.united(
            [part.scan(vector, clusters, to_centroids, first_id) for part, first_id in self.numbered()]
        )

    def scan_steps(
        self,
        vector: npt.NDArray[Any],
        clusters: Ids,
        to_centroids: Distances | None = None,
        work: int = PIECE_WORK,
    ) -> Iterator[Scan]:
        """Compare a query with every vector of any clusters, ``work`` multiplications at a time.

        The pieces joined are ``scan`` of the same clusters, bit for bit. A cluster of more vectors comes in
        several pieces where the family is sliceable, and in one otherwise. All clusters come in one piece
        where a distance depends on all of them. With several shards, the pieces of a long cluster come shard
        after shard.
        """
        if to_centroids is None:
            to_centroids = self._to_centroids(vector, clusters)
        if not self.is_splittable:
            yield self.scan(vector, clusters, to_centroids)
            return
        most = vectors_per_piece(self.work_per_vector, work)
        sizes = np.array([self.size(cluster) for cluster in clusters.tolist()], np.int64)
        for first, last in runs(sizes, most):
            for part in self.parts:
                have(part.ivf.invlists, clusters[first:last], clusters[last:])
            if sizes[first] <= most or self.family.slice is None:
                yield self.scan(vector, clusters[first:last], to_centroids[first:last])
                continue
            for part, first_id in self.numbered():
                yield from part.scan_slices(
                    vector, int(clusters[first]), float(to_centroids[first]), most, first_id
                )

    @property
    def is_on_disk(self) -> bool:
        """True when lists are mapped from a file."""
        return any(part.on_disk for part in self.parts)

    @property
    def vectors_at_once(self) -> int:
        """Vectors that one call of Faiss may read in a pass: few enough for the pages of mapped lists."""
        if not self.is_on_disk:
            return WHOLE
        return max(1, self._page_bytes // (int(self.stack.ivf.code_size) + ID_BYTES))

    @property
    def _page_bytes(self) -> int:
        return min(self.memory_limit // PAGES_SHARE, MOST_PAGES)

    @property
    def work_per_vector(self) -> int:
        """Multiplications that comparing one vector counts for."""
        ivf = self.stack.ivf
        is_slow = not self.stack.is_binary and ivf.metric_type not in FAST_METRICS
        return int(ivf.d) * self.family.work * (SLOW_METRIC_WORK if is_slow else 1)

    def _to_centroids(self, vector: npt.NDArray[Any], clusters: Ids) -> Distances:
        """Return the coarse distances that a scan adds to residual terms, float32 (n,)."""
        if self.family.exact:
            # The distance to a vector stored whole does not depend on the distance to its centroid.
            return np.zeros(len(clusters), np.float32)
        return self.centroids.distances(vector)[clusters]

    @property
    def dim(self) -> int:
        """Dimensions of a query before ``transform``; bits for a binary index."""
        return int(self.stack.root.d)

    @property
    def nlist(self) -> int:
        """Number of clusters."""
        return self.centroids.nlist

    @property
    def ntotal(self) -> int:
        """Number of vectors, now."""
        return sum(part.ntotal for part in self.parts)

    def version(self) -> tuple[float, ...]:
        """Return numbers that differ once vectors were added, removed or moved between clusters.

        ``ntotal`` is first; the settings that change answers are last.

        A few calls of Faiss per shard, however many clusters there are. Vectors replaced by as many others
        of the same clusters leave it as it is; see ``inverted_lists.checksum`` for very many clusters.
        """
        return (*self._counts(), *search_settings(self.stack))

    @property
    def file_of_lists(self) -> ListsFile | None:
        """What holds these lists: a file, or those of shards.

        None where they were never in one, or have changed since.
        """
        return self.stack.file if self._as_read is not None and self._as_read == self._counts() else None

    def _counts(self) -> tuple[float, ...]:
        """Return what ``version`` tells of the vectors."""
        sums = [part.checksum() for part in self.parts]
        return (self.ntotal, int(self.stack.ivf.nlist), *sums)

    @property
    def missing_bytes(self) -> int:
        """Bytes of lists that Faiss would read as zeros, because they are elsewhere and were not fetched."""
        joined = [joined_in(part.ivf.invlists) for part in self.parts]
        return sum(lists.missing_bytes for lists in joined if lists is not None)

    def fetching(self, clusters: Ids, *, only_ids: bool = False) -> Future[None] | None:
        """Have a thread fetch lists that are elsewhere, or their row ids; None where all of them are here.

        Its errors are those of ``have``.
        """
        for part in self.parts:
            joined = joined_in(part.ivf.invlists)
            future = None if joined is None else joined.fetching(clusters, only_ids=only_ids)
            if future is not None:
                # Shards by address are one part.
                return future
        return None

    def fetch(self) -> None:
        """Fetch all lists that are elsewhere."""
        for part in self.parts:
            have(part.ivf.invlists, np.arange(self.nlist))

    def sizes(self) -> Ids:
        """Return the number of vectors in every cluster, int64 (nlist,)."""
        sizes: Ids = np.sum([part.sizes() for part in self.parts], axis=0)
        return sizes

    def size(self, cluster: int) -> int:
        """Return the number of vectors in one cluster."""
        return sum(part.size(cluster) for part in self.parts)

    def ids(self, cluster: int, offsets: Ids | None = None) -> Ids:
        """Return the ids of one cluster, or of those at ``offsets``, as the whole index reports them.

        int64 (n,), in list order or in that of ``offsets``.
        """
        if len(self.parts) == 1:
            return self.external_ids(
                self.parts[0].ids(cluster, 0, slice(None) if offsets is None else offsets)
            )
        found = np.concatenate([part.ids(cluster, first_id) for part, first_id in self.numbered()])
        return self.external_ids(found if offsets is None else found[offsets])

    def ids_among(self, first: int, last: int) -> Ids:
        """Return the ids of all clusters from ``first`` up to but not ``last``, int64 (n,), part by part."""
        found = [part.ids_among(first, last, first_id) for part, first_id in self.numbered()]
        return self.external_ids(np.concatenate(found))

    def mapped_lists(self) -> list[tuple[IdMap, Callable[[int, int], Ids]]]:
        """Return each id map next to the lists, and a reader of the numbers that it turns into ids.

        The reader returns those of the clusters from a first up to but not a last, int64 (n,). In a sound
        index they are rows of the map, each of them at most once. None where lists hold ids themselves.
        """
        inside = [pair for part in self.parts for pair in part.mapped_lists()]
        if inside or not self._id_maps:
            return inside

        def numbers_among(first: int, last: int) -> Ids:
            return np.concatenate(
                [part.ids_among(first, last, first_id) for part, first_id in self.numbered()]
            )

        return [(self._id_maps[-1], numbers_among)]

    def ids_by_list(self, first: int, last: int) -> tuple[Ids, Ids]:
        """Return the ids of all clusters from ``first`` up to but not ``last``, and the cluster of each.

        Both int64 (n,): cluster after cluster, each in list order.
        """
        numbers = np.arange(first, last)
        homes = np.concatenate([np.repeat(numbers, part.sizes()[first:last]) for part in self.parts])
        ids = self.ids_among(first, last)
        if len(self.parts) == 1:
            return ids, homes
        order = np.argsort(homes, kind="stable")
        return ids[order], homes[order]

    def decode(self, cluster: int, offsets: Ids | None = None) -> Float32Array:
        """Return the vectors of one cluster, or of those at ``offsets``, float32 (n, inner dim).

        As they are stored: whole, or decoded from their codes. The bits of a binary index are zeros and ones.

        Raises
        ------
        ValueError
            If the codes cannot be decoded.
        IndexChangedError
            If there is no such offset any more.
        """
        if len(self.parts) == 1:
            return self.parts[0].decode(cluster, offsets)
        if offsets is None:
            return np.concatenate([part.decode(cluster) for part in self.parts])
        if len(offsets) and int(offsets.max()) >= self.size(cluster):
            raise IndexChangedError(f"cluster {cluster} lost vectors while it was read")
        vectors = np.empty((len(offsets), self.stack.ivf.d), np.float32)
        start = 0
        for part in self.parts:
            stop = start + part.size(cluster)
            here = (start <= offsets) & (offsets < stop)
            vectors[here] = part.decode(cluster, offsets[here] - start)
            start = stop
        return vectors

    def vectors_of_steps(
        self, ids: Ids, homes: Ids | None = None, work: int = WHOLE
    ) -> Steps[tuple[Float32Array, npt.NDArray[np.bool_]]]:
        """Return the vectors of rows as queries, float32 (n, dim), and which rows are known, bool (n,).

        The vectors that ``reconstruct`` of the whole index returns, where Faiss offers it: the one of the
        index that refines where there is one, else the one in the lists, taken back through the transforms.
        An unknown row is NaN. ``homes`` as for ``places_steps``, ``work`` in multiplications per piece.

        Raises
        ------
        ValueError
            If the codes cannot be decoded, or the transforms cannot be reversed.
        """
        outer, refine = self.stack.outside_refine, self.stack.refine
        chain = [step for layer in outer if isinstance(layer, Transform) for step in layer.chain]
        if refine is not None:
            id_maps_around = [layer for layer in outer if isinstance(layer, IdMap)]
            rows, known = yield from id_maps.inward_all_steps(id_maps_around, ids, work)
            vectors, stored = yield from refinement.vectors_of_steps(refine, rows[known], work)
            known[known] = stored
        else:
            clusters, offsets = yield from self.places_steps(ids, homes, work)
            known = clusters >= 0
            vectors = yield from self._stored_steps(clusters[known], offsets[known], work)
        filled = np.full((len(ids), self.stack.root.d), np.nan, np.float32)
        if known.any():
            filled[known] = transforms.backward(chain, vectors)
        return filled, known

    def vectors_of(self, ids: Ids, homes: Ids | None = None) -> tuple[Float32Array, npt.NDArray[np.bool_]]:
        """Return ``vectors_of_steps`` at once."""
        return drain(self.vectors_of_steps(ids, homes))

    def places_steps(self, ids: Ids, homes: Ids | None = None, work: int = WHOLE) -> Steps[tuple[Ids, Ids]]:
        """Return the cluster and the offset of each id of the whole index, -1 where there is none.

        ``homes``, int64 (n,), says which cluster each is in: then only those lists are read.
        """
        inner, known = yield from id_maps.inward_all_steps(self._id_maps, ids, work)
        clusters = np.full(len(ids), -1, np.int64)
        offsets = np.full(len(ids), -1, np.int64)
        for i, (part, first_id) in enumerate(self.numbered()):
            sought = np.flatnonzero(known & (clusters < 0))
            near = None if homes is None else homes[sought]
            at, within = yield from part.places_steps(inner[sought], near, first_id, work)
            here = at >= 0
            clusters[sought[here]] = at[here]
            # The lists of earlier parts come first.
            earlier = [sum(other.size(cluster) for other in self.parts[:i]) for cluster in at[here].tolist()]
            offsets[sought[here]] = within[here] + np.array(earlier, np.int64)
        return clusters, offsets

    def places(self, ids: Ids, homes: Ids | None = None) -> tuple[Ids, Ids]:
        """Return ``places_steps`` at once."""
        return drain(self.places_steps(ids, homes))

    def extremes(self) -> tuple[int, int] | None:
        """Return the smallest and the largest id of the whole index, or None when there is none."""
        if self._id_maps:
            return id_maps.extremes(self._id_maps[0])
        found = [part.extremes(first_id) for part, first_id in self.numbered()]
        held = [some for some in found if some is not None]
        return (min(low for low, _ in held), max(high for _, high in held)) if held else None

    def as_point(self, vector: npt.NDArray[Any]) -> Float32Array:
        """Return a query behind the transforms as a point among the centroids, float32 (inner dim,)."""
        return unpacked(vector[None])[0] if self.stack.is_binary else vector

    @property
    def guarantees(self) -> Guarantees:
        """The guarantees of this index, now."""
        first = self.parts[0]
        return Guarantees(
            exact=self.family.exact and not original_space.drops_dimensions(self.stack),
            faithful=self.is_faithful,
            splittable=self.is_splittable,
            sliceable=self.family.slice is not None,
            replayable=len(self.parts) == 1 and self.stack.refine is None and first.family.replays(first.ivf),
            skips=any(part.family.skips(part.ivf) for part in self.parts),
            refines=self.stack.refine is not None,
            limited=self.is_limited,
            renamed=bool(self._id_maps),
            coarse_exact=self.centroids.is_exhaustive,
            coarse_measured=self.centroids.are_measured,
            steady=self.centroids.is_steady,
            ranked_once=self.centroids.is_steady and self.centroids.names_once,
        )

    @property
    def stores_originals(self) -> bool:
        """True when the lists alone define the true neighbours of the original vectors."""
        return original_space.lists_stand_for_originals(self.stack, self.family.exact)

    @property
    def is_faithful(self) -> bool:
        """True when a distance is the one to the decoded vector, to within rounding."""
        family, ivf = self.family, self.stack.ivf
        if not family.faithful(ivf):
            return False
        return self.centroids.are_measured or not family.adds_centroid(ivf)

    @property
    def is_splittable(self) -> bool:
        """True when a distance is the same whichever clusters are scanned together."""
        return all(part.family.splittable(part.ivf) for part in self.parts)

    @property
    def why_each_nprobe(self) -> str | None:
        """See ``Guarantees.why_each_nprobe``."""
        return self.guarantees.why_each_nprobe

    @property
    def has_one_scanner(self) -> bool:
        """True when Faiss can search any lists for places and distances, by the scanner of a search."""
        first = self.parts[0]
        by_range = first.family.scan in (range_scan.scan, range_scan.scan_in_groups)
        return len(self.parts) == 1 and by_range and first.ivf.parallel_mode == 0

    @property
    def is_limited(self) -> bool:
        """True when a search stops after so many vectors (``max_codes``)."""
        return any(part.limit for part in self.parts)

    def _stored_steps(self, clusters: Ids, offsets: Ids, work: int) -> Steps[Float32Array]:
        """Return the vectors at these places, float32 (n, inner dim)."""
        vectors = np.empty((len(clusters), self.stack.ivf.d), np.float32)
        each = DECODE_WORK * self.stack.ivf.d * self.family.work
        most, done = max(1, work // each), 0
        for cluster in np.unique(clusters).tolist():
            here = np.flatnonzero(clusters == cluster)
            for begin in range(0, len(here), most):
                if done >= work:
                    done = 0
                    yield
                some = here[begin : begin + most]
                vectors[some] = self.decode(cluster, offsets[some])
                done += inverted_lists.LIST_WORK + len(some) * each
        return vectors

    @property
    def _id_maps(self) -> list[IdMap]:
        return [layer for layer in self.stack.layers if isinstance(layer, IdMap)]

    def numbered(self) -> list[tuple[Part, int]]:
        """Return each part with the number that is added to its ids, now."""
        sharded = self.stack.sharded
        if sharded is None or not sharded.successive_ids:
            return [(part, 0) for part in self.parts]
        firsts = itertools.accumulate((part.ntotal for part in self.parts[:-1]), initial=0)
        return list(zip(self.parts, firsts, strict=True))
