"""Sectors, rings and labels around the candidates, as ``js/src/views/distances/fineChart.ts`` draws them."""

from __future__ import annotations

import numpy as np

from feder_widget.figures.canvas import Canvas, Ink
from feder_widget.figures.distance_rings.distance_layout import Circle
from feder_widget.figures.distance_rings.radial_scale import RadialScale
from feder_widget.figures.distance_rings.sectors import Sectors
from feder_widget.figures.placer import BoxPlacer, box_around
from feder_widget.figures.shapes import arc, box, circle, sector
from feder_widget.figures.shown_search import ShownSearch
from feder_widget.palette import rank_colour
from feder_widget.wording.numbers import grouped

TINT = 0.07
EDGE = 3
"""Width of the coloured edge of a sector, in CSS pixels."""

MOST_NAMES = 24
"""With more sectors than this, labels are ranks only."""

BEYOND_SHARES = (0.5, 0.3, 0.7, 0.1, 0.9)
"""Places along its sector for the label “not probed”, the best first."""

DASH = (5, 4)
TURNS = 36
"""Places tried for a text on a circle."""


class DistanceChart:
    """Draws the sectors, rings and labels around the candidates.

    Parameters
    ----------
    canvas : Canvas
        The axes.
    around : Circle
        Where the chart lies.
    scale : RadialScale
        The distances that the rings stand for.
    sectors : Sectors
        One for each probed cluster, and perhaps one for missed neighbours.
    search : ShownSearch
        The search.
    """

    def __init__(
        self, canvas: Canvas, around: Circle, scale: RadialScale, sectors: Sectors, search: ShownSearch
    ) -> None:
        self._canvas = canvas
        self._circle = around
        self._scale = scale
        self._sectors = sectors
        self._search = search
        self._probed = len(search.trace.fine)

    def sectors_and_rings(self) -> None:
        """Tint the sectors, and draw the rings; those of compressed distances are dashed."""
        canvas, (x, y, radius) = self._canvas, self._place
        palette = canvas.palette
        edges = list(zip(self._sectors.start.tolist(), self._sectors.end.tolist(), strict=True))
        colours: list[Ink] = [
            rank_colour(palette, i + 1) if i < self._probed else palette.danger for i in range(len(edges))
        ]
        canvas.paths([sector(x, y, radius, *edge) for edge in edges], fill=colours, alpha=TINT, order=1)
        outer = radius + EDGE / 2 + 1
        probed = edges[: self._probed]
        canvas.paths(
            [arc(x, y, outer, *edge) for edge in probed], edge=colours[: self._probed], width=EDGE, order=1.1
        )
        beyond = [arc(x, y, outer, *edge) for edge in edges[self._probed :]]
        canvas.paths(beyond, edge=palette.danger, width=EDGE, dash=DASH, order=1.1)
        rings = self._scale.rings
        for is_compressed, dash in ((False, None), (True, (2.0, 4.0))):
            some = [circle(x, y, ring.radius) for ring in rings if ring.is_compressed == is_compressed]
            canvas.paths(some, edge=palette.control, alpha=0.38, dash=dash, order=1.2)
        canvas.paths([circle(x, y, radius)], edge=palette.line, order=1.2)

    def labels(self, taken: list[tuple[float, float, float, float]]) -> None:
        """Draw the circle of the last result, and labels where they hide no picture."""
        placer = BoxPlacer(taken)
        worst = self._worst
        if worst is None:
            self._ring_labels(placer)
        else:
            distance, name = worst
            canvas, (x, y, _) = self._canvas, self._place
            radius = self._scale.radius(distance)
            text = canvas.palette.text
            canvas.paths([circle(x, y, radius)], edge=text, width=1.5, dash=DASH, alpha=0.9, order=3)
            self._ring_labels(placer)
            size = canvas.look.small
            width, height = canvas.text_width(name, size, bold=True) + 6, canvas.pixels(size) * 1.35
            boxes = self._on_circle(radius, width, height, self._sectors.end.tolist())
            chosen = placer.place_free(boxes)
            at = boxes[0 if chosen is None else chosen]
            canvas.paths([box(*at, 4)], fill=canvas.palette.background, order=6.2)
            canvas.write((at[0] + at[2]) / 2, (at[1] + at[3]) / 2, name, size=size, bold=True, order=6.3)
        self._names(placer)

    @property
    def _place(self) -> tuple[float, float, float]:
        return self._circle.x, self._circle.y, self._circle.radius

    @property
    def _worst(self) -> tuple[float, str] | None:
        """The distance of the worst result, and the name of its circle."""
        results = self._search.results
        if len(results) == 0:
            return None
        refine = self._search.trace.refine
        if refine is not None:
            # Re-ranked results have distances of another kind: the circle is that of the first pass.
            return float(refine.first_distances[-1]), f"re-ranked = {len(refine.ids):,}"
        name = "k" if len(results) == self._search.k else "results"
        return float(results.distances[-1]), f"{name} = {len(results):,}"

    def _ring_labels(self, placer: BoxPlacer) -> None:
        canvas = self._canvas
        size = canvas.look.small
        for ring in self._scale.rings:
            width, height = canvas.text_width(ring.label, size) + 4, canvas.pixels(size) * 1.3
            boxes = self._on_circle(ring.radius, width, height)
            chosen = placer.place_free(boxes)
            if chosen is not None:
                at = boxes[chosen]
                middle = (at[0] + at[2]) / 2, (at[1] + at[3]) / 2
                canvas.write(
                    *middle, ring.label, size=size, colour=canvas.palette.muted, halo=True, order=6.1
                )

    def _on_circle(
        self, radius: float, width: float, height: float, angles: list[float] | tuple[()] = ()
    ) -> list[tuple[float, float, float, float]]:
        """Return boxes for a text on a circle: at 12 o'clock, else at these angles, else anywhere."""
        turns = (2 * np.pi * np.arange(TURNS) / TURNS).tolist()
        x, y, _ = self._place
        return [
            box_around(x + radius * np.sin(angle), y - radius * np.cos(angle), width, height)
            for angle in [0.0, *angles, *turns]
        ]

    def _names(self, placer: BoxPlacer) -> None:
        """Write the sectors' labels: “not probed” first, then by rank while there is room."""
        canvas, (x, y, radius) = self._canvas, self._place
        sectors, size = self._sectors, canvas.look.small
        is_short = len(sectors) > MOST_NAMES or x - radius < 60
        scan = self._search.trace.fine.scan
        count = len(sectors)
        for i in sorted(range(count), key=lambda i: (i < self._probed, i)):
            is_beyond = i >= self._probed
            name = "not probed" if is_beyond else grouped(i + 1)
            rest = ""
            if not is_beyond and not is_short:
                empty = ", empty" if scan.lims[i] == scan.lims[i + 1] else ""
                rest = f" · cluster {scan.clusters[i]}{empty}"
            lead = canvas.text_width(name, size, bold=True)
            width, height = lead + canvas.text_width(rest, size) + 6, canvas.pixels(size) * 1.35
            shares = BEYOND_SHARES if is_beyond else (0.5,)
            start, end = sectors.start[i], sectors.end[i]
            boxes = [
                box_outside(x, y, radius + 6, start + share * (end - start), width, height, canvas.width)
                for share in shares
            ]
            chosen = placer.place_free(boxes)
            if chosen is None:
                continue
            left, top, _, bottom = boxes[chosen]
            colour = canvas.palette.danger if is_beyond else canvas.palette.text
            down = (top + bottom) / 2
            canvas.write(left + 3, down, name, size=size, bold=True, colour=colour, halo=True, across="left")
            if rest:
                muted = canvas.palette.muted
                canvas.write(left + 3 + lead, down, rest, size=size, colour=muted, halo=True, across="left")


def box_outside(
    x: float, y: float, radius: float, angle: float, width: float, height: float, room: float
) -> tuple[float, float, float, float]:
    """Return the box of a text outside a circle at an angle, moved into a picture."""
    sine, cosine = np.sin(angle), np.cos(angle)
    # Far enough that the circle's tangent at this angle has all of the box beyond it.
    away = radius + width / 2 * abs(sine) + height / 2 * abs(cosine)
    left = max(2.0, min(room - width - 2, x + away * sine - width / 2))
    middle = y - away * cosine
    return left, middle - height / 2, left + width, middle + height / 2
