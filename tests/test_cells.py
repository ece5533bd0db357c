"""The map's cells: whatever the input, convex polygons that tile a rectangle in the clusters' shares."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from feder_widget.power_diagram import bisected_cells, round_cells, tiled_cells
from feder_widget.power_diagram import cells as made_cells

ASPECT = 1.4
MAKERS = [bisected_cells, round_cells, tiled_cells]
both = pytest.mark.parametrize("make", MAKERS)
cut_or_round = pytest.mark.parametrize("make", MAKERS[:2])


def scattered(n, seed=1):
    """Positions, float32 (n, 2), and sizes that are seldom large, int64 (n,)."""
    rng = np.random.default_rng(seed)
    return rng.random((n, 2), np.float32), 1 + (100 * rng.random(n) * rng.random(n)).astype(np.int64)


def polygon(cells, cell):
    """Corners of a cell, float64 (m, 2)."""
    return cells.points[cells.offsets[cell] : cells.offsets[cell + 1]].astype(np.float64)


def area(corners):
    x, y = (corners - corners[:1]).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def depth(corners, points):
    """How far each point, (k, 2), lies inside a polygon at its nearest edge, (k,); negative outside."""
    edge = np.roll(corners, -1, axis=0) - corners
    length = np.hypot(*edge.T)
    edge, start = edge[length > 0] / length[length > 0, None], corners[length > 0]
    away = points[:, None] - start
    return (edge[:, 0] * away[..., 1] - edge[:, 1] * away[..., 0]).min(axis=1)


def assert_tiling(cells, sizes, aspect=ASPECT):
    """Assert that cells lie in the rectangle, are convex and have the sizes' shares of its area."""
    n = len(sizes)
    assert len(cells) == n
    assert cells.points.dtype == cells.centres.dtype == cells.inradii.dtype == np.float32
    assert cells.points.shape == (cells.offsets[-1], 2)
    assert cells.offsets.dtype == np.int32
    assert cells.centres.shape == (n, 2)
    assert cells.inradii.shape == (n,)
    assert np.isfinite(cells.centres).all()
    assert (cells.points >= 0).all()
    assert (cells.points <= np.float32([aspect, 1])).all()
    total = float(np.sum(sizes))
    shares = []
    for i, size in enumerate(sizes):
        corners = polygon(cells, i)
        shares.append(area(corners) / aspect if len(corners) else 0)
        assert abs(shares[-1] - size / total) < 1e-6
        if len(corners):
            assert depth(corners, corners).min() > -1e-6
    assert sum(shares) == pytest.approx(1, abs=1e-6)


@both
@pytest.mark.parametrize("n", [1, 2, 3, 5, 10, 40, 333, 1024])
def test_cells_have_the_clusters_shares_of_the_area(make, n):
    positions, sizes = scattered(n)
    assert_tiling(make(positions, sizes, ASPECT), sizes)


@both
@pytest.mark.parametrize("aspect", [0.2, 1, 5])
def test_cells_fill_a_rectangle_of_any_aspect(make, aspect):
    positions, sizes = scattered(60)
    cells = make(positions, sizes, aspect)
    assert cells.aspect == aspect
    assert_tiling(cells, sizes, aspect)


@both
def test_cells_do_not_overlap(make):
    positions, sizes = scattered(200)
    cells = make(positions, sizes, ASPECT)
    points = np.random.default_rng(7).random((2000, 2)) * [ASPECT, 1]
    depths = np.sort([depth(polygon(cells, i), points) for i in range(200)], axis=0)
    assert (depths[-1] > -1e-6).all(), "every point lies in a cell"
    assert (depths[-2] < 1e-6).all(), "and deep in no other"


@both
def test_a_circle_of_the_inner_radius_around_the_centre_fits_in_the_cell(make):
    positions, sizes = scattered(300)
    cells = make(positions, sizes, ASPECT)
    for i in range(300):
        inside = depth(polygon(cells, i), cells.centres[i : i + 1].astype(np.float64))[0]
        assert 0 < cells.inradii[i] <= inside + 1e-6


@both
def test_the_centre_is_the_centre_of_area(make):
    positions, sizes = scattered(300)
    cells = make(positions, sizes, ASPECT)
    for i in range(300):
        x, y = polygon(cells, i).T
        cross = x * np.roll(y, -1) - np.roll(x, -1) * y
        centre = [((x + np.roll(x, -1)) * cross).sum(), ((y + np.roll(y, -1)) * cross).sum()]
        np.testing.assert_allclose(cells.centres[i], np.array(centre) / (3 * cross.sum()), atol=1e-5)


def test_cells_are_seldom_slivers():
    positions, sizes = scattered(1000)
    cells = round_cells(positions, sizes, ASPECT)
    # 1 for a disc, 0.785 for a square, 0.39 for a rectangle of 1 : 2.
    fullness = np.pi * cells.inradii**2 / [area(polygon(cells, i)) for i in range(1000)]
    assert np.quantile(fullness, 0.5) > 0.4
    assert np.quantile(fullness, 0.05) > 0.15


@both
def test_clusters_that_lie_together_are_kept_together(make):
    side = 16
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    cells = make(grid, np.full(side * side, 7), 1)
    assert np.abs(cells.centres - (grid + 0.5) / side).max() < 0.15


def test_a_grid_keeps_its_neighbours_although_many_sites_are_on_a_line():
    side = 30
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    cells = round_cells(grid, np.full(side * side, 3), 1)
    assert np.abs(cells.centres - (grid + 0.5) / side).max() < 0.02


@both
def test_cells_are_the_same_every_time(make):
    positions, sizes = scattered(400)
    before = positions.copy(), sizes.copy()
    first, second = make(positions, sizes, ASPECT), make(positions.copy(), sizes.copy(), ASPECT)
    for name in ("points", "offsets", "centres", "inradii"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    np.testing.assert_array_equal(positions, before[0])
    np.testing.assert_array_equal(sizes, before[1])


def test_cells_follow_their_clusters_when_these_are_numbered_otherwise():
    positions, sizes = scattered(200)
    mixed = np.random.default_rng(0).permutation(200)
    plain, other = round_cells(positions, sizes, ASPECT), round_cells(positions[mixed], sizes[mixed], ASPECT)
    np.testing.assert_allclose(other.centres, plain.centres[mixed], atol=1e-4)


def test_round_cells_are_rounder_and_keep_more_neighbours_than_cut_ones():
    positions, _ = scattered(300)
    sizes = np.random.default_rng(2).integers(1, 61, 300)
    cut, rounded = (make(positions, sizes, ASPECT) for make in MAKERS[:2])

    def excess(cells):
        """Second moment about the centre over squared area, above a disc's: middle, and 95th percentile."""
        spreads = []
        for i in range(300):
            start = (polygon(cells, i) - cells.centres[i]) @ [1, 1j]
            end = np.roll(start, -1)
            squares = abs(start) ** 2 + abs(end) ** 2 + (start.conj() * end).real
            spreads.append(((start.conj() * end).imag * squares).sum() / 12 / area(polygon(cells, i)) ** 2)
        return np.quantile(spreads, [0.5, 0.95]) - 1 / (2 * np.pi)

    def kept(cells):
        stretched = np.ascontiguousarray(positions * np.float32([ASPECT, 1]))
        near = [faiss.knn(a, a, 11)[1][:, 1:] for a in (stretched, cells.centres)]
        return np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(*near, strict=True)])

    assert (excess(rounded) < 0.6 * excess(cut)).all()
    assert kept(rounded) > kept(cut) + 0.05


# Odd input

SIZES = np.arange(1, 31)
LINE = np.arange(30.0)
ODD = {
    "all equal": np.full((30, 2), 0.5),
    "on a level line": np.stack([LINE, 0 * LINE], axis=1),
    "on an upright line": np.stack([0 * LINE, LINE], axis=1),
    "on a slope": np.stack([LINE, LINE], axis=1),
    "in two places": np.stack([LINE % 2, LINE % 2], axis=1),
    "on a grid": np.stack([LINE % 6, LINE // 6], axis=1),
    "partly not a number": np.stack([np.where(LINE % 3 == 0, np.nan, LINE), LINE], axis=1),
    "infinite": np.full((30, 2), np.inf),
    "infinite in part": np.stack([np.where(LINE % 5 == 0, -np.inf, LINE), LINE], axis=1),
    "huge": np.stack([LINE * 1e30, LINE * -1e30], axis=1),
    "hardly apart": np.stack([1 + LINE * 1e-16, 1 - LINE * 1e-16], axis=1),
}


@both
@pytest.mark.parametrize("positions", ODD.values(), ids=ODD)
def test_odd_positions_still_make_a_map(make, positions):
    assert_tiling(make(positions, SIZES, ASPECT), SIZES)


UNEVEN = {
    "one giant": [100_000] + [10] * 99,
    "one giant of almost all": [10**6] + [1] * 99,
    "one half of all": [300] + [1] * 300,
    "two of 10,000": [10_000] + [1] * 300 + [10_000],
    "between 1 and 10,000": np.ceil(10_000 ** np.random.default_rng(11).random(400)).astype(int),
}


@both
@pytest.mark.parametrize("sizes", UNEVEN.values(), ids=UNEVEN)
def test_small_clusters_beside_giants_have_their_share(make, sizes):
    positions, _ = scattered(len(sizes))
    cells = make(positions, sizes, ASPECT)
    assert_tiling(cells, sizes)
    total = sum(sizes)
    for i, size in enumerate(sizes):
        assert area(polygon(cells, i)) / ASPECT > 0.9 * size / total


@both
def test_sizes_that_differ_beyond_all_measure_leave_the_map_to_the_largest(make):
    cells = make([[0, 0], [1, 0], [0, 1], [1, 1]], [1e200, 1, 1e-200, 5], ASPECT)
    assert area(polygon(cells, 0)) == pytest.approx(ASPECT)
    assert depth(polygon(cells, 0), np.array([[0.7, 0.5]]))[0] > 0.1
    assert np.isfinite(cells.centres).all()


@cut_or_round
def test_a_cluster_without_vectors_has_no_cell_but_the_place_of_the_nearest_one(make):
    positions, sizes = scattered(50)
    sizes[::4] = 0
    cells = make(positions, sizes, ASPECT)
    assert_tiling(cells, sizes)
    stretched = (positions - positions.min(axis=0)) / np.ptp(positions, axis=0) * [ASPECT, 1]
    for i in range(0, 50, 4):
        distances = np.hypot(*(stretched - stretched[i]).T)
        nearest = np.where(sizes > 0, distances, np.inf).argmin()
        assert cells.offsets[i + 1] == cells.offsets[i]
        assert cells.inradii[i] == 0
        np.testing.assert_array_equal(cells.centres[i], cells.centres[nearest])


@both
def test_a_map_without_any_vectors_has_no_cells_but_places(make):
    cells = make([[0, 0], [1, 1], [2, 0]], [0, 0, 0], ASPECT)
    assert cells.points.shape == (0, 2)
    np.testing.assert_allclose(cells.centres, [[0, 0], [ASPECT / 2, 1], [ASPECT, 0]])


@both
@pytest.mark.parametrize("size", [-3, np.nan, np.inf, 0])
def test_what_is_no_size_counts_as_none(make, size):
    cells = make([[0, 0], [1, 1], [2, 0]], [1, size, 1], ASPECT)
    assert_tiling(cells, [1, 0, 1])


@both
def test_no_clusters_make_an_empty_map(make):
    cells = make(np.empty((0, 2)), [], ASPECT)
    assert len(cells) == 0
    assert cells.offsets.tolist() == [0]
    assert cells.points.shape == cells.centres.shape == (0, 2)


@both
def test_positions_that_do_not_match_the_sizes_are_refused(make):
    with pytest.raises(
        ValueError, match=r"positions must have shape \(2, 2\), one for each size, got \(3,\)"
    ):
        make([1, 2, 3], [1, 1], ASPECT)


@both
@pytest.mark.parametrize("aspect", [0, -1, np.nan, np.inf])
def test_a_rectangle_of_no_area_is_refused(make, aspect):
    with pytest.raises(ValueError, match="aspect must be above 0 and finite, got"):
        make([[0, 0]], [1], aspect)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 24).flatmap(
        lambda n: st.tuples(
            hnp.arrays(np.float32, (n, 2), elements=st.floats(width=32)),
            hnp.arrays(np.int64, n, elements=st.integers(0, 1000)),
        )
    )
)
def test_any_positions_and_sizes_at_all_make_a_map(given_map):
    positions, sizes = given_map
    if sizes.any():
        for make in MAKERS:
            assert_tiling(make(positions, sizes, ASPECT), sizes)


# The end


class StoppedError(Exception):
    pass


def test_a_tile_of_no_vectors_has_the_centre_of_the_tile_below_it():
    positions, sizes = scattered(40)
    sizes[::3] = 0
    cells = tiled_cells(positions, sizes, ASPECT)
    assert_tiling(cells, sizes)
    populated = {tuple(centre) for centre in cells.centres[sizes > 0].tolist()}
    assert all(tuple(centre) in populated for centre in cells.centres[sizes == 0].tolist())
    assert not cells.inradii[sizes == 0].any()
    assert (cells.inradii[sizes > 0] > 0).all()


def test_tiles_keep_what_lies_together_together():
    positions, _ = scattered(5000)
    cells = tiled_cells(positions, np.ones(5000), ASPECT)
    _, near = faiss.knn(positions, positions, 2)
    apart = np.linalg.norm(cells.centres - cells.centres[near[:, 1]], axis=1)
    side = (ASPECT / 5000) ** 0.5
    assert np.median(apart) < 2 * side
    assert np.mean(apart < 6 * side) > 0.9


def test_the_nearest_of_very_many_is_as_near_but_for_a_few(monkeypatch):
    positions, sizes = scattered(4000)
    sizes[::2] = 0
    exact = bisected_cells(positions, sizes, ASPECT)
    monkeypatch.setattr(made_cells, "MANY_PAIRS", 1)
    quick = bisected_cells(positions, sizes, ASPECT)
    np.testing.assert_array_equal(quick.points, exact.points)
    assert np.mean((quick.centres == exact.centres).all(axis=1)) > 0.99


@cut_or_round
def test_cells_are_given_up_at_the_step_where_that_is_asked(make):
    positions, sizes = scattered(500)
    asked = []

    def check():
        asked.append(None)
        if len(asked) > 5:
            raise StoppedError

    with pytest.raises(StoppedError):
        make(positions, sizes, ASPECT, check=check)
    assert len(asked) == 6


@pytest.mark.parametrize(("make", "n", "steps"), [(bisected_cells, 8000, 30), (round_cells, 2000, 100)])
def test_a_large_map_is_made_in_many_short_steps(make, n, steps):
    positions, sizes = scattered(n)
    asked = []
    make(positions, sizes, ASPECT, check=lambda: asked.append(None))
    assert len(asked) > steps
