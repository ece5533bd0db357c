"""The map of very many clusters: the centres of all cells, and the shapes of those in sight."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from feder_widget.map.cluster_map import ClusterMap
from feder_widget.session.messages import Request
from feder_widget.session.messages.limits import MAP_UNITS
from feder_widget.session.messages.parse import BadRequestError
from feder_widget.session.messages.to_kernel import MapShapesRequest
from feder_widget.session.messages.to_page import MapCentres, MapShapes

MOST_SHAPES = 65_536
"""Cells whose shapes are sent at once at most (4 MB)."""

MOST_CENTRES = 131_072
"""Centres in one message at most: the page takes each message in at once."""


def centres_in_parts(request: Request, drawn: ClusterMap, drawing: int, chunk: int) -> Iterator[MapCentres]:
    """Cut the centres of a map's cells into messages of ``chunk`` bytes."""
    cells = drawn.cells
    scale = MAP_UNITS / np.array([cells.aspect, 1.0])
    places = np.clip(cells.centres * scale, 0, MAP_UNITS - 1).astype(np.uint16)
    room = min(MOST_CENTRES, max(1, chunk // 4))
    for first in range(0, len(cells), room):
        yield MapCentres(
            request=request,
            drawing=drawing,
            method=drawn.method,
            final=drawn.is_final,
            aspect=cells.aspect,
            rows=len(cells),
            offset=first,
            centres=places[first : first + room],
        )


def touching(drawn: ClusterMap, asked: MapShapesRequest) -> NDArray[np.int64]:
    """Return the numbers of the cells whose boxes touch that of a request, int64 (n,).

    Raises
    ------
    BadRequestError
        If there are more than ``MOST_SHAPES``.
    """
    cells = drawn.cells
    populated = np.flatnonzero(np.diff(cells.offsets))
    starts = cells.offsets[:-1][populated]
    is_near = np.ones(len(populated), bool)
    for axis, first, last, width in (
        (0, asked.left, asked.right, cells.aspect),
        (1, asked.bottom, asked.top, 1.0),
    ):
        along = cells.points[:, axis]
        is_near &= np.maximum.reduceat(along, starts) >= first / MAP_UNITS * width
        is_near &= np.minimum.reduceat(along, starts) <= last / MAP_UNITS * width
    found = populated[is_near]
    if len(found) > MOST_SHAPES:
        raise BadRequestError(f"{len(found):,} cells touch the box, the most is {MOST_SHAPES:,}")
    return found


def shapes_in_parts(
    asked: MapShapesRequest, drawn: ClusterMap, clusters: NDArray[np.int64], chunk: int
) -> Iterator[MapShapes]:
    """Cut the shapes of some cells into messages of ``chunk`` bytes; one message without cells for none."""
    cells = drawn.cells
    counts = np.diff(cells.offsets)[clusters].astype(np.int64)
    # A number, an offset, a centre and a radius for each cell, and its corners.
    ends = np.cumsum(4 * (1 + 1 + 2 + 1) + 8 * counts)
    first = 0
    while True:
        room = (ends[first - 1] if first else 0) + chunk
        last = max(first + 1, int(np.searchsorted(ends, room, side="right")))
        some = clusters[first:last]
        yield MapShapes(
            request=asked.request,
            drawing=asked.drawing,
            rows=len(clusters),
            offset=first,
            clusters=some,
            points=cells.points[_corners(cells.offsets[some], counts[first:last])],
            offsets=np.concatenate([[0], np.cumsum(counts[first:last])]),
            centres=cells.centres[some],
            inradii=cells.inradii[some],
        )
        first = last
        if first >= len(clusters):
            return


def _corners(starts: NDArray[np.int32], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of the corners of some cells, cell after cell, int64 (n,)."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))
