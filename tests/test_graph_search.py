"""Searches of graphs: what is traced is what Faiss did, node by node and bit for bit."""

from __future__ import annotations

import faiss
import graphs
import numpy as np
import pytest

import feder_widget as fw
from feder_widget.faiss_internals.graph.hnsw_search import HnswSearch
from feder_widget.model.graph_walk import Nearest, UntoldWalkError, walk_of
from feder_widget.model.quick_walk import quick_walk_of

pytestmark = pytest.mark.usefixtures("one_thread")

QUERIES = graphs.vectors(12, seed=7)
EFS = (1, 2, 3, 5, 8, 13, 16, 24, 40, 64, 100, 256)


def faiss_search(index, query, k, ef):
    """Return ids, distances and counts of a search by Faiss alone."""
    graphs.core_of(index).hnsw.efSearch = ef
    faiss.cvar.hnsw_stats.reset()
    distances, ids = index.search(query[None], k)
    stats = faiss.cvar.hnsw_stats
    return ids[0], distances[0], (stats.ndis, stats.nhops)


@pytest.mark.parametrize("variant", graphs.VARIANTS, ids=lambda variant: variant.name)
def test_a_trace_is_the_search_of_faiss(variant):
    index = variant.make()
    opened = fw.open_index(index)
    core = graphs.core_of(index)
    search = HnswSearch(core)
    for query in QUERIES:
        inner = opened.transform(query)
        for k, ef in ((1, 16), (10, 16), (10, 64), (30, 8)):
            trace = opened.trace(query, k, ef)
            ids, distances, counts = faiss_search(index, query, k, ef)
            assert trace.ids.tolist() == ids.tolist()
            assert trace.distances.tobytes() == distances.tobytes()
            assert (trace.n_distances, trace.n_hops) == counts
            nodes, found = search.visits(inner, ef)
            assert trace.visited.tolist() == opened.graph_file.external_ids(nodes).tolist()
            assert trace.walk.distances.tobytes() == found.tobytes()


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT])
def test_a_trace_with_equal_distances_is_the_search_of_faiss(metric):
    index = graphs.build("HNSW8,Flat", metric, graphs.whole_numbers())
    opened = fw.open_index(index)
    tied = 0
    for query in graphs.whole_numbers(20, seed=3):
        for ef in EFS:
            trace = opened.trace(query, 5, ef)
            ids, distances, counts = faiss_search(index, query, 5, ef)
            assert trace.ids.tolist() == ids.tolist()
            assert trace.distances.tobytes() == distances.tobytes()
            assert trace.n_distances == trace.descent.n_distances + len(trace.walk) - 1
            assert (trace.n_distances, trace.n_hops) == counts
            tied += trace.walk.is_tied
    assert tied > 50


def test_one_walk_tells_what_every_smaller_ef_search_visits():
    index = graphs.build("HNSW8,Flat")
    search = HnswSearch(index)
    for query in QUERIES:
        walk = search.walk(query, 256)
        for ef in range(1, 257, 3):
            if ef > walk.holds_until:
                continue
            nodes, _ = search.visits(query, ef)
            smaller, alone = walk.up_to(ef), search.walk(query, ef)
            assert nodes.tolist() == walk.nodes[: walk.visited_by(ef)].tolist()
            assert smaller.expanded.tolist() == alone.expanded.tolist()
            assert (smaller.stopped_at, smaller.is_exhausted) == (alone.stopped_at, alone.is_exhausted)


def test_where_distances_tie_a_walk_says_how_far_it_holds():
    data = graphs.vectors()
    data[:250] = data[250:500]
    index = graphs.build("HNSW8,Flat", data=data)
    search = HnswSearch(index)
    tied = held = 0
    for query in graphs.vectors(40, seed=9):
        walk = search.walk(query, 200)
        tied += walk.is_tied
        for ef in EFS:
            if ef <= walk.holds_until:
                held += 1
                assert search.visits(query, ef)[0].tolist() == walk.nodes[: walk.visited_by(ef)].tolist()
    assert tied > 20
    assert held > 50


def test_the_descent_leads_from_the_entry_point_to_the_first_visit():
    index = graphs.build("HNSW4,Flat")
    opened = fw.open_index(index)
    data = graphs.vectors()
    for query in QUERIES:
        descent = opened.descend(query)
        assert descent.entry == index.hnsw.entry_point
        levels = [hop.level for hop in descent.hops]
        assert levels == sorted(levels, reverse=True)
        assert set(levels) == set(range(1, index.hnsw.max_level + 1))
        for hop, following in zip(descent.hops, descent.hops[1:], strict=False):
            assert following.node == hop.to
            # A level ends where no link is nearer.
            assert (following.level == hop.level) == (hop.to != hop.node)
        for hop in descent.hops:
            assert hop.distance == min([hop.distance, *hop.distances.tolist()])
            np.testing.assert_allclose(hop.distances, ((data[hop.links] - query) ** 2).sum(1), rtol=1e-4)
        assert descent.end == opened.walk(query, 4).nodes[0]


def test_steps_are_the_trace_one_by_one():
    opened = fw.open_index(graphs.build("HNSW8,Flat"))
    trace = opened.trace(3, 5, 20)
    steps = list(opened.steps(3, 5, 20))
    assert len(steps) == trace.n_hops
    expansions = steps[len(trace.descent.hops) :]
    visited = [row for step in expansions for row in step.ids.tolist()]
    assert [trace.visited[0], *visited] == trace.visited.tolist()
    for step in expansions:
        assert step.nearer < 20
    last = trace.walk.distances[trace.walk.stopped_at]
    expanded = np.array([step.distance for step in expansions])
    assert np.count_nonzero(expanded < last) >= 20
    assert trace.stopped_at == trace.visited[trace.walk.stopped_at]


def test_a_search_of_all_has_no_next_node():
    opened = fw.open_index(graphs.build("HNSW8,Flat", data=graphs.vectors(40)))
    trace = opened.trace(QUERIES[0], 40, 40)
    assert trace.stopped_at is None
    assert trace.walk.is_exhausted
    assert sorted(trace.visited) == list(range(40))


def test_reads_of_a_file_are_those_of_the_index(tmp_path):
    index = graphs.build("IDMap,PCA12,HNSW8,Flat", ids=graphs.named_ids())
    path = tmp_path / "graph.faiss"
    faiss.write_index(index, str(path))
    for source in (path, faiss.serialize_index(index)):
        opened = fw.open_index(source)
        assert opened.frozen
        one, other = opened.trace(QUERIES[0], 7, 30), fw.open_index(index).trace(QUERIES[0], 7, 30)
        assert one.ids.tolist() == other.ids.tolist()
        assert one.visited.tolist() == other.visited.tolist()


def test_an_index_that_grows_is_read_as_it_is():
    index = graphs.build("HNSW8,Flat")
    opened = fw.open_index(index)
    before = opened.version()
    opened.trace(QUERIES[0], 3, 20)
    index.add(QUERIES)
    assert opened.version() != before
    assert opened.ntotal == graphs.ROWS + len(QUERIES)
    trace = opened.trace(QUERIES[0], 3, 20)
    assert trace.ids.tolist() == index.search(QUERIES[:1], 3)[1][0].tolist()
    assert trace.ids[0] == graphs.ROWS


@pytest.mark.parametrize(
    ("data", "k"),
    [
        (graphs.vectors(1), 1),
        (graphs.vectors(1), 4),
        (np.zeros((50, 8), np.float32), 3),
        (np.repeat(graphs.vectors(5), 20, axis=0), 60),
    ],
    ids=["one node", "k above ntotal", "all equal", "duplicates"],
)
def test_odd_graphs_are_traced(data, k):
    index = graphs.build("HNSW4,Flat", data=data)
    opened = fw.open_index(index)
    for ef in (1, min(7, len(data))):
        trace = opened.trace(data[0], k, ef)
        ids, distances, counts = faiss_search(index, data[0], k, ef)
        assert (trace.n_distances, trace.n_hops) == counts
        assert trace.ids.tolist() == ids.tolist()
        assert trace.distances.tobytes() == distances.tobytes()


def test_wrong_arguments_are_named():
    opened = fw.open_index(graphs.build("HNSW4,Flat", data=graphs.vectors(100)))
    for call, message in (
        (lambda: opened.trace(0, 0), "k must be at least 1, got 0"),
        (lambda: opened.trace(0, 3, 0), "ef_search must be between 1 and ntotal=100, got 0"),
        (lambda: opened.trace(0, 3, 101), "ef_search must be between 1 and ntotal=100, got 101"),
        (lambda: opened.trace(0, 3, 2.0), "ef_search must be an int, got 2.0"),
        (lambda: opened.trace(100, 3), "row id 100 is not in the index of 100 vectors"),
        (lambda: opened.trace([1.0, 2.0], 3), "query must be a vector of shape"),
        (lambda: opened.trace(np.full(graphs.DIM, np.nan), 3), "query must be finite"),
        (lambda: opened.certainty(0, 16, 3), "nothing bounds the distances"),
        (lambda: opened.links(0, 9), "level must be between 0 and"),
    ):
        with pytest.raises((ValueError, TypeError), match=message.replace("(", r"\(")):
            call()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: faiss.IndexHNSWFlatPanorama(graphs.DIM, 8, 4), "leaves distances unfinished"),
        (lambda: faiss.IndexBinaryHNSW(64, 8), "the index is empty"),
        (lambda: faiss.IndexHNSWFlat(graphs.DIM, 8), "the index is empty"),
        (lambda: faiss.index_factory(graphs.DIM, "HNSW8_PQ8"), "the index is not trained"),
        (lambda: _stopping_after_steps(), "check_relative_distance = True"),
        (lambda: _without_a_bound(), "search_bounded_queue = True"),
    ],
    ids=["Panorama", "binary", "empty", "untrained", "stops after steps", "unbounded queue"],
)
def test_what_cannot_be_traced_is_refused_with_the_reason(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fw.open_index(make())


def _stopping_after_steps():
    index = graphs.build("HNSW8,Flat")
    index.hnsw.check_relative_distance = False
    return index


def _without_a_bound():
    index = graphs.build("HNSW8,Flat")
    index.hnsw.search_bounded_queue = False
    return index


@pytest.mark.parametrize("setting", ["search_bounded_queue", "check_relative_distance"])
def test_a_search_whose_steps_are_not_known_is_refused_also_where_it_was_set_later(setting):
    index = graphs.build("HNSW8,Flat")
    opened = fw.open_index(index)
    setattr(index.hnsw, setting, False)
    for call in (
        lambda: opened.trace(0, 10, 1),
        lambda: opened.explain(0, 10),
        lambda: opened.evaluate([0, 1], 10, progress=False),
    ):
        with pytest.raises(fw.UnsupportedIndexError, match=f"{setting} = True"):
            call()
    setattr(index.hnsw, setting, True)
    assert opened.trace(0, 10, 1).ids[0] == 0


def test_a_damaged_graph_is_refused():
    index = graphs.build("HNSW8,Flat")
    links = faiss.rev_swig_ptr(index.hnsw.neighbors.data(), index.hnsw.neighbors.size())
    links[5] = graphs.ROWS + 7
    with pytest.raises(ValueError, match="links must lead to nodes 0 to 2499"):
        fw.open_index(index)


def test_a_search_among_vectors_that_are_no_numbers_says_so_where_it_cannot_be_told():
    data = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
    data[::7] = np.nan
    index = faiss.IndexHNSWFlat(8, 8)
    index.add(data)
    opened = fw.open_index(index)
    for query in np.random.default_rng(1).standard_normal((40, 8)).astype(np.float32):
        with pytest.raises(ValueError, match=r"components that are no numbers \(NaN\)"):
            opened.walk(query, 500)
        trace = opened.trace(query, 10, 1)
        index.hnsw.efSearch = 1
        np.testing.assert_array_equal(trace.ids, index.search(query[None], 10)[1][0])


def test_distances_that_a_metric_does_not_define_are_told_apart_from_vectors_that_are_no_numbers():
    data = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    index = faiss.IndexHNSWFlat(8, 8, faiss.METRIC_JensenShannon)
    index.add(data)
    with pytest.raises(ValueError, match="vectors whose distances to the query are no numbers"):
        fw.open_index(index).walk(data[0], 300)


@pytest.mark.parametrize("name", ["HNSW8,Flat", "HNSW8_SQfp16", "HNSW8_SQ8,RFlat"])
def test_a_search_that_comes_to_endless_distances_alone_says_so(name):
    data = np.random.default_rng(0).standard_normal((200, 8)).astype(np.float32)
    index = graphs.build(name, faiss.METRIC_L2, data)
    opened = fw.open_index(index)
    query = np.full(8, 1e30, np.float32)
    for call in (
        lambda: opened.trace(query, 3, 8),
        lambda: opened.explain(query, 3),
        lambda: opened.verdict(query, 5),
        lambda: opened.evaluate(query[None], 3, progress=False),
    ):
        with pytest.raises(ValueError, match="whose distances are beyond float32"):
            call()


def test_a_walk_that_begins_at_an_endless_distance_is_not_told_from_another_node():
    data = np.random.default_rng(0).standard_normal((100, 33)).astype(np.float32) * np.float32(1e20)
    index = graphs.build("HNSW4,Flat", faiss.METRIC_L2, data)
    opened = fw.open_index(index)
    refused = 0
    for row in range(100):
        try:
            visited = opened.trace(row, 1, 1).visited
        except ValueError as error:
            refused += "beyond float32" in str(error)
            continue
        assert visited[0] == opened.descend(row).end
    assert refused > 20


def is_refused_with_others(rng, levels, similarity):
    """Hold the quick walk of a search to the plain one; return whether visits were left to be refused."""
    count, width = int(rng.integers(1, 120)), int(rng.integers(1, 9))
    links = np.array([rng.permutation(max(count, width))[:width] for _ in range(count)])
    links[(links >= count) | (rng.random(links.shape) < 0.2)] = -1
    distances = rng.integers(0, levels, count).astype(np.float32)
    keys = -distances if similarity else distances
    ef_search = int(rng.integers(1, 40))
    # The visits of a search in which the first visited of equals is expanded first.
    visits, expanded = [0], []
    while waiting := [place for place in range(len(visits)) if place not in expanded]:
        place = min(waiting, key=lambda place: (keys[visits[place]], place))
        if sum(keys[visits[done]] < keys[visits[place]] for done in expanded) >= ef_search:
            break
        expanded.append(place)
        new = [node for node in dict.fromkeys(links[visits[place]].tolist()) if node not in (-1, *visits)]
        visits.extend(new)
    nodes = np.array(visits)
    places = np.full(count + 1, -1, np.int32)
    places[nodes] = np.arange(len(nodes))
    arguments = nodes, distances[nodes], lambda some: places[links[nodes[some]]], ef_search, similarity
    quick, plain = quick_walk_of(*arguments), walk_of(*arguments, Nearest())
    assert quick.expanded.tolist() == plain.expanded.tolist() == expanded
    for name in ("first", "nearer", "need", "gates"):
        np.testing.assert_array_equal(getattr(quick, name), getattr(plain, name))
    for name in ("stopped_at", "is_exhausted", "holds_until"):
        assert getattr(quick, name) == getattr(plain, name)
    # Visits that do not follow from the links are refused.
    others = np.setdiff1d(np.arange(count), nodes)
    if len(others):
        nodes = np.append(nodes, others[0])
        places[others[0]] = len(nodes) - 1
        for told in (quick_walk_of, lambda *given: walk_of(*given, Nearest())):
            with pytest.raises(UntoldWalkError):
                told(nodes, distances[nodes], *arguments[2:])
    return len(others) > 0


@pytest.mark.parametrize("similarity", [False, True], ids=["distances", "products"])
@pytest.mark.parametrize("levels", [3, 40, 10**6], ids=["many ties", "some ties", "no ties"])
def test_the_quick_walk_is_the_plain_one(levels, similarity):
    seeds = range(30)
    refused = [is_refused_with_others(np.random.default_rng(seed), levels, similarity) for seed in seeds]
    assert sum(refused) > 5


def test_products_beyond_all_numbers_are_told_or_refused_without_a_warning():
    data = np.random.default_rng(3).standard_normal((400, 8)).astype(np.float32) * 8e18
    index = graphs.build("HNSW8,Flat", faiss.METRIC_INNER_PRODUCT, data)
    opened = fw.open_index(index)
    with np.errstate(all="raise"):
        with pytest.raises(ValueError, match="whose distances are beyond float32"):
            opened.trace(data[0], 3, 250)
        for row in range(5):
            trace = opened.trace(data[row] * 1e-8, 3, 250)
            assert trace.ids.tolist() == faiss_search(index, data[row] * 1e-8, 3, 250)[0].tolist()
