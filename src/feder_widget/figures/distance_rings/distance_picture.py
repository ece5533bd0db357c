"""The candidates on rings of equal distance, in sectors, as the view Distances shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from feder_widget.engines import IvfIndex
from feder_widget.figures.canvas import Canvas
from feder_widget.figures.cluster_map.map_cells import opened
from feder_widget.figures.distance_rings.distance_chart import DistanceChart
from feder_widget.figures.distance_rings.distance_domain import domain_of, nearest_first
from feder_widget.figures.distance_rings.distance_layout import (
    Circle,
    Layout,
    circle_in,
    dot_radius,
    layout_distances,
    room_in,
)
from feder_widget.figures.distance_rings.picture_places import place_pictures
from feder_widget.figures.distance_rings.radial_scale import RadialScale
from feder_widget.figures.distance_rings.sectors import Sectors, sectors_of
from feder_widget.figures.fonts import TITLE_LIMIT, shown_text
from feder_widget.figures.placer import box_around
from feder_widget.figures.point_marks import put_dots, put_found, put_query
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.search_text import map_title
from feder_widget.figures.shown_search import Rows, ShownSearch, shown_search

DOT = 9
"""Room that a result without a picture takes, in CSS pixels."""


def distances(
    index: IvfIndex | object,
    query: Any,
    nprobe: int | None = None,
    k: int = 9,
    *,
    include_self: bool = False,
    images: object = None,
    labels: object = None,
    pixels: int = 128,
    ax: Axes | None = None,
    style: str = "light",
) -> Axes:
    """Draw every vector compared at the radius of its distance, in the sector of its cluster.

    Parameters
    ----------
    index, query, nprobe, k, include_self, ax, style
        As for :func:`clusters`.
    images, labels
        The pictures and labels of rows, as ``FederWidget`` takes them.
    pixels : int
        Longest side of the pictures in the figure, up to 1,024; PDF and SVG files hold them whole.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UnknownIdError, TypeError, ValueError
        If an argument is wrong.
    """
    searched = opened(index)
    pictures = RowPictures.open(searched, images, labels, pixels)
    search = shown_search(searched, query, nprobe, k, include_self=include_self)
    return draw_distances(search, pictures, ax=ax, style=style)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The points drawn: the vectors compared, then the missed neighbours of clusters that were not probed.

    ``places`` are the sectors, from 0.
    """

    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float64]
    ranks: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    has_beyond: bool


def candidates_of(search: ShownSearch) -> Candidates:
    """Return the candidates of a search."""
    scan, missed = search.trace.fine.scan, search.missed
    counts = np.diff(scan.lims)
    ranks = np.arange(1, len(counts) + 1)
    # Every radius is a distance of the lists: a row whose distance there is unknown has no place.
    beyond = np.flatnonzero(~np.isin(missed.clusters, scan.clusters) & ~np.isnan(missed.distances))
    return Candidates(
        ids=np.concatenate([scan.ids, missed.ids[beyond]]),
        distances=np.concatenate([scan.distances, missed.distances[beyond]]),
        ranks=np.concatenate([ranks.repeat(counts), missed.ranks[beyond]]),
        places=np.concatenate([(ranks - 1).repeat(counts), np.full(len(beyond), len(counts))]),
        sizes=search.index.list_sizes[scan.clusters],
        has_beyond=len(beyond) > 0,
    )


def draw_distances(search: ShownSearch, pictures: RowPictures, *, ax: Axes | None, style: str) -> Axes:
    """Draw a search that was made."""
    canvas = Canvas.open(ax, style, 0.8)
    canvas.in_pixels()
    canvas.title(shown_text(map_title(search.index, search), TITLE_LIMIT))
    compared = candidates_of(search)
    if len(compared.ids) == 0:
        canvas.remark("The search compared no vectors: the clusters probed are empty.")
        return canvas.axes
    similarity = search.index.similarity
    order = nearest_first(compared.distances, similarity)
    domain = domain_of(compared.distances, order, similarity, _own_place(search, compared))
    circle_ = circle_in(canvas.width, canvas.height)
    scale = RadialScale(domain, room_in(circle_))
    sectors = sectors_of(compared.sizes, compared.has_beyond)
    dot = dot_radius(len(compared.ids), canvas.width, canvas.height)
    layout = layout_distances(compared.distances, compared.places, order, scale, sectors, circle_, dot)
    chart = DistanceChart(canvas, circle_, scale, sectors, search)
    chart.sectors_and_rings()
    taken = _put_points(canvas, search, compared, layout, sectors, circle_, pictures)
    chart.labels(taken)
    put_query(canvas, circle_.x, circle_.y)
    return canvas.axes


def _own_place(search: ShownSearch, compared: Candidates) -> int:
    """Return the place of the query's own row among the candidates; -1 for none."""
    if search.query.row_id is None:
        return -1
    places = np.flatnonzero(compared.ids == search.query.row_id)
    return int(places[0]) if len(places) else -1


def _put_points(
    canvas: Canvas, search: ShownSearch, compared: Candidates, layout: Layout, sectors: Sectors,
    around: Circle, pictures: RowPictures,
) -> list[tuple[float, float, float, float]]:  # fmt: skip
    """Draw the candidates, and the found ones as pictures; return the boxes that these take."""
    points, rows, is_missed = found_points(search, compared.ids, compared.ranks)
    placed = place_pictures(points, is_missed.tolist(), compared.places, layout, sectors, around)
    hidden = np.zeros(len(compared.ids), bool)
    hidden[points] = True
    put_dots(canvas, layout.positions, np.where(compared.ranks > 0, compared.ranks, 1), hidden)
    put_found(canvas, rows, is_missed, placed.positions, placed.positions, placed.sides, pictures)
    sides = np.maximum(placed.sides, DOT).tolist()
    return [box_around(x, y, side, side) for (x, y), side in zip(placed.positions, sides, strict=True)]


def found_points(
    search: ShownSearch, ids: npt.NDArray[np.int64], ranks: npt.NDArray[np.int64]
) -> tuple[list[int], Rows, npt.NDArray[np.bool_]]:
    """Return the points that are results or missed neighbours, these rows, and which of them are missed.

    Of rows that share an id each is found once; a row that has no point is left out.
    """
    parts = (search.placed_results, False), (search.missed, True)
    points: list[int] = []
    kept: list[tuple[Rows, int, bool]] = []
    for rows, is_missed in parts:
        near = np.flatnonzero(np.isin(ids, rows.ids))
        for i, (row_id, rank) in enumerate(zip(rows.ids.tolist(), rows.ranks.tolist(), strict=True)):
            alike = near[(ids[near] == row_id) & ((ranks[near] == rank) | (rank < 1))].tolist()
            point = next((at for at in alike if at not in points), None)
            if point is not None:
                points.append(point)
                kept.append((rows, i, is_missed))

    def of(name: str) -> Any:
        return np.array([getattr(rows, name)[i] for rows, i, _ in kept])

    found = Rows(
        of("ids").astype(np.int64),
        of("distances").astype(np.float32),
        of("clusters").astype(np.int64),
        of("ranks").astype(np.int64),
        of("places").astype(np.int64),
    )
    return points, found, np.array([is_missed for *_, is_missed in kept], bool)
