"""What a picture of a walk shows, as plain data: every distance computed, in order, at its height."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.figures.graph_walk.height_scale import HeightScale
from feder_widget.model.graph_trace import GraphTrace
from feder_widget.model.keys import key_of, keys_of

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

VISITED, EXPANDED, RESULT, MISSED, BEYOND = range(5)
"""Kinds of points; beyond is what only a larger efSearch visits."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot, in CSS pixels, y pointing down."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class MissedMark:
    """A missed neighbour.

    Attributes
    ----------
    place : int
        Its place among the true ones, from 1.
    need : int or None
        The efSearch that is known to find it.
    tag : str
        That in a word.
    """

    place: int
    need: int | None
    tag: str


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """A missed neighbour that a larger efSearch visits.

    Attributes
    ----------
    x, y : float
        Its point.
    place : int
        Its place among the true neighbours, from 1.
    need : int
        The efSearch that visits it.
    wait : float (4, 2) or None
        The way to it from the visited node whose links lead to it: from that node to where the search stops,
        to where the node's turn would come, and up to the point; None where that node is not visited.
    """

    x: float
    y: float
    place: int
    need: int
    wait: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class WalkScene:
    """A walk, in CSS pixels.

    Attributes
    ----------
    frame : Frame
        The plot.
    scale : HeightScale
        The height of a distance.
    points : float64 (n, 2)
        Every distance computed, in order.
    stems : float64 (n,)
        The height of the node whose links led to each.
    kinds : int64 (n,)
        ``VISITED``, ….
    deleted : bool (n,)
        Which are marked as deleted: walked through, never returned.
    ids : int64 (n,)
        Row ids of the nodes visited on level 0; -1 for those of the descent.
    expanded, beyond, bar, nearest : float64 (m, 2)
        Lines of steps: the node expanded, the same for a larger efSearch, the efSearch-th and the k-th
        nearest so far.
    levels : list of (int, float, float)
        The upper levels, with where each begins and ends.
    start : float
        Where the walk on level 0 begins.
    stop_x : float
        Where the search stops.
    stop : (float, float, float) or None
        The node that it would have expanded next, and its distance; None where none waits.
    lost : list of Lost
        The missed neighbours that the longer walk visits, nearest first.
    later : list of int
        The efSearch that finds each of the others, ascending, as far as that is known.
    counts : list of (float, int)
        Ticks of the number of distances computed.
    room : float
        CSS pixels for each distance.
    ef_search, k : int
        Of the search.
    sign : int
        -1 where a larger distance is nearer.
    """

    frame: Frame
    scale: HeightScale
    points: Floats
    stems: Floats
    kinds: npt.NDArray[np.int64]
    deleted: Mask
    ids: npt.NDArray[np.int64]
    expanded: Floats
    beyond: Floats
    bar: Floats
    nearest: Floats
    levels: list[tuple[int, float, float]]
    start: float
    stop_x: float
    stop: tuple[float, float, float] | None
    lost: list[Lost]
    later: list[int]
    counts: list[tuple[float, int]]
    room: float
    ef_search: int
    k: int
    sign: int


def walk_scene(
    trace: GraphTrace,
    ahead: GraphTrace,
    k: int,
    results: npt.NDArray[np.int64],
    missed: Mapping[int, MissedMark],
    frame: Frame,
) -> WalkScene:
    """Lay a walk out.

    Parameters
    ----------
    trace : GraphTrace
        The search.
    ahead : GraphTrace
        One at a larger efSearch, whose walk begins with that of ``trace``; or ``trace`` itself.
    k : int
        Results asked for.
    results : int64 (n,)
        Row ids of the results.
    missed : mapping of int to MissedMark
        The missed neighbours by their row ids.
    frame : Frame
        The plot.
    """
    descent, walk = trace.descent, ahead.walk
    similarity, ef = walk.similarity, trace.walk.ef_search
    visited, shown = len(trace.walk), len(walk)
    before = descent.n_distances
    last = max(1, before + shown - 1)
    room = (frame.right - frame.left) / last

    def x_of(distances: npt.ArrayLike) -> Floats:
        return frame.left + room * np.asarray(distances, np.float64)

    keys = np.asarray(keys_of(walk.distances, similarity), np.float64)
    links = [np.asarray(keys_of(hop.distances, similarity), np.float64) for hop in descent.hops]
    entry = key_of(descent.entry_distance, similarity)
    bars = nth_nearest(keys[:visited], ahead.deleted, ef)
    kth = nth_nearest(keys[:visited], ahead.deleted, k)
    stop_place = trace.walk.stopped_at
    everything = np.sort(np.concatenate([keys, *links, [entry]])).tolist()
    scale = HeightScale.of(everything, _bar(bars, keys, stop_place, everything, k), frame.top, frame.bottom)

    expanded: list[tuple[float, float]] = [(0, entry)]
    levels: list[tuple[int, float, float]] = []
    link_stems = []
    at, key = 0, entry
    for hop, compared in zip(descent.hops, links, strict=True):
        end = at + len(compared)
        if levels and levels[-1][0] == hop.level:
            levels[-1] = (hop.level, levels[-1][1], float(x_of(end)))
        else:
            levels.append((hop.level, float(x_of(at)), float(x_of(end))))
        link_stems.append(np.full(len(compared), key))
        expanded.append((end, key))
        key, at = key_of(hop.distance, similarity), end
        expanded.append((end, key))
    steps = walk.expanded
    led = walk.led_by
    stems = np.where(led < 0, keys, keys[steps[np.maximum(led, 0)]] if len(steps) else keys)
    done = len(trace.walk.expanded)
    turns = (before + walk.first - 1).astype(np.float64)
    if visited:
        expanded.append((before, float(keys[0])))
    expanded += _steps(turns, keys[steps], 0, done)

    def line(parts: Sequence[tuple[float, float]]) -> Floats:
        found = np.array(parts, np.float64).reshape(-1, 2)
        return np.column_stack([x_of(found[:, 0]), scale.y(found[:, 1])])

    kinds = np.full(shown, VISITED)
    kinds[trace.walk.expanded] = EXPANDED
    kinds[visited:] = BEYOND
    kinds[:visited][np.isin(ahead.visited[:visited], results)] = RESULT
    kinds[np.isin(ahead.visited, list(missed))] = MISSED
    xs = np.concatenate([np.arange(1, before + 1), before + np.arange(shown)])
    heights = scale.y(np.concatenate([*links, keys]))
    points = np.column_stack([x_of(xs), heights])
    stop_x = float(x_of(before + max(0, visited - 1)))
    stop = None
    if stop_place >= 0:
        stop = stop_x, float(scale.y(keys[stop_place])), float(walk.distances[stop_place])
    lost = []
    for place in np.flatnonzero(kinds == MISSED).tolist():
        x, y = points[before + place].tolist()
        wait = None
        by = int(steps[led[place]]) if led[place] >= 0 else shown
        if by < visited <= place:
            gate_x, gate_y = points[before + by].tolist()
            turn = float(x_of(turns[led[place]]))
            wait = np.array([[gate_x, gate_y], [max(stop_x, gate_x), gate_y], [x, gate_y], [x, y]])
            wait[1, 0] = min(wait[1, 0], max(turn, gate_x))
        lost.append(Lost(x, y, missed[int(ahead.visited[place])].place, int(walk.need[place]), wait))
    return WalkScene(
        frame=frame,
        scale=scale,
        points=points,
        stems=scale.y(np.concatenate([*link_stems, stems])),
        kinds=np.concatenate([np.full(before, VISITED), kinds]),
        deleted=np.concatenate([np.zeros(before, np.bool_), ahead.deleted]),
        ids=np.concatenate([np.full(before, -1), ahead.visited]),
        expanded=line(expanded),
        beyond=line(_steps(turns, keys[steps], done, len(steps))),
        bar=_stepped(x_of(before + np.arange(visited)), bars, scale),
        nearest=_stepped(x_of(before + np.arange(visited)), kth, scale),
        levels=levels,
        start=float(x_of(before)),
        stop_x=stop_x,
        stop=stop,
        lost=sorted(lost, key=lambda one: one.place),
        later=sorted(
            mark.need for row, mark in missed.items() if mark.need is not None and row not in ahead.visited
        ),
        counts=[(float(x_of(count)), count) for count in _counts(last)],
        room=room,
        ef_search=ef,
        k=k,
        sign=-1 if similarity else 1,
    )


def nth_nearest(keys: Floats, deleted: Mask, n: int) -> Floats:
    """Return the n-th smallest of the keys so far, float64 of their shape; infinity while there are fewer."""
    found = np.full(len(keys), np.inf)
    heap: list[float] = []
    for place, (key, is_deleted) in enumerate(zip(keys.tolist(), deleted.tolist(), strict=False)):
        if is_deleted:
            pass
        elif len(heap) < n:
            heapq.heappush(heap, -key)
        elif key < -heap[0]:
            heapq.heapreplace(heap, -key)
        if len(heap) == n:
            found[place] = -heap[0]
    return found


def _bar(bars: Floats, keys: Floats, stop_place: int, everything: list[float], k: int) -> float:
    """Return the key at which the walk stops."""
    if len(bars) and np.isfinite(bars[-1]):
        return float(max(bars[-1], keys[stop_place])) if stop_place >= 0 else float(bars[-1])
    return everything[min(len(everything) - 1, max(k, 2))]


def _steps(turns: Floats, heights: Floats, start: int, end: int) -> list[tuple[float, float]]:
    """Return some of the expansions as a line of steps."""
    return [(turns[i + side], heights[i]) for i in range(start, end) for side in (0, 1)]


def _stepped(xs: Floats, keys: Floats, scale: HeightScale) -> Floats:
    """Return a value that holds from each of some places on as a line of steps."""
    here = np.flatnonzero(np.isfinite(keys))
    if not len(here):
        return np.empty((0, 2))
    moves = here[np.diff(keys[here], prepend=np.inf) != 0]
    heights = scale.y(keys[moves])
    ends = np.append(xs[moves[1:]], xs[-1])
    return np.column_stack([np.column_stack([xs[moves], ends]).ravel(), np.repeat(heights, 2)])


def _counts(last: int) -> list[int]:
    """Return some five round numbers up to a limit."""
    rough = last / 5
    power = 10 ** int(np.floor(np.log10(max(1.0, rough))))
    step = max(1, next(power * share for share in (1, 2, 5, 10) if power * share >= rough))
    return list(range(step, last, step))
