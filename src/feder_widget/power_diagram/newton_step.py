"""The weights' change for a change of areas: a sparse linear system, solved by conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.diagram import Diagram
from feder_widget.power_diagram.plane import Floats, Indices, summed

ROUNDS_BETWEEN_CHECKS = 16

BLOCK, FEWEST_BLOCKS = 8, 4
"""Sites, or blocks, in a block of the next level, and the fewest blocks on a level."""


def newton_step(diagram: Diagram, missing: Floats, precision: float, check: Check) -> Floats:
    """Return the change of weights that adds the missing areas while edges only shift.

    An edge of length l between sites at distance d shifts by δweight / 2d, so the matrix is the Laplacian of
    a graph.

    Parameters
    ----------
    diagram : Diagram
        Fast where consecutive sites lie near one another.
    missing : (n,) float64
        Area to add to each cell; sums to 0.
    precision : float
        Share of the residual at which conjugate gradients stop.
    check : function
        Called between steps.

    Returns
    -------
    (n,) float64
    """
    count, places = diagram.sites.count, diagram.sites.places
    edges = diagram.between()
    here, there = diagram.cell[edges], diagram.beyond[edges]
    length = np.abs(diagram.end[edges] - diagram.start[edges])
    flow = length / np.abs(places[there] - places[here]) / 2
    diagonal = summed(here, flow, count)
    precondition = _preconditioner(here, there, flow, diagonal)
    step = np.zeros(count)
    rest = missing.copy()
    search = precondition(rest)
    product = float((rest * search).sum())
    enough = product * precision**2
    for iteration in range(4 * count):
        if iteration % ROUNDS_BETWEEN_CHECKS == 0:
            check()
        if not product > enough:
            break
        image = diagonal * search - summed(here, flow * search.take(there), count)
        curvature = float((image * search).sum())
        if not curvature > 0:
            break
        share = product / curvature
        step += share * search
        rest -= share * image
        scaled = precondition(rest)
        product, before = float((rest * scaled).sum()), product
        search *= product / before
        search += scaled
    return step


def _preconditioner(
    here: Indices, there: Indices, flow: Floats, diagonal: Floats
) -> Callable[[Floats], Floats]:
    """Return an approximate inverse of the Laplacian, the preconditioner of conjugate gradients.

    It sums the diagonal inverses on all levels: sites, blocks of near sites, blocks of blocks, and so on
    (Bramble, Pasciak & Xu 1990, "Parallel multilevel preconditioners", with blocks of a graph). With 16,384
    cells it saves two of three iterations.
    """
    count = len(diagonal)
    levels: list[tuple[Indices, Indices, Floats]] = []
    size = BLOCK
    while count >= FEWEST_BLOCKS * size:
        leaves = here // size != there // size
        outflow = summed(here[leaves] // size, flow[leaves], -(-count // size))
        levels.append((np.arange(0, count, size), np.arange(count) // size, outflow))
        size *= BLOCK

    def precondition(missing: Floats) -> Floats:
        weights = missing / diagonal
        for starts, block, outflow in levels:
            weights += (np.add.reduceat(missing, starts) / outflow)[block]
        return weights

    return precondition
