"""Edge flips that make a triangulation regular: the dual of the power diagram."""

from __future__ import annotations

import numpy as np

from feder_widget.power_diagram.plane import Flags, Floats, Indices, Points, cross, squared
from feder_widget.power_diagram.sites import Sites
from feder_widget.power_diagram.triangulation import Triangulation

ROUNDS = 1000
"""Most rounds of flips. Ten are usual; only rounding could make them endless."""

SURE = 2.0**-49
"""Relative size above which a sum of products has a certain sign despite rounding."""


class LostCells(Exception):  # noqa: N818 - an outcome, not an error: shorter steps keep all cells
    """Raised where a site has no cell; ``sites`` holds the known ones."""

    def __init__(self, sites: Indices) -> None:
        super().__init__(f"{len(sites)} sites have no cell")
        self.sites = sites


def make_regular(triangulation: Triangulation, sites: Sites, edges: Indices) -> None:
    """Flip edges until the triangulation is the regular one of these sites.

    In a regular triangulation each triangle stands for a vertex of the power diagram, to which its three
    sites are nearest in the sense of the weights. If this holds across every edge, it holds everywhere
    (Aurenhammer 1987, "Power diagrams: properties, algorithms and applications"), so the result is exact.
    Moved sites are untangled where flips suffice.

    Parameters
    ----------
    triangulation : Triangulation
        Of these sites, perhaps at other places and weights. Changed in place.
    sites : Sites
    edges : (k,) intp
        Corners that face the edges to examine first.

    Raises
    ------
    LostCells
        If a site has no cell. The triangulation is then unusable.
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
    """Return some of the corners whose edges share no triangle; `claims` is scratch memory, (triangles,)."""
    triangles = np.stack([corners, triangulation.twin[corners]]) // 3
    turn = np.arange(len(corners))
    # The last claim on a triangle wins. The last corner wins both its triangles, so one is always returned.
    claims[triangles.T.ravel()] = turn.repeat(2)
    return np.asarray(corners[(claims[triangles] == turn).all(axis=0)])


def _examine(triangulation: Triangulation, sites: Sites, corners: Indices) -> tuple[Indices, Flags, Indices]:
    """Find edges that a regular triangulation cannot have.

    Returns
    -------
    faulty : (f,) intp
        Corners that face these edges.
    can_flip : (f,) bool
    cut_off : (c,) intp
        Sites that block the flip of the others.
    """
    site, count = triangulation.site, sites.count
    corners = np.where(site[corners] < count, corners, triangulation.twin[corners])
    # An edge between two sides bounds no cell.
    corners = corners[site[corners] < count]
    p = site[corners]
    q, r = site[triangulation.after[corners]], site[triangulation.before[corners]]
    s = site[triangulation.twin[corners]]
    (to_q, at_q), (to_r, at_r), (to_s, at_s) = (sites.seen(p, other) for other in (q, r, s))
    qr, qs, sr = cross(to_q, to_r), cross(to_q, to_s), cross(to_s, to_r)
    # Positive where s is nearer than p, q and r to their vertex.
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
