"""A page put together: the recording, the answer in words, and as many pictures as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feder_widget.engines import GraphIndex, IvfIndex
from feder_widget.export.compressed_recording import Exchange, PackedRecording
from feder_widget.export.html_document import Bundle, PageParts, one_page, page_bytes
from feder_widget.export.page_pictures import TEXT_SHARE, record_pictures
from feder_widget.export.recorded_session import RecordedSession
from feder_widget.export.saved_query import SavedQuery, hardest_queries, saved_queries
from feder_widget.export.search_contents import finished, size_of
from feder_widget.media.one_line import one_line
from feder_widget.model.arguments import as_int
from feder_widget.model.array_like import as_array
from feder_widget.model.work_pieces import Steps
from feder_widget.truth import Workload

HARDEST_SAVED = 20
"""Hardest queries of a workload in a saved page, unless the caller says otherwise."""

K_MAX = 100
"""Neighbours kept of each cluster, so that k and nprobe can be dragged without asking the kernel."""

PAGE_BYTES = 1_500_000
QUERY_BYTES = 225_000
"""A page with one query, and what each further one adds, unless the caller says otherwise."""

LISTED_BYTES = 300_000
"""Room for the pictures of listed rows where the search alone takes all of that."""

MOST_QUERIES = 200
"""Each is searched for and recorded whole."""


@dataclass(frozen=True, slots=True)
class PageWish:
    """What is saved.

    Attributes
    ----------
    queries : list
        Row ids and vectors; the last is on screen first.
    hardest : int
        Hardest queries of the workload besides.
    max_bytes : int or None
        The page at most; None for a size by the number of queries.
    title : str
        Its heading.
    """

    queries: Sequence[Any]
    hardest: int
    max_bytes: int | None
    title: str

    def most_bytes(self, queries: int) -> int:
        """Return the bytes that a page of so many queries may take."""
        if self.max_bytes is not None:
            return as_int(self.max_bytes, "max_bytes")
        return PAGE_BYTES + QUERY_BYTES * (queries - 1)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What can be seen of a recording, and what is still to come.

    Attributes
    ----------
    rows : list of int
        Those that can be seen, the ones that come first in view first.
    listed : int
        How many of them are in lists.
    projection : Exchange or None
        The picture in the plane, which a thread computes; None where there is none.
    has_drafts : bool
        Whether its first drafts are kept too.
    """

    rows: list[int]
    listed: int
    projection: Exchange | None
    has_drafts: bool = False


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says and begins with.

    Attributes
    ----------
    bundle
        Its front end.
    answer : str
        The first answer as HTML, for where no script runs.
    traits, summary
        As ``PackedRecording.begin`` takes them.
    remarks : list of str
        What it does not hold, besides pictures.
    """

    bundle: Bundle
    answer: str
    traits: dict[str, Any]
    summary: dict[str, Any] | None
    remarks: Sequence[str] = ()


def queries_in(index: IvfIndex | GraphIndex, queries: Any) -> list[Any]:
    """Return the row ids or vectors that an argument holds, one by one.

    Raises
    ------
    TypeError, ValueError
        If it is neither, with what came.
    """
    array = as_array(queries, "queries")
    if array.size == 0:
        return []
    if array.ndim == 2 or (array.ndim == 1 and array.dtype.kind in "iu"):
        return list(array) if array.ndim == 2 else array.tolist()
    raise ValueError(
        f"queries must be row ids (n,) or vectors (n, {index.dim}), got an array of {array.dtype}, "
        f"{array.shape}"
    )


def queries_of(
    index: IvfIndex | GraphIndex, wish: PageWish, workload: Workload | None, parameter: int
) -> list[SavedQuery]:
    """Return the queries of a page, the one that is on screen first last.

    ``parameter`` is the search parameter at which the hardest queries of the workload are chosen.

    Raises
    ------
    ValueError
        If there is none, or there are too many.
    """
    count = as_int(wish.hardest, "hardest", least=0)
    queries: list[SavedQuery] = []
    if workload is not None:
        queries = hardest_queries(index, workload, parameter, count)
    # The last one is on screen first: without another query, the hardest.
    queries = [*queries, *saved_queries(index, wish.queries)] if len(wish.queries) else queries[::-1]
    if not queries:
        raise ValueError("queries must hold at least one query: search first, or pass queries=")
    if len(queries) > MOST_QUERIES:
        raise ValueError(f"queries must be at most {MOST_QUERIES}, got {len(queries)}")
    return queries


def assembled(
    session: RecordedSession[Any],
    recorded: Recorded,
    text: PageText,
    wish: PageWish,
    queries: Sequence[SavedQuery],
) -> Steps[str]:
    """Return the page of a recording, as HTML.

    Raises
    ------
    ValueError
        If ``max_bytes`` is too few for the search without any picture.
    """
    packed = PackedRecording()
    yield from session.in_thread(lambda: packed.begin(text.traits, text.summary, session.exchanges))
    most = wish.most_bytes(len(queries))
    bare = (
        page_bytes(text.bundle)
        + len(text.answer.encode("utf-8"))
        + TEXT_SHARE * (packed.size + size_of(recorded.projection))
    )
    if wish.max_bytes is not None and bare > most:
        raise ValueError(
            f"max_bytes must be at least {int(bare) + 1:,} for {len(queries)} queries without any "
            f"picture, got {most:,}"
        )
    if wish.max_bytes is None:
        most = max(most, int(bare) + LISTED_BYTES)
    shown = yield from record_pictures(session, packed, recorded.rows, recorded.listed, most - bare)
    late = yield from finished(session, recorded.projection, recorded.has_drafts)
    yield from session.in_thread(lambda: packed.add(late))
    distinct = len({id(one) if one.query.row_id is None else one.query.row_id for one in queries})
    remarks = [f"Answers {distinct:,} queries." if distinct > 1 else "Answers one query.", *text.remarks]
    seen = len(recorded.rows)
    if shown < seen:
        remarks.append(f"Holds the pictures of {shown:,} of the {seen:,} rows that can be seen.")
    return one_page(PageParts(text.bundle, one_line(wish.title, 200), packed.finish(), text.answer, remarks))
