"""``save_html``: from a widget's index, pictures and parameters to a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from feder_widget.engines import IvfIndex
from feder_widget.export.answer_table import AnswerTable
from feder_widget.export.html_document import page_bytes
from feder_widget.export.page_assembly import PageText, PageWish, assembled, queries_of
from feder_widget.export.page_contents import record
from feder_widget.export.recorded_session import RecordedSession
from feder_widget.export.saved_query import View
from feder_widget.export.search_report import SearchReport
from feder_widget.figures.cell_output.output import THUMBNAIL_PIXELS
from feder_widget.figures.cell_output.picture import static_picture
from feder_widget.figures.cell_output.tiles import shown_rows
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.search_text import map_title
from feder_widget.figures.shown_search import ShownSearch, shown_search_steps
from feder_widget.media import Media
from feder_widget.model.query import Query
from feder_widget.model.work_pieces import Steps
from feder_widget.projection import Method
from feder_widget.session.session import Session
from feder_widget.truth import Workload

STATIC_SIDE = 64
"""Pixels of a picture where no script runs."""


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
    media = media.in_few_bytes()
    queries = queries_of(index, wish, workload, view.nprobe)
    traits = {**traits, "nprobe": view.nprobe, "k": view.k, "include_self": view.include_self}
    make = lambda send, driver: Session(  # noqa: E731
        index,
        media,
        send,
        k_max=k_max,
        projection=projection,
        driver=driver,
        # A page without a kernel cannot ask for the ranks of others, nor for the shapes of cells.
        most_ranked=index.nlist,
        most_whole=index.nlist,
    )
    with RecordedSession(make, workload) as session:
        recorded = yield from record(
            session,
            queries,
            view,
            has_workload=workload is not None,
            media=media,
            k_max=k_max,
            room=wish.most_bytes(len(queries)) - page_bytes("page"),
        )
        search = yield from _searched(index, queries[-1].query, view)
        report = yield from SearchReport.steps(search, media.label)
        figure = yield from _figure(session, search, media)
        answer = AnswerTable(report, row_picture(media), figure)
        text = PageText("page", answer.html(), traits, summary)
        return (yield from assembled(session, recorded, text, wish, queries))


def _searched(index: IvfIndex, query: Query, view: View) -> Steps[ShownSearch]:
    """Search, and find the true neighbours where they can be."""
    steps = shown_search_steps(index, query, view.nprobe, view.k, include_self=view.include_self)
    search = next(steps)
    for last in steps:
        search = last
        yield
    return search


def _figure(session: RecordedSession[Session], search: ShownSearch, media: Media) -> Steps[bytes | None]:
    """Paint the map with the results beside it, on a thread."""
    drawn = session.held.map_within(0)
    if drawn is None:
        return None
    pictures = RowPictures(media, THUMBNAIL_PIXELS)
    rows = shown_rows(search.results, search.missed)

    def paint() -> bytes:
        images = [image for some in rows for image in pictures.images(some.ids, some.clusters)]
        return static_picture(map_title(session.held.index, None), drawn, search, images)

    return (yield from session.in_thread(paint))


def row_picture(media: Media) -> Callable[[int], tuple[str, bytes] | None]:
    """Return a function that reads the picture of a row for where no script runs."""

    def picture(row: int) -> tuple[str, bytes] | None:
        if not media.has_images:
            return None
        found = media.image(row, STATIC_SIDE)
        return None if found is None or found.data is None else (str(found.mime), found.data)

    return picture
