"""Turning edges until a triangulation is the one whose dual is the power diagram."""

from __future__ import annotations

import numpy as np

from feder_widget.power_diagram.plane import Flags, Floats, Indices, Points, cross, squared
from feder_widget.power_diagram.sites import Sites
from feder_widget.power_diagram.triangulation import Triangulation

ROUNDS = 1000
"""Rounds of flips after which it is given up. Ten are usual; only rounding could make it go on for ever."""

SURE = 2.0**-49
"""Relative error above which the sign of a sum of products is not due to rounding."""


class LostCells(Exception):  # noqa: N818 - an outcome to act on: shorter steps keep all cells
    """Raised where a site has no cell; ``sites`` names such sites as far as they are known."""

    def __init__(self, sites: Indices) -> None:
        super().__init__(f"{len(sites)} sites have no cell")
        self.sites = sites


def make_regular(triangulation: Triangulation, sites: Sites, edges: Indices) -> None:
    """Flip edges until the triangulation is the regular one of these sites.

    Where it is, a vertex of the power diagram lies in the middle of each triangle: as near to its three
    sites, in the sense of the weights, as to none other. That this holds across every edge is enough for it
    to hold everywhere (Aurenhammer 1987, "Power diagrams: properties, algorithms and applications"), so the
    outcome is exact. Sites whose places have changed are untangled as long as that takes only flips.

    Parameters
    ----------
    triangulation : Triangulation
        Changed in place. Of these sites, but it may be that of other places and weights.
    sites : Sites
    edges : (k,) intp
        Corners that face the edges that may have to be flipped.

    Raises
    ------
    LostCells
        If a site has no cell. The triangulation is then of no use.
    """
    claims = np.empty(len(triangulation.site) // 3, np.intp)
    for _ in range(ROUNDS):
        faulty, can_flip, cut_off = _examine(triangulation, sites, edges)
        if len(faulty) == 0:
            return
        if not can_flip.any():
            raise LostCells(np.unique(cut_off))
        changed = triangulation.flip(_apart(triangulation, faulty[can_flip], claims))
        edges = triangulation.facing(np.concatenate([faulty, changed]))
    raise LostCells(np.empty(0, np.intp))


def _apart(triangulation: Triangulation, corners: Indices, claims: Indices) -> Indices:
    """Return some of the corners, such that no triangle has two of their edges; `claims` is room to write."""
    triangles = np.stack([corners, triangulation.twin[corners]]) // 3
    turn = np.arange(len(corners))
    # The last one to claim a triangle has it. The very last has both of its own, so there is always one.
    claims[triangles.T.ravel()] = turn.repeat(2)
    return np.asarray(corners[(claims[triangles] == turn).all(axis=0)])


def _examine(triangulation: Triangulation, sites: Sites, corners: Indices) -> tuple[Indices, Flags, Indices]:
    """Find edges that cannot stay.

    Returns
    -------
    faulty : (f,) intp
        Corners that face them.
    can_flip : (f,) bool
    cut_off : (c,) intp
        Sites that are in the way of those that cannot be flipped.
    """
    site, count = triangulation.site, sites.count
    corners = np.where(site[corners] < count, corners, triangulation.twin[corners])
    # Between two sides no edge is ever wanted.
    corners = corners[site[corners] < count]
    p = site[corners]
    q, r = site[triangulation.after[corners]], site[triangulation.before[corners]]
    s = site[triangulation.twin[corners]]
    (to_q, at_q), (to_r, at_r), (to_s, at_s) = (sites.seen(p, other) for other in (q, r, s))
    qr, qs, sr = cross(to_q, to_r), cross(to_q, to_s), cross(to_s, to_r)
    # Above 0 where s wins the vertex of the triangle p q r.
    excess = at_q * sr + at_r * qs - at_s * qr
    # Twice the area of s r q, in homogeneous coordinates: sides are points at infinity.
    beyond = (q < count) * sr + (r < count) * qs - (s < count) * qr
    some = np.flatnonzero((excess > 0) | (qr < 0) | (beyond < 0))
    to_q, to_r, to_s = to_q[some], to_r[some], to_s[some]
    off_qr, off_qs, off_sr = (_rounding(*pair) for pair in ((to_q, to_r), (to_q, to_s), (to_s, to_r)))
    off = (
        np.maximum(squared(to_q), abs(at_q[some])) * off_sr
        + np.maximum(squared(to_r), abs(at_r[some])) * off_qs
        + np.maximum(squared(to_s), abs(at_s[some])) * off_qr
    )
    is_inverted = (qr[some] < -off_qr) | (beyond[some] < -(off_qr + off_qs + off_sr))
    is_faulty = (excess[some] > off) | is_inverted
    past_q, past_r = qs[some] <= off_qs, sr[some] <= off_sr
    stays = is_faulty & (past_q | past_r)
    some_q, some_r = q[some], r[some]
    cut_off = np.concatenate([some_q[stays & past_q], some_r[stays & past_r]])
    return corners[some[is_faulty]], ~stays[is_faulty], cut_off[cut_off < count]


def _rounding(a: Points, b: Points) -> Floats:
    """Bound the rounding error of ``cross(a, b)``."""
    return np.asarray(SURE * (abs(a.real * b.imag) + abs(a.imag * b.real)))
