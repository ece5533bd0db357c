"""Paints the scene of a walk with any pen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.figures.graph_walk.legend import ROW, Legend, crosses
from feder_widget.figures.graph_walk.scene import (
    BEYOND,
    EXPANDED,
    MISSED,
    RESULT,
    VISITED,
    Frame,
    WalkScene,
)
from feder_widget.figures.pen import Pen, Points
from feder_widget.figures.placer import BoxPlacer, box_around
from feder_widget.palette import Palette, Rgb, mix, rgb_of
from feder_widget.wording.numbers import distance_text, grouped, ordinal

STEM_ROOM = 2
"""Stems fade below this many CSS pixels a distance."""

LEAST_ROOM = 0.25
"""CSS pixels a distance below which stems would be one grey."""

APART = 0.5
"""CSS pixels within which dots, or stems, cover each other: one of them is painted."""

HATCH = 9
"""CSS pixels between the slanted lines where only a larger efSearch comes."""

LEFT = 5.6
"""Room left of the plot, in heights of the small text."""

TICKS = 2.0
"""Height of the row of ticks below the plot, in heights of the small text."""


@dataclass(frozen=True, slots=True)
class WalkInks:
    """The colours of a walk, beside those of the palette."""

    walk: Rgb
    pale: Rgb
    bar: Rgb
    bar_fill: Rgb
    beyond: Rgb
    line: Rgb
    background: Rgb

    @classmethod
    def of(cls, palette: Palette) -> WalkInks:
        """Return the colours of a theme."""
        background, accent, ochre = rgb_of(palette.background), rgb_of(palette.accent), palette.ranks[3]
        return cls(
            walk=accent,
            pale=mix(background, accent, 0.55),
            bar=ochre,
            bar_fill=mix(background, ochre, 0.07),
            beyond=mix(background, rgb_of(palette.muted), 0.5),
            line=rgb_of(palette.line),
            background=background,
        )

    def stems(self, colour: Rgb, room: float) -> Rgb:
        """Return the colour of stems, the paler the less room each distance has."""
        share = max(0.12, min(0.55, room / STEM_ROOM * 0.4))
        return mix(self.background, colour, share)


def frame_in(width: float, height: float, small: float, rows: int, tray: float = 0) -> Frame:
    """Return the plot in a picture with small texts of this height: around it is room for names.

    ``rows`` are those of the legend, ``tray`` is room between the plot and them.
    """
    below = (TICKS + ROW * rows + 0.3) * small + tray
    return Frame(LEFT * small, 3.4 * small, width - 1.1 * small, height - below)


def paint_walk(
    pen: Pen, scene: WalkScene, palette: Palette, size: float, small: float, legend: Legend, tray: float = 0
) -> None:
    """Paint a walk.

    Parameters
    ----------
    pen : Pen
        What paints.
    scene : WalkScene
        The walk.
    palette : Palette
        The colours.
    size, small : float
        Heights of texts and of lesser texts, in CSS pixels.
    legend : Legend
        The names of lines and marks.
    tray : float
        Room above the legend.
    """
    painting = _Painting(pen, scene, palette, size, small)
    painting.ground()
    painting.stems()
    painting.lines()
    painting.points()
    painting.ruler()
    painting.names()
    legend.paint(pen, palette, scene.frame.bottom + TICKS * small + tray, small)


class _Painting:
    """A walk being painted."""

    def __init__(self, pen: Pen, scene: WalkScene, palette: Palette, size: float, small: float) -> None:
        self._pen = pen
        self._scene = scene
        self._palette = palette
        self._inks = WalkInks.of(palette)
        self._size = size
        self._small = small

    def ground(self) -> None:
        """Paint what lies under the walk: areas, heights, levels, and the axes."""
        pen, scene, palette, frame = self._pen, self._scene, self._palette, self._scene.frame
        if scene.levels:
            pen.polygon(_box(frame.left, frame.top, scene.levels[-1][2], frame.bottom), fill=palette.raised)
        if len(scene.bar) > 1:
            ends = [(scene.bar[-1, 0], frame.top), (scene.bar[0, 0], frame.top)]
            pen.polygon([*_points(scene.bar), *ends], fill=self._inks.bar_fill)
        if scene.stop_x < frame.right - 1:
            pen.strokes(_hatch(scene.stop_x, frame), mix(self._inks.background, self._inks.line, 0.6), 1)
        below = frame.left - 0.6 * self._small
        for tick in scene.scale.ticks:
            y = float(scene.scale.y(tick.key))
            ends = [(frame.left, y), (frame.right, y)]
            if tick.is_compressed:
                pen.dashed(ends, palette.line, 1, (2, 4), is_open=True)
            else:
                pen.line(ends, palette.line, 1)
            pen.write(below, y, _tick_text(scene.sign * tick.key), self._small, palette.muted, "rm")
        if scene.scale.is_broken:
            y = scene.scale.floor + 7
            zigzag = [(4, 3), (-4, 0), (4, -2), (-4, -5)]
            pen.line([(frame.left - dx, y + dy) for dx, dy in zigzag], palette.muted, 1)
        pen.write_upward(
            0.6 * self._small, (frame.top + frame.bottom) / 2, "distance", self._small, palette.muted
        )
        self._levels()
        pen.line([(frame.left, frame.bottom), (frame.right, frame.bottom)], palette.control, 1)
        y = frame.bottom + 1.1 * self._small
        name = "distances computed"
        free = frame.right - pen.width(name, self._small) - self._small
        pen.write_edged(frame.right, y, name, self._small, palette.muted, "rm", bold=False)
        for x, count in scene.counts:
            pen.line([(x, frame.bottom), (x, frame.bottom + 3)], palette.control, 1)
            text = grouped(count)
            if x + pen.width(text, self._small) / 2 < free:
                pen.write_edged(x, y, text, self._small, palette.muted, "mm", bold=False)

    def _levels(self) -> None:
        """Name the levels of the descent above their parts."""
        pen, scene, palette, frame = self._pen, self._scene, self._palette, self._scene.frame
        if not scene.levels:
            return
        y = frame.top - 0.75 * self._small
        for level, start, end in scene.levels:
            ink = palette.control if level == 1 else palette.line
            pen.line([(end, frame.top), (end, frame.bottom)], ink, 1)
            if end - start > 0.8 * self._small or level == 1:
                pen.write((start + end) / 2, y, str(level), self._small, palette.muted, "mm")
        pen.write(scene.levels[-1][2] + 0.7 * self._small, y, "0", self._small, palette.muted, "mm")
        pen.write(frame.left - 0.6 * self._small, y, "level", self._small, palette.muted, "rm")

    def stems(self) -> None:
        """Paint a line from each distance to the height of the node that led to it."""
        scene, inks = self._scene, self._inks
        if scene.room < LEAST_ROOM:
            return
        strokes = np.column_stack([scene.points[:, 0], scene.stems, scene.points])
        is_beyond = scene.kinds == BEYOND
        for of_kind, colour in ((~is_beyond, inks.pale), (is_beyond, inks.beyond)):
            if of_kind.any():
                drawn = _columns(strokes[of_kind]) if scene.room < APART else strokes[of_kind]
                self._pen.strokes(drawn, inks.stems(colour, scene.room), 1)

    def lines(self) -> None:
        """Paint the node expanded, and the limits that it is held to."""
        pen, scene, palette, inks = self._pen, self._scene, self._palette, self._inks
        if len(scene.beyond) > 1:
            pen.line(_points(scene.beyond), inks.beyond, 2)
        if len(scene.nearest) > 1 and scene.k != scene.ef_search:
            pen.dashed(_points(scene.nearest), palette.text, 1.5, (5, 4), is_open=True)
        if len(scene.bar) > 1:
            pen.line(_points(scene.bar), inks.bar, 2.25)
        pen.line(_points(scene.expanded), inks.walk, 2.5)
        for lost in scene.lost:
            if lost.wait is not None:
                start, *rest = _points(lost.wait)
                pen.dashed([start, rest[0]], palette.danger, 1, (1.5, 3), is_open=True)
                pen.dashed(rest, palette.danger, 1.5, (5, 3), is_open=True)
        waits = [_points(lost.wait)[0] for lost in scene.lost if lost.wait is not None]
        pen.circles(waits, 5, fill=palette.background, edge=palette.danger, width=2)
        if scene.stop_x < scene.frame.right - 1 or scene.stop is not None:
            frame = scene.frame
            pen.line([(scene.stop_x, frame.top), (scene.stop_x, frame.bottom)], palette.accent, 2)

    def points(self) -> None:
        """Paint the nodes, those that matter most on top."""
        pen, scene, palette, inks = self._pen, self._scene, self._palette, self._inks
        small = max(1.0, min(2.8, 1 + scene.room))

        def of(kind: int) -> Points:
            return _points(_apart(scene.points[scene.kinds == kind]))

        pen.circles(of(BEYOND), small, fill=palette.background, edge=inks.beyond, width=1)
        pen.circles(of(VISITED), small, fill=inks.pale)
        pen.circles(of(EXPANDED), small + 1, fill=inks.walk, edge=palette.background, width=0.75)
        for kind, colour in ((BEYOND, inks.beyond), (VISITED, palette.muted), (EXPANDED, inks.walk)):
            crossed = _apart(scene.points[(scene.kinds == kind) & scene.deleted])
            radius = max(2.5, small + 1)
            pen.circles(_points(crossed), radius, fill=palette.background, edge=colour, width=1)
            if len(crossed):
                pen.strokes(crosses(crossed, radius * 0.5**0.5), colour, 1)
        pen.circles(of(RESULT), 5, fill=inks.walk, edge=palette.background, width=1.25)
        missed = of(MISSED)
        pen.circles(missed, 5.5, fill=palette.background, edge=palette.danger, width=2, dash=(3, 2))
        pen.circles(_points(scene.expanded[:1]), 4.5, fill=palette.background, edge=palette.text, width=2)
        if scene.stop is not None:
            at = [(scene.stop[0], scene.stop[1])]
            pen.circles(at, 4.5, fill=palette.background, edge=palette.accent, width=2)

    def ruler(self) -> None:
        """Write the efSearch of the search above where it stops, and those that visit missed neighbours."""
        pen, scene, palette, frame = self._pen, self._scene, self._palette, self._scene.frame
        y = frame.top - 2.2 * self._small
        text = f"efSearch {scene.ef_search:,}"
        half = pen.width(text, self._small) / 2
        x = min(max(scene.stop_x, frame.left + half), frame.right - half)
        pen.write_edged(x, y, text, self._small, palette.accent, "mm", bold=True)
        taken = [(x - half, x + half)]
        for need, at in sorted({one.need: one.x for one in scene.lost}.items()):
            wide = pen.width(f"{need:,}", self._small) / 2
            if all(at + wide + 4 < low or at - wide - 4 > high for low, high in taken):
                pen.write_edged(
                    min(at, frame.right - wide), y, f"{need:,}", self._small, palette.danger, "mm", bold=True
                )
                pen.line([(at, frame.top - 5), (at, frame.top + 1)], palette.danger, 1.5)
                taken.append((at - wide, at + wide))
        if scene.later:
            text = f"{scene.later[0]:,} \N{RIGHTWARDS ARROW}"
            if all(frame.right - pen.width(text, self._small) - 8 > high for _, high in taken):
                pen.write_edged(frame.right, y, text, self._small, palette.danger, "rm", bold=True)

    def names(self) -> None:
        """Name the missed neighbours, and say why the search stops."""
        scene = self._scene
        matter = scene.points[np.isin(scene.kinds, (RESULT, MISSED, EXPANDED))]
        boxes = [_around(matter, 6), *(_along(line) for line in (scene.expanded, scene.bar, scene.nearest))]
        boxes += [_along(lost.wait) for lost in scene.lost if lost.wait is not None]
        placer = BoxPlacer(np.concatenate(boxes), gap=2)
        self._places(placer)
        if scene.stop is not None:
            x, y, distance = scene.stop
            nearer = f"{scene.ef_search:,} visited {'one' if scene.ef_search == 1 else 'ones'}"
            lines = [f"It stops: the next node ({distance_text(distance)})", f"has {nearer} nearer."]
            self._stop(placer, x, y, lines)

    def _places(self, placer: BoxPlacer) -> None:
        """Write the place of each missed neighbour beside it."""
        tall = 1.1 * self._small
        for lost in self._scene.lost:
            text = ordinal(lost.place)
            wide = self._pen.width(text, self._small)
            around = [(10 + wide / 2, 0), (0, -13), (-10 - wide / 2, 0), (0, 13), (10 + wide / 2, -10)]
            middles = [(lost.x + dx, lost.y + dy) for dx, dy in around]
            boxes = [
                box_around(x, y, wide, tall) for x, y in middles if x + wide / 2 < self._scene.frame.right
            ]
            chosen = placer.place_free(boxes) if boxes else None
            if chosen is not None:
                left, top, right, bottom = boxes[chosen]
                x, y = (left + right) / 2, (top + bottom) / 2
                self._pen.write_edged(x, y, text, self._small, self._palette.danger, "mm", bold=True)

    def _stop(self, placer: BoxPlacer, x: float, y: float, lines: list[str]) -> None:
        frame, step = self._scene.frame, 1.35 * self._size
        wide = max(self._pen.width(line, self._size) for line in lines)
        boxes = [
            (left, y + dy - step, left + wide, y + dy + step)
            for dy in (-34, 26, -60, 52, -86, 78, -112, 104, -138)
            for left in (x + 12, x - wide - 12)
            if frame.left < left and left + wide < frame.right and y + dy - step > frame.top + 2
            and y + dy + step < frame.bottom - 4
        ]  # fmt: skip
        # What matters less may be written over, where nothing else is free.
        scene = self._scene
        lesser = BoxPlacer(np.concatenate([_around(scene.points, 2), _along(scene.beyond)]))
        boxes.sort(key=lambda box: lesser.choose([box])[1] > 0)
        chosen = placer.place_free(boxes) if boxes else None
        if chosen is None:
            return
        left, top = boxes[chosen][:2]
        for i, line in enumerate(lines):
            at = top + step * (i + 0.5)
            self._pen.write_edged(left, at, line, self._size, self._palette.text, "lm", bold=False)


def _points(places: npt.NDArray[np.float64]) -> Points:
    return [(x, y) for x, y in places.tolist()]


def _apart(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return places without those that would cover another: one for each square."""
    _, first = np.unique(np.round(places / APART), axis=0, return_index=True)
    return np.asarray(places[np.sort(first)], np.float64)


def _columns(strokes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return upright lines, (n, 4), with those of one column as one."""
    columns = np.round(strokes[:, 0] / APART)
    starts = np.flatnonzero(np.diff(columns, prepend=np.nan) != 0)
    low = np.minimum.reduceat(strokes[:, [1, 3]].min(axis=1), starts)
    high = np.maximum.reduceat(strokes[:, [1, 3]].max(axis=1), starts)
    x = strokes[starts, 0]
    return np.column_stack([x, low, x, high])


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _hatch(left: float, frame: Frame) -> npt.NDArray[np.float64]:
    """Return slanted lines in the part of the plot right of a place, (n, 4)."""
    top, right, bottom = frame.top, frame.right, frame.bottom
    start = np.arange(left - (bottom - top), right, HATCH)
    low, high = np.maximum(start, left), np.minimum(start + bottom - top, right)
    kept = low < high
    ends = np.column_stack([low, bottom - (low - start), high, bottom - (high - start)])
    return np.asarray(ends[kept], np.float64)


def _around(places: npt.NDArray[np.float64], reach: float) -> npt.NDArray[np.float64]:
    return np.column_stack([places - reach, places + reach])


def _along(line: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return boxes around the parts of a line, (n, 4)."""
    if len(line) < 2:
        return np.empty((0, 4))
    return np.column_stack([np.minimum(line[:-1], line[1:]) - 1, np.maximum(line[:-1], line[1:]) + 1])


def _tick_text(value: float) -> str:
    """Return a round number without the zeros that add nothing."""
    text = distance_text(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
