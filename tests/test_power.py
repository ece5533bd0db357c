"""The geometry that round cells are made of: power diagrams, transport of areas, cuts."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from feder_widget import power_diagram
from feder_widget.power_diagram.bisection import bisect
from feder_widget.power_diagram.diagram import Diagram
from feder_widget.power_diagram.edge_flips import LostCells
from feder_widget.power_diagram.even_spread import spread
from feder_widget.power_diagram.lloyd_relaxation import relaxed
from feder_widget.power_diagram.newton_step import newton_step
from feder_widget.power_diagram.polygons import Polygons
from feder_widget.power_diagram.round_tiling import MOST_ROUND, round_tiling
from feder_widget.power_diagram.sites import Sites

WIDTH = 1.4


def go_on():
    """Never stop."""


def scattered(n, seed=1):
    """Places in the rectangle, complex128 (n,)."""
    rng = np.random.default_rng(seed)
    return WIDTH * rng.random(n) + 1j * rng.random(n)


def weighted(n, heaviest, seed=1):
    return Sites.inside(WIDTH, scattered(n, seed), heaviest * np.random.default_rng(seed + 1).random(n))


def moved(sites, places, weights=None):
    return Sites.inside(WIDTH, places, sites.own_weights if weights is None else weights)


def shares(sizes):
    """Areas in proportion to sizes, over the rectangle."""
    sizes = np.asarray(sizes, np.float64)
    return sizes / sizes.sum() * WIDTH


def kept_below(corners, normal, limit):
    """The part of a polygon, complex (m,), where the product with a normal is below a limit."""
    out = []
    above = (corners * np.conj(normal)).real - limit
    for start, end, a, b in zip(np.roll(corners, 1), corners, np.roll(above, 1), above, strict=True):
        if (a < 0 < b) or (b < 0 < a):
            out.append(start + (end - start) * a / (a - b))
        if b <= 0:
            out.append(end)
    return np.array(out, np.complex128)


def true_area(sites, i):
    """The area of a cell cut by every other site."""
    places, weights = sites.own_places, sites.own_weights
    cell = np.array([0, WIDTH, WIDTH + 1j, 1j]) - places[i]
    for j in np.flatnonzero(np.arange(sites.count) != i):
        towards = places[j] - places[i]
        cell = kept_below(cell, towards, (abs(towards) ** 2 + weights[i] - weights[j]) / 2)
        if len(cell) == 0:
            return 0.0
    return float((cell.conj() * np.roll(cell, -1)).imag.sum() / 2)


def assert_exact(diagram):
    sites = diagram.sites
    np.testing.assert_allclose(
        diagram.area, [true_area(sites, i) for i in range(sites.count)], rtol=0, atol=1e-12
    )


# Power diagrams


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 50, 250])
@pytest.mark.parametrize("heaviest", [0, 0.0001])
def test_the_cells_of_sites_are_those_that_cutting_by_all_sites_gives(n, heaviest):
    assert_exact(Diagram.of(weighted(n, heaviest), go_on))


def test_the_cells_of_other_weights_are_exact_too():
    diagram = Diagram.of(weighted(250, 0), go_on)
    for seed in range(2):
        weights = 0.0003 * np.random.default_rng(seed).random(250)
        diagram = diagram.changed(moved(diagram.sites, diagram.sites.own_places, weights))
        assert_exact(diagram)


def test_the_cells_of_sites_that_have_moved_among_each_other_are_exact_too():
    diagram = Diagram.of(weighted(250, 0), go_on)
    places = 0.98 * diagram.sites.own_places + 0.02 * scattered(250, seed=5)
    assert_exact(diagram.changed(moved(diagram.sites, places)))


def test_a_diagram_that_others_are_made_of_stays_as_it_is():
    diagram = Diagram.of(weighted(100, 0), go_on)
    before = diagram.triangulation.copy()
    diagram.changed(moved(diagram.sites, 0.9 * diagram.sites.own_places + 0.1))
    np.testing.assert_array_equal(diagram.triangulation.site, before.site)
    np.testing.assert_array_equal(diagram.triangulation.twin, before.twin)


def test_sites_on_a_grid_have_cells_although_four_of_them_lie_on_each_circle():
    x, y = np.meshgrid(np.arange(10), np.arange(10))
    diagram = Diagram.of(Sites.inside(WIDTH, (WIDTH * (x + 0.5) + 1j * (y + 0.5)).ravel() / 10), go_on)
    np.testing.assert_allclose(diagram.area, WIDTH / 100, rtol=1e-12)


@pytest.mark.parametrize("heaviest", [0.03, 0.3])
def test_sites_that_others_leave_no_cell_are_named(heaviest):
    sites = weighted(250, heaviest)
    diagram = Diagram.of(weighted(250, 0), go_on)
    with pytest.raises(LostCells) as lost:
        diagram.changed(sites)
    assert len(lost.value.sites) > 0
    assert all(true_area(sites, i) == 0 for i in lost.value.sites)


def test_two_sites_in_one_place_are_refused():
    with pytest.raises(LostCells):
        Diagram.of(Sites.inside(WIDTH, np.append(scattered(20), 0.5 + 0.5j).repeat([1] * 20 + [2])), go_on)


def test_one_heavy_site_among_many_has_a_cell_of_many_corners():
    places = scattered(4000)
    places[0] = WIDTH / 2 + 0.5j
    places = places[(abs(places - places[0]) > 0.4) | (np.arange(4000) == 0)]
    weights = np.where(np.arange(len(places)) == 0, 0.12, 0)
    diagram = Diagram.of(Sites.inside(WIDTH, places), go_on).changed(Sites.inside(WIDTH, places, weights))
    assert np.count_nonzero(diagram.cell == 0) > 64
    assert diagram.area[0] == pytest.approx(true_area(diagram.sites, 0), abs=1e-12)
    assert diagram.polygons().moments()[0][0] == pytest.approx(diagram.area[0], rel=1e-9)


def test_each_edge_lies_where_its_cell_and_the_one_beyond_are_equally_near():
    diagram = Diagram.of(weighted(100, 0.0003), go_on)
    sites = diagram.sites
    middle = sites.places[diagram.cell] + (diagram.start + diagram.end) / 2
    inner = diagram.beyond < 100
    here, there = (
        abs(middle - sites.places[site])[inner] ** 2 - sites.weights[site][inner]
        for site in (diagram.cell, np.minimum(diagram.beyond, 99))
    )
    np.testing.assert_allclose(here, there, rtol=0, atol=1e-12)
    edge = np.stack([middle.real, middle.imag, WIDTH - middle.real, 1 - middle.imag])
    np.testing.assert_allclose(edge[diagram.beyond[~inner] - 100, ~inner], 0, atol=1e-12)


def test_the_polygons_of_a_diagram_are_its_cells():
    diagram = Diagram.of(weighted(300, 0.0001), go_on)
    areas, centres = diagram.polygons().moments()
    np.testing.assert_allclose(areas, diagram.area, rtol=1e-9)
    np.testing.assert_allclose(centres, diagram.sites.own_places + diagram.centres(), atol=1e-12)


# Areas that are wanted


def test_a_step_changes_areas_as_a_small_change_of_weights_does():
    diagram = Diagram.of(weighted(200, 0), go_on)
    missing = np.random.default_rng(0).normal(size=200) * 1e-7
    missing -= missing.mean()
    step = newton_step(diagram, missing, 1e-9, go_on)
    changed = diagram.changed(moved(diagram.sites, diagram.sites.own_places, step))
    np.testing.assert_allclose(changed.area - diagram.area, missing, atol=1e-9)


CROWDED = scattered(400).real ** 2 / WIDTH + 1j * scattered(400).imag ** 2
"""Most of them in one corner."""


def test_sites_that_are_spread_are_about_as_dense_everywhere():
    even = spread(CROWDED, scattered(400), shares(np.ones(400)), WIDTH, go_on)
    in_corner = [np.mean((z.real < WIDTH / 2) & (z.imag < 0.5)) for z in (CROWDED, even)]
    assert in_corner[0] > 0.4
    assert in_corner[1] == pytest.approx(0.25, abs=0.03)


def test_sites_that_are_spread_keep_their_order_for_optimal_transport_is_monotone():
    even = spread(CROWDED, scattered(400), shares(np.ones(400)), WIDTH, go_on)
    along = ((even[:, None] - even) * (CROWDED[:, None] - CROWDED).conj()).real
    assert (along[~np.eye(400, dtype=bool)] > -1e-6).all()


def test_sites_that_are_spread_need_not_be_distinct():
    even = spread(CROWDED[np.arange(400) // 2], scattered(400), shares(np.ones(400)), WIDTH, go_on)
    assert len(np.unique(even)) == 400


@pytest.mark.parametrize(
    "places",
    [np.full(400, 0.5 + 0.5j), np.arange(400) / 400 + 0.5j, np.arange(400) / 400 * (WIDTH + 1j)],
    ids=["in one place", "on a level line", "on a slope"],
)
def test_positions_on_a_line_cannot_be_spread(places):
    assert spread(places, scattered(400), shares(np.ones(400)), WIDTH, go_on) is None


UNEVEN = {
    "one": [3],
    "two": [1, 5],
    "equal": [7] * 300,
    "between 1 and 10,000": np.ceil(10_000 ** np.random.default_rng(11).random(400)),
    "one half of all and many small": [300] + [1] * 300,
    "two of 10,000 and many of 1": [10_000] + [1] * 300 + [10_000],
    "one of 100,000 and many of 1": [100_000] + [1] * 300,
}


@pytest.mark.parametrize("sizes", UNEVEN.values(), ids=UNEVEN)
def test_round_cells_have_their_areas_to_a_millionth(sizes):
    wanted = shares(sizes)
    diagram = relaxed(scattered(len(sizes)), wanted, WIDTH, go_on)
    assert diagram is not None
    np.testing.assert_allclose(diagram.area, wanted, rtol=1e-6)
    np.testing.assert_allclose(diagram.polygons().moments()[0], wanted, rtol=2e-6)


def test_round_cells_have_their_sites_near_their_centres():
    diagram = relaxed(scattered(400), shares(np.ones(400)), WIDTH, go_on)
    assert np.median(abs(diagram.centres())) < 0.1 * np.sqrt(WIDTH / 400)


def test_areas_that_cannot_be_had_give_no_cells():
    assert relaxed(scattered(3), np.array([1.4, 1e-200, 1e-300]), WIDTH, go_on) is None


# Tilings

PLACES = scattered(300)
WEIGHTS = np.random.default_rng(2).integers(1, 61, 300).astype(np.float64)


def tilings():
    parts, order = bisect(PLACES, WEIGHTS, WIDTH, go_on)
    return order, parts, round_tiling(parts, PLACES[order], WEIGHTS[order], WIDTH, go_on)


def test_cut_and_round_cells_have_the_weights_shares_of_the_area():
    order, *both = tilings()
    for tiling in both:
        areas, _ = tiling.moments()
        np.testing.assert_allclose(areas, shares(WEIGHTS)[order], rtol=1e-6)


def test_parts_that_follow_one_another_lie_near_one_another():
    _, parts, _ = tilings()
    _, centres = parts.moments()
    assert np.median(abs(np.diff(centres))) < 2 * np.sqrt(WIDTH / 300)


def test_positions_on_a_line_start_from_the_cut_cells():
    places = np.arange(300) / 300 * (WIDTH + 1j)
    parts, order = bisect(places, np.ones(300), WIDTH, go_on)
    cells = round_tiling(parts, places[order], np.ones(300), WIDTH, go_on)
    # The average cell is 0.07 wide.
    assert np.median(abs(cells.moments()[1] - parts.moments()[1])) < 0.05


def test_cells_too_many_to_be_seen_are_left_as_they_are_cut():
    count = MOST_ROUND + 1
    nothing = Polygons.of(np.empty(0, np.intp), np.empty(0, np.complex128), count)
    assert round_tiling(nothing, np.zeros(count, complex), np.ones(count), WIDTH, go_on) is None


# Polygons


def test_corners_that_rounding_turns_into_dents_are_left_out():
    side = np.array([1 + 1j, 1.00000001 + 1j, 2 + 1.00000001j, 2 + 2j, 1 + 2j])
    square = Polygons(np.concatenate([side, side + 3]), np.array([0, 5, 5, 10]))
    rounded = square.in_single_precision()
    assert rounded.offsets.tolist() == [0, 4, 4, 8]
    areas, _ = rounded.moments()
    np.testing.assert_allclose(areas, [1, 0, 1], rtol=1e-6)


def test_a_polygon_smaller_than_single_precision_keeps_three_corners():
    tiny = Polygons(1 + 1j + 1e-12 * np.array([0, 1, 1 + 1j, 1j]), np.array([0, 4]))
    assert tiny.in_single_precision().offsets.tolist() == [0, 3]


def test_the_package_imports_nothing_of_the_rest():
    folder = Path(power_diagram.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                name = node.module or ""
                assert node.level == 0, path.name
                assert not name.startswith("feder_widget") or name.startswith(power_diagram.__name__), (
                    path.name
                )
            elif isinstance(node, ast.Import):
                assert not any(alias.name.startswith("feder_widget") for alias in node.names), path.name
