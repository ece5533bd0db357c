"""Weights that give every cell the area that is wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feder_widget.power_diagram.checkpoint import Check
from feder_widget.power_diagram.diagram import Diagram
from feder_widget.power_diagram.laplacian import newton_step
from feder_widget.power_diagram.plane import Floats
from feder_widget.power_diagram.regular import LostCells
from feder_widget.power_diagram.sites import Sites

REFINEMENT, FINEST = 1e-2, 1e-5
"""How much more precise a direction that leads nowhere is found, and how precise is precise enough."""


@dataclass(frozen=True, eq=False, slots=True)
class Goal:
    """Areas to be found, and when to give it up."""

    wanted: Floats
    """(n,) above 0, together the rectangle's"""
    allowed: Floats
    """(n,) how far each may be off"""
    precision: float
    """share of the residual that the linear solver may leave in each step, as long as that leads on"""
    steps: int
    """Newton steps after which it is given up"""
    shortest: float
    """and the shortest one, of the whole, that is tried"""

    def is_met(self, diagram: Diagram) -> bool:
        """Say whether all areas are near enough to those that are wanted."""
        return bool((np.abs(self.wanted - diagram.area) <= self.allowed).all())


def fit_areas(diagram: Diagram, goal: Goal, check: Check) -> Diagram | None:
    """Find weights that give every cell its area, from weights that give every site a cell.

    This is semi-discrete optimal transport, solved by damped Newton steps: no step may shrink a cell below
    half of the smallest area there was or is to be (Kitagawa, Mérigot & Thibert 2019, "Convergence of a
    Newton algorithm for semi-discrete optimal transport"). Returns None where that does not arrive.
    """
    least = 0.5 * min(float(goal.wanted.min()), float(diagram.area.min()))
    if not least > 0:
        return None
    precision = goal.precision
    steps = 0
    while not goal.is_met(diagram):
        if steps == goal.steps:
            return None
        steps += 1
        direction = newton_step(diagram, goal.wanted - diagram.area, precision, check)
        advanced = _advance(diagram, direction, goal, least, check)
        if advanced is not None:
            diagram = advanced
        elif precision > FINEST:
            precision *= REFINEMENT
        else:
            return None
    return diagram


def _advance(diagram: Diagram, direction: Floats, goal: Goal, least: float, check: Check) -> Diagram | None:
    """Take the longest of the steps 1, 1/2, 1/4 … that keeps all cells and brings the areas closer."""
    sites = diagram.sites
    error = _norm(goal.wanted - diagram.area)
    length = 1.0
    while length >= goal.shortest:
        check()
        weights = sites.own_weights + length * direction
        try:
            trial = diagram.changed(Sites.inside(sites.width, sites.own_places, weights))
        except LostCells:
            length /= 2
            continue
        if trial.area.min() >= least and _norm(goal.wanted - trial.area) <= (1 - length / 2) * error:
            return trial
        length /= 2
    return None


def _norm(values: Floats) -> float:
    return float(np.sqrt((values * values).sum()))
