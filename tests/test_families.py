"""Every family in ``tests/families.py`` against Faiss's own search, and what is claimed of it."""

import itertools

import faiss
import families
import numpy as np
import pytest

from feder_widget.index import open_index
from feder_widget.topk import top_k

VARIANTS = [
    pytest.param(family, build, id=f"{family.name}: {name}")
    for family in families.FAMILIES
    for name, build in family.variants.items()
]


def bits(array):
    return array.view(np.uint32)


def serialized(index):
    write = faiss.serialize_index_binary if isinstance(index, faiss.IndexBinary) else faiss.serialize_index
    return write(index)


def same(array, other, tolerance):
    if tolerance:
        np.testing.assert_allclose(array, other, rtol=tolerance)
    else:
        np.testing.assert_array_equal(bits(array), bits(other))


def near(array, other):
    """Compare distances that need not agree in the last digits, on the scale of the largest."""
    scale = np.abs(other).max(initial=1e-9)
    return np.abs(array.astype(np.float64) - other).max(initial=0) <= 1e-6 * scale


@pytest.mark.parametrize(("family", "build"), VARIANTS)
def test_a_search_is_traced(family, build):
    case = build()
    opened = open_index(case.index)
    assert_claims(family, opened)
    nprobes = sorted({1, 4, opened.nlist})
    for query, nprobe, k in itertools.product(case.queries, nprobes, (1, 10, 60, 2000)):
        expected_ids, expected = case.search(query, nprobe, k)
        trace = opened.trace(query, nprobe, k)
        np.testing.assert_array_equal(trace.ids, expected_ids)
        assert trace.distances.dtype == expected.dtype
        np.testing.assert_array_equal(bits(trace.distances), bits(expected))
    for query in case.queries[::3]:
        assert_trace_is_whole(family, opened, query, nprobe=4, k=10)


def assert_claims(family, opened):
    for name in ("exact", "splittable", "replayable", "coarse_is_exact"):
        claimed = getattr(family, name)
        if claimed is not None:
            assert getattr(opened, name) is claimed, name
    if family.faithful is not None:
        assert opened.faithful_codes is family.faithful


def assert_trace_is_whole(family, opened, query, nprobe, k):
    trace = opened.trace(query, nprobe, k)
    similarity = opened.similarity
    coarse, *steps = opened.steps(query, nprobe, k)
    assert sorted(coarse.clusters) == list(range(opened.nlist))
    np.testing.assert_array_equal(coarse.clusters, trace.coarse.clusters)
    fine = [step for step in steps if hasattr(step, "rank")]
    assert [step.cluster for step in fine] == [step.cluster for step in trace.fine]
    assert len(fine) <= nprobe
    for step, whole in zip(fine, trace.fine, strict=True):
        np.testing.assert_array_equal(step.ids, whole.ids)
        same(step.distances, whole.distances, 0)
        held = opened.list_ids(step.cluster)
        if not family.filtered:
            np.testing.assert_array_equal(step.ids, held)
        assert set(step.ids.tolist()) <= set(held.tolist())
    ids = np.concatenate([step.ids for step in fine])
    distances = np.concatenate([step.distances for step in fine])
    assert_results_are_candidates(family, opened, trace, ids, distances, k)
    if opened.splittable:
        scan = opened.scan(query, [step.cluster for step in fine])
        np.testing.assert_array_equal(scan.ids, ids)
        assert near(scan.distances, distances)
    if opened.replayable:
        found, best = top_k(ids, distances, k, similarity)
        same(best, trace.distances, 0)
        if "shard" not in opened.family and len(np.unique(distances)) == len(distances):
            np.testing.assert_array_equal(found, trace.ids)


def assert_results_are_candidates(family, opened, trace, ids, distances, k):
    known = {(int(i), float(d)) for i, d in zip(ids, distances, strict=True)}
    if trace.refine is None:
        results = zip(trace.ids, trace.distances, strict=True)
    else:
        refine = trace.refine
        results = zip(refine.ids, refine.first_distances, strict=True)
        assert refine.k_base >= k
        order = np.argsort(-refine.distances if opened.similarity else refine.distances, kind="stable")
        same(refine.distances[order][:k], trace.distances[trace.ids != -1], 0)
    if family.tolerance:
        by_id = dict(known)
        assert all(by_id[int(i)] == pytest.approx(float(d), rel=family.tolerance) for i, d in results)
    else:
        assert all((int(i), float(d)) in known for i, d in results if i != -1)
