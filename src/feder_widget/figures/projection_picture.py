"""The candidates of a search in the plane, as the view Projection shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from feder_widget.engines import IvfIndex
from feder_widget.figures.canvas import Canvas
from feder_widget.figures.cluster_map.map_cells import opened
from feder_widget.figures.distance_rings.distance_picture import found_points
from feder_widget.figures.distance_rings.picture_places import MOST_PICTURES
from feder_widget.figures.fonts import TITLE_LIMIT, shown_text
from feder_widget.figures.placer import BoxPlacer, box_around
from feder_widget.figures.point_marks import put_dots, put_found, put_query
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.search_text import map_title
from feder_widget.figures.shown_search import ShownSearch, shown_search
from feder_widget.layout.plane import into_unit_square
from feder_widget.model.work_pieces import drain
from feder_widget.projection import (
    LinearMap,
    Method,
    Sample,
    gather_steps,
    into_picture,
    resolve_method,
    vector_steps,
    with_rows_steps,
)
from feder_widget.projection.limits import AXES_ROWS, LINEAR_ROWS, REFINED_ROWS, TURNED_LIKE
from feder_widget.projection.linear_map import directions

SIDES = (44, 36, 30, 24)
"""Sides of the pictures, in CSS pixels."""

COVERAGE = 0.12
"""Share of the canvas that the pictures may cover."""

GAP = 3
TRIES = 400
TURN = np.pi * (3 - np.sqrt(5))
QUERY = 26
EDGE = 10
AROUND, BELOW = 30, 30
"""Room around the picture, and for the note below, in CSS pixels."""


def projection(
    index: IvfIndex | object,
    query: Any,
    nprobe: int | None = None,
    k: int = 9,
    *,
    include_self: bool = False,
    method: str | Callable[[npt.NDArray[np.float32]], npt.ArrayLike] = "linear",
    images: object = None,
    labels: object = None,
    pixels: int = 128,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw the candidates of a search in the plane, the results and the missed neighbours as pictures.

    Parameters
    ----------
    index, query, nprobe, k, include_self, ax, style
        As for :func:`clusters`.
    method : "linear", "neighbours", "auto" or function
        Principal components, at once; or as ``projection`` of ``FederWidget``: t-SNE takes some two seconds.
    images, labels, pixels
        As for :func:`distances`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UnknownIdError, TypeError, ValueError
        If an argument is wrong.
    """
    better = resolve_method(method)
    searched = opened(index)
    pictures = RowPictures.open(searched, images, labels, pixels)
    search = shown_search(searched, query, nprobe, k, include_self=include_self)
    return draw_projection(search, pictures, better, ax=ax, style=style)


def draw_projection(
    search: ShownSearch, pictures: RowPictures, method: Method | None, *, ax: Axes | None, style: str
) -> Axes:
    """Draw a search that was made."""
    canvas = Canvas.open(ax, style, 0.74)
    canvas.in_pixels()
    canvas.title(shown_text(map_title(search.index, search), TITLE_LIMIT))
    sample, positions, note = positions_of(search, method)
    if len(sample) == 0:
        canvas.remark("The search compared no vectors: the clusters probed are empty.")
        return canvas.axes
    placed = _fitted(positions.astype(float), canvas.width, canvas.height - BELOW)
    points, rows, is_missed = found_points(search, sample.ids, sample.ranks)
    hidden = np.zeros(len(sample), bool)
    hidden[points] = True
    put_dots(canvas, placed[:-1], sample.ranks, hidden)
    places, sides = _pictures(placed[points], placed[-1], canvas.width, canvas.height)
    put_found(canvas, rows, is_missed, placed[points], places, sides, pictures)
    put_query(canvas, *placed[-1])
    size = canvas.look.small
    at = canvas.height - 0.7 * canvas.pixels(size)
    canvas.write(2, at, note, size=size, colour=canvas.palette.muted, across="left", halo=True)
    return canvas.axes


def positions_of(search: ShownSearch, method: Method | None) -> tuple[Sample, npt.NDArray[np.float32], str]:
    """Return the candidates drawn, their places with the query's last, (n + 1, 2), and a note on both."""
    index, query, ranking = search.index, search.query, search.trace.coarse
    by_direction = index.similarity
    drawn = gather_steps(
        index, query, ranking, search.probed, limit=LINEAR_ROWS, k=search.k, k_max=search.k
    )  # fmt: skip
    candidates = drain(drawn)
    missed = search.missed
    sample = drain(
        with_rows_steps(
            index, query, ranking, candidates, search.probed, missed.ids.tolist(), missed.clusters.tolist()
        )
    )
    point = index.transform(query)[None]
    fitted = _vectors(index, candidates.at(candidates.first(AXES_ROWS)), point[:0])
    like = index.centroids(ranking.clusters[:TURNED_LIKE])
    linear = LinearMap(fitted, normalise=by_direction, like=like)
    start = np.empty((len(sample) + 1, 2))
    start[-1:] = linear(point)
    for part, vectors in vector_steps(index, sample):
        start[part] = linear(vectors)
    positions, drawn_in = into_picture(start)
    name = "PCA of directions" if by_direction else "PCA"
    if method is not None and len(sample) > method.fewest and np.ptp(start, axis=0).any():
        kept = sample.first(REFINED_ROWS)
        sample = sample.at(kept)
        found = _vectors(index, sample, point)
        by_direction = by_direction and method.by_direction
        if by_direction:
            found = directions(found.astype(np.float64)).astype(np.float32)
        begin = positions[np.append(kept, len(positions) - 1)].astype(np.float64)
        positions, drawn_in = into_unit_square(method(found, begin)), 0
        name = f"{method.name}, by direction" if by_direction else method.name
    shown = int(np.count_nonzero(np.isin(sample.ranks, search.probed)))
    count = f"{shown:,} candidates" if shown == sample.total else f"{shown:,} of {sample.total:,} candidates"
    far = f", {drawn_in:,} far ones drawn in" if drawn_in else ""
    return sample, positions, shown_text(f"{name} of {count}{far}")


def _vectors(index: IvfIndex, sample: Sample, query: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the vectors of a sample, with the query after them."""
    return np.concatenate([*(vectors for _, vectors in vector_steps(index, sample)), query])


def _fitted(positions: npt.NDArray[np.float64], width: float, height: float) -> npt.NDArray[np.float64]:
    """Return places in the canvas, as large as it allows, with one scale for both axes."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    room = np.maximum(1, np.array([width, height]) - 2 * AROUND)
    spans = high - low
    scale = float((room / np.where(spans > 0, spans, np.inf)).max())
    if spans.any():
        scale = float((room[spans > 0] / spans[spans > 0]).min())
    return np.asarray(np.array([width, height]) / 2 + (positions - (low + high) / 2) * scale)


def _pictures(
    points: npt.NDArray[np.float64], query: npt.NDArray[np.float64], width: float, height: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a place and a side for each picture, as ``js/src/views/projection/pictures.ts`` does.

    The best is at its place, the others are beside their points: as large as finds room.
    """
    if len(points) > MOST_PICTURES or len(points) == 0:
        return points, np.zeros(len(points))
    room = np.sqrt(width * height * COVERAGE / len(points))
    first = next((i for i, side in enumerate(SIDES) if side <= room), len(SIDES) - 1)
    places = points.copy()
    for side in SIDES[first:]:
        placer = BoxPlacer([box_around(float(query[0]), float(query[1]), QUERY, QUERY)], gap=GAP)
        is_crowded = False
        for i, point in enumerate(points):
            tried = _spiral(point, side, width, height)
            boxes = np.hstack([tried - side / 2, tried + side / 2])
            chosen, covered = placer.choose(boxes)
            placer.take(boxes[chosen])
            places[i] = tried[chosen]
            is_crowded |= covered > 0
        if not is_crowded:
            break
    return places, np.full(len(points), float(side))


def _spiral(
    point: npt.NDArray[np.float64], side: float, width: float, height: float
) -> npt.NDArray[np.float64]:
    """Return places inside the canvas around a point, farther and farther out."""
    steps = np.arange(TRIES)
    reach = np.where(steps == 0, 0, side / 2 * (0.55 + 0.6 * np.sqrt(steps)))
    tried = point + reach[:, None] * np.stack([np.cos(steps * TURN), np.sin(steps * TURN)], axis=1)
    margin = side / 2 + EDGE
    most = np.array([width, height]) - margin
    return np.asarray(np.where(most < margin, tried, np.clip(tried, margin, np.maximum(most, margin))))
