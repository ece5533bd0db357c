"""Properties of an engine's answers that hold for every search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guarantees:
    """Properties of an engine's answers; claims on screen and shortcuts in code depend on them.

    Attributes
    ----------
    exact : bool
        Vectors are stored whole, so that distances are those to the vectors themselves. Behind transforms
        that drop dimensions (PCA) a stored vector is a code.
    faithful : bool
        A distance is the one to the decoded vector, to within float32's rounding.
    splittable : bool
        A vector's distance is the same whichever clusters are scanned together with its own. Fast-scan
        indexes over residuals round distances to steps whose size depends on the clusters scanned.
    sliceable : bool
        ``scan_steps`` cuts a long list into pieces. Where it is false (fast-scan codes, Panorama), a list is
        scanned whole however long it is.
    replayable : bool
        The results of a search are the k best of its candidates. Elsewhere Faiss skips candidates by a bound,
        orders ties its own way, merges the results of shards or re-ranks, so that only ``trace`` knows the
        results. Through an id map, which of several candidates at one distance is a result can depend on the
        map.
    skips : bool
        A search may pass over some of the best candidates.
    refines : bool
        A search compares its best candidates once more, by another index.
    limited : bool
        A search stops after a number of vectors (``max_codes``), now.
    renamed : bool
        An id map around the lists gives row ids other than the ones in the lists.
    coarse_exact : bool
        The coarse search compares the query with every centroid. Where it does not (HNSW, a multi-index, …),
        it may pass over a nearer cluster, and a vector may be in another list than its nearest centroid's.
    coarse_measured : bool
        The distances in a coarse ranking are those to the centroids, to within rounding.
    steady : bool
        A coarse search for more clusters begins with the clusters of a search for fewer.
    ranked_once : bool
        One ranking holds for every nprobe: the coarse search is steady and names no cluster twice. Where it
        is false, a search at another nprobe may probe others than the first of this ranking.
    given : bool
        True neighbours are by the vectors given to ``open_index``: the index holds codes, or fewer
        dimensions.
    """

    exact: bool
    faithful: bool
    splittable: bool
    sliceable: bool
    replayable: bool
    skips: bool
    refines: bool
    limited: bool
    renamed: bool
    coarse_exact: bool
    coarse_measured: bool
    steady: bool
    ranked_once: bool
    given: bool = False

    @property
    def why_each_nprobe(self) -> str | None:
        """Why the nprobe that finds a vector does not follow from its place; None where it does."""
        if not self.splittable:
            return "a distance depends on all clusters that are probed"
        if self.skips:
            return "Faiss may pass over some of the best candidates"
        if not self.steady:
            return "which clusters the coarse search ranks first depends on nprobe"
        return None
