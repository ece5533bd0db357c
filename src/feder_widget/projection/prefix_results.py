"""The results of every prefix of the ranking, from one pass over its clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feder_widget.model.keys import keys_of

NOWHERE = np.empty(0, np.intp)


class PrefixResults:
    """The ``count`` nearest candidates so far, and the ``k`` nearest after each cluster.

    Candidates are named by their place in the order of the pass.

    Parameters
    ----------
    k : int
        Results at each step of the fine search.
    count : int
        Candidates kept at the end, at least k.
    similarity : bool
        Larger distances are nearer.
    """

    def __init__(self, k: int, count: int, *, similarity: bool) -> None:
        self._k = k
        self._count = count
        self._similarity = similarity
        self._keys = np.empty(0, np.float32)
        self._places = NOWHERE
        self._results: dict[int, NDArray[np.intp]] = {}

    def add(
        self,
        distances: NDArray[np.float32],
        lims: NDArray[np.int64],
        ranks: NDArray[np.int64],
        start: int,
    ) -> NDArray[np.intp]:
        """Take in one piece of the pass, of whole clusters or a part of one.

        Parameters
        ----------
        distances : float32 (n,)
        lims : int64 (c + 1,)
            Cluster i holds the distances ``lims[i]`` to ``lims[i + 1]``.
        ranks : int64 (c,)
            Rank of each cluster.
        start : int
            Place of the first distance.

        Returns
        -------
        (m,) intp
            The distances, of this piece, that were among the nearest after their cluster.
        """
        keys = keys_of(distances, self._similarity)
        clusters = len(ranks)
        # The clusters that fill the store, then those with something nearer than its farthest.
        fill = min(clusters, int(np.searchsorted(lims, self._count - len(self._keys))))
        entered = [NOWHERE]
        entered += [self._take(keys, lims[i : i + 2], int(ranks[i]), start) for i in range(fill)]
        if fill < clusters:
            near = lims[fill] + np.flatnonzero(keys[lims[fill] :] < self._keys[-1])
            rest = np.unique(np.searchsorted(lims, near, side="right") - 1).tolist()
            entered += [self._take(keys, lims[i : i + 2], int(ranks[i]), start) for i in rest]
        return np.unique(np.concatenate(entered))

    def found(self, limit: int) -> NDArray[np.intp]:
        """Return the places of all these candidates, (n,) intp.

        Of more than ``limit``, the nearest of all take precedence, then the results of later steps.
        """
        everything = np.concatenate([self._places, *reversed(self._results.values())])
        places, first = np.unique(everything, return_index=True)
        return np.asarray(places[np.argsort(first)][:limit])

    def _take(
        self, keys: NDArray[np.float32], ends: NDArray[np.int64], rank: int, start: int
    ) -> NDArray[np.intp]:
        low, high = ends.tolist()
        within = np.arange(low, high)
        if len(self._keys) == self._count:
            within = low + np.flatnonzero(keys[low:high] < self._keys[-1])
        if len(within) == 0:
            return NOWHERE
        pool = np.concatenate([self._keys, keys[within]])
        # Stable, because Faiss keeps the first of equally near candidates.
        order = np.argsort(pool, kind="stable")[: self._count]
        self._keys = pool[order]
        self._places = np.concatenate([self._places, within + start])[order]
        self._results[rank] = self._places[: self._k]
        return np.asarray(self._places[self._places >= start] - start)
