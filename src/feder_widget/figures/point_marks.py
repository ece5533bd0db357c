"""Candidates as dots, results and missed neighbours as pictures, for Distances and Projection."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.collections import PathCollection
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from feder_widget.figures.canvas import PX, Canvas, Ink, ink
from feder_widget.figures.distance_rings.distance_layout import dot_opacity, dot_radius
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.shapes import circle
from feder_widget.figures.shown_search import Rows
from feder_widget.figures.thumbnails import MISSED_DASH, put_framed, put_pill
from feder_widget.palette import rank_colour

RASTERISED = 20_000
"""More dots than this are pixels in a vector file, which would take seconds to show otherwise."""

RING = 4.5
"""Radius of a found row without a picture."""


def put_dots(
    canvas: Canvas, positions: npt.NDArray[np.float64], ranks: npt.NDArray[np.int64],
    hidden: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Draw candidates as dots in the colours of their clusters' ranks, the nearest cluster's on top.

    One collection for each colour, never an artist for each vector.
    """
    count = len(positions)
    radius = dot_radius(count, canvas.width, canvas.height)
    last = len(canvas.palette.ranks)
    colours = np.minimum(ranks, last)
    shown = ~hidden & np.isfinite(positions).all(axis=1)
    for rank in range(last, 0, -1):
        here = positions[shown & (colours == rank)]
        if len(here) == 0:
            continue
        # With one edge colour matplotlib stamps a single dot, which takes half the time; edges have no width.
        dots = PathCollection(
            [Path.unit_circle()], sizes=[(radius * PX) ** 2], offsets=here,
            offset_transform=canvas.axes.transData, facecolors=[ink(rank_colour(canvas.palette, rank))],
            edgecolors="face", linewidths=0, alpha=dot_opacity(count), zorder=2 + (last - rank) / 100,
            rasterized=count > RASTERISED,
        )  # fmt: skip
        # `sizes` scale the unit circle, of radius 1, by their square root; it is in points as it stands.
        dots.set_transform(IdentityTransform())
        dots.set_in_layout(False)
        canvas.axes.add_collection(dots, autolim=False)


def put_found(
    canvas: Canvas,
    found: Rows,
    is_missed: npt.NDArray[np.bool_],
    anchors: npt.NDArray[np.float64],
    places: npt.NDArray[np.float64],
    sides: npt.NDArray[np.float64],
    pictures: RowPictures,
) -> None:
    """Draw results, then missed neighbours: the nearest last, on top, and dots above pictures.

    Parameters
    ----------
    found : Rows
        The results and the missed neighbours.
    anchors, places : float64 (n, 2)
        Where each lies, and where its picture stands; a line joins them where they differ.
    sides : float64 (n,)
        Side of each picture; 0 for a dot with a ring.
    """
    palette = canvas.palette
    # A result that is no true neighbour has no place: it comes first.
    depths = np.where(found.places > 0, -found.places, -(1 << 62))
    order = sorted(range(len(found)), key=lambda i: (sides[i] == 0, is_missed[i], depths[i]))
    with_picture = [i for i in order if sides[i] > 0]
    clusters = found.clusters
    rows = np.array([found.ids[i] for i in with_picture], np.int64)
    homes = np.array([clusters[i] for i in with_picture], np.int64)
    images = dict(zip(with_picture, pictures.arrays(rows, homes), strict=True))
    for depth, i in enumerate(order):
        colour: Ink = palette.danger if is_missed[i] else rank_colour(palette, max(1, int(found.ranks[i])))
        z = 4 + depth / 100
        (x, y), (across, down) = anchors[i].tolist(), places[i].tolist()
        if sides[i] == 0:
            _ring(canvas, x, y, colour, bool(is_missed[i]), z)
            continue
        if (x, y) != (across, down):
            canvas.paths([Path([(x, y), (across, down)])], edge=[colour], order=3.5)
            canvas.paths([circle(x, y, 2.5)], fill=[colour], order=3.5)
        row = int(found.ids[i])
        text = None if images[i] is not None else pictures.label(row)
        side = float(sides[i])
        put_framed(canvas, images[i], text, across, down, side, colour, bool(is_missed[i]), z)
        tall = 15 if side >= 30 else 13 if side >= 20 else 11
        at = across - side / 2 + 1, down - side / 2 + 1
        if found.places[i] > 0:
            put_pill(canvas, str(found.places[i]), *at, edge=colour, height=tall, order=6 + depth / 100)


def put_query(canvas: Canvas, x: float, y: float) -> None:
    """Draw the query: a ring with a middle in the colour of the page, as on the map."""
    palette = canvas.palette
    canvas.paths([circle(x, y, 8.5)], fill=palette.background, edge=palette.text, width=3.5, order=5.9)


def _ring(canvas: Canvas, x: float, y: float, colour: Ink, is_missed: bool, order: float) -> None:
    palette = canvas.palette
    canvas.paths(
        [circle(x, y, RING)], fill=[palette.background if is_missed else colour], width=1.5,
        edge=[colour if is_missed else palette.text], dash=MISSED_DASH if is_missed else None, order=order,
    )  # fmt: skip
