"""The picture and the lines of text in a cell's output, beside the widget of a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from feder_widget.engines import GraphIndex
from feder_widget.figures.cell_output.output import (
    NEIGHBOURS_BY,
    PICTURES_BY,
    Deadline,
    images_within,
    output_of,
)
from feder_widget.figures.cell_output.tiles import shown_rows
from feder_widget.figures.cell_output.walk import static_walk
from feder_widget.figures.graph_text import walk_lines
from feder_widget.figures.graph_walk.shown_walk import ShownWalk, shown_walk_steps
from feder_widget.media import Media
from feder_widget.model.query import Query
from feder_widget.palette import Mode


def static_graph_view(
    index: GraphIndex,
    query: Query | None,
    ef_search: int,
    k: int,
    *,
    include_self: bool,
    media: Media,
    mode: Mode,
) -> dict[str, str]:
    """Return ``text/plain`` and, of a search, ``image/png`` (base64) of a graph.

    What takes too long is left out, the pictures of rows first.

    Parameters
    ----------
    index, query, ef_search, k, include_self
        The search; ``query`` is None before the first one.
    media : Media
        The pictures of the rows.
    mode : "light" or "dark"
        The colours.
    """

    def parts(deadline: Deadline) -> Iterator[tuple[str, str | bytes]]:
        search = None
        if query is not None:
            is_late = lambda: deadline.left(NEIGHBOURS_BY) == 0  # noqa: E731
            search = _search(index, query, ef_search, k, include_self, is_late)
        yield "text/plain", "\n".join(walk_lines(index, search))
        if search is None:
            return
        rows = shown_rows(search.results, search.missed)
        vectors_of = lambda some: index.vectors_of(some.ids)  # noqa: E731
        images = images_within(rows, media, vectors_of, deadline.left(PICTURES_BY))
        if scales := deadline.scales:
            yield "image/png", static_walk(search, images, mode=mode, scales=scales)

    return output_of(parts)


def _search(
    index: GraphIndex, query: Query, ef_search: int, k: int, include_self: bool, is_late: Callable[[], bool]
) -> ShownWalk:
    """Search again, with the true neighbours where they come in time."""
    *_, last = shown_walk_steps(index, query, ef_search, k, include_self=include_self, is_late=is_late)
    return last
