"""True neighbours, bounds and workloads of indexes that are not plain IVF,Flat."""

import families
import numpy as np
import pytest

from feder_widget.engines import open_index
from feder_widget.model.work_pieces import drain

pytestmark = pytest.mark.usefixtures("one_thread")

K = 10
BUILD = {
    "SQ8": lambda: families.made("IVF12,SQ8"),
    "PQ": lambda: families.made("IVF12,PQ4x4"),
    "PQ, inner product": lambda: families.made("IVF12,PQ4x4", families.IP),
    "RQ": lambda: families.made("IVF12,RQ3x4"),
    "RaBitQ": lambda: families.made("IVF12,RaBitQ"),
    "L1": lambda: families.other_metric(families.OTHER_METRICS["L1"]),
    "Jaccard": lambda: families.other_metric(families.OTHER_METRICS["Jaccard"]),
    "PCA": lambda: families.made("PCA8,IVF12,Flat"),
    "cosine": lambda: families.made("L2norm,IVF12,Flat", families.IP),
    "OPQ": lambda: families.made("OPQ4_8,IVF12,PQ4x4"),
    "id map": lambda: families.made("IDMap2,IVF12,Flat", ids=families.HARD_IDS["negative"]),
    "SQ8 quantizer": lambda: families.made("IVF12(SQ8),Flat"),
    "shards": lambda: families.sharded("IndexShards", families.L2, True),
    "shards of id maps": families.sharded_maps,
    "binary": lambda: families.binary("flat", 64),
    "fast-scan": lambda: families.made("IVF12,PQ4x4fs"),
    "fast-scan by residual": lambda: families.made("IVF12,PQ4x4fsr"),
    "no codes to read": lambda: families.spectral(0),
}
COMPARED_TOGETHER = ("fast-scan by residual",)
APPROXIMATE = {
    "HNSW": lambda: families.large("IVF40_HNSW8,SQ8"),
    "IVF": lambda: families.large("IVF40(IVF6,Flat),Flat"),
    "multi-index": lambda: families.made("IMI2x3,PQ4x4"),
    "binary HNSW": lambda: families.binary("HNSW", 64),
}


def strictly_nearer(distances, limit, similarity):
    return distances > limit if similarity else distances < limit


def measured_recall(ids, distances, true, similarity):
    """Return the share of the true distances that results match; of ties for the last place any will do."""
    worst = true[-1]
    nearer = np.count_nonzero(strictly_nearer(true, worst, similarity))
    found = np.count_nonzero(strictly_nearer(distances, worst, similarity) & (ids != -1))
    tied = np.count_nonzero((distances == worst) & (ids != -1))
    return (found + min(tied, len(true) - nearer)) / len(true)


@pytest.mark.parametrize("name", BUILD)
def test_true_neighbours_are_what_a_search_of_all_clusters_finds(name):
    case = BUILD[name]()
    opened = open_index(case.index)
    for query in case.queries:
        for k in (1, K):
            explained = opened.explain(query, k)
            ids, distances = case.search(query, opened.nlist, k)
            np.testing.assert_array_equal(explained.distances, distances)
            if len(np.unique(distances)) == k:
                np.testing.assert_array_equal(explained.ids, ids)
            assert explained.exact is opened.exact
            places = [opened.locate(int(row))[0] for row in explained.ids]
            np.testing.assert_array_equal(explained.clusters, places)
            order = opened.rank(query, opened.nlist).clusters
            np.testing.assert_array_equal(order[explained.ranks - 1], explained.clusters)


@pytest.mark.parametrize("name", [name for name in BUILD if name not in COMPARED_TOGETHER])
def test_recall_at_every_nprobe_is_what_searches_measure(name):
    case = BUILD[name]()
    opened = open_index(case.index)
    for query in case.queries:
        explained = opened.explain(query, K)
        for nprobe in range(1, opened.nlist + 1):
            ids, distances = case.search(query, nprobe, K)
            measured = measured_recall(ids, distances, explained.distances, opened.similarity)
            assert explained.recall(nprobe) == measured


@pytest.mark.parametrize("name", APPROXIMATE)
def test_what_an_approximate_coarse_search_never_probes_is_never_found(name):
    case = APPROXIMATE[name]()
    opened = open_index(case.index)
    unreachable = 0
    for query in case.queries:
        explained = opened.explain(query, K)
        ids, distances = case.search(query, opened.nlist, K)
        measured = measured_recall(ids, distances, explained.distances, opened.similarity)
        assert explained.recall(opened.nlist) == measured
        if opened.why_no_curve is None:
            unreachable += explained.nprobe_needed > opened.nlist
        everything = opened.scan(query, np.arange(opened.nlist)).distances
        nearest = np.sort(-everything if opened.similarity else everything)[:K]
        np.testing.assert_allclose(
            explained.distances, -nearest if opened.similarity else nearest, rtol=1e-5, atol=1e-4
        )
    if name == "IVF":
        assert unreachable


@pytest.mark.parametrize("name", BUILD)
def test_a_row_can_be_left_out_and_looked_for(name):
    case = BUILD[name]()
    opened = open_index(case.index)
    query = case.queries[0]
    first, second = opened.explain(query, 2).ids.tolist()
    verdict = opened.verdict(query, second)
    assert verdict.id == second
    assert verdict.cluster == opened.locate(second)[0]
    if opened.splittable:
        assert verdict.position in (1, 2)
    if opened.inverted_file.family.decode is not None:
        without = opened.explain(first, 5)
        assert first not in without.ids
        assert len(without) == 5


@pytest.mark.parametrize("name", [n for n in (*BUILD, *APPROXIMATE) if n not in COMPARED_TOGETHER])
def test_a_workload_is_its_queries_explained(name):
    case = {**BUILD, **APPROXIMATE}[name]()
    opened = open_index(case.index)
    workload = opened.evaluate(case.queries, K, progress=False)
    if name.startswith("binary"):
        bits = np.unpackbits(case.queries, axis=1).astype(np.float32)
        np.testing.assert_array_equal(opened.evaluate(bits, K, progress=False).found_at, workload.found_at)
    for i, query in enumerate(case.queries):
        explained = opened.explain(query, K)
        if opened.why_no_curve is None:
            np.testing.assert_array_equal(workload.found_at[i], explained.found_at)
            continue
        for nprobe in workload.evaluated_at.tolist():
            assert workload.recall_of(nprobe)[i] == explained.recall(nprobe)
    assert workload.exact is opened.exact


@pytest.mark.parametrize("name", [*BUILD, *APPROXIMATE])
def test_no_vector_is_nearer_than_its_bound_and_where_there_is_none_it_is_said(name):
    case = {**BUILD, **APPROXIMATE}[name]()
    opened = open_index(case.index)
    if not opened.faithful_codes or opened.metric not in ("L2", "inner product", "Hamming"):
        with pytest.raises(ValueError, match="nothing bounds the distances"):
            opened.bounds(case.queries[0])
        assert drain(opened.known_bounds_steps(opened.query_vector(case.queries[0]))) is None
        return
    tight = []
    for query in case.queries:
        best = opened.bounds(query)
        for cluster in range(opened.nlist):
            distances = opened.scan(query, [cluster]).distances
            assert not strictly_nearer(distances, best[cluster], opened.similarity).any()
            if len(distances):
                tight.append(np.isfinite(best[cluster]))
        np.testing.assert_array_equal(drain(opened.known_bounds_steps(opened.query_vector(query))), best)
        certain = opened.certainty(query, opened.nlist, K)
        assert certain.certified or not opened.coarse_is_exact
    assert all(tight)


def test_an_index_that_refines_says_why_it_explains_nothing():
    case = families.made("IVF12,PQ4x4,RFlat")
    opened = open_index(case.index)
    for ask in (
        lambda: opened.explain(case.queries[0], K),
        lambda: opened.evaluate(case.queries, K, progress=False),
    ):
        with pytest.raises(ValueError, match="open its base_index"):
            ask()
    with pytest.raises(ValueError, match="nothing bounds the distances"):
        opened.bounds(case.queries[0])
