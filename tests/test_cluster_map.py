"""The map as a whole: drawn at once, then better, on any thread, until nobody wants it."""

from __future__ import annotations

import numpy as np
import pytest

from feder_widget.layout import LayoutCancelled
from feder_widget.map import cluster_map, draw, linear_layout, neighbour_layout
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
