"""Cells by recursive oblique cuts; each round cuts all parts in two at once."""

from __future__ import annotations

import numpy as np

from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.plane import Floats, Indices, Points, squared, summed, summed_points
from feder_widget.power_diagram.polygon_cuts import Turned, clipped
from feder_widget.power_diagram.polygons import Polygons

ANGLES, ANGLES_OF_FEW, FEW = 12, 8, 8
"""Directions tried for a cut: fewer where it divides only few points."""

PULL = 0.06
"""Weight of a cut across the points' longer axis against compact halves."""

CORNERS_AT_ONCE = 30_000
"""Corners turned in one step: about a processor's cache."""


def bisect(places: Points, weights: Floats, width: float, check: Check) -> tuple[Polygons, Indices]:
    """Divide the rectangle [0, width] by [0, 1] among weighted points, by their shares of the weight.

    Parameters
    ----------
    places : (n,) complex128
        In or near the rectangle.
    weights : (n,) float64
        At or above 0.
    width : float
    check : function
        Called between steps.

    Returns
    -------
    parts : Polygons
        n parts; consecutive ones are near one another.
    order : (n,) intp
        The point of each part.
    """
    count = len(places)
    order = np.arange(count)
    corners, sides = np.array([[0, width, width + 1j, 1j]], np.complex128), np.array([4])
    sizes = np.array([count])
    while (sizes > 1).any():
        check()
        is_cut = sizes > 1
        cut = np.flatnonzero(is_cut)
        group = np.arange(len(cut)).repeat(sizes[cut])
        where = np.flatnonzero(is_cut.repeat(sizes))
        members = order[where]
        shares = _shares(weights[members], group, sizes[cut])
        upward = _upward(corners[cut], places[members], shares, group, sizes[cut], check)
        ranked = np.lexsort(((places[members] * upward[group].conj()).real, group))
        order[where] = members[ranked]
        below, share = _middle(shares[ranked], group, sizes[cut])
        turned = Turned.by(corners[cut], upward)
        depth = turned.height_for(share * turned.area())[:, None] - turned.level
        halves = (clipped(corners[cut], sides[cut], depth), clipped(corners[cut], sides[cut], -depth))

        parts = np.where(is_cut, 2, 1)
        place = np.cumsum(parts) - parts
        filled = [(place[~is_cut], corners[~is_cut], sides[~is_cut])]
        filled += [(place[cut] + half, *halves[half]) for half in (0, 1)]
        sizes = sizes.repeat(parts)
        sizes[place[cut]] = below
        sizes[place[cut] + 1] -= below
        corners, sides = _gathered(filled, len(sizes))
    has_part = sizes > 0
    is_corner = (np.arange(corners.shape[1]) < sides[:, None]) & has_part[:, None]
    return Polygons.of(is_corner.nonzero()[0], corners[is_corner], count), order


def _gathered(filled: list[tuple[Indices, Points, Indices]], count: int) -> tuple[Points, Indices]:
    """Gather rows of corners, of different lengths, and numbers of sides at their places among `count`."""
    sides = np.zeros(count, np.intp)
    for place, _, some_sides in filled:
        sides[place] = some_sides
    length = max(1, int(sides.max()))
    corners = np.empty((count, length), np.complex128)
    for place, some, _ in filled:
        corners[place] = some[:, np.minimum(np.arange(length), some.shape[1] - 1)]
    return corners, sides


def _shares(weights: Floats, group: Indices, sizes: Indices) -> Floats:
    """Return each weight as a share of its group's sum; equal shares where the sum underflows to 0."""
    total = summed(group, weights, len(sizes))[group]
    is_much = total > 0
    return np.where(is_much, weights / np.where(is_much, total, 1), 1 / sizes[group])


def _middle(shares: Floats, group: Indices, sizes: Indices) -> tuple[Indices, Floats]:
    """Find the place in each group's order that divides its weight most evenly.

    Returns
    -------
    below : (g,) intp
        Number of points before the place, from 1 to the group's size less 1.
    share : (g,) float64
        Their share of the weight.
    """
    first = np.cumsum(sizes) - sizes
    sums = np.cumsum(shares)
    sums -= (sums[first] - shares[first]).repeat(sizes)
    after = np.bincount(group[sums < 0.5], minlength=len(sizes))
    later, sooner = np.minimum(after, sizes - 2), np.clip(after - 1, 0, sizes - 2)
    is_sooner = np.abs(sums[first + sooner] - 0.5) <= np.abs(sums[first + later] - 0.5)
    below = np.where(is_sooner, sooner, later) + 1
    is_below = np.arange(len(group)) - first[group] < below[group]
    # Summed anew: differences of running sums lose the digits of small shares.
    halves = summed(2 * group + ~is_below, shares, 2 * len(sizes)).reshape(-1, 2)
    return below, halves[:, 0] / halves.sum(axis=1)


def _upward(
    polygons: Points, places: Points, shares: Floats, group: Indices, sizes: Indices, check: Check
) -> Points:
    """Return the direction across which to cut each polygon: compact halves, points spread along it.

    Parameters
    ----------
    polygons : (g, m) complex128
    places, shares, group : (k,)
        Place, share and polygon of each point.
    sizes : (g,) intp

    Returns
    -------
    (g,) complex128, of length 1
    """
    count = len(sizes)
    away = places - summed_points(group, shares * places, count)[group]
    # Total variance, and the longer axis as a vector at twice its angle: double angles can be summed.
    spread = summed(group, shares * squared(away), count)
    axis = summed_points(group, shares * away**2, count)
    upward: Points = np.exp(0.5j * np.angle(axis))
    is_spread = spread > 0
    axis = np.where(is_spread, axis / np.where(is_spread, spread, 1), 0)
    for is_asked, angles in ((sizes > FEW, ANGLES), (sizes <= FEW, ANGLES_OF_FEW)):
        asked = np.flatnonzero(is_asked)
        turns = np.exp(1j * np.pi * np.arange(angles) / angles)
        stride = max(1, CORNERS_AT_ONCE // (angles * polygons.shape[1]))
        for first in range(0, len(asked), stride):
            check()
            some = asked[first : first + stride]
            tried = upward[some, None] * turns
            along = (1 + (axis[some, None] * tried.conj() ** 2).real) / 2
            cost = _looseness(polygons[some], tried) - PULL * along
            upward[some] = tried[np.arange(len(some)), cost.argmin(axis=1)]
    return upward


def _looseness(polygons: Points, upward: Points) -> Floats:
    """Return how elongated the halves of polygons, (g, m), cut across directions, (g, a), would be.

    The measure is the sum of the halves' second moments over their squared areas, without the part that is
    equal for all directions. It falls with the squared distance between the halves' centres.
    """
    turned = Turned.by(polygons[:, None, :], upward)
    area = turned.area()
    level, across = turned.moments_below(np.full(area.shape, np.inf))
    level_below, across_below = turned.moments_below(turned.height_for(area / 2))
    is_full = area > 0
    area = np.where(is_full, area, 1)
    apart = ((2 * level_below - level) / area) ** 2 + ((2 * across_below - across) / area) ** 2
    return np.where(is_full, -4 * apart / area, 0)
