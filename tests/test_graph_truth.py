"""What searches of graphs should have found: recall, missed neighbours and the efSearch that finds each."""

from __future__ import annotations

import faiss
import graphs
import numpy as np
import pytest

import feder_widget as fw

pytestmark = pytest.mark.usefixtures("one_thread")

EFS = (1, 2, 3, 4, 6, 9, 10, 11, 16, 25, 40, 64, 120)


def results(index, query, k, ef):
    """Return the ids of a search by Faiss alone."""
    graphs.core_of(index).hnsw.efSearch = ef
    return index.search(query[None], k)[1][0]


def by_row(ids, data):
    """Return vectors, row i for row id i."""
    if ids is None:
        return data
    filled = np.zeros((int(ids.max()) + 1, data.shape[1]), np.float32)
    filled[ids] = data
    return filled


@pytest.mark.parametrize("given", [False, True], ids=["as stored", "by the vectors"])
@pytest.mark.parametrize("variant", graphs.VARIANTS, ids=lambda variant: variant.name)
def test_a_neighbour_is_found_from_its_ef_search_on(variant, given):
    index = variant.make()
    data = by_row(variant.ids, graphs.vectors())
    opened = fw.open_index(index, vectors=data if given else None)
    for query in graphs.vectors(6, seed=11):
        explained = opened.explain(query, 10)
        if explained.basis != "codes" and "PCA" not in variant.name and "L2norm" not in opened.family:
            _check_neighbours(explained, query, data, variant, opened)
        for ef in EFS:
            found = results(index, query, 10, ef)
            is_found = np.isin(explained.ids, found)
            assert explained.recall(ef) == pytest.approx(is_found.mean())
            assert explained.missed(ef).tolist() == explained.ids[~is_found].tolist()
        for row_id, need in zip(explained.ids.tolist(), explained.returned_from.tolist(), strict=True):
            if need > opened.ntotal:
                continue
            assert row_id in results(index, query, 10, need)
            if need > 1:
                assert row_id not in results(index, query, 10, need - 1)


def _check_neighbours(explained, query, data, variant, opened):
    rows = np.arange(graphs.ROWS) if variant.ids is None else variant.ids
    if opened.metric == "L2":
        keys = ((data[rows] - query) ** 2).sum(1)
    elif opened.metric == "L1":
        keys = np.abs(data[rows] - query).sum(1)
    else:
        keys = -(data[rows] @ query)
    assert explained.ids.tolist() == rows[np.argsort(keys, kind="stable")[:10]].tolist()


def test_a_row_is_not_its_own_neighbour():
    index = graphs.build("HNSW8,Flat")
    opened = fw.open_index(index)
    data = graphs.vectors()
    for row_id in range(0, 200, 10):
        explained = opened.explain(row_id, 8)
        assert row_id not in explained.ids
        assert opened.explain(row_id, 8, include_self=True).ids[0] == row_id
        for ef in EFS:
            others = [row for row in results(index, data[row_id], 9, ef).tolist() if row != row_id][:8]
            assert explained.recall(ef) == pytest.approx(np.isin(explained.ids, others).mean())


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT])
def test_where_distances_tie_recall_is_that_of_searches(metric):
    data = graphs.whole_numbers()
    index = graphs.build("HNSW8,Flat", metric, data)
    opened = fw.open_index(index)
    sign = 1 if metric == faiss.METRIC_L2 else -1
    tied = 0
    for query in graphs.whole_numbers(12, seed=3):
        explained = opened.explain(query, 7)
        tied += explained.holds_until < opened.ntotal
        exact = ((data - query) ** 2).sum(1) if metric == faiss.METRIC_L2 else data @ query
        limit = np.sort(sign * exact)[6]
        for ef in EFS:
            found = results(index, query, 7, ef)
            keys = sign * exact[found[found >= 0]]
            # Any of the vectors at the last distance serves, as far as there are places for them.
            places = 7 - np.count_nonzero(sign * exact < limit)
            hits = np.count_nonzero(keys < limit) + min(places, np.count_nonzero(keys == limit))
            assert explained.recall(ef) == pytest.approx(hits / 7)
            assert len(explained.missed(ef)) == 7 - hits
    assert tied > 5


def test_a_node_without_an_in_link_is_never_found():
    index = graphs.build("HNSW4,Flat", data=graphs.vectors(400))
    lonely = 123
    links = faiss.rev_swig_ptr(index.hnsw.neighbors.data(), index.hnsw.neighbors.size())
    if index.hnsw.levels.at(lonely) > 1:
        pytest.fail("the node must be on level 0 alone")
    # Faiss reads links up to the first that is -1.
    offsets = faiss.vector_to_array(index.hnsw.offsets).astype(int)
    for node in range(400):
        slots = links[offsets[node] : offsets[node] + 8]
        kept = slots[(slots != lonely) & (slots >= 0)]
        slots[:] = -1
        slots[: len(kept)] = kept
    opened = fw.open_index(index)
    structure = opened.structure()
    assert structure.in_degrees[lonely] == 0
    assert lonely in structure.unreached
    assert lonely in structure.without_in_links
    codes = [finding.code for finding in opened.check()]
    assert codes == ["unreached-rows"]
    assert str(lonely) in opened.findings[0].sentence
    query = graphs.vectors(400)[lonely] + 0.001
    explained = opened.explain(query, 3)
    assert explained.ids[0] == lonely
    assert explained.visited_from[0] == opened.ntotal + 1
    assert explained.approaches[0] is None
    assert explained.reason(lonely) == "No path leads to it."
    assert explained.recall(opened.ntotal) < 1
    assert explained.ef_needed == opened.ntotal + 1
    assert lonely not in results(index, query, 3, 400)
    verdict = opened.verdict(query, lonely)
    assert (verdict.position, verdict.approach, verdict.in_links.tolist()) == (1, None, [])


def test_the_reason_names_who_leads_to_a_neighbour_and_what_stands_before_it():
    index = graphs.build("HNSW4,Flat", construction=8)
    opened = fw.open_index(index)
    told = 0
    for query in graphs.vectors(60, seed=21):
        explained = opened.explain(query, 10)
        for row_id, approach in zip(explained.ids.tolist(), explained.approaches, strict=True):
            if approach is None or approach.gate is None or explained.holds_until < opened.ntotal:
                continue
            told += 1
            assert row_id in opened.links(approach.led_by)
            assert approach.led_by in opened.in_links(row_id)
            before, after = (opened.trace(query, 10, ef) for ef in (approach.need - 1, approach.need))
            assert row_id not in before.visited
            assert row_id in after.visited
            expanded = [step.row_id for step in before.expansions]
            assert approach.gate not in expanded
            gate = np.flatnonzero(before.visited == approach.gate)
            # As many as the need says are nearer when its turn comes.
            assert len(gate) == 0 or before.stopped_at is not None
            reason = explained.reason(row_id)
            assert f"it takes efSearch {approach.need}." in reason
            assert f"Row {approach.led_by} leads to it" in reason
    assert told > 20


def test_verdicts_count_what_is_nearer():
    data = graphs.vectors()
    for factory, metric in (("HNSW8,Flat", faiss.METRIC_L2), ("HNSW8,Flat", faiss.METRIC_INNER_PRODUCT)):
        opened = fw.open_index(graphs.build(factory, metric))
        for query, row_id in ((0, 17), (5, 2400), (9, 9)):
            verdict = opened.verdict(query, row_id)
            if metric == faiss.METRIC_L2:
                keys = ((data.astype(np.float64) - data[query]) ** 2).sum(1)
            else:
                keys = -(data.astype(np.float64) @ data[query])
            nearer = np.count_nonzero(np.delete(keys, query) < keys[row_id])
            assert verdict.position == 1 + nearer
            assert opened.verdict(query, row_id, count=False).position is None


def test_a_verdict_among_product_codes_counts_as_an_exhaustive_search_of_them():
    index = graphs.build("HNSW8_PQ2x4", faiss.METRIC_L2, graphs.vectors(800, 64))
    opened, storage = fw.open_index(index), faiss.downcast_index(graphs.core_of(index).storage)
    differ = 0
    for query in graphs.vectors(20, 64, seed=3):
        distances, nodes = storage.search(query[None], index.ntotal)
        for place in (5, 100, 700):
            verdict = opened.verdict(query, int(nodes[0, place]))
            assert verdict.position == 1 + np.count_nonzero(distances[0] < distances[0, place])
            differ += verdict.distance != distances[0, place]
    # Otherwise the test would show nothing.
    assert differ > 5


def test_an_index_that_was_emptied_says_so():
    index = graphs.build("HNSW8,Flat")
    opened = fw.open_index(index)
    query = graphs.vectors(1, seed=3)[0]
    index.reset()
    for call in (
        lambda: opened.trace(query, 3),
        lambda: opened.walk(query, 1),
        lambda: opened.explain(query, 3),
        lambda: opened.evaluate(query[None], 3, progress=False),
        lambda: opened.random_id(),
    ):
        with pytest.raises(ValueError, match="the index is empty"):
            call()


def test_a_row_whose_distance_is_no_number_has_no_position():
    data = graphs.vectors(300)
    data[7] = np.nan
    verdict = fw.open_index(graphs.build("HNSW8,Flat", data=data)).verdict(8, 7)
    assert (np.isnan(verdict.distance), verdict.position) == (True, None)


def test_an_efsearch_beyond_all_vectors_is_one_of_all_vectors():
    data = graphs.whole_numbers()
    opened = fw.open_index(graphs.build("HNSW8,Flat", data=data))
    explained = opened.explain(3, 10)
    assert explained.holds_until < len(data)
    for ef in (len(data) + 1, 10**20):
        assert explained.missed(ef).tolist() == explained.missed(len(data)).tolist()
    assert explained.recall(10**15) == explained.recall(len(data))


def test_reasons_name_an_efsearch_only_where_a_search_at_it_finds_the_row():
    data = graphs.whole_numbers()
    index = graphs.build("HNSW4,Flat", data=data, construction=8)
    opened = fw.open_index(index)
    told = untold = 0
    for row in range(60):
        explained = opened.explain(row, 5)
        for place, (row_id, needs) in enumerate(
            zip(explained.ids.tolist(), explained.returned_from.tolist(), strict=True)
        ):
            reason = explained.reason(row_id)
            if "only a search tells" in reason:
                untold += 1
                known = explained.holds_until
                assert reason.startswith(f"No efSearch up to {known} finds it." if known else "Distances tie")
                assert not known or not explained.spans.search(known)[place]
            elif needs <= len(data):
                told += 1
                assert row_id not in explained.missed(needs)
                assert needs == 1 or f"it takes efSearch {needs}." in reason
    assert min(told, untold) > 10


def test_a_workload_names_the_efsearch_that_it_does_not_hold():
    workload = fw.open_index(graphs.build("HNSW8,Flat")).evaluate([1, 2], 3, ef_max=8, progress=False)
    for call in (
        lambda: workload.recall_of(9),
        lambda: workload.to_pandas(9),
        lambda: workload.hardest(1, ef_search=9),
    ):
        with pytest.raises(ValueError, match="ef_search must be between 1 and ef_max=8, got 9"):
            call()


@pytest.mark.parametrize("variant", graphs.VARIANTS, ids=lambda variant: variant.name)
def test_the_places_of_the_descent_are_those_among_all_nodes_of_a_level(variant):
    index = variant.make()
    opened = fw.open_index(index)
    missed = 0
    for query in graphs.vectors(8, seed=31):
        descent, vector = opened.descend(query), opened.transform(query)
        levels = opened.truth.level_places(query, descent)
        assert len(levels) == core_levels(index) - 1
        for level in range(1, len(levels) + 1):
            nodes, distances = all_of_level(index, vector, level)
            sign = -1 if opened.similarity else 1
            end = [hop.to for hop in descent.hops if hop.level == level][-1]
            keys, at_end = sign * distances, sign * distances[nodes == end][0]
            # A search may sum in another order than single comparisons do.
            rounding = 1e-5 * abs(float(at_end))
            place = levels.places[level - 1]
            assert 1 + np.count_nonzero(keys < at_end - rounding) <= place
            assert place <= np.count_nonzero(keys < at_end + rounding)
            nearest = int(np.flatnonzero(opened.ids_of(nodes) == levels.nearest[level - 1])[0])
            assert keys[nearest] <= keys.min() + rounding
            assert levels.distances[level - 1] == pytest.approx(float(distances[nearest]), rel=1e-5)
            assert place > 1 or nodes[nearest] == end
            missed += place > 1
    assert missed > 0 or variant.name == "M 32"


def core_levels(index):
    return graphs.core_of(index).hnsw.max_level + 1


def all_of_level(index, vector, level):
    """Return the nodes of a level and their distances, by the exhaustive search of the vectors alone."""
    core = graphs.core_of(index)
    storage = faiss.downcast_index(core.storage)
    distances, nodes = storage.search(vector[None], core.ntotal)
    levels = faiss.vector_to_array(core.hnsw.levels)
    order = np.argsort(nodes[0], kind="stable")
    kept = order[levels[nodes[0][order]] > level]
    return nodes[0][kept], distances[0][kept]


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT, faiss.METRIC_L1])
def test_nodes_of_one_distance_share_a_place(metric):
    data = graphs.whole_numbers()
    index = graphs.build("HNSW4,Flat", metric, data)
    levels = faiss.vector_to_array(index.hnsw.levels)
    opened = fw.open_index(index)
    tied = 0
    for query in graphs.whole_numbers(40, seed=3):
        descent = opened.descend(query)
        found = opened.truth.level_places(query, descent)
        # Sums of small whole numbers have no rounding.
        if metric == faiss.METRIC_L2:
            exact = ((data - query) ** 2).sum(1)
        elif metric == faiss.METRIC_L1:
            exact = np.abs(data - query).sum(1)
        else:
            exact = -(data @ query)
        for hop in descent.hops:
            if hop.to != hop.node:
                continue
            nodes = np.flatnonzero(levels > hop.level)
            nearest = nodes[np.argmin(exact[nodes])]
            at = hop.level - 1
            assert found.places[at] == 1 + np.count_nonzero(exact[nodes] < exact[hop.to])
            assert found.nearest[at] == (hop.to if exact[hop.to] == exact[nearest] else nearest)
            assert found.distances[at] == (exact if metric != faiss.METRIC_INNER_PRODUCT else -exact)[nearest]
            tied += np.count_nonzero(exact[nodes] == exact[nearest]) > 1
    assert tied > 5


def test_a_graph_of_one_level_has_no_places():
    opened = fw.open_index(graphs.build("HNSW32,Flat", data=graphs.vectors(3)))
    query = graphs.vectors(1, seed=4)[0]
    assert opened.descend(query).hops == ()
    found = opened.truth.level_places(query, opened.descend(query))
    assert (len(found), found.nearest.tolist(), found.distances.tolist()) == (0, [], [])


def test_a_workload_is_the_mean_of_searches():
    for data in (graphs.vectors(), None):
        given = data is not None
        index = graphs.build("HNSW8,Flat" if given else "HNSW8_PQ12x4")
        vectors = graphs.vectors()
        opened = fw.open_index(index, vectors=None if given else vectors)
        workload = opened.evaluate(40, 10, ef_max=64, seed=3, progress=False)
        assert len(workload) == 40
        assert workload.ef_max == 64
        exact = [opened.explain(int(row), 10) for row in workload.ids]
        for ef in (1, 2, 4, 8, 16, 32, 64):
            # By codes, later visits may push a neighbour out again.
            recalls = [each.recall(ef) for each in exact]
            np.testing.assert_allclose(workload.recall_of(ef), recalls)
            assert workload.recall[ef - 1] == pytest.approx(np.mean(recalls))
            costs = [opened.trace(int(row), 10, ef).n_distances for row in workload.ids]
            if not workload.tied.any():
                assert workload.n_distances[ef - 1] == pytest.approx(np.mean(costs))
        enough = workload.ef_for(recall=0.9)
        if enough is not None:
            assert workload.recall[enough - 1] >= 0.9
            assert enough == 1 or workload.recall[enough - 2] < 0.9
        hardest = workload.hardest(3)
        assert workload.ef_needed[hardest[0]] == workload.ef_needed.max()
        frame = workload.to_pandas(16)
        assert frame.columns.tolist() == ["id", "ef_needed", "recall", "tied"]


def test_an_evaluation_that_is_interrupted_keeps_what_is_done():
    opened = fw.open_index(graphs.build("HNSW8,Flat"))

    def stop(done, _asked):
        if done == 7:
            raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match="interrupted: 7 of 30 queries"):
        workload = opened.evaluate(30, 5, progress=stop)
    assert len(workload) == 7


def test_vectors_of_another_order_are_refused():
    index = graphs.build("HNSW8,SQ8")
    data = graphs.vectors()
    assert fw.open_index(index, vectors=data).basis == "vectors"
    with pytest.raises(ValueError, match="nearer to the vector of another row"):
        fw.open_index(index, vectors=data[::-1].copy())
    with pytest.raises(ValueError, match=r"vectors must be of shape \(n, 24\)"):
        fw.open_index(index, vectors=data[:, :5])
    with pytest.raises(ValueError, match="row i for every row id i"):
        fw.open_index(index, vectors=data[:-1])


def test_the_structure_is_that_of_the_links():
    index = graphs.build("HNSW4,Flat")
    opened = fw.open_index(index)
    structure = opened.structure()
    levels = faiss.vector_to_array(index.hnsw.levels)
    assert structure.level_sizes.tolist() == [np.count_nonzero(levels > at) for at in range(levels.max())]
    ends = [opened.links(row) for row in range(graphs.ROWS)]
    assert structure.degrees.tolist() == [len(some) for some in ends]
    counts = np.bincount(np.concatenate(ends), minlength=graphs.ROWS)
    assert structure.in_degrees.tolist() == counts.tolist()
    assert structure.entry_point == index.hnsw.entry_point
    for row in (0, 99, 2499):
        assert opened.in_links(row).tolist() == [node for node in range(graphs.ROWS) if row in ends[node]]
