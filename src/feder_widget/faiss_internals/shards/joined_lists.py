"""Inverted lists joined from several files: found again by the object of Faiss that holds them.

Whatever reads lists calls ``have`` first. Lists in memory need nothing; of joined ones, those that lie
elsewhere are fetched then, and a file that has changed is noticed; of mapped ones, the pages that were read
before are unmapped.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import mapped_pages
from feder_widget.faiss_internals.mapped_pages import maps_of, pages_of

Ids = npt.NDArray[np.int64]


class JoinedLists(Protocol):
    """The lists of several files at work as those of one index."""

    @property
    def sizes(self) -> Ids:
        """Vectors in each list, int64 (nlist,). They never change."""
        ...

    @property
    def maps(self) -> Sequence[Any]:
        """The lists of Faiss that are mapped; ``faiss.OnDiskInvertedLists``."""
        ...

    @property
    def missing_bytes(self) -> int:
        """Bytes of lists that read as zeros, because they are elsewhere and were not fetched."""
        ...

    def have(self, clusters: Ids, then: Ids, *, only_ids: bool) -> None:
        """Make some lists readable, and maybe more of those that are read next."""
        ...

    def fetching(self, clusters: Ids, *, only_ids: bool) -> Future[None] | None:
        """Have a thread make some lists readable; None where they are."""
        ...

    def ids_at(self, cluster: int, some: slice) -> Ids | None:
        """Return the ids of a part of one list, or None where Faiss lends the whole as cheaply."""
        ...

    def codes_at(self, cluster: int, some: slice) -> npt.NDArray[np.uint8] | None:
        """Return the codes of a part of one list likewise, uint8 (n, code_size)."""
        ...


_joined: dict[int, JoinedLists] = {}
_NONE = np.empty(0, np.int64)


def put_in(root: Any, ivf: Any, invlists: Any, joined: JoinedLists) -> None:
    """Give an index joined lists, for as long as ``root``, the index that holds it, lives.

    Parameters
    ----------
    root : faiss.Index or faiss.IndexBinary
        The whole index.
    ivf : faiss.IndexIVF or faiss.IndexBinaryIVF
        The one inside whose lists are replaced.
    invlists : faiss.InvertedLists
        The lists, which do not die before ``root``.
    joined : JoinedLists
        What is known of them.
    """
    ivf.replace_invlists(invlists, False)
    ivf.ntotal = int(joined.sizes.sum())
    # Faiss allows its own proxies no other attribute.
    root.referenced_objects = [invlists, joined]
    address = int(ivf.invlists.this)
    _joined[address] = joined
    weakref.finalize(root, _joined.pop, address, None)


def joined_in(invlists: Any) -> JoinedLists | None:
    """Return what is known of joined lists; None of lists that Faiss read itself."""
    return _joined.get(int(invlists.this)) if _joined else None


def keep_pages_within(root: Any, invlists: Any, most: int) -> None:
    """Have pages of mapped lists, joined or not, unmapped after ``most`` bytes; see ``mapped_pages``."""
    joined = joined_in(invlists)
    mapped_pages.keep_within(root, invlists, maps_of(invlists) if joined is None else joined.maps, most)


def have(
    invlists: Any, clusters: Iterable[int] | Ids, then: Ids = _NONE, *, only_ids: bool = False
) -> JoinedLists | None:
    """Make lists readable before they are read.

    Parameters
    ----------
    invlists : faiss.InvertedLists
        As an index holds them.
    clusters : int64 (n,) or iterable of int
        The lists; -1 stands for none.
    then : int64 (n,)
        Lists that are read next, in this order: some of them may be fetched together with the others.
    only_ids : bool
        Only their row ids are read.

    Returns
    -------
    JoinedLists or None
        See ``joined_in``.

    Raises
    ------
    OSError, IndexChangedError, ShardError
        If they cannot be read, with the shard.
    """
    joined = joined_in(invlists)
    pages = pages_of(invlists)
    if joined is not None or pages is not None:
        wanted = np.asarray(clusters if isinstance(clusters, np.ndarray) else list(clusters), np.int64)
        wanted = wanted[wanted >= 0]
        if joined is not None:
            joined.have(wanted, then, only_ids=only_ids)
        if pages is not None:
            pages.reading(wanted)
    return joined
