from __future__ import annotations

import os
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from feder_widget.layout import affinities as affinities_module
from feder_widget.layout.affinities import neighbour_affinities
from feder_widget.layout.repulsion import all_pairs, on_grid
from feder_widget.layout.tsne import tsne
from feder_widget.map import LayoutCancelled, linear_layout, neighbour_layout

SHARED = Path(os.environ.get("FEDER_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
LAYOUTS = [linear_layout, neighbour_layout]


def manifold(n: int, seed: int = 0) -> np.ndarray:
    """A curved five-dimensional sheet in 64 dimensions, (n, 64)."""
    rng = np.random.default_rng(seed)
    inner = rng.uniform(-2, 2, (n, 5))
    waves = np.sin(0.6 * inner @ rng.normal(size=(5, 128)) + rng.uniform(0, 6, 128))
    return (waves @ rng.normal(size=(128, 64)) / 12).astype(np.float32)


def blobs(n: int, groups: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.arange(n) % groups
    centres = rng.normal(size=(groups, 32)) * 10
    return (centres[group] + rng.normal(size=(n, 32))).astype(np.float32), group


def kept(points: np.ndarray, positions: np.ndarray, count: int = 10) -> float:
    """Share of each point's nearest others that are among its nearest others on the map."""
    near = [faiss.knn(a, a, count + 1)[1][:, 1:] for a in (points, positions)]
    return float(np.mean([len(np.intersect1d(a, b)) / count for a, b in zip(*near, strict=True)]))


def assert_is_a_map(positions: np.ndarray, n: int) -> None:
    assert positions.shape == (n, 2)
    assert positions.dtype == np.float32
    assert np.isfinite(positions).all()
    assert positions.min(initial=0) >= 0
    assert positions.max(initial=1) <= 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 17, 100, 300])
@pytest.mark.parametrize("d", [1, 2, 3, 40])
def test_every_number_of_centroids_and_dimensions_makes_a_map(layout, n, d):
    centroids = np.random.default_rng(n + d).normal(size=(n, d)).astype(np.float32)
    positions = layout(centroids)
    assert_is_a_map(positions, n)
    if n >= 2:
        assert np.ptp(positions, axis=0).max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_equal_centroids_all_lie_in_the_middle(layout):
    assert (layout(np.full((50, 8), 3.7, np.float32)) == 0.5).all()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n", [200, 400])
def test_duplicates_lie_together_and_spoil_nothing(layout, n):
    centroids = manifold(n)
    centroids[: n // 2] = centroids[0]
    positions = layout(centroids)
    assert_is_a_map(positions, n)
    assert np.ptp(positions[: n // 2], axis=0).max() < 0.2
    assert len(np.unique(positions[n // 2 :].round(4), axis=0)) > 0.9 * (n // 2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_that_are_not_finite_neither_fail_nor_move_the_others_off_the_map(layout):
    centroids = manifold(300)
    centroids[7] = np.nan
    centroids[11, 3] = np.inf
    positions = layout(centroids)
    assert_is_a_map(positions, 300)
    assert len(np.unique(positions.round(4), axis=0)) > 280


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1e6, 1e37])
def test_the_unit_of_the_vectors_does_not_matter(layout, scale):
    centroids = np.random.default_rng(3).uniform(-1, 1, (60, 12))
    scaled = (centroids * scale).astype(np.float32)
    np.testing.assert_allclose(linear_layout(scaled), linear_layout(centroids), atol=1e-4)
    assert_is_a_map(layout(scaled), 60)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_centroids_on_a_line_stay_in_order_or_near_it(layout):
    centroids = np.linspace(0, 1, 40)[:, None] * np.ones((1, 6))
    positions = layout(centroids)
    assert kept(centroids.astype(np.float32), positions, 4) > 0.8


@pytest.mark.parametrize("direction", [[1, 0], [0, 1], [1, -1], [1e-30, 2e-30], [1e30, 0]])
def test_t_sne_leaves_a_start_on_a_line_in_any_direction(direction):
    points = manifold(200).astype(np.float64)
    start = points[:, :1] * np.array(direction, np.float64)
    positions = tsne(points, start, neighbours=45, iterations=(100, 400))
    _, spread, _ = np.linalg.svd(positions - positions.mean(axis=0), full_matrices=False)
    assert spread[1] > 0.1 * spread[0]
    assert kept(points.astype(np.float32), positions.astype(np.float32)) > 0.4


def test_t_sne_of_a_start_at_one_place_is_that_start():
    start = np.full((50, 2), 0.1)
    np.testing.assert_array_equal(tsne(manifold(50), start, neighbours=9, iterations=(9, 9)), start)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n", [100, 600])
def test_the_same_centroids_make_the_same_map(layout, n):
    centroids = manifold(n)
    before = centroids.copy()
    np.testing.assert_array_equal(layout(centroids), layout(centroids.copy()))
    np.testing.assert_array_equal(centroids, before)


def test_the_linear_layout_is_the_projection_on_the_principal_axes():
    centroids = manifold(200)
    centred = centroids - centroids.mean(axis=0)
    _, _, axes = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    expected = centred @ axes[:2].T
    positions = linear_layout(centroids) - 0.5
    for axis in range(2):
        correlation = np.corrcoef(positions[:, axis], expected[:, axis])[0, 1]
        assert abs(correlation) == pytest.approx(1, abs=1e-6)
    assert np.ptp(positions[:, 1]) / np.ptp(positions[:, 0]) == pytest.approx(
        np.ptp(expected[:, 1]) / np.ptp(expected[:, 0]), rel=1e-4
    )


def test_many_dimensions_give_the_same_principal_axes_as_few():
    rng = np.random.default_rng(5)
    inner = rng.normal(size=(700, 6)) * [9, 6, 3, 2, 1, 1]
    turn, _ = np.linalg.qr(rng.normal(size=(900, 6)))
    few, many = linear_layout(inner), linear_layout(inner @ turn.T)
    for axis in range(2):
        assert abs(np.corrcoef(few[:, axis], many[:, axis])[0, 1]) > 0.9999


@pytest.mark.parametrize("n", [240, 900])
def test_groups_that_are_far_apart_are_apart_on_the_map(n):
    centroids, group = blobs(n, groups=8)
    positions = neighbour_layout(centroids)
    near = faiss.knn(positions, positions, 6)[1][:, 1:]
    assert (group[near] == group[:, None]).mean() > 0.98


def test_the_neighbour_layout_keeps_more_neighbours_than_the_linear_one():
    centroids = manifold(800)
    assert kept(centroids, neighbour_layout(centroids)) > 3 * kept(centroids, linear_layout(centroids))


@pytest.mark.parametrize("n", [200, 600])
def test_the_neighbour_layout_keeps_as_many_neighbours_as_scikit_learn(n):
    manifold_module = pytest.importorskip("sklearn.manifold")
    centroids = manifold(n)
    theirs = manifold_module.TSNE(random_state=0, init="pca").fit_transform(centroids)
    assert kept(centroids, neighbour_layout(centroids)) >= kept(centroids, theirs) - 0.03


def test_both_layouts_lie_the_same_way_round():
    centroids = manifold(500)
    linear, neighbour = linear_layout(centroids), neighbour_layout(centroids)
    cross = (linear - linear.mean(axis=0)).T @ (neighbour - neighbour.mean(axis=0))
    singular = np.linalg.svd(cross, compute_uv=False)
    assert np.trace(cross) == pytest.approx(singular.sum(), rel=1e-3)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_normalised_layouts_see_directions_only(layout):
    centroids = manifold(120)
    lengths = 2.0 ** np.random.default_rng(0).integers(-3, 4, (120, 1))
    np.testing.assert_allclose(
        layout(centroids, normalise=True), layout(centroids * lengths, normalise=True), atol=1e-3
    )
    assert np.abs(layout(centroids) - layout(centroids * lengths)).max() > 0.05


def test_a_zero_vector_can_be_normalised():
    centroids = manifold(30)
    centroids[4] = 0
    assert_is_a_map(neighbour_layout(centroids, normalise=True), 30)


@pytest.mark.parametrize("n", [50, 400])
def test_a_layout_stops_at_the_next_iteration_when_cancelled(n):
    asked = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 5

    with pytest.raises(LayoutCancelled):
        neighbour_layout(manifold(n), cancelled=cancelled)
    assert len(asked) == 6


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), ()])
def test_an_array_of_another_shape_is_named_in_the_error(layout, shape):
    with pytest.raises(ValueError, match=r"centroids must have shape \(n, d\), got"):
        layout(np.zeros(shape))


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 24), st.integers(1, 6)),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    ),
    st.booleans(),
)
def test_any_numbers_at_all_make_a_map(centroids, normalise):
    assert_is_a_map(linear_layout(centroids, normalise=normalise), len(centroids))
    assert_is_a_map(neighbour_layout(centroids, normalise=normalise), len(centroids))


@pytest.mark.parametrize(("n", "spread"), [(400, 0.4), (400, 1), (1000, 10), (2000, 20)])
def test_repulsion_on_the_grid_is_close_to_the_sum_over_all_pairs(n, spread):
    rng = np.random.default_rng(n)
    positions = (rng.normal(size=n) * spread + 1j * rng.normal(size=n) * spread).astype(np.complex64)
    exact, exact_total = all_pairs(positions)
    push, total = on_grid(positions)
    assert np.linalg.norm(push - exact) < 0.06 * np.linalg.norm(exact)
    assert total == pytest.approx(exact_total, rel=0.01)


def test_repulsion_of_two_points_is_the_formula():
    push, total = all_pairs(np.array([0, 2], np.complex64))
    np.testing.assert_allclose(push, [-2 / 25, 2 / 25], rtol=1e-6)
    assert total == pytest.approx(2 / 5)


def test_affinities_are_symmetric_and_sum_to_one():
    affinities = neighbour_affinities(manifold(300), 12)
    dense = np.zeros((300, 300))
    rows = np.repeat(np.arange(300), np.diff(affinities.starts))
    dense[rows, affinities.columns] = affinities.weights
    np.testing.assert_allclose(dense, dense.T, rtol=1e-6)
    assert dense.sum() == pytest.approx(1, rel=1e-5)
    assert not dense.diagonal().any()
    assert affinities.starts[-1] == len(affinities.columns)
    assert np.diff(affinities.starts).min() >= 12


@pytest.mark.parametrize("n", [200, 300])
def test_affinities_in_many_blocks_are_those_in_one(n, monkeypatch):
    points = manifold(n)
    points[7] = points[8] = points[9]
    whole = neighbour_affinities(points, 12)
    whole_layout = tsne(points.astype(np.float64), points[:, :2], neighbours=12, iterations=(9, 9))
    monkeypatch.setattr(affinities_module, "BLOCK_ENTRIES", 100)
    blocks = neighbour_affinities(points, 12)
    layout = tsne(points.astype(np.float64), points[:, :2], neighbours=12, iterations=(9, 9))
    for one, other in (
        (whole.starts, blocks.starts),
        (whole.columns, blocks.columns),
        (whole.weights, blocks.weights),
        (whole_layout, layout),
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="no shared data")
def test_the_map_of_real_embeddings_keeps_their_neighbours():
    vectors = np.load(SHARED / "cifar10_embeddings.npz")
    embeddings = next(vectors[name] for name in vectors.files if vectors[name].ndim == 2)[:1500]
    centroids = np.ascontiguousarray(embeddings, dtype=np.float32)
    assert kept(centroids, neighbour_layout(centroids)) > 2.5 * kept(centroids, linear_layout(centroids))
