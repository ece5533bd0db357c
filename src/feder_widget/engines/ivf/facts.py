"""What an ``IvfIndex`` says of the index that it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import family_name
from feder_widget.faiss_internals.inverted_file import Engine
from feder_widget.faiss_internals.unwrap import IdMap, Stack


class Facts:
    """The properties of an ``IvfIndex``. What can change is read from the index every time.

    Parameters
    ----------
    stack : Stack
        The index taken apart and checked, as ``open_index`` does.
    vectors_given : array (n, dim), optional
        The original vectors, row i for row id i.
    """

    def __init__(self, stack: Stack, *, vectors_given: Any = None) -> None:
        self.engine = Engine(stack)
        self._vectors_given = vectors_given

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.ntotal:,} x {self.dim}, nlist={self.nlist}, {self.metric}>"

    @property
    def faiss_index(self) -> Any:
        """The caller's index, or the one that was read."""
        return self.engine.stack.root

    @property
    def family(self) -> str:
        """What the index is made of, as people write it: "OPQ16_64 → IVF1024,PQ16x8 + RFlat"."""
        return family_name.family(self.engine.stack)

    @property
    def nlist(self) -> int:
        """Number of clusters."""
        return self.engine.centroids.nlist

    @property
    def dim(self) -> int:
        """Number of dimensions of a query; of a binary index, bits."""
        return int(self.faiss_index.d)

    @property
    def metric(self) -> str:
        """The metric: "L2", "inner product", or another's name ("L1", "Hamming", …)."""
        return family_name.metric(self.engine.stack)

    @property
    def distance_name(self) -> str:
        """What a reported distance is: "squared L2 distance", "cosine similarity", …."""
        return family_name.distance(self.engine.stack, self.engine.is_faithful)

    @property
    def similarity(self) -> bool:
        """True when a larger distance is nearer."""
        return self.engine.similarity

    @property
    def coarse_similarity(self) -> bool:
        """True when a larger distance to a centroid is nearer: a coarse quantizer may have its own metric."""
        return self.engine.centroids.similarity

    @property
    def coarse_distance_name(self) -> str:
        """What a distance to a centroid is."""
        found = self.engine.centroids
        return family_name.coarse_distance(self.engine.stack, found.metric, found.are_measured)

    @property
    def coarse_is_exact(self) -> bool:
        """True when the coarse search compares the query with every centroid.

        Where it does not (HNSW, a multi-index, …), a search may pass over a nearer cluster, and a vector may
        be in another list than its nearest centroid's.
        """
        return self.engine.centroids.is_exhaustive

    @property
    def exact(self) -> bool:
        """True when vectors are stored whole, so that distances are those to the vectors themselves.

        Behind transforms that drop dimensions (PCA) what is stored is a code like others.
        """
        return self.engine.guarantees.exact

    @property
    def faithful_codes(self) -> bool:
        """True when a distance is the one to the decoded vector, to within float32's rounding."""
        return self.engine.is_faithful

    @property
    def splittable(self) -> bool:
        """True when a vector's distance is the same whichever clusters are scanned together with its own.

        Fast-scan indexes over residuals round distances to steps whose size depends on the clusters scanned.
        """
        return self.engine.is_splittable

    @property
    def replayable(self) -> bool:
        """True when the results of a search are the k best of its candidates.

        Elsewhere Faiss passes over some candidates by a bound, orders ties in its own way, merges the results
        of shards or re-ranks, so that only ``trace`` knows the results. Through an id map, which of several
        candidates at one distance is a result can depend on the map.
        """
        return self.engine.guarantees.replayable

    @property
    def refines(self) -> bool:
        """True when a search compares its best candidates once more, by another index."""
        return self.engine.stack.refine is not None

    @property
    def renames_rows(self) -> bool:
        """True when ids are given by an id map around the lists, which have others."""
        return any(isinstance(layer, IdMap) for layer in self.engine.stack.layers)

    @property
    def limited(self) -> bool:
        """True when a search stops after so many vectors (``max_codes``), now."""
        return self.engine.is_limited

    @property
    def on_disk(self) -> bool:
        """True when inverted lists are not in memory, but are read from a file as they are needed."""
        return any(part.on_disk for part in self.engine.parts)

    @property
    def vectors_given(self) -> Any:
        """The original vectors that ``open_index`` was given, (n, dim), row i for row id i; or None."""
        return self._vectors_given

    @property
    def goes_by_given(self) -> bool:
        """True when the vectors given count and not the stored ones: codes, or fewer dimensions."""
        return self._vectors_given is not None and not self.engine.stores_originals

    @property
    def ntotal(self) -> int:
        """Number of vectors, now."""
        return sum(part.ntotal for part in self.engine.parts)

    @property
    def stored_nprobe(self) -> int:
        """The index's own nprobe, now."""
        return int(self.engine.stack.ivf.nprobe)

    @property
    def list_sizes(self) -> npt.NDArray[np.int64]:
        """Number of vectors in every cluster, now: int64 (nlist,). Reads no list."""
        return self.engine.sizes()

    @property
    def max_id(self) -> int:
        """The largest row id, now; -1 when the index is empty. Reads all ids, which no search needs."""
        found = self.engine.extremes()
        return -1 if found is None else found[1]
