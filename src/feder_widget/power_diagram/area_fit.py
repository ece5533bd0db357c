"""Weights that give every cell its wanted area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feder_widget.power_diagram.check import Check
from feder_widget.power_diagram.diagram import Diagram
from feder_widget.power_diagram.edge_flips import LostCells
from feder_widget.power_diagram.newton_step import newton_step
from feder_widget.power_diagram.plane import Floats
from feder_widget.power_diagram.sites import Sites

REFINEMENT, FINEST = 1e-2, 1e-5
"""Factor on the solver's precision after a direction without progress, and its lower limit."""


@dataclass(frozen=True, eq=False, slots=True)
class Goal:
    """Wanted areas, and the limits of the search for them."""

    wanted: Floats
    """(n,) areas above 0; they sum to the rectangle's"""
    allowed: Floats
    """(n,) tolerance of each"""
    precision: float
    """share of the residual that the linear solver may leave, as long as the steps make progress"""
    steps: int
    """most Newton steps"""
    shortest: float
    """shortest step, as a share of a whole one"""

    def is_met(self, diagram: Diagram) -> bool:
        """Return whether all areas are within their tolerance."""
        return bool((np.abs(self.wanted - diagram.area) <= self.allowed).all())


def fit_areas(diagram: Diagram, goal: Goal, check: Check) -> Diagram | None:
    """Find weights that give every cell its area, from weights that give every site a cell.

    Semi-discrete optimal transport by damped Newton steps: no step may shrink a cell below half of the
    smallest area at the start or in the goal (Kitagawa, Mérigot & Thibert 2019, "Convergence of a Newton
    algorithm for semi-discrete optimal transport"). Returns None where the steps do not reach the goal.
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
    """Take the longest step of 1, 1/2, 1/4, … that keeps all cells and brings the areas closer."""
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
