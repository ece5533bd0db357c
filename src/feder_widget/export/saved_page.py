"""``save_html``: from a widget's index, pictures and parameters to a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feder_widget.engines import IvfIndex
from feder_widget.export.answer_table import AnswerTable
from feder_widget.export.one_page import PageParts, one_page, page_bytes
from feder_widget.export.packed_recording import PackedRecording
from feder_widget.export.page_contents import record
from feder_widget.export.page_pictures import TEXT_SHARE, record_pictures
from feder_widget.export.recorded_session import RecordedSession
from feder_widget.export.saved_query import SavedQuery, View, hardest_queries, saved_queries
from feder_widget.export.search_contents import finished, size_of
from feder_widget.export.search_report import SearchReport
from feder_widget.figures.cell_output.output import THUMBNAIL_PIXELS
from feder_widget.figures.cell_output.picture import static_picture
from feder_widget.figures.cell_output.tiles import shown_rows
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.search_text import map_title
from feder_widget.figures.shown_search import ShownSearch, shown_search_steps
from feder_widget.media import Media
from feder_widget.media.text import one_line
from feder_widget.model.arguments import as_int
from feder_widget.model.array_like import as_array
from feder_widget.model.pieces import Steps
from feder_widget.model.query import Query
from feder_widget.projection import Method
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

STATIC_SIDE = 64
"""Pixels of a picture where no script runs."""


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


def queries_in(index: IvfIndex, queries: Any) -> list[Any]:
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


def saved_page(
    index: IvfIndex,
    media: Media,
    view: View,
    wish: PageWish,
    *,
    k_max: int,
    projection: Method | None,
    workload: Workload | None,
    traits: dict[str, Any],
    summary: dict[str, Any],
) -> Steps[str]:
    """Return a page that answers all that the widget asks for some queries, as HTML.

    ``traits`` are those that it begins with, besides the view's.

    Raises
    ------
    ValueError
        If there is no query, or too many, or ``max_bytes`` is too few for the search without any picture.
    """
    count = as_int(wish.hardest, "hardest", least=0)
    media = media.in_few_bytes()
    queries: list[SavedQuery] = []
    if workload is not None:
        queries = hardest_queries(index, workload, view.nprobe, count)
    # The last one is on screen first: without another query, the hardest.
    queries = [*queries, *saved_queries(index, wish.queries)] if len(wish.queries) else queries[::-1]
    if not queries:
        raise ValueError("queries must hold at least one query: search first, or pass queries=")
    if len(queries) > MOST_QUERIES:
        raise ValueError(f"queries must be at most {MOST_QUERIES}, got {len(queries)}")
    most = PAGE_BYTES + QUERY_BYTES * (len(queries) - 1)
    if wish.max_bytes is not None:
        most = as_int(wish.max_bytes, "max_bytes")
    traits = {**traits, "nprobe": view.nprobe, "k": view.k, "include_self": view.include_self}
    with RecordedSession(index, media, k_max=k_max, projection=projection, workload=workload) as session:
        recorded = yield from record(
            session,
            queries,
            view,
            has_workload=workload is not None,
            media=media,
            k_max=k_max,
            room=most - page_bytes(),
        )
        search = yield from _searched(index, queries[-1].query, view)
        report = yield from SearchReport.steps(search, media.label)
        figure = yield from _figure(session, search, media)
        answer = AnswerTable(report, lambda row: _picture(media, row), figure)
        said = answer.html()
        packed = PackedRecording()
        yield from session.in_thread(lambda: packed.begin(traits, summary, session.exchanges))
        bare = (
            page_bytes()
            + len(said.encode("utf-8"))
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
        late = yield from finished(session, recorded.projection)
        yield from session.in_thread(lambda: packed.add(late))
    distinct = len({id(one) if one.query.row_id is None else one.query.row_id for one in queries})
    remarks = [f"Answers {distinct:,} queries." if distinct > 1 else "Answers one query."]
    seen = len(recorded.rows)
    if shown < seen:
        remarks.append(f"Holds the pictures of {shown:,} of the {seen:,} rows that can be seen.")
    return one_page(PageParts(one_line(wish.title, 200), packed.finish(), said, remarks))


def _searched(index: IvfIndex, query: Query, view: View) -> Steps[ShownSearch]:
    """Search, and find the true neighbours where they can be."""
    steps = shown_search_steps(index, query, view.nprobe, view.k, include_self=view.include_self)
    search = next(steps)
    for last in steps:
        search = last
        yield
    return search


def _figure(session: RecordedSession, search: ShownSearch, media: Media) -> Steps[bytes | None]:
    """Paint the map with the results beside it, on a thread."""
    drawn = session.map()
    if drawn is None:
        return None
    pictures = RowPictures(media, THUMBNAIL_PIXELS)
    rows = shown_rows(search.results, search.missed)

    def paint() -> bytes:
        images = [image for some in rows for image in pictures.images(some.ids, some.clusters)]
        return static_picture(map_title(session.index, None), drawn, search, images)

    return (yield from session.in_thread(paint))


def _picture(media: Media, row: int) -> tuple[str, bytes] | None:
    if not media.has_images:
        return None
    found = media.image(row, STATIC_SIDE)
    return None if found is None or found.data is None else (str(found.mime), found.data)
