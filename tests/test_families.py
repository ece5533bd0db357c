"""Every family in ``tests/families.py`` against Faiss's own search, and every claim that is made of it."""

import itertools
import json

import faiss
import families
import numpy as np
import pytest
from conversation import Received, streamed
from stepped import assert_pieces_joined_are_the_whole_scan, assert_rows_are_found_in_steps, small_pieces

from feder_widget.engines import open_index
from feder_widget.errors import UnknownIdError
from feder_widget.model.query import Query
from feder_widget.model.top_k import top_k
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.answers.results import results
from feder_widget.session.answers.search import is_replayable
from feder_widget.session.messages import encode

pytestmark = pytest.mark.usefixtures("one_thread")

VARIANTS = [
    pytest.param(family, build, id=f"{family.name}: {name}")
    for family in families.FAMILIES
    for name, build in family.variants.items()
]
ALL = 1000
"""More results than any of the indexes holds vectors."""

ROUNDING = 3e-6
"""Differences below this share of the largest distance are float32's."""


@pytest.mark.parametrize(("family", "build"), VARIANTS)
def test_a_family_is_what_is_claimed_of_it(family, build, monkeypatch):
    case = build()
    before = [serialized(ivf) for ivf in case.ivfs if case.writes]
    opened = open_index(case.index)
    for name in ("exact", "splittable", "replayable", "coarse_is_exact", "on_disk"):
        claimed = getattr(family, name)
        assert claimed is None or getattr(opened, name) is claimed, name
    assert family.faithful in (None, opened.faithful_codes)
    assert_results_are_those_of_the_search(case, opened)
    for query in case.queries[::3]:
        assert_every_candidate_is_seen(family, case, opened, query)
    assert_lists_can_be_scanned_alone(opened, case.queries)
    assert_a_page_shows_what_the_search_returns(case, opened)
    assert_codes_are_as_faithful_as_claimed(family, opened, case.queries[0])
    assert_rows_are_found_in_steps(opened, family.decodes)
    with monkeypatch.context() as patch:
        small_pieces(patch)
        for query in case.queries[::3]:
            assert_pieces_joined_are_the_whole_scan(opened, query)
    for ivf, held in zip(case.ivfs, before, strict=False):
        ivf.nprobe = 1
        np.testing.assert_array_equal(serialized(ivf), held)
    assert_rows_are_queries(family, case, opened)


def assert_results_are_those_of_the_search(case, opened):
    nprobes = sorted({1, 4, opened.nlist})
    for query, nprobe, k in itertools.product(case.queries, nprobes, (1, 10, 60)):
        expected_ids, expected = case.search(query, nprobe, k)
        trace = opened.trace(query, nprobe, k)
        np.testing.assert_array_equal(trace.ids, expected_ids)
        assert trace.distances.dtype == expected.dtype
        np.testing.assert_array_equal(bits(trace.distances), bits(expected))


def assert_a_page_shows_what_the_search_returns(case, opened):
    """Either the messages of a search let a page tell the results, or one of them says them."""
    query, nprobe, k = case.queries[0], min(4, opened.nlist), 10
    vector = opened.query_vector(query)
    packets = list(streamed(opened, vector, nprobe, k=k, k_max=50))
    json.dumps([message for message, _ in packets], allow_nan=False)
    expected_ids, expected = case.search(query, nprobe, k)
    real = expected_ids != -1
    said = [packet for packet in packets if packet[0]["kind"] == "results"]
    assert len(said) == (not is_replayable(opened))
    if not said:
        ids, distances = Received(packets).results(nprobe, k, opened.similarity)
        np.testing.assert_array_equal(distances, expected.astype(np.float32))
        if len(np.unique(distances)) == k or not opened.guarantees.renamed:
            np.testing.assert_array_equal(ids, expected_ids)
        search = ActiveSearch.begin(opened, Query(vector), nprobe, k, serial=1, index_version=0)
        said = [encode(message) for message in results(opened, search, "b", nprobe, k, True)]
    message, (ids, distances, ranks, handed, first, second) = said[0]
    np.testing.assert_array_equal(np.frombuffer(ids, "<i8"), expected_ids[real])
    np.testing.assert_array_equal(np.frombuffer(distances, "<f4"), expected[real].astype(np.float32))
    order = opened.rank(query, nprobe).clusters
    ranks = np.frombuffer(ranks, "<i4")
    for row, rank in zip(expected_ids[real], ranks, strict=True):
        assert 1 <= rank <= nprobe
        assert row in opened.list_ids(order[rank - 1])
    assert len(handed) == 2 * len(first) == 2 * len(second)
    assert (message["first_k"] > 0) is opened.guarantees.refines is (len(handed) > 0)


def assert_every_candidate_is_seen(family, case, opened, query):
    """Compare the steps of a search with a search for everything."""
    trace = opened.trace(query, 4, ALL)
    coarse, *steps = opened.steps(query, 4, ALL)
    assert sorted(coarse.clusters) == list(range(opened.nlist))
    np.testing.assert_array_equal(coarse.clusters, trace.coarse.clusters)
    fine = steps if trace.refine is None else steps[:-1]
    assert [step.cluster for step in fine] == [step.cluster for step in trace.fine]
    assert [step.rank for step in fine] == list(range(1, len(fine) + 1))
    for step, whole in zip(fine, trace.fine, strict=True):
        np.testing.assert_array_equal(step.ids, whole.ids)
        np.testing.assert_array_equal(bits(step.distances), bits(whole.distances))
        held = opened.list_ids(step.cluster)
        np.testing.assert_array_equal(step.ids, held[np.isin(held, step.ids)] if family.filtered else held)
    ids = np.concatenate([step.ids for step in fine])
    distances = np.concatenate([step.distances for step in fine])
    if trace.refine is None:
        found_ids, found = case.search(query, 4, ALL)
    else:
        assert_is_refined(opened, trace, steps[-1])
        found_ids, found = trace.refine.ids, trace.refine.first_distances
    if not family.finds_all:
        assert (found_ids == -1).all()
        return
    assert_same_pairs(found_ids[found_ids != -1], found[found_ids != -1], ids, distances, family.tolerance)
    if opened.replayable:
        best = top_k(ids, distances, 10, opened.similarity)[1]
        np.testing.assert_array_equal(bits(best), bits(case.search(query, 4, 10)[1]))


def assert_is_refined(opened, trace, step):
    refine = trace.refine
    np.testing.assert_array_equal(step.distances, refine.distances)
    base = opened.faiss_index
    while not hasattr(base, "refine_index"):
        base = faiss.downcast_index(base.index)
    assert refine.k_base == int(np.float32(ALL) * np.float32(base.k_factor))
    nearest = np.sort(-refine.distances if opened.similarity else refine.distances)
    got = trace.distances[trace.ids != -1]
    np.testing.assert_array_equal(-got if opened.similarity else got, nearest[:ALL])


def assert_same_pairs(ids, distances, other_ids, other, tolerance):
    """Compare candidates in any order."""
    order, other_order = np.lexsort((distances, ids)), np.lexsort((other, other_ids))
    np.testing.assert_array_equal(ids[order], other_ids[other_order])
    if tolerance:
        np.testing.assert_allclose(distances[order], other[other_order], rtol=tolerance)
    else:
        np.testing.assert_array_equal(bits(distances[order]), bits(other[other_order]))


def assert_lists_can_be_scanned_alone(opened, queries):
    """Scan clusters together and one by one: what is splittable is the same, and what is not is not."""
    same = []
    for query in queries:
        coarse = opened.rank(query, 4)
        clusters, to_centroids = coarse.clusters[:4], coarse.distances[:4]
        together = opened.scan(query, clusters, to_centroids)
        alone = [opened.scan(query, clusters[i : i + 1], to_centroids[i : i + 1]) for i in range(4)]
        np.testing.assert_array_equal(together.ids, np.concatenate([scan.ids for scan in alone]))
        apart = np.concatenate([scan.distances for scan in alone])
        same.append(np.array_equal(bits(together.distances), bits(apart)))
        twice = opened.scan(query, [*clusters, clusters[0]], [*to_centroids, to_centroids[0]])
        np.testing.assert_array_equal(twice.ids[together.ids.size :], alone[0].ids)
        computed = opened.scan(query, clusters)
        assert near(computed.distances, together.distances)
    assert all(same) if opened.splittable else not all(same)


def assert_codes_are_as_faithful_as_claimed(family, opened, query):
    if not family.decodes:
        with pytest.raises(ValueError, match=r"cannot be read back|cannot be reversed"):
            opened.vectors_of(opened.list_ids(0)[:1])
        return
    point = opened.transform(query)
    faithful = []
    for cluster in opened.rank(query, 4).clusters[:4]:
        scan = opened.scan(query, [cluster])
        kept = np.isin(opened.list_ids(cluster), scan.ids)
        vectors = opened.stored_vectors(cluster)[kept]
        if len(vectors):
            faithful.append(near(scan.distances, measured(opened, point, vectors)))
    assert all(faithful) if opened.faithful_codes else not all(faithful)


def measured(opened, point, vectors):
    """Return the distances to vectors by the metric's definition, or by Faiss's where there is no better."""
    ivf = opened.inverted_file.stack.ivf
    if opened.metric in ("L2", "Hamming"):
        return ((vectors.astype(np.float64) - point) ** 2).sum(axis=1)
    if opened.metric == "inner product":
        return vectors.astype(np.float64) @ point
    return faiss.pairwise_distances(point[None], vectors, metric=ivf.metric_type, metric_arg=ivf.metric_arg)[
        0
    ]


def assert_rows_are_queries(family, case, opened):
    row_id = int(opened.list_ids(int(np.argmax(opened.list_sizes)))[0])
    if not family.decodes:
        with pytest.raises(ValueError, match="query by vector"):
            opened.trace(row_id, 4, 10)
        return
    vector = opened.vector(row_id)
    assert vector.shape == case.queries[0].shape
    assert vector.dtype == case.queries[0].dtype
    trace = opened.trace(row_id, 4, 10)
    expected_ids, expected = case.search(vector, 4, 10)
    np.testing.assert_array_equal(trace.ids, expected_ids)
    np.testing.assert_array_equal(bits(trace.distances), bits(expected))
    if case.reconstructs:
        for ivf in case.ivfs:
            ivf.set_direct_map_type(faiss.DirectMap.Hashtable)
        np.testing.assert_array_equal(vector, case.index.reconstruct(row_id))
    cluster, offset = opened.locate(row_id)
    assert opened.list_ids(cluster)[offset] == row_id
    ids = opened.list_ids(cluster)[:3]
    together = opened.vectors_of([*ids, 10**15], [cluster] * len(ids) + [cluster])
    assert together.shape == (len(ids) + 1, opened.dim)
    assert np.isnan(together[-1]).all()
    with pytest.raises(UnknownIdError):
        opened.vector(10**15)


def test_the_table_in_the_docs_is_of_these_families():
    written = families.DOCS.read_text(encoding="utf-8")
    assert families.markdown() == written, "run tests/families.py and look at what has changed"


def bits(array):
    return array.view(np.uint32)


def near(distances, others):
    return np.abs(distances - others).max(initial=0) <= ROUNDING * np.abs(others).max(initial=1e-9)


def serialized(index):
    write = faiss.serialize_index_binary if isinstance(index, faiss.IndexBinary) else faiss.serialize_index
    return write(index)
