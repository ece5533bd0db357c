"""The true neighbours of one query, and at which nprobe a search finds each of them.

Where distances in the inverted lists define the true neighbours, probing more clusters cannot displace one: a
search finds it from the nprobe on that is its cluster's rank. Where codes stand for the vectors, vectors with
nearer codes can displace it again, and a search finds it over a span of nprobe, or not at all.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from feder_widget.model.keys import keys_of
from feder_widget.model.page_functions import save_html, to_html
from feder_widget.model.plot_functions import plot
from feder_widget.truth.ledger import BASES, WITHOUT_VECTORS, Basis, Ledger
from feder_widget.truth.origin import Origin
from feder_widget.truth.search_stages import Presence, Searches, Spans, first_reaching

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The k true neighbours of one query.

    Recall and missed neighbours are those of a search at any nprobe, ties included: where several vectors are
    at the distance of the last neighbour, any of them serves as well as those listed. Centroids at one
    distance may be ranked otherwise by a search at another nprobe.

    Attributes
    ----------
    ids : int64 (m,)
        Row ids, nearest first, as an exhaustive search returns them; m is k, or fewer where the index holds
        fewer vectors.
    distances : float32 (m,)
        Their distances: as the index reports them, or to the vectors given, under the same metric.
    clusters : int64 (m,)
        The cluster each is in.
    ranks : int64 (m,)
        That cluster's rank for this query, 1 = nearest: the nprobe from which on a search compares the
        neighbour. nlist + 1 where an approximate coarse search never comes to it.
    presence : Presence
        How far each gets in a search at any nprobe; the methods below read it.
    nlist : int
        Number of clusters.
    basis : "vectors", "lists" or "codes"
        The definition of the neighbours: by the vectors given to ``open_index``, by the vectors stored in
        the index, or by its codes.
    distance_name : str
        Name of ``distances``: "squared L2 distance", "squared L2 distance to codes", ….
    origin : Origin or None
        The index and the query, for ``save_html``; None where it came from another process.
    """

    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    clusters: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]
    presence: Presence
    nlist: int
    basis: Basis
    distance_name: str
    origin: Origin | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """Return the number of true neighbours."""
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<Explanation: {len(self)} true neighbours, {BASES[self.basis]}>"

    @property
    def exact(self) -> bool:
        """True when distances are those to the vectors themselves, not to codes."""
        return self.basis != "codes"

    @property
    def found_at(self) -> npt.NDArray[np.int64]:
        """The smallest nprobe that finds 1, 2, … m of them, ascending, int64 (m,); nlist + 1 where none does.

        Of neighbours that tie for the last place, those in nearer clusters count, so this can be less than
        ``ranks``.

        Raises
        ------
        ValueError
            If every nprobe would have to be searched to know.
        """
        return first_reaching(self._spans().curve(), len(self))

    @property
    def nprobe_needed(self) -> int:
        """The smallest nprobe that finds all true neighbours; nlist + 1 when none does.

        By exact distances under lossy codes a larger nprobe may lose one again: see ``recall``.

        Raises
        ------
        ValueError
            As ``found_at``.
        """
        return int(self.found_at[-1]) if len(self) else 1

    @property
    def returned_from(self) -> npt.NDArray[np.int64]:
        """The nprobe from which on each is returned, int64 (m,); nlist + 1 for one that never is.

        Raises
        ------
        ValueError
            As ``found_at``.
        """
        return self._spans().returned_from[: len(self)]

    @property
    def returned_until(self) -> npt.NDArray[np.int64]:
        """The nprobe from which on each is no longer returned, int64 (m,).

        That is, it is returned where ``returned_from <= nprobe < returned_until``. nlist + 1 for one that
        stays, or is never returned; always so where ``basis`` is not "vectors".

        Raises
        ------
        ValueError
            As ``found_at``.
        """
        return self._spans().returned_until[: len(self)]

    @overload
    def recall(self, nprobe: int) -> float: ...
    @overload
    def recall(self, nprobe: npt.ArrayLike) -> float | npt.NDArray[np.float64]: ...
    def recall(self, nprobe: npt.ArrayLike) -> float | npt.NDArray[np.float64]:
        """Return the share of the true neighbours that a search finds.

        Parameters
        ----------
        nprobe : int or int array_like (n,)
            Clusters probed, 1 to nlist. Where ``found_at`` is unavailable, each takes a search.

        Returns
        -------
        float, or float64 (n,)
            Between 0 and 1; 1 where there are no neighbours to find. May fall as nprobe grows, by exact
            distances under lossy codes.
        """
        wanted = checked_nprobe(nprobe, self.nlist)
        share = self.presence.hits(wanted) / len(self) if len(self) else np.ones(wanted.shape)
        return float(share) if wanted.ndim == 0 else np.asarray(share, np.float64)

    def missed(self, nprobe: int) -> npt.NDArray[np.int64]:
        """Return the row ids of the true neighbours that a search does not find, nearest first, int64 (n,).

        A neighbour whose place is taken by another vector at the same distance is not missed.
        """
        stages = self.presence.stages(one_nprobe(nprobe, self.nlist))
        return self.presence.near.lost(np.ones(len(stages.returned), bool), stages.returned)

    def ledger(self, nprobe: int) -> Ledger:
        """Return what became of the true neighbours in a search: found, or lost at which stage.

        Takes no search where ``found_at`` is available. ``IvfIndex.ledger`` always searches.

        Raises
        ------
        ValueError
            If the neighbours are as the codes see them, so that the code can lose none.
        """
        wanted = one_nprobe(nprobe, self.nlist)
        if self.basis == "codes":
            raise ValueError(WITHOUT_VECTORS)
        return self.presence.near.ledger(self.presence.stages(wanted), wanted, self.basis)

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw recall at every nprobe; see ``figures.recall``.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on; by default, those of a new figure.
        options
            ``nprobe`` and ``style``.

        Returns
        -------
        matplotlib Axes
        """
        return plot("recall", self, ax, options)

    def save_html(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Save the search and its true neighbours as one page that needs no kernel and no network.

        Parameters
        ----------
        path
            The file to write. An older one stays whole until the new one is.
        options
            ``nprobe`` to begin with (by default the index's own), ``title``, ``max_bytes``; ``images``,
            ``labels``, ``data``, ``id``, ``columns``, ``label`` and ``image`` as for ``FederWidget``.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        IndexChangedError
            If the index has changed since.
        ValueError
            If this came from another process, where its index is; and as ``FederWidget.save_html``.
        """
        return save_html(self, path, options)

    def to_html(self, *, height: int = 760, **options: Any) -> str:
        """Return the page of ``save_html`` as an ``iframe`` for another page, ``height`` CSS pixels high."""
        return to_html(self, height, options)

    def _spans(self) -> Spans:
        if isinstance(self.presence, Spans):
            return self.presence
        reason = self.presence.reason if isinstance(self.presence, Searches) else "it takes searches"
        raise ValueError(
            f"it takes a search at each nprobe to know which one finds a neighbour: {reason}; ask "
            "recall(nprobe) or ledger(nprobe)"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The place of one row for a query: why it is a result, or why it is not.

    Attributes
    ----------
    id : int
        The row.
    distance : float
        Its distance to the query as Faiss reports it.
    cluster, rank : int
        Its cluster, and that cluster's rank, 1 = nearest. A search compares the row from nprobe ``rank`` on;
        nlist + 1 where an approximate coarse search never comes to it.
    position : int or None
        One more than the number of vectors in the index that are strictly nearer; None where they were not
        counted.
    """

    id: int
    distance: float
    cluster: int
    rank: int
    position: int | None


@dataclass(frozen=True, slots=True)
class Certainty:
    """How certain an answer is by geometry alone, without reading the clusters that were not probed.

    Attributes
    ----------
    open : int
        Clusters that were not probed and could still hold something nearer than the k-th result.
    unprobed : int
        Clusters that were not probed, or not to their end where the index has ``max_codes``.
    """

    open: int
    unprobed: int

    @property
    def certified(self) -> bool:
        """True when no unprobed cluster can hold a nearer vector: the answer is exact."""
        return self.open == 0


def found_at(
    ranks: npt.NDArray[np.int64], distances: npt.NDArray[np.float32], k: int, similarity: bool
) -> npt.NDArray[np.int64]:
    """Return the nprobe that finds 1, 2, … k of the k nearest.

    Parameters
    ----------
    ranks : int (..., n)
        Rank of the cluster of each vector that is at least as near as the k-th, ties included. Farther
        vectors may be among them; of vectors at one distance the ones in nearer clusters count.
    distances : float32 (..., n)
        Their distances.
    k : int
        Neighbours wanted, at most n.
    similarity : bool
        True when a larger distance is nearer.

    Returns
    -------
    int (..., k)
    """
    order = np.lexsort((ranks, keys_of(distances, similarity)))[..., :k]
    found: npt.NDArray[np.int64] = np.take_along_axis(ranks, order, axis=-1)
    found.sort(axis=-1)
    return found


def checked_nprobe(nprobe: npt.ArrayLike, nlist: int) -> npt.NDArray[np.int64]:
    """Return nprobe as an int64 array, each between 1 and nlist, or raise."""
    values = np.asarray(nprobe)
    if values.dtype.kind not in "iu":
        raise TypeError(f"nprobe must be an int or an array of ints, got {values.dtype}")
    outside = (values < 1) | (values > nlist)
    if outside.any():
        raise ValueError(f"nprobe must be between 1 and nlist={nlist}, got {int(values[outside].flat[0])}")
    return values.astype(np.int64)


def one_nprobe(nprobe: int, nlist: int) -> int:
    """Return nprobe as an int between 1 and nlist, or raise."""
    if np.ndim(nprobe):
        raise TypeError(f"nprobe must be one int, got {len(np.atleast_1d(nprobe))} of them")
    return int(checked_nprobe(nprobe, nlist))
