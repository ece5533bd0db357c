"""Searches of graphs that are re-ranked, bit for bit as Faiss answers them, and what is refused."""

from __future__ import annotations

import faiss
import graphs
import numpy as np
import pytest
from reranked import RERANKED, TIED, faiss_search, with_ties

import feder_widget as fw

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("variant", RERANKED, ids=lambda variant: variant.name)
def test_a_trace_is_the_search_of_faiss(variant):
    index = variant.make()
    refine = graphs.refine_of(index)
    opened = fw.open_index(index)
    for query in graphs.vectors(8, seed=41):
        for k_factor in (1, 1.7, 2, 4, 300):
            refine.k_factor = k_factor
            for k, ef in ((1, 16), (10, 16), (10, 64), (30, 8), (graphs.ROWS + 5, 40)):
                trace = opened.trace(query, k, ef)
                ids, distances, counts = faiss_search(index, query, k, ef)
                assert trace.ids.tolist() == ids.tolist()
                assert trace.distances.tobytes() == distances.tobytes()
                assert (trace.n_distances, trace.n_hops) == counts


@pytest.mark.parametrize("name", TIED)
def test_a_trace_with_equal_distances_is_the_search_of_faiss(name):
    index, queries = with_ties(name)
    opened = fw.open_index(index)
    tied = 0
    for query in queries[:15]:
        for k, ef in ((1, 4), (5, 3), (10, 16), (10, 64), (40, 8), (40, 30)):
            trace = opened.trace(query, k, ef)
            ids, distances, counts = faiss_search(index, query, k, ef)
            assert trace.ids.tolist() == ids.tolist()
            assert trace.distances.tobytes() == distances.tobytes()
            assert (trace.n_distances, trace.n_hops) == counts
            tied += trace.walk.is_tied
    assert tied > 30


def test_a_trace_names_what_is_compared_once_more():
    index = graphs.reranked("IDMap,PCA12,HNSW8_SQ4,RFlat", k_factor=2.5, ids=graphs.named_ids())
    opened = fw.open_index(index)
    data = np.empty((int(graphs.named_ids().max()) + 1, graphs.DIM), np.float32)
    data[graphs.named_ids()] = graphs.vectors()
    for query in graphs.vectors(10, seed=3):
        trace = opened.trace(query, 7, 12)
        refine = trace.refine
        assert refine.k_base == 17
        assert len(refine.ids) == 17
        assert np.isin(refine.ids, trace.visited).all()
        assert (np.diff(refine.first_distances) >= 0).all()
        np.testing.assert_allclose(refine.distances, ((data[refine.ids] - query) ** 2).sum(1), rtol=1e-4)
        best = np.argsort(refine.distances, kind="stable")[:7]
        assert trace.ids.tolist() == refine.ids[best].tolist()
        at = {row: place for place, row in enumerate(trace.visited.tolist())}
        by_walk = trace.walk.distances[[at[row] for row in refine.ids.tolist()]]
        assert refine.first_distances.tobytes() == by_walk.tobytes()
        steps = list(opened.steps(query, 7, 12))
        assert len(steps) == trace.n_hops + 1
        assert steps[-1].ids.tolist() == refine.ids.tolist()


def test_facts_are_those_of_the_second_pass_and_of_the_walk():
    index = graphs.reranked("HNSW8_SQ8,RFlat", k_factor=3)
    opened = fw.open_index(index)
    assert (opened.family, opened.basis) == ("HNSW8,SQ8 + RFlat", "lists")
    assert (opened.distance_name, opened.walk_distance_name) == (
        "squared L2 distance",
        "squared L2 distance to codes",
    )
    assert opened.vector(7).tobytes() == graphs.vectors()[7].tobytes()
    assert opened.vectors_of([7, 10**9])[0].tobytes() == graphs.vectors()[7].tobytes()
    assert opened.structure().level_sizes[0] == graphs.ROWS
    assert opened.check() == []
    before = opened.version()
    index.k_factor = 4
    assert opened.version() != before
    codes = fw.open_index(graphs.reranked("HNSW8_SQ4,Refine(SQ8)"))
    assert (codes.basis, codes.distance_name) == ("codes", "squared L2 distance to codes")
    given = fw.open_index(codes.library_index, vectors=graphs.vectors())
    assert given.basis == "vectors"
    assert given.query(7).vector.tobytes() == graphs.vectors()[7].tobytes()


def test_an_index_that_grows_or_comes_from_a_file_is_read_as_it_is(tmp_path):
    index = graphs.reranked("PCA12,HNSW8_SQ8,RFlat", k_factor=2)
    opened = fw.open_index(index)
    added = graphs.vectors(3, seed=71)
    index.add(added)
    assert opened.trace(added[1], 3, 30).ids[0] == graphs.ROWS + 1
    path = tmp_path / "graph.faiss"
    faiss.write_index(index, str(path))
    read = fw.open_index(path)
    # A file holds k_factor too.
    assert (
        read.trace(added[1], 5, 30).distances.tobytes() == opened.trace(added[1], 5, 30).distances.tobytes()
    )


def around(base, refining, metric=faiss.METRIC_L2, data=None):
    """Return an index that re-ranks one with another, both made and filled here."""
    data = graphs.vectors() if data is None else data
    indexes = [faiss.index_factory(graphs.DIM, each, metric) for each in (base, refining)]
    for each in indexes:
        each.train(data)
        each.add(data)
    return faiss.IndexRefine(*indexes), indexes


def of_too_few():
    index, (_, refining) = around("HNSW8,SQ8", "Flat")
    refining.remove_ids(np.arange(5))
    return index


def of_other_metric():
    index, (_, refining) = around("HNSW8,SQ8", "Flat")
    refining.metric_type = faiss.METRIC_INNER_PRODUCT
    return index


def around_id_map():
    graph = graphs.build("IDMap,HNSW8,Flat", ids=np.arange(graphs.ROWS)[::-1].copy())
    flat = faiss.IndexFlat(graphs.DIM)
    flat.add(graphs.vectors())
    return faiss.IndexRefine(graph, flat)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: around("HNSW8,SQ8", "PCA12,SQ8")[0], "compares with a faiss.*IndexPreTransform, whose"),
        (lambda: around("HNSW8,SQ8", "LSH")[0], "compares with a faiss.*IndexLSH, whose distances"),
        (lambda: around("HNSW8,Flat", "Flat", faiss.METRIC_L1)[0], "by L2 and by inner product only"),
        (around_id_map, "put the id map around it"),
        (of_too_few, "number of vectors in the refining index"),
        (of_other_metric, "different metrics"),
        (lambda: faiss.index_factory(graphs.DIM, "HNSW8_SQ8,RFlat"), "the index is not trained"),
        (lambda: faiss.IndexRefineFlat(faiss.IndexHNSWFlat(graphs.DIM, 8)), "the index is empty"),
    ],
    ids=["transform", "LSH", "L1", "id map", "too few", "other metric", "untrained", "empty"],
)
def test_what_cannot_be_re_ranked_here_is_refused_with_the_reason(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fw.open_index(make())


def test_a_k_factor_that_faiss_does_not_allow_is_named():
    index = graphs.reranked("HNSW8_SQ8,RFlat")
    opened = fw.open_index(index)
    index.k_factor = 0.5
    for ask in (lambda: opened.trace(0, 4, 16), lambda: opened.explain(0, 4), lambda: opened.evaluate(5, 4)):
        with pytest.raises(
            ValueError, match=r"k_factor of the index that refines must be at least 1, got 0\.5"
        ):
            ask()
    index.k_factor = 1
    assert opened.trace(0, 4, 16).refine.k_base == 4
    with pytest.raises(ValueError, match="k must be at least 1"):
        opened.trace(0, 0, 16)
    with pytest.raises(ValueError, match="ef_search must be between 1 and ntotal"):
        opened.trace(0, 4, graphs.ROWS + 1)
