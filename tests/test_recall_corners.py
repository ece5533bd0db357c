"""Recall, certainty and workloads where they are easily wrong, held against Faiss's own searches."""

import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest
from makers import METRICS, ivf_around, make_ivf, make_vectors

import feder_widget as fw
from feder_widget.engines import open_index
from feder_widget.truth.neighbours import batch_search
from feder_widget.truth.workloads import workload_truth

GROWTH = """
import re, sys
from pathlib import Path
from makers import ivf_around, make_vectors
from feder_widget.engines import open_index
n, dim, nlist, warm, k = map(int, sys.argv[1:])
vectors = make_vectors(n, dim, 40)
index = ivf_around(vectors[:nlist])
index.add(vectors)
opened = open_index(index)
# Of this program alone, unlike ru_maxrss, which begins with that of the process that started it.
peak = lambda: 1024 * int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
opened.evaluate(vectors[:warm], k, progress=False)
before = peak()
opened.evaluate(vectors, k, progress=False)
print(peak() - before)
"""
"""Prints by how many bytes the memory at its highest has grown in evaluating all vectors after some."""


def searched(faiss_index, query, nprobe, k):
    faiss_index.nprobe = nprobe
    return faiss_index.search(query[None], k)


def wrong_certificates(faiss_index, queries, nprobes, k):
    """Count the searches that are certified exact, and those of them that are not what a search of all is."""
    opened, nlist = open_index(faiss_index), faiss_index.nlist
    certified = wrong = 0
    for query in queries:
        truth = searched(faiss_index, query, nlist, k)[0]
        for nprobe in nprobes:
            if opened.certainty(query, nprobe, k).certified:
                certified += 1
                wrong += not np.array_equal(searched(faiss_index, query, nprobe, k)[0], truth)
    return certified, wrong


class TestCertainty:
    def test_a_cluster_that_max_codes_cuts_short_is_not_ruled_out(self):
        index, vectors = make_ivf(2000, 8, 20)
        queries = vectors[:50] + np.float32(0.01)
        index.max_codes = 50
        opened = open_index(index)
        assert not opened.certainty(queries[0], 20, 10).certified
        for query in queries:
            for nprobe in (1, 5, 20):
                if opened.certainty(query, nprobe, 10).certified:
                    assert opened.explain(query, 10).recall(nprobe) == 1
        index.max_codes = index.ntotal
        assert open_index(index).certainty(queries[0], 20, 10).certified

    @pytest.mark.parametrize("metric", [faiss.METRIC_L1, faiss.METRIC_Linf, faiss.METRIC_Canberra])
    def test_planes_count_only_where_the_lists_were_chosen_by_l2(self, metric):
        vectors = make_vectors(3000, 4)
        quantizer = faiss.IndexFlat(4, metric)
        quantizer.add(vectors[:40])
        index = faiss.IndexIVFFlat(quantizer, 4, 40)
        index.is_trained = True
        index.add(vectors)
        (*_, known) = filter(None, open_index(index).survey())
        assert not known.proper.any()
        certified, wrong = wrong_certificates(index, vectors[:100] + np.float32(0.3), (1, 2, 4, 20, 39), 5)
        assert certified > 0
        assert wrong == 0

    @pytest.mark.parametrize("metric", METRICS)
    def test_a_row_of_nan_is_no_reason_to_rule_a_cluster_out(self, metric):
        vectors = make_vectors(3000, 4)
        index = ivf_around(vectors[:20], metric)
        index.add(vectors)
        nothing = np.full((20, 4), np.nan, np.float32)
        index.add_core(
            20, *(faiss.swig_ptr(a) for a in (nothing, np.arange(9000, 9020), np.arange(20, dtype=np.int64)))
        )
        opened = open_index(index)
        assert not np.isnan(opened.bounds(vectors[0])).any()
        certified, wrong = wrong_certificates(index, vectors[:60] + np.float32(0.01), (1, 4, 12), 5)
        assert certified > 0
        assert wrong == 0

    def test_a_cluster_that_holds_nothing_but_nan_is_as_good_as_empty(self):
        index = ivf_around(np.float32([[0, 0], [9, 9]]))
        index.add(np.float32([[0, 1], [1, 0]]))
        nothing = np.full((1, 2), np.nan, np.float32)
        index.add_core(1, *(faiss.swig_ptr(a) for a in (nothing, np.array([7]), np.array([1]))))
        opened = open_index(index)
        assert opened.bounds([0, 0])[1] == np.inf
        assert opened.certainty([0, 0], 1, 2).certified

    def test_a_bound_that_overflows_rules_nothing_out(self):
        rng = np.random.default_rng(0)
        vectors = rng.normal(size=(50, 4)).astype(np.float32)
        vectors[25:] *= np.float32(2e19)
        index = ivf_around(rng.normal(size=(5, 4)).astype(np.float32), "inner product")
        index.add(vectors)
        _, wrong = wrong_certificates(index, vectors[:25], range(1, 5), 30)
        assert wrong == 0

    def test_distances_that_are_sums_of_large_terms_are_allowed_their_rounding(self):
        vectors = make_vectors(2000, 16) + np.float32(1e4)
        index = faiss.index_factory(16, "IVF20,PQ4x8")
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index)
        for query in vectors[:40]:
            best = opened.bounds(query)
            for cluster in range(20):
                assert (opened.scan(query, [cluster]).distances >= best[cluster]).all()

    @pytest.mark.parametrize("offset", [0, 100, 1e6, 1e7])
    @pytest.mark.parametrize("factory", ["IVF8,PQ2x4", "IVF8,PQ8x4np"])
    def test_distances_below_zero_are_not_ruled_out(self, factory, offset):
        rng = np.random.default_rng(1)
        vectors = np.repeat((rng.normal(size=(600, 16)) + offset).astype(np.float32)[:10], 60, axis=0)
        index = faiss.index_factory(16, factory)
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index)
        for query in vectors[::60]:
            best = opened.bounds(query)
            for cluster in range(8):
                assert (opened.scan(query, [cluster]).distances >= best[cluster]).all()
        assert wrong_certificates(index, vectors[::60], (1, 3), 3)[1] == 0

    def test_centroids_that_all_but_coincide_seen_from_afar(self):
        rng = np.random.default_rng(0)
        centroids = (rng.normal(size=(5, 4)) * 1e-17).astype(np.float32)
        index = ivf_around(centroids)
        index.add(centroids)
        opened = open_index(index)
        for query in rng.normal(size=(200, 4)).astype(np.float32):
            best = opened.bounds(query)
            for cluster in range(5):
                assert (opened.scan(query, [cluster]).distances >= best[cluster]).all()

    @pytest.mark.parametrize("k", [2001, 2**40, 2**63])
    def test_more_neighbours_than_there_are_leave_every_cluster_open(self, k):
        index, vectors = make_ivf(2000, 8, 20)
        certainty = open_index(index).certainty(vectors[0], 3, k)
        assert (certainty.open, certainty.unprobed) == (17, 17)


class TestExplanation:
    @pytest.mark.parametrize("k", [2000, 2**31, 2**63])
    def test_more_neighbours_than_there_are_are_all_there_are(self, k):
        index, vectors = make_ivf(2000, 8, 20)
        opened = open_index(index, vectors=vectors)
        assert len(opened.explain(3, k, include_self=True)) == 2000
        assert len(opened.explain(3, k)) == 1999
        assert len(opened.ledger(3, k, 20, include_self=True).hits) == 2000
        assert len(opened.ledger(3, k, 20).hits) == 1999

    def test_a_cluster_that_a_coarse_search_never_returns_has_no_rank(self):
        vectors = make_vectors(3000, 16)
        quantizer = faiss.IndexHNSWFlat(16, 4)
        quantizer.hnsw.efConstruction = 8
        kmeans = faiss.Kmeans(16, 100, niter=5, seed=3)
        kmeans.train(vectors)
        quantizer.add(kmeans.centroids)
        index = faiss.IndexIVFFlat(quantizer, 16, 100)
        index.quantizer_trains_alone = 2
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index)
        never = 0
        for query in vectors[:60]:
            found = opened.explain(query, 10)
            np.testing.assert_array_equal(found.ranks > 100, found.returned_from > 100)
            for row_id, rank in zip(found.ids[:3], found.ranks[:3], strict=True):
                assert opened.verdict(query, int(row_id)).rank == rank
            never += int((found.ranks > 100).sum())
        assert never > 0

    @pytest.mark.parametrize("factory", ["IVF64,RaBitQfs", "IVF64,RaBitQ4", "IVF64,PQ4x4fsr"])
    def test_where_candidates_depend_on_nprobe_recall_is_that_of_faiss(self, factory):
        rng = np.random.default_rng(0)
        vectors = (
            rng.normal(size=(60, 16))[rng.integers(0, 60, 8000)] * 2 + rng.normal(size=(8000, 16))
        ).astype(np.float32)
        index = faiss.index_factory(16, factory)
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index)
        for query in (vectors[:25] + 0.5 * rng.normal(size=(25, 16))).astype(np.float32):
            explanation = opened.explain(query, 10)
            last = explanation.distances[-1]
            for nprobe in (1, 4, 16):
                _, ids = searched(index, query, nprobe, 10)
                strictly = explanation.ids[explanation.distances != last]
                missed = set(strictly.tolist()) - set(ids[0].tolist())
                assert missed <= set(explanation.missed(nprobe).tolist())
                if len(strictly) == 9:
                    hits = len(set(ids[0].tolist()) & set(explanation.ids.tolist()))
                    assert explanation.recall(nprobe) >= hits / 10
                    assert explanation.recall(nprobe) <= (hits + 1) / 10
        assert opened.why_no_curve is not None
        assert opened.evaluate(vectors[:5], 10, progress=False).evaluated_at.tolist() == [
            1,
            2,
            4,
            8,
            16,
            32,
            64,
        ]

    def test_a_single_nprobe_is_asked_for_where_one_is_wanted(self):
        index, vectors = make_ivf(500, 8, 10)
        opened = open_index(index)
        workload = opened.evaluate(vectors[:9], 3, progress=False)
        explanation = opened.explain(0, 3)
        for call in (explanation.missed, explanation.ledger, workload.recall_of, workload.ledger):
            with pytest.raises(TypeError, match="nprobe must be one int, got 2 of them"):
                call([1, 2])

    @pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT])
    def test_vectors_that_lost_dimensions_are_codes(self, metric):
        vectors = make_vectors(1000, 8)
        index = faiss.index_factory(8, "PCA4,IVF10,Flat", metric)
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index)
        assert (opened.basis, opened.exact) == ("codes", False)
        assert not opened.explain(0, 3).exact
        if metric == faiss.METRIC_L2:
            by_vectors = open_index(index, vectors=vectors)
            assert by_vectors.basis == "vectors"
            flat = faiss.IndexFlatL2(8)
            flat.add(vectors)
            found = flat.search(vectors[5:6], 10)[1][0]
            np.testing.assert_array_equal(by_vectors.explain(5, 9).ids, found[found != 5])

    @pytest.mark.parametrize(
        "kind", ["refined", "NSG", "HNSW unbounded", "residual beam", "behind PCA, refined"]
    )
    def test_where_the_ranking_depends_on_nprobe_recall_is_that_of_a_search_at_each(self, kind):
        vectors, queries = make_vectors(4000, 32, seed=1), make_vectors(12, 32, seed=2)
        quantizer = unsteady(kind, vectors[:128])
        index = faiss.IndexIVFFlat(quantizer, 32, quantizer.ntotal)
        index.is_trained = True
        index.quantizer_trains_alone = 2
        index.add(vectors)
        opened = open_index(index)
        assert "depends on nprobe" in opened.why_no_curve
        for query in queries:
            explanation = opened.explain(query, 10)
            for nprobe in (1, 2, 5, 10):
                distances, ids = searched(index, query, nprobe, 10)
                near = distances[0] <= explanation.distances[-1]
                assert explanation.recall(nprobe) == np.count_nonzero(near) / 10
                assert not set(explanation.missed(nprobe).tolist()) & set(ids[0].tolist())
        workload = opened.evaluate(queries, 10, progress=False)
        for nprobe in (1, 2, 8):
            alone = [opened.explain(query, 10).recall(nprobe) for query in queries]
            np.testing.assert_allclose(workload.recall_of(nprobe), alone)

    @pytest.mark.parametrize(
        "factory", ["_HNSW4", "_HNSW16", "(IVF12,Flat)", "(IVF12,SQ8)", "(SQ6)", "(PCA8,Flat)"]
    )
    def test_where_it_does_not_a_search_for_more_clusters_begins_with_those_of_one_for_fewer(self, factory):
        vectors = make_vectors(3000, 16, seed=1)
        index = faiss.index_factory(16, f"IVF150{factory},Flat")
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index)
        assert opened.inverted_file.centroids.is_steady
        quantizer, queries = faiss.downcast_index(index.quantizer), make_vectors(60, 16, seed=3)
        every = quantizer.search(queries, 150)[1]
        for nprobe in (1, 2, 3, 8, 16, 40, 100):
            np.testing.assert_array_equal(quantizer.search(queries, nprobe)[1], every[:, :nprobe])

    @pytest.mark.parametrize("factory", ["IVF10,Flat", "IDMap2,IVF10,Flat", "IVF10,RaBitQ4"])
    def test_negative_ids_are_found_as_others_are(self, factory):
        vectors = make_vectors(1000, 8)
        index = faiss.index_factory(8, factory)
        index.train(vectors)
        index.add_with_ids(vectors, np.arange(1000) - 1005)
        opened = open_index(index, vectors=None)
        if factory == "IVF10,RaBitQ4":
            assert opened.explain(vectors[5], 5).recall(10) > 0.5
            return
        assert len(opened.ledger(vectors[5], 5, 10).hits) == 5
        mean = fw.MeanLedger.of(opened.ledgers(vectors[:20], 5, 4))
        workload = opened.evaluate(vectors[:20], 5, progress=False)
        assert mean.recall == pytest.approx(workload.ledger(4).recall)

    def test_a_binary_index_without_a_heap_finds_what_faiss_finds(self):
        codes = np.random.default_rng(2).integers(0, 256, (900, 4)).astype(np.uint8)
        quantizer = faiss.IndexBinaryFlat(32)
        index = faiss.IndexBinaryIVF(quantizer, 32, 10)
        index.train(codes)
        index.add(codes)
        index.use_heap = False
        opened = open_index(index)
        for nprobe in (3, 10):
            _, ids = searched(index, codes[0], nprobe, 5)
            explanation = opened.explain(codes[0], 5)
            found = np.count_nonzero(ids[0] != -1)
            assert explanation.recall(nprobe) <= found / 5
            assert len(opened.ledger(codes[0], 5, nprobe).hits) <= found


HELD = []
"""Parts of quantizers whose own references end with them."""


def unsteady(kind, centroids):
    """Return a coarse quantizer that ranks other clusters first when it is asked for more."""
    dim = centroids.shape[1]
    if kind == "NSG":
        quantizer = faiss.IndexNSGFlat(dim, 16)
        quantizer.nsg.search_L = 1
        quantizer.add(centroids)
    elif kind == "HNSW unbounded":
        quantizer = faiss.IndexHNSWFlat(dim, 4)
        quantizer.hnsw.efSearch = 1
        quantizer.hnsw.search_bounded_queue = False
        quantizer.add(centroids)
    elif kind == "residual beam":
        quantizer = faiss.ResidualCoarseQuantizer(dim, 2, 3, faiss.METRIC_L2)
        quantizer.train(centroids)
        quantizer.set_beam_factor(1.0)
    elif kind == "refined":
        coded = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_4bit)
        coded.train(centroids)
        quantizer = faiss.IndexRefineFlat(coded)
        quantizer.add(centroids)
    else:
        pca = faiss.PCAMatrix(dim, 16)
        pca.train(centroids)
        coded = faiss.IndexScalarQuantizer(16, faiss.ScalarQuantizer.QT_4bit)
        coded.train(pca.apply(centroids))
        refined = faiss.IndexRefineFlat(coded)
        quantizer = faiss.IndexPreTransform(pca, refined)
        quantizer.add(centroids)
        HELD.extend([pca, coded, refined])
    return quantizer


class TestWorkload:
    @pytest.mark.parametrize(
        ("n", "dim", "nlist", "warm", "k", "most"),
        [
            # Results and the queries themselves, a few times over; what is compared took 290 MB more once.
            (20_000, 64, 16, 2000, 50, 80e6),
            # Rankings: all of them at once are 260 MB.
            (16_000, 8, 4096, 100, 10, 300e6),
        ],
    )
    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it so")
    def test_memory_is_bounded_however_many_queries_and_clusters_there_are(
        self, n, dim, nlist, warm, k, most
    ):
        # In a process of its own: what is measured is the highest that there ever was.
        done = subprocess.run(
            [sys.executable, "-c", GROWTH, *map(str, (n, dim, nlist, warm, k))],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent,
        )
        assert 0 < float(done.stdout) < most

    def test_very_many_neighbours_are_cut_into_no_more_parts_than_there_are_queries(self):
        for count in (1, 2, 24, 256):
            parts = list(workload_truth.chunks(count, 1024, 20_000))
            assert all(part.stop > part.start for part in parts)
            assert [parts[0].start, parts[-1].stop] == [0, count]

    @pytest.mark.parametrize("count", [600, 5000])
    def test_what_was_computed_when_it_is_interrupted_is_kept(self, count, monkeypatch):
        monkeypatch.setattr(batch_search, "BLOCK_BYTES", 4 * 16 * 200)
        opened = open_index(make_ivf(6000, 16, 50)[0])

        def interrupt(done, asked):
            if done > 0.6 * asked:
                raise KeyboardInterrupt

        with pytest.warns(RuntimeWarning, match=r"queries were evaluated"):
            part = opened.evaluate(count, 10, progress=interrupt)
        assert 0.4 * count < len(part) < count
        whole = opened.evaluate(count, 10, progress=False)
        np.testing.assert_array_equal(part.found_at, whole.found_at[: len(part)])

    @pytest.mark.parametrize("metric", METRICS)
    @pytest.mark.parametrize("far", [2e19, 1.7e19, 3e38])
    @pytest.mark.filterwarnings("ignore:.*in no list")
    def test_where_distances_overflow_it_is_its_queries_explained(self, metric, far):
        rng = np.random.default_rng(0)
        for seed in range(6):
            vectors = rng.normal(size=(20, 4)).astype(np.float32)
            vectors[: seed + 1] *= np.float32(far) / 4
            index = ivf_around(vectors[[0, 7, 8, 9, 10]], metric)
            index.add(vectors)
            opened = open_index(index)
            for k in (3, 15):
                workload = opened.evaluate(vectors, k, progress=False)
                found = [opened.explain(query, k) for query in vectors]
                for i, explanation in enumerate(found):
                    assert workload.recall_of(2)[i] == explanation.recall(2)
                    assert workload.nprobe_needed[i] == explanation.nprobe_needed
                curves = [explanation.recall(np.arange(1, 6)) for explanation in found]
                np.testing.assert_allclose(workload.recall, np.mean(curves, axis=0), atol=1e-12)

    @pytest.mark.parametrize("include_self", [False, True])
    def test_queries_that_have_fewer_neighbours_than_others(self, include_self):
        vectors = make_vectors(31, 4)
        # Three vectors under each id but the last one, which is alone.
        index = ivf_around(vectors[:5])
        index.add_with_ids(vectors, np.append(np.arange(30) // 3, 10))
        opened = open_index(index)
        ids = np.arange(11)
        workload = opened.evaluate(ids, 50, include_self=include_self, progress=False)
        found = [opened.explain(int(row), 50, include_self=include_self) for row in ids]
        assert workload.counts.tolist() == [len(each) for each in found]
        assert len(set(workload.counts.tolist())) == (1 if include_self else 2)
        curves = np.array([each.recall(np.arange(1, 6)) for each in found])
        np.testing.assert_allclose(workload.recall, curves.mean(axis=0))
        for nprobe in range(1, 6):
            np.testing.assert_allclose(workload.recall_of(nprobe), curves[:, nprobe - 1])
        assert workload.nprobe_needed.tolist() == [each.nprobe_needed for each in found]
        for share in (1e-12, 0.3, 0.5, 0.95, 1.0):
            place = len(ids) - max(1, int(np.ceil(share * len(ids))))
            reached = np.sort(curves, axis=0)[place]
            np.testing.assert_allclose(workload.reached(share), reached)
            for recall in (1e-12, 0.4, 28 / 30, 1.0):
                enough = np.flatnonzero(reached >= recall - 1e-9)
                assert workload.nprobe_for(recall=recall, share=share) == enough[0] + 1
        hardest = workload.hardest(3)
        assert (workload.nprobe_needed[hardest] >= np.sort(workload.nprobe_needed)[-3]).all()

    @pytest.mark.filterwarnings("ignore:.*in no list")
    def test_a_query_without_any_neighbour_has_missed_none(self):
        index = ivf_around(np.zeros((1, 2), np.float32))
        index.add(np.full((1, 2), 2e19, np.float32))
        opened = open_index(index)
        assert searched(index, np.zeros(2, np.float32), 1, 1)[1].tolist() == [[-1]]
        workload = opened.evaluate(np.zeros((3, 2)), 1, progress=False)
        explanation = opened.explain(np.zeros(2), 1)
        assert (len(explanation), explanation.recall(1)) == (0, 1)
        assert workload.recall.tolist() == [1]
        assert workload.nprobe_needed.tolist() == [1, 1, 1]
        assert workload.nprobe_for(recall=1.0, share=1.0) == 1


def test_the_widgets_query_id_is_searched_for_by_the_vector_given():
    vectors = make_vectors(1000, 4)
    index = faiss.index_factory(4, "IVF10,PQ2x4")
    index.train(vectors)
    index.add(vectors)
    widget = fw.FederWidget(open_index(index, vectors=vectors))
    widget.query_id = 5
    by_trait = widget.trace()
    widget.search(5)
    np.testing.assert_array_equal(by_trait.ids, widget.trace().ids)
    plain = open_index(index).trace(vectors[5], widget.nprobe, widget.k)
    np.testing.assert_array_equal(by_trait.ids, plain.ids)
    widget.close()


def test_a_query_id_whose_vector_nobody_knows_is_refused_and_changes_nothing():
    vectors = make_vectors(1000, 16)
    index = faiss.index_factory(16, "IVF10,RaBitQfs")
    index.train(vectors)
    index.add(vectors)
    widget = fw.FederWidget(index)
    with pytest.raises(ValueError, match="query by vector"):
        widget.query_id = 7
    assert widget.query_id is None
    widget.close()


@pytest.mark.parametrize("value", [2**64, 2**63, -(2**63) - 1])
def test_a_selection_beyond_int64_is_refused_and_changes_nothing(value):
    widget = fw.FederWidget(make_ivf(200, 4, 5)[0])
    widget.selection = [3, 2**63 - 1, -(2**63)]
    with pytest.raises(
        ValueError, match="selection must be between -9223372036854775808 and 9223372036854775807"
    ):
        widget.selection = [value]
    assert widget.selection == [3, 2**63 - 1, -(2**63)]
    assert widget.selected()["cluster"].tolist()[1:] == [-1, -1]
    widget.close()


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((5, 3), {"progress": 5}, "progress must be True, False or a function, got 5"),
        ((5, 3), {"progress": None}, "progress must be True, False or a function, got None"),
        (({1}, 3), {}, "queries must be a sample size, .* got set"),
    ],
)
def test_what_a_workload_cannot_be_made_of_is_named(arguments, options, words):
    with pytest.raises(TypeError, match=words):
        open_index(make_ivf(200, 4, 5)[0]).evaluate(*arguments, **options)
