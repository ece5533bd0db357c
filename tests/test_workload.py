"""Many queries at once, against Faiss's own sweeps and against one query at a time."""

import gc
import itertools
import math
import threading
import tracemalloc

import faiss
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from makers import METRICS, cases, ivf_around, make_ivf, make_vectors

from feder_widget import UnknownIdError, Workload
from feder_widget.engines import open_index
from feder_widget.errors import IndexChangedError
from feder_widget.truth import GroundTruth
from feder_widget.truth.neighbours import batch_search, list_blocks
from feder_widget.truth.workloads import evaluation as evaluation_module
from feder_widget.truth.workloads import rankings, workload_truth


def spread_index(metric="L2", n=3000, d=24, nlist=40, seed=1, offset=0.0):
    """Return an index of vectors that are no clusters at all, so that neighbours are in many, and queries."""
    rng = np.random.default_rng(seed)
    vectors = (rng.normal(size=(n, d)) + offset).astype(np.float32)
    index = ivf_around(vectors[:nlist], metric)
    index.add(vectors)
    return index, (rng.normal(size=(300, d)) + offset).astype(np.float32)


def faiss_recalls(index, queries, k, nprobe):
    """Recall of each query in one batch search, by distance: nothing ties here."""
    index.nprobe = index.nlist
    _, true = index.search(queries, k)
    index.nprobe = nprobe
    _, found = index.search(queries, k)
    return np.array([len(set(a) & set(b)) / k for a, b in zip(found, true, strict=True)])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("offset", [0.0, 50.0])
def test_recall_at_every_nprobe_equals_a_sweep_by_faiss(metric, offset):
    index, queries = spread_index(metric, offset=offset)
    workload = open_index(index).evaluate(queries, 10, progress=False)
    for nprobe in range(1, 41):
        recalls = faiss_recalls(index, queries, 10, nprobe)
        assert workload.recall[nprobe - 1] == pytest.approx(recalls.mean(), abs=1e-6)
        np.testing.assert_allclose(workload.recall_of(nprobe), recalls, atol=1e-9)
    assert len(workload) == workload.asked == 300
    assert workload.recall[-1] == 1


def test_a_workload_large_enough_for_matrix_products_equals_a_sweep_by_faiss():
    index, _ = spread_index(n=2000, d=128, nlist=30)
    queries = np.random.default_rng(8).normal(size=(2100, 128)).astype(np.float32)
    workload = open_index(index).evaluate(queries, 5, progress=False)
    for nprobe in (1, 2, 5, 11, 20, 30):
        assert workload.recall[nprobe - 1] == pytest.approx(
            faiss_recalls(index, queries, 5, nprobe).mean(), abs=1e-6
        )


@settings(max_examples=120, deadline=None, derandomize=True)
@given(cases(), st.booleans(), st.sampled_from([1, 3, 8]))
def test_every_query_is_found_where_it_alone_is_found(case, include_self, spare):
    index, queries, _, k = case
    opened = open_index(index)
    # Among rows that tie with one that says "no result" Faiss chooses by id.
    assume(all((opened.list_ids(cluster) != -1).all() for cluster in range(index.nlist)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_search, "SPARE", spare)
        workload = opened.evaluate(queries, k, progress=False)
        ids = opened.sample_ids(4, np.random.default_rng(3))
        by_id = opened.evaluate(ids, k, include_self=include_self, progress=False)
    for i, query in enumerate(queries):
        np.testing.assert_array_equal(workload.found_at[i], padded(opened.explain(query, k), workload))
    for i, row_id in enumerate(ids):
        alone = opened.explain(row_id, k, include_self=include_self)
        np.testing.assert_array_equal(by_id.found_at[i], padded(alone, by_id))


def padded(explanation, workload):
    """A query that has fewer neighbours than others begins with zeros."""
    lacking = workload.found_at.shape[1] - len(explanation)
    return np.append(np.zeros(lacking), explanation.found_at)


@pytest.mark.parametrize("metric", METRICS)
def test_the_nearest_cluster_of_each_query_is_the_first_of_faiss(metric):
    index, queries = spread_index(metric)
    workload = open_index(index).evaluate(queries, 10, progress=False)
    _, nearest = index.quantizer.search(queries, 1)
    np.testing.assert_array_equal(workload.nearest_clusters, nearest[:, 0])


def test_queries_that_find_none_are_counted_at_every_nprobe():
    index, queries = spread_index()
    workload = open_index(index).evaluate(queries, 3, progress=False)
    for nprobe in range(1, 41):
        share = np.mean(workload.recall_of(nprobe) == 0)
        assert workload.zero_recall[nprobe - 1] == pytest.approx(share)
    assert workload.zero_recall[0] > 0.05
    assert workload.zero_recall[-1] == 0


@pytest.mark.parametrize("some", [slice(0, 300), slice(40, 47), slice(299, 300)])
def test_curves_hold_what_each_query_finds_at_every_nprobe(some):
    index, queries = spread_index()
    workload = open_index(index).evaluate(queries, 10, progress=False)
    curves = workload.curves_of(some)
    for nprobe in range(1, 41):
        np.testing.assert_allclose(curves.at(nprobe) / 10, workload.recall_of(nprobe)[some])


@pytest.mark.parametrize("metric", METRICS)
def test_the_cost_is_the_share_of_the_vectors_that_are_compared(metric):
    index, queries = spread_index(metric)
    opened = open_index(index)
    workload = opened.evaluate(queries[:20], 3, progress=False)
    for nprobe in (1, 7, 40):
        compared = [opened.trace(query, nprobe, 3).n_distances - 40 for query in queries[:20]]
        assert workload.scanned[nprobe - 1] == pytest.approx(np.mean(compared) / 3000)


def test_levels_and_nprobes_are_read_off_the_recalls_of_the_queries():
    index, queries = spread_index()
    workload = open_index(index).evaluate(queries, 10, progress=False)
    recalls = np.array([workload.recall_of(nprobe) for nprobe in range(1, 41)])
    for share in (0.5, 0.95, 0.99, 1.0):
        place = 300 - math.ceil(share * 300)
        np.testing.assert_allclose(workload.reached(share), np.sort(recalls, axis=1)[:, place])
    for target in (0.1, 0.5, 0.95, 1.0):
        expected = int(np.flatnonzero(recalls.mean(axis=1) >= target - 1e-9)[0]) + 1
        assert workload.nprobe_for(recall=target) == expected
        for share in (0.5, 0.99, 1.0):
            enough = (recalls >= target - 1e-9).mean(axis=1) >= share - 1e-9
            assert workload.nprobe_for(recall=target, share=share) == int(np.flatnonzero(enough)[0]) + 1
    np.testing.assert_array_equal(
        workload.nprobe_needed, [int(np.flatnonzero(r >= 1)[0]) + 1 for r in recalls.T]
    )


def test_the_hardest_queries_need_most():
    index, queries = spread_index()
    workload = open_index(index).evaluate(queries, 10, progress=False)
    hardest = workload.hardest(25)
    needs = workload.nprobe_needed[hardest]
    assert (np.diff(needs) <= 0).all()
    assert needs[-1] >= np.sort(workload.nprobe_needed)[-25]
    assert len(set(hardest)) == 25
    assert len(workload.hardest(1000)) == 300
    assert len(workload.hardest(0)) == 0


def test_a_frame_has_a_row_for_each_query(clustered):
    index, _ = clustered
    index.nprobe = 3
    workload = open_index(index).evaluate([5, 9, 4], 10, progress=False)
    frame = workload.to_pandas()
    assert frame["id"].tolist() == [5, 9, 4]
    assert frame["recall"].tolist() == workload.recall_of(3).tolist()
    assert frame["nprobe_needed"].tolist() == workload.nprobe_needed.tolist()
    assert workload.to_pandas(nprobe=20)["recall"].tolist() == [1, 1, 1]
    assert "recall" in repr(workload)


def test_a_sample_is_drawn_from_the_index_with_its_seed():
    index, _ = make_ivf(500, 8, 10, ids=np.arange(500) * 3 + 10**15)
    opened = open_index(index)
    first, again, other = (opened.evaluate(40, 5, seed=seed, progress=False) for seed in (7, 7, 8))
    assert first.ids.tolist() == again.ids.tolist() != other.ids.tolist()
    assert (first.source, first.seed, len(set(first.ids.tolist()))) == ("sample", 7, 40)
    assert ((first.ids - 10**15) % 3 == 0).all()
    assert len(opened.evaluate(10**6, 5, progress=False)) == 500


def test_leaving_the_query_out_is_what_remains_of_a_search_for_one_more():
    index, _ = spread_index()
    opened = open_index(index)
    ids = np.arange(0, 3000, 30)
    vectors = opened.vectors_of(ids)
    workload = opened.evaluate(ids, 10, include_self=False, progress=False)
    for nprobe in (1, 5, 20):
        index.nprobe = 40
        true = [
            [j for j in row if j != i][:10] for i, row in zip(ids, index.search(vectors, 11)[1], strict=True)
        ]
        index.nprobe = nprobe
        found = [
            [j for j in row if j != i][:10] for i, row in zip(ids, index.search(vectors, 11)[1], strict=True)
        ]
        expected = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, true, strict=True)])
        assert workload.recall[nprobe - 1] == pytest.approx(expected)
    assert not workload.include_self


def test_rankings_and_lists_are_taken_in_parts_of_bounded_size(monkeypatch):
    index, queries = spread_index()
    opened = open_index(index)
    whole = opened.evaluate(queries, 10, progress=False)
    monkeypatch.setattr(rankings, "RANKING_BYTES", 32 * 40 * 7)
    monkeypatch.setattr(batch_search, "BLOCK_BYTES", 4 * 24 * 100)
    monkeypatch.setattr(list_blocks, "KEPT_BYTES", 0)
    monkeypatch.setattr(rankings, "LEAST_BATCH", 20)
    monkeypatch.setattr(rankings, "blas_work", lambda: 24)
    monkeypatch.setattr(workload_truth, "blas_work", lambda: 24)
    cut = rankings.batches(300, 24, 40)
    parts = list(itertools.chain(*cut))
    assert max(part.stop - part.start for part in parts) == 7
    assert all(left.stop == right.start for left, right in itertools.pairwise(parts))
    assert len(cut) > 10
    np.testing.assert_array_equal(opened.evaluate(queries, 10, progress=False).found_at, whole.found_at)


@pytest.mark.parametrize("count", [1, 2, 3, 1023, 1024, 1025, 2000, 5000])
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_batches_hold_every_query_once(count, threads, faiss_threads):
    faiss_threads(threads)
    parts = list(itertools.chain(*rankings.batches(count, 128, 100)))
    assert parts[0].start == 0
    assert parts[-1].stop == count
    assert all(left.stop == right.start for left, right in itertools.pairwise(parts))
    assert all(part.stop > part.start for part in parts)


def test_where_products_cannot_tell_each_query_is_answered_by_itself(monkeypatch):
    index, queries = spread_index()
    opened = open_index(index)
    expected = opened.evaluate(queries[:30], 10, progress=False)
    monkeypatch.setattr(
        batch_search.BatchSearch, "_certain", lambda _self, ids, _distances: np.zeros(len(ids), bool)
    )
    np.testing.assert_array_equal(
        opened.evaluate(queries[:30], 10, progress=False).found_at, expected.found_at
    )


def test_duplicates_and_ties_are_no_misses():
    vectors = np.repeat(np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32), 25, axis=0)
    index = ivf_around(vectors[::50])
    index.add(vectors)
    workload = open_index(index).evaluate(vectors[::100], 10, progress=False)
    np.testing.assert_array_equal(workload.found_at, 1)
    assert workload.nprobe_for(recall=1.0, share=1.0) == 1


def test_an_index_that_limits_the_vectors_compared():
    index, queries = spread_index()
    index.max_codes = 200
    opened = open_index(index)
    workload = opened.evaluate(queries[:20], 10, progress=False)
    for i, query in enumerate(queries[:20]):
        np.testing.assert_array_equal(workload.found_at[i], opened.explain(query, 10).found_at)
    assert workload.scanned[-1] == pytest.approx(200 / 3000)
    assert workload.nprobe_for(recall=1.0) is None
    assert workload.nprobe_for(recall=1.0, share=0.5) is None


def test_an_evaluation_grows_batch_by_batch_and_keeps_what_it_has_when_it_is_stopped(monkeypatch):
    index, queries = spread_index()
    monkeypatch.setattr(rankings, "LEAST_BATCH", 50)
    monkeypatch.setattr(rankings, "blas_work", lambda: 24)
    monkeypatch.setattr(workload_truth, "blas_work", lambda: 24)
    monkeypatch.setattr(rankings, "RANKING_BYTES", 32 * 40 * 60)
    opened = open_index(index)
    whole = opened.evaluate(queries, 10, progress=False)
    evaluation = opened.evaluation(queries, 10)
    seen = []

    def progress(done, asked):
        assert asked == 300
        assert not seen or done >= seen[-1]
        seen.append(done)
        if done > 130:
            raise TimeoutError

    lengths = []

    def take_all():
        for done in evaluation.run(progress):
            workload = evaluation.workload(None)
            assert len(workload) == done
            lengths.append(done)
            np.testing.assert_array_equal(workload.found_at, whole.found_at[: len(workload)])

    with pytest.raises(TimeoutError):
        take_all()
    kept = evaluation.workload("stopped")
    assert lengths == [50, 100]
    assert len(kept) == 150
    np.testing.assert_array_equal(kept.found_at, whole.found_at[:150])
    assert (kept.asked, kept.reason) == (300, "stopped")
    assert f"{len(kept)} of 300" in repr(kept)
    recalls = [kept.recall_of(nprobe).mean() for nprobe in range(1, 41)]
    np.testing.assert_allclose(kept.recall, recalls)


def test_an_interrupt_from_the_keyboard_keeps_what_was_computed(monkeypatch):
    index, queries = spread_index()
    monkeypatch.setattr(rankings, "LEAST_BATCH", 50)
    monkeypatch.setattr(rankings, "blas_work", lambda: 24)
    monkeypatch.setattr(workload_truth, "blas_work", lambda: 24)
    monkeypatch.setattr(rankings, "RANKING_BYTES", 32 * 40 * 60)
    opened = open_index(index)

    def interrupt(done, _asked):
        if done > 160:
            raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match="of 300 queries were evaluated"):
        kept = opened.evaluate(queries, 10, progress=interrupt)
    assert 0 < len(kept) < 300
    assert kept.reason == evaluation_module.INTERRUPTED

    def at_once(_done, _asked):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened.evaluate(queries, 10, progress=at_once)


class TestEndedOnTheWay:
    """What is kept of queries that are compared together, when somebody ends them all."""

    @pytest.fixture(autouse=True)
    def many_runs(self, monkeypatch):
        monkeypatch.setattr(batch_search, "BLOCK_BYTES", 4 * 24 * 100)

    def part_and_whole(self, opened, queries, progress, **options):
        with pytest.warns(RuntimeWarning, match="queries were evaluated"):
            part = opened.evaluate(queries, 10, progress=progress, **options)
        return part, opened.evaluate(queries, 10, progress=False, **options)

    @pytest.mark.parametrize("metric", METRICS)
    @pytest.mark.parametrize("include_self", [True, False])
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_the_first_queries_are_finished(self, monkeypatch, metric, include_self, share):
        monkeypatch.setattr(workload_truth, "LEAST_CHUNK", 400)
        opened = open_index(spread_index(metric)[0])
        seen = []

        def interrupt(done, asked):
            seen.append(done)
            if done >= share * asked:
                raise KeyboardInterrupt

        part, whole = self.part_and_whole(opened, 200, interrupt, include_self=include_self)
        assert share * 200 * 0.8 <= len(part) <= seen[-1]
        np.testing.assert_array_equal(part.found_at, whole.found_at[: len(part)])
        np.testing.assert_array_equal(part.ids, whole.ids[: len(part)])
        alone = opened.evaluate(part.ids, 10, progress=False, include_self=include_self)
        np.testing.assert_allclose(part.scanned, alone.scanned)

    @pytest.mark.parametrize("room", [1, 7, 10**6])
    def test_no_more_are_finished_than_soon_can_be(self, monkeypatch, room):
        monkeypatch.setattr(workload_truth, "LEAST_CHUNK", 400)
        monkeypatch.setattr(workload_truth, "FINISHED_WORK", room * 3000 * 24 // 2)
        opened = open_index(spread_index()[0])

        def interrupt(done, asked):
            if done >= 0.5 * asked:
                raise KeyboardInterrupt

        part, whole = self.part_and_whole(opened, 200, interrupt)
        # Half or a little less is left.
        assert room <= len(part) <= 2 * room if room < 100 else 100 <= len(part) < 150
        np.testing.assert_array_equal(part.found_at, whole.found_at[: len(part)])

    @pytest.mark.parametrize("before", [True, False])
    def test_an_interrupt_while_vectors_are_compared(self, monkeypatch, before):
        monkeypatch.setattr(workload_truth, "LEAST_CHUNK", 400)
        opened = open_index(spread_index()[0])
        real, calls = batch_search.faiss.knn, []

        def knn(*arguments, **options):
            calls.append(1)
            if len(calls) == 6 and before:
                raise KeyboardInterrupt
            found = real(*arguments, **options)
            if len(calls) == 6:
                raise KeyboardInterrupt
            return found

        monkeypatch.setattr(batch_search.faiss, "knn", knn)
        part, whole = self.part_and_whole(opened, 200, lambda _done, _asked: None)
        assert 0 < len(part) < 200
        np.testing.assert_array_equal(part.found_at, whole.found_at[: len(part)])

    def test_an_interrupt_while_vectors_are_read_leaves_the_queries_before(self, monkeypatch):
        monkeypatch.setattr(workload_truth, "LEAST_CHUNK", 50)
        monkeypatch.setattr(list_blocks, "KEPT_BYTES", 0)
        opened = open_index(spread_index()[0])
        real, calls = list_blocks.inverted_lists.borrowed_vectors, []

        def borrowed(*arguments):
            calls.append(1)
            # Of 40 lists in each round, and those that the candidates are in.
            if len(calls) == 110:
                raise KeyboardInterrupt
            return real(*arguments)

        monkeypatch.setattr(list_blocks.inverted_lists, "borrowed_vectors", borrowed)
        part, whole = self.part_and_whole(opened, 200, lambda _done, _asked: None)
        assert len(part) == 50
        np.testing.assert_array_equal(part.found_at, whole.found_at[:50])

    def test_an_index_that_is_changed_meanwhile_is_said_to_be(self, monkeypatch):
        monkeypatch.setattr(list_blocks, "KEPT_BYTES", 0)
        index, queries = spread_index()
        opened = open_index(index)
        added = []

        def progress(done, _asked):
            if done > 0 and not added:
                added.append(1)
                index.add(queries)

        with pytest.raises(IndexChangedError, match=r"the index was changed meanwhile: cluster \d+ held"):
            opened.evaluate(200, 10, progress=progress)

    def test_an_interrupt_while_doubtful_ones_are_settled(self, monkeypatch):
        vectors = np.repeat(make_vectors(100, 16), 30, axis=0)
        index = ivf_around(vectors[::300])
        index.add(vectors)
        opened = open_index(index)
        real, calls = GroundTruth.explain_steps, []

        def explain_steps(truth, *arguments):
            calls.append(1)
            if len(calls) == 12:
                raise KeyboardInterrupt
            return real(truth, *arguments)

        monkeypatch.setattr(GroundTruth, "explain_steps", explain_steps)
        part, whole = self.part_and_whole(opened, 60, lambda _done, _asked: None)
        assert len(part) == 11
        np.testing.assert_array_equal(part.found_at, whole.found_at[: len(part)])

    @pytest.mark.parametrize("given", [True, False])
    def test_where_each_takes_a_search_of_its_own(self, given):
        vectors = make_vectors(2000, 16)
        index = faiss.index_factory(16, "IVF20,SQ4")
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index, vectors=vectors if given else None)

        def interrupt(done, asked):
            if done >= 0.8 * asked:
                raise KeyboardInterrupt

        part, whole = self.part_and_whole(opened, 100, interrupt)
        assert 55 <= len(part) <= 80
        np.testing.assert_array_equal(part.found_at, whole.found_at[: len(part)])
        np.testing.assert_allclose(part.recall, [part.recall_of(n).mean() for n in range(1, 21)])


@pytest.mark.parametrize("given", [True, False])
def test_each_query_that_is_evaluated_takes_next_to_no_memory(monkeypatch, given):
    monkeypatch.setattr(evaluation_module, "TOGETHER", 20)
    vectors = make_vectors(2000, 8)
    index = faiss.index_factory(8, "IVF256,SQ8")
    index.train(vectors)
    index.add(vectors)
    opened = open_index(index, vectors=vectors if given else None)
    evaluation = opened.evaluation(vectors[:230], 10)
    held = {}
    tracemalloc.start()
    try:
        for done in evaluation.run(lambda _done, _asked: None):
            if done in (30, 230):
                gc.collect()
                held[done] = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # The clusters compared at each nprobe alone would be 2 kB.
    assert (held[230] - held[30]) / 200 < 500
    kept = evaluation.workload(None)
    np.testing.assert_array_equal(kept.found_at, opened.evaluate(vectors[:230], 10, progress=False).found_at)


@pytest.mark.parametrize("name", ["Flat", "SQ8", "PQ4x4"])
@pytest.mark.parametrize("limit", [0, 70, 300])
def test_the_vectors_compared_are_as_many_as_faiss_counts(name, limit):
    vectors = make_vectors(2000, 16)
    index = faiss.index_factory(16, f"IVF20,{name}")
    index.train(vectors)
    index.add(vectors)
    index.max_codes = limit
    workload = open_index(index).evaluate(vectors[:20], 5, progress=False)
    for nprobe in range(1, 21):
        index.nprobe = nprobe
        faiss.cvar.indexIVF_stats.reset()
        for query in vectors[:20]:
            index.search(query[None], 5)
        assert workload.scanned[nprobe - 1] == pytest.approx(faiss.cvar.indexIVF_stats.ndis / 20 / 2000)


def test_a_bar_is_shown_for_what_takes_a_while(monkeypatch, capsys):
    index, queries = spread_index()
    monkeypatch.setattr(evaluation_module, "SOON", 0)
    opened = open_index(index)
    opened.evaluate(queries, 10)
    assert "queries" in capsys.readouterr().err
    opened.evaluate(queries, 10, progress=False)
    assert capsys.readouterr().err == ""


def test_threads_are_left_as_they_were_and_can_evaluate_at_once(faiss_threads):
    index, queries = spread_index()
    faiss_threads(2)
    opened = open_index(index)
    expected = opened.evaluate(queries, 10, progress=False)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(opened.evaluate(queries, 10, progress=False)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    for answer in answers:
        np.testing.assert_array_equal(answer.found_at, expected.found_at)
    assert faiss.omp_get_max_threads() == 2


@pytest.mark.parametrize(
    ("queries", "error", "words"),
    [
        (0, ValueError, "at least 1 query, got 0"),
        (-3, ValueError, "got -3"),
        (True, TypeError, "got True"),
        (None, TypeError, "got None"),
        ("all", TypeError, "got 'all'"),
        ([], ValueError, "at least one, got none"),
        (np.empty((0, 16)), ValueError, "at least one, got none"),
        (2.5, TypeError, "got float"),
        (np.zeros(16), ValueError, r"got float64 of shape \(16,\)"),
        (np.zeros((3, 15)), ValueError, r"of shape \(3, 15\)"),
        (np.array([["a"]]), TypeError, "array of"),
        ([1, 2, 10**9], UnknownIdError, "1000000000 is not in it"),
        (np.array([2**63], np.uint64), ValueError, "fit in int64"),
        (np.full((2, 16), [[0.0], [np.nan]]), ValueError, "query 1 is not"),
        (np.full((1, 16), 1e300), ValueError, "query 0 is not"),
        ([[1, 2], [3]], ValueError, "queries must be"),
    ],
)
def test_bad_queries_are_named(clustered, queries, error, words):
    with pytest.raises(error, match=words):
        open_index(clustered[0]).evaluate(queries, 5)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda i: i.evaluate(5, 0), ValueError, "k must be at least 1"),
        (lambda i: i.evaluate(5, 3, seed=-1), ValueError, "seed must be at least 0"),
        (
            lambda i: i.evaluate(5, 3, progress=False).nprobe_for(recall=0),
            ValueError,
            "recall must be above 0",
        ),
        (lambda i: i.evaluate(5, 3, progress=False).nprobe_for(recall=1.1), ValueError, "got 1.1"),
        (lambda i: i.evaluate(5, 3, progress=False).nprobe_for(recall="1"), TypeError, "recall must be"),
        (
            lambda i: i.evaluate(5, 3, progress=False).nprobe_for(recall=1, share=2),
            ValueError,
            "share must be",
        ),
        (lambda i: i.evaluate(5, 3, progress=False).reached(0), ValueError, "share must be"),
        (lambda i: i.evaluate(5, 3, progress=False).recall_of(21), ValueError, "nlist=20, got 21"),
        (lambda i: i.evaluate(5, 3, progress=False).hardest(-1), ValueError, "n must be at least 0"),
        (lambda i: i.evaluate(5, 3, progress=False).hardest(1.5), TypeError, "n must be an int"),
    ],
)
def test_a_bad_argument_is_named(clustered, call, error, words):
    with pytest.raises(error, match=words):
        call(open_index(clustered[0]))


def test_fewer_vectors_than_neighbours_asked_for():
    index, vectors = make_ivf(6, 4, 3)
    opened = open_index(index)
    workload = opened.evaluate(vectors, 50, progress=False)
    assert workload.found_at.shape == (6, 6)
    assert workload.k == 50
    assert workload.recall[-1] == 1
    assert opened.evaluate(6, 50, include_self=False, progress=False).found_at.shape == (6, 5)


def test_one_vector_that_is_left_out_leaves_nothing_to_find():
    index, _ = make_ivf(1, 4, 1)
    workload = open_index(index).evaluate([0], 5, include_self=False, progress=False)
    assert workload.found_at.shape == (1, 0)
    assert workload.recall.tolist() == [1]
    assert workload.nprobe_needed.tolist() == [1]
    assert workload.nprobe_for(recall=1.0, share=1.0) == 1
    assert workload.reached(1.0).tolist() == [1]
    assert workload.hardest().tolist() == [0]
    assert workload.zero_recall.tolist() == [0]
    assert len(workload.curves_of(slice(0, 1)).changes) == 0


def test_it_can_be_read_by_hand():
    workload = Workload(
        found_at=np.array([[1, 1, 4], [2, 2, 2], [1, 3, 6]], np.int32),
        scanned=np.array([0.2, 0.4, 0.6, 0.8, 1.0]),
        k=3,
        nprobe=2,
        source="vectors",
        ids=None,
        seed=None,
        asked=3,
        reason=None,
        include_self=True,
        exact=True,
    )
    np.testing.assert_allclose(workload.recall, np.array([3, 6, 7, 8, 8]) / 9)
    assert workload.nprobe_needed.tolist() == [4, 2, 6]
    assert workload.hardest(2).tolist() == [2, 0]
    assert workload.nprobe_for(recall=1.0) is None
    assert workload.nprobe_for(recall=2 / 3, share=1.0) == 3
    np.testing.assert_allclose(workload.reached(1.0), np.array([0, 1, 2, 2, 2]) / 3)
    np.testing.assert_allclose(workload.reached(0.3), np.array([2, 3, 3, 3, 3]) / 3)
    np.testing.assert_allclose(workload.zero_recall, np.array([1, 0, 0, 0, 0]) / 3)
    curves = workload.curves_of(slice(1, 3))
    assert curves.queries.tolist() == [0, 1, 1]
    assert curves.nprobes.tolist() == [2, 1, 3]
    assert curves.changes.tolist() == [3, 1, 1]
    assert list(workload.to_pandas().columns) == ["nprobe_needed", "recall"]


def test_many_queries_of_many_clusters():
    vectors = make_vectors(4000, 12, 30, seed=5)
    index = ivf_around(vectors[:400])
    index.add(vectors)
    opened = open_index(index)
    workload = opened.evaluate(500, 20, progress=False)
    alone = [opened.explain(int(row_id), 20).found_at for row_id in workload.ids[::25]]
    np.testing.assert_array_equal(workload.found_at[::25], alone)
