"""The map as a whole: drawn at once, then better, on any thread, until nobody wants it."""

from __future__ import annotations

import faiss
import numpy as np
import pytest

from feder_widget.layout import LayoutCancelled
from feder_widget.map import cluster_map, draw, limits, linear_layout, neighbour_layout
from feder_widget.power_diagram import bisected_cells, round_cells


def clusters(n=60, d=8):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)).astype(np.float32), rng.integers(1, 50, n)


def test_the_map_is_drawn_by_principal_components_then_by_t_sne():
    centroids, sizes = clusters()
    first, final = draw(centroids, sizes, by_angle=False)
    assert [(one.method, one.is_final) for one in (first, final)] == [("PCA", False), ("t-SNE", True)]
    for drawn, layout, cells in (
        (first, linear_layout, bisected_cells),
        (final, neighbour_layout, round_cells),
    ):
        expected = cells(layout(centroids), sizes, cluster_map.ASPECT)
        np.testing.assert_array_equal(drawn.cells.points, expected.points)
        np.testing.assert_array_equal(drawn.cells.offsets, expected.offsets)


def many_clusters(n=3000, d=16):
    """Centroids in groups of eight dimensions, and sizes that are often 0."""
    rng = np.random.default_rng(3)
    groups = rng.normal(size=(40, 8))
    at = groups[rng.integers(0, 40, n)] + 0.1 * rng.normal(size=(n, 8))
    return np.tanh(at @ rng.normal(size=(8, d))).astype(np.float32), rng.integers(0, 4, n)


@pytest.fixture
def very_many(monkeypatch):
    """Have some thousand clusters drawn as very many are."""
    monkeypatch.setattr(limits, "VERY_MANY", 1000)
    monkeypatch.setattr(limits, "AXES_ROWS", 500)
    monkeypatch.setattr(limits, "ANCHORS", 600)


def kept_together(places, centroids):
    """Mean share of the ten nearest centroids that are among the 60 nearest places."""
    _, near = faiss.knn(centroids, centroids, 11)
    places = np.ascontiguousarray(places, np.float32)
    _, shown = faiss.knn(places, places, 61)
    return np.mean([np.isin(a[1:], b).mean() for a, b in zip(near, shown, strict=True)])


@pytest.mark.parametrize("by_angle", [False, True])
@pytest.mark.usefixtures("very_many")
def test_very_many_clusters_are_placed_among_those_that_t_sne_has_placed(by_angle):
    centroids, sizes = many_clusters()
    first, final = draw(centroids, sizes, by_angle=by_angle)
    assert [(one.method, one.is_final) for one in (first, final)] == [
        ("PCA", False),
        ("t-SNE of a sample", True),
    ]
    for one in (first, final):
        assert len(one.cells) == 3000
        np.testing.assert_array_equal(np.diff(one.cells.offsets) > 0, sizes > 0)
    together = kept_together(neighbour_layout(centroids, normalise=by_angle), centroids)
    assert together > 0.6
    assert together > kept_together(linear_layout(centroids, normalise=by_angle), centroids)


@pytest.mark.usefixtures("very_many")
def test_the_axes_of_a_sample_place_very_many_as_all_do(monkeypatch):
    centroids, _ = many_clusters()
    centroids[7] = np.nan
    by_sample = linear_layout(centroids)
    monkeypatch.setattr(limits, "VERY_MANY", 10_000)
    by_all = linear_layout(centroids)
    assert np.isfinite(by_sample).all()
    for axis in (0, 1):
        assert np.corrcoef(by_sample[:, axis], by_all[:, axis])[0, 1] > 0.95


@pytest.mark.parametrize("kind", ["equal", "not finite", "two dimensions"])
@pytest.mark.usefixtures("very_many")
def test_very_many_odd_centroids_still_make_a_map(kind):
    centroids = {
        "equal": np.ones((2000, 4), np.float32),
        "not finite": np.full((2000, 4), np.inf, np.float32),
        "two dimensions": np.random.default_rng(0).random((2000, 2), np.float32),
    }[kind]
    for one in draw(centroids, np.arange(2000), by_angle=kind == "equal"):
        assert np.isfinite(one.cells.centres).all()


@pytest.mark.usefixtures("very_many")
def test_a_map_of_very_many_is_given_up_at_the_next_step():
    asked = []

    def cancelled():
        asked.append(None)
        return len(asked) > 20

    with pytest.raises(LayoutCancelled):
        list(draw(*many_clusters(), by_angle=False, cancelled=cancelled))
    assert len(asked) == 21


def test_a_map_by_angle_does_not_see_lengths():
    centroids, sizes = clusters()
    lengths = 2.0 ** np.arange(60)[:, None] % 1000
    for one, other in zip(
        draw(centroids, sizes, by_angle=True), draw(centroids * lengths, sizes, by_angle=True), strict=True
    ):
        np.testing.assert_allclose(one.cells.centres, other.cells.centres, atol=0.02)


def test_drawing_changes_nothing_that_it_is_given():
    centroids, sizes = clusters()
    before = centroids.copy(), sizes.copy()
    centroids.flags.writeable = sizes.flags.writeable = False
    list(draw(centroids, sizes, by_angle=True))
    np.testing.assert_array_equal(centroids, before[0])
    np.testing.assert_array_equal(sizes, before[1])


@pytest.mark.parametrize("questions", [0, 3, 40, 300])
def test_a_map_that_nobody_wants_any_more_is_given_up_at_the_next_step(questions):
    asked = []

    def cancelled():
        asked.append(None)
        return len(asked) > questions

    drawn = []
    with pytest.raises(LayoutCancelled):
        drawn.extend(draw(*clusters(), by_angle=False, cancelled=cancelled))
    assert len(asked) == questions + 1
    assert not any(one.is_final for one in drawn)


@pytest.mark.parametrize("sizes", [[], [0], [0, 0, 5], [3]])
def test_a_map_of_few_or_empty_clusters(sizes):
    final = list(draw(np.eye(len(sizes), 4), sizes, by_angle=False))[-1]
    assert len(final.cells) == len(sizes)
    assert final.is_final
