"""The picture and the lines of text in a cell's output, beside the widget of an inverted file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from feder_widget.engines import IvfIndex
from feder_widget.figures.cell_output.output import (
    NEIGHBOURS_BY,
    PICTURES_BY,
    Deadline,
    images_within,
    output_of,
)
from feder_widget.figures.cell_output.picture import static_picture
from feder_widget.figures.cell_output.tiles import shown_rows
from feder_widget.figures.search_text import map_title, query_line, search_lines
from feder_widget.figures.shown_search import ShownSearch, shown_search_steps
from feder_widget.map import ClusterMap
from feder_widget.media import Media
from feder_widget.model.query import Query
from feder_widget.palette import Mode

MAP_BY = 0.24
"""Seconds from the start after which the map is left out."""

MOST_WORK = 200_000_000
"""Multiplications of a search that is repeated for the picture: a tenth of a second or so."""


def static_view(
    index: IvfIndex,
    query: Query | None,
    nprobe: int,
    k: int,
    *,
    include_self: bool,
    map_within: Callable[[float], ClusterMap | None],
    media: Media,
    mode: Mode,
) -> dict[str, str]:
    """Return ``text/plain`` and ``image/png`` (base64) of an index and the search shown.

    What takes too long is left out, the pictures of rows first.

    Parameters
    ----------
    index, query, nprobe, k, include_self
        The search; ``query`` is None before the first one.
    map_within : function
        Returns the best map there is within some seconds, None where there is none.
    media : Media
        The pictures of the rows.
    mode : "light" or "dark"
        The colours.
    """

    def parts(deadline: Deadline) -> Iterator[tuple[str, str | bytes]]:
        search = _search(index, query, nprobe, k, include_self, lambda: deadline.left(NEIGHBOURS_BY) == 0)
        lines = search_lines(index, search)
        if query is not None and search is None:
            lines[-1] = query_line(index, query, nprobe, k)
        yield "text/plain", "\n".join(lines)
        drawn = map_within(deadline.left(MAP_BY))
        if drawn is None or not len(drawn.cells.points):
            return
        rows = None if search is None else shown_rows(search.results, search.missed)
        vectors_of = lambda some: index.vectors_of(some.ids, some.clusters)  # noqa: E731
        images = [] if rows is None else images_within(rows, media, vectors_of, deadline.left(PICTURES_BY))
        if scales := deadline.scales:
            title = map_title(index, None)
            yield "image/png", static_picture(title, drawn, search, images, mode=mode, scales=scales)

    return output_of(parts)


def _search(
    index: IvfIndex, query: Query | None, nprobe: int, k: int, include_self: bool, is_late: Callable[[], bool]
) -> ShownSearch | None:
    """Search again, with the true neighbours where they come in time; None where it would take long."""
    if query is None or index.ntotal / index.nlist * nprobe * index.dim > MOST_WORK:
        return None
    *_, last = shown_search_steps(index, query, nprobe, k, include_self=include_self, is_late=is_late)
    return last
