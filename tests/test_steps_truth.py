"""Ground truth in pieces: the same answers as at once, bounded work per piece, closed at any piece."""

import itertools
from contextlib import closing

import faiss
import families
import numpy as np
import pytest
from makers import METRICS, ivf_around, make_ivf, make_vectors

from feder_widget import errors as fw_errors
from feder_widget.engines import open_index
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.inverted_lists import LIST_WORK
from feder_widget.model.work_pieces import ID_WORK, PIECE_WORK
from feder_widget.truth import survey
from feder_widget.truth.neighbours import batch_search, exhaustive_search
from feder_widget.truth.neighbours.row_comparison import RowComparison
from feder_widget.truth.search_stages import Spans
from feder_widget.truth.workloads import workload_truth

pytestmark = pytest.mark.usefixtures("one_thread")

K = 10
WORK = 1024 * 32
"""Multiplications per piece: 1,024 vectors at least, as few as a piece can have."""

BUILD = {
    "Flat": lambda: families.made("IVF12,Flat"),
    "Flat, inner product": lambda: families.made("IVF12,Flat", families.IP),
    "SQ8": lambda: families.made("IVF12,SQ8"),
    "PQ": lambda: families.made("IVF12,PQ4x4"),
    "PQ, inner product": lambda: families.made("IVF12,PQ4x4", families.IP),
    "RQ": lambda: families.made("IVF12,RQ3x4"),
    "RaBitQ": lambda: families.made("IVF12,RaBitQ"),
    "L1": lambda: families.other_metric(families.OTHER_METRICS["L1"]),
    "cosine": lambda: families.made("L2norm,IVF12,Flat", families.IP),
    "OPQ": lambda: families.made("OPQ4_8,IVF12,PQ4x4"),
    "id map": lambda: families.made("IDMap2,IVF12,Flat", ids=families.HARD_IDS["shuffled"]),
    "shards": lambda: families.sharded("IndexShards", families.L2, True),
    "binary": lambda: families.binary("flat", 64),
    "fast-scan": lambda: families.made("IVF12,PQ4x4fs"),
    "fast-scan by residual": lambda: families.made("IVF12,PQ4x4fsr"),
    "HNSW": lambda: families.large("IVF40_HNSW8,SQ8"),
    "refined": lambda: families.made("IVF12,PQ4x4,RFlat"),
}
WITH_VECTORS = ("SQ8", "PQ", "PQ, inner product", "OPQ", "fast-scan", "HNSW", "refined")


def cases():
    for name in BUILD:
        if name != "refined":
            yield name, False
        if name in WITH_VECTORS:
            yield name, True


@pytest.fixture(params=cases(), ids=lambda case: f"{case[0]}{', vectors' if case[1] else ''}")
def opened(request):
    name, given = request.param
    case = BUILD[name]()
    return open_index(case.index, vectors=case.vectors if given else None), case.queries


def stepped(steps):
    """Return how often a generator yielded, and its result."""
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return count, end.value
        count += 1


def fields(explanation):
    presence = explanation.presence
    found = [explanation.ids, explanation.distances, explanation.clusters, explanation.ranks]
    found += [presence.near.ids, presence.near.tied]
    if isinstance(presence, Spans):
        found += [presence.compared_from, presence.returned_from, presence.returned_until]
    return found


def assert_same(left, right):
    for one, other in zip(left, right, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_an_explanation_in_pieces_is_the_one_at_once(opened, monkeypatch):
    index, queries = opened
    monkeypatch.setattr(exhaustive_search, "FIRST_RUN", 40)
    for query, k in itertools.product(queries, (1, K, 400)):
        whole = index.explain(query, k)
        pieces, found = stepped(index.explain_steps(query, k, work=WORK))
        assert pieces > 1
        assert_same(fields(found), fields(whole))
        assert found.recall(3) == whole.recall(3)


def test_an_explanation_without_the_row_in_pieces_is_the_one_at_once(opened):
    index, _ = opened
    if index.inverted_file.family.decode is None and index.vectors_given is None:
        pytest.skip("rows of these codes cannot be searched for")
    row = index.random_id(np.random.default_rng(1))
    found = stepped(index.explain_steps(row, K, include_self=False, work=WORK))[1]
    assert_same(fields(found), fields(index.explain(row, K, include_self=False)))


def test_a_ledger_in_pieces_is_the_one_at_once(opened):
    index, queries = opened
    if index.basis == "codes":
        with pytest.raises(ValueError, match="pass the original vectors"):
            stepped(index.ledger_steps(queries[0], K, 2, work=WORK))
        return
    for query, nprobe in itertools.product(queries, (1, index.nlist)):
        whole = index.ledger(query, K, nprobe)
        found = stepped(index.ledger_steps(query, K, nprobe, work=WORK))[1]
        assert_same(
            [found.hits, found.lost_to_coarse, found.lost_to_code, found.lost_to_rerank],
            [whole.hits, whole.lost_to_coarse, whole.lost_to_code, whole.lost_to_rerank],
        )


def test_a_verdict_in_pieces_is_the_one_at_once(opened):
    index, queries = opened
    rng = np.random.default_rng(2)
    for query in queries:
        row = index.random_id(rng)
        for count in (True, False):
            whole = index.verdict(query, row, count=count)
            assert stepped(index.verdict_steps(query, row, count=count, work=WORK))[1] == whole


def test_a_workload_in_pieces_is_the_one_at_once(opened):
    index, queries = opened
    for include_self, asked in ((True, queries), (False, 12)):
        if not include_self and index.inverted_file.family.decode is None and index.vectors_given is None:
            continue
        evaluation = index.evaluation(asked, K, include_self=include_self)
        told = list(evaluation.steps(WORK))
        assert told == sorted(told)
        assert told[-1] == evaluation.asked == evaluation.done
        assert_same_workload(
            evaluation.workload(None), index.evaluate(asked, K, include_self=include_self, progress=False)
        )


def assert_same_workload(found, whole):
    assert_same([found.found_at, found.scanned], [whole.found_at, whole.scanned])
    assert_same([found.recall], [whole.recall])
    assert_same([found.evaluated_at], [whole.evaluated_at])
    if whole.compared_at is not None:
        assert_same([found.compared_at], [whole.compared_at])


@pytest.mark.parametrize("metric", METRICS)
def test_many_queries_in_pieces_are_each_as_it_is_explained(metric):
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(4000, 64)).astype(np.float32)
    index = ivf_around(vectors[:40], metric)
    index.add(vectors)
    opened = open_index(index)
    # Enough for Faiss to rank and compare them by matrix products.
    queries = rng.normal(size=(2100, 64)).astype(np.float32)
    evaluation = opened.evaluation(queries, 5)
    assert len(list(evaluation.steps())) > 15
    found = evaluation.workload(None).found_at
    for i in range(0, len(queries), 30):
        np.testing.assert_array_equal(found[i], opened.explain(queries[i], 5).found_at)


def test_a_memory_map_is_read_block_by_block(tmp_path, monkeypatch):
    case = families.made("IVF12,PQ4x4")
    np.save(tmp_path / "vectors.npy", case.vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    opened = open_index(case.index, vectors=mapped)
    blocks = []
    real = RowComparison.distances

    def watched(self, points, block, counted):
        blocks.append(len(block))
        return real(self, points, block, counted)

    monkeypatch.setattr(RowComparison, "distances", watched)
    whole = opened.explain(case.queries[0], K)
    assert blocks == [families.N]
    blocks.clear()
    pieces, found = stepped(opened.explain_steps(case.queries[0], K, work=WORK))
    assert len(blocks) > 1
    assert pieces >= len(blocks)
    assert sum(blocks) == families.N
    assert_same(fields(found), fields(whole))


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("codes", ["Flat", "PQ4x4"])
def test_a_read_that_is_closed_anywhere_leaves_the_next_one_right(codes, given, monkeypatch):
    monkeypatch.setattr(exhaustive_search, "FIRST_RUN", 40)
    case = families.made(f"IVF12,{codes}")
    opened = open_index(case.index, vectors=case.vectors if given else None)
    query = case.queries[0]
    whole = opened.explain(query, K)
    row = int(whole.ids[-1])
    verdict = opened.verdict(query, row)
    pieces = stepped(opened.explain_steps(query, K, work=WORK))[0]
    for n in range(pieces):
        opened.explain_steps(query, K, work=WORK).close()
        for steps in (opened.explain_steps(query, K, work=WORK), opened.verdict_steps(query, row, work=WORK)):
            with closing(steps):
                next(itertools.islice(steps, n, None), None)
    assert_same(fields(opened.explain(query, K)), fields(whole))
    assert opened.verdict(query, row) == verdict


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("codes", ["Flat", "SQ8"])
def test_a_workload_that_is_closed_anywhere_keeps_its_first_queries(codes, given, monkeypatch):
    monkeypatch.setattr(workload_truth, "LEAST_CHUNK", 20)
    vectors = make_vectors(3000, 16)
    index = faiss.index_factory(16, f"IVF20,{codes}")
    index.train(vectors)
    index.add(vectors)
    opened = open_index(index, vectors=vectors if given else None)
    whole = opened.evaluate(vectors[:60], 5, progress=False)
    pieces = len(list(opened.evaluation(vectors[:60], 5).steps(WORK)))
    kept = []
    for n in sorted({0, 1, 2, *range(3, pieces, max(1, pieces // 25)), pieces - 1}):
        evaluation = opened.evaluation(vectors[:60], 5)
        with closing(evaluation.steps(WORK)) as steps:
            for _ in itertools.islice(steps, n + 1):
                before = evaluation.done
        part = evaluation.workload("ended")
        assert len(part) == evaluation.done >= before
        np.testing.assert_array_equal(part.found_at, whole.found_at[: len(part)])
        assert len(part.recall) == 20
        kept.append(len(part))
    assert kept == sorted(kept)
    assert kept[0] == 0
    assert kept[-1] == 60
    assert_same_workload(opened.evaluate(vectors[:60], 5, progress=False), whole)


def test_a_survey_that_is_closed_anywhere_leaves_the_next_one_right(monkeypatch):
    index, vectors = make_ivf(3000, 8, 40)
    expected = open_index(index).bounds(vectors[0] + 1)
    monkeypatch.setattr(survey, "PIECE_WORK", 40_000)
    pieces = len(list(open_index(index).survey()))
    assert pieces > 20
    for n in range(pieces):
        opened = open_index(index)
        with closing(opened.survey()) as steps:
            next(itertools.islice(steps, n, None))
        np.testing.assert_array_equal(opened.bounds(vectors[0] + 1), expected)


@pytest.fixture(scope="module")
def long_list():
    """An index with a list that is longer than any piece, and its vectors."""
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(600_000, TestWorkPerPiece.DIM)).astype(np.float32)
    vectors[:500_000] *= 0.01
    centroids = np.concatenate([np.zeros((1, vectors.shape[1])), 20 * np.eye(vectors.shape[1])])
    index = ivf_around(centroids.astype(np.float32))
    index.add(vectors)
    assert index.invlists.list_size(0) > 2 * TestWorkPerPiece.MOST
    return open_index(index), vectors


@pytest.mark.parametrize("metric", METRICS)
def test_bounds_in_pieces_are_those_at_once(metric):
    index, vectors = make_ivf(3000, 8, 40, metric)
    opened = open_index(index)
    for query in vectors[:20] + np.float32(1):
        whole = opened.bounds(query)
        pieces, found = stepped(opened.known_bounds_steps(query, 8 * 32 * 7))
        assert pieces >= 40 // 7
        np.testing.assert_allclose(found, whole, rtol=1e-6)
    assert stepped(open_index(index).known_bounds_steps(vectors[0]))[1] is None


class TestWorkPerPiece:
    """By counting."""

    DIM = 32
    MOST = PIECE_WORK // DIM

    def test_one_query_compares_few_vectors_in_a_piece(self, long_list, monkeypatch):
        opened, _ = long_list
        sizes = []
        in_slice, in_lists = exhaustive_search.range_scan.nearer_in_slice, exhaustive_search.range_scan.nearer

        def nearer_in_slice(ivf, vector, cluster, to_centroid, some, limit):
            sizes.append(some.stop - some.start)
            return in_slice(ivf, vector, cluster, to_centroid, some, limit)

        def nearer(ivf, vector, clusters, to_centroids, limit):
            sizes.append(int(opened.list_sizes[clusters].sum()))
            return in_lists(ivf, vector, clusters, to_centroids, limit)

        query = np.full(self.DIM, 0.01, np.float32)
        whole = opened.explain(query, K)
        monkeypatch.setattr(exhaustive_search.range_scan, "nearer_in_slice", nearer_in_slice)
        monkeypatch.setattr(exhaustive_search.range_scan, "nearer", nearer)
        pieces, found = stepped(opened.explain_steps(query, K))
        assert_same(fields(found), fields(whole))
        assert max(sizes) <= self.MOST
        assert pieces >= len(sizes) >= 600_000 // self.MOST
        sizes.clear()
        far = int(whole.ids[-1])
        pieces, verdict = stepped(opened.verdict_steps(query, far))
        assert verdict.position == K
        assert max(sizes) <= self.MOST
        assert pieces >= len(sizes)

    def test_many_queries_compare_few_vectors_in_a_piece(self, long_list, monkeypatch):
        opened, vectors = long_list
        pairs = []
        real = batch_search.faiss.knn

        def knn(queries, block, *arguments, **options):
            pairs.append(len(queries) * len(block))
            return real(queries, block, *arguments, **options)

        monkeypatch.setattr(batch_search.faiss, "knn", knn)
        evaluation = opened.evaluation(vectors[:60], 3)
        pieces = len(list(evaluation.steps()))
        assert max(pairs) * self.DIM <= PIECE_WORK
        assert pieces >= len(pairs)
        assert evaluation.done == 60

    def test_rows_that_are_evaluated_are_looked_for_in_pieces(self, long_list):
        opened, _ = long_list
        steps = opened.evaluation([5, 599_999], 3).steps()
        assert next(n for n, done in enumerate(steps) if done > 0) > 600_000 * ID_WORK // PIECE_WORK

    def test_rows_are_drawn_in_pieces(self, monkeypatch):
        opened = open_index(make_ivf(600, nlist=300)[0])
        real, reads = InvertedFile.ids, []

        def ids(file, cluster, offsets=None):
            reads.append(cluster)
            return real(file, cluster, offsets)

        monkeypatch.setattr(InvertedFile, "ids", ids)
        seen = [len(reads) for _ in opened.evaluation(500, 3, seed=4).steps()]
        assert seen[0] == 0
        assert len(reads) == len(set(reads)) > PIECE_WORK // LIST_WORK
        assert np.diff(seen).max() <= PIECE_WORK // LIST_WORK + 1

    def test_the_survey_measures_few_vectors_in_a_piece(self, long_list, monkeypatch):
        opened, _ = long_list
        file, decoded = opened.inverted_file, [0]
        real = file.decode

        def decode(cluster, offsets=None):
            found = real(cluster, offsets)
            decoded[-1] += len(found)
            return found

        monkeypatch.setattr(file, "decode", decode)
        counts = []
        for _ in opened.survey():
            counts.append(decoded.pop())
            decoded.append(0)
        assert len(counts) > 20
        assert max(counts) <= max(PIECE_WORK // self.DIM, survey.blas_work() // self.DIM)


def test_an_index_that_changes_between_two_pieces_is_noticed_or_read_as_it_is():
    index, vectors = make_ivf(3000, 16, 20)
    opened = open_index(index)
    evaluation = opened.evaluation(vectors[:300], 5)
    steps = evaluation.steps(WORK)
    assert next(done for done in steps if done > 0) < 300
    index.remove_ids(np.arange(0, 3000, 2))
    with pytest.raises(fw_errors.IndexChangedError, match="changed meanwhile"):
        list(steps)
    steps = opened.explain_steps(vectors[1], 5, work=WORK)
    next(steps)
    index.remove_ids(np.arange(1, 2000, 2))
    assert len(stepped(steps)[1]) <= 5
    np.testing.assert_array_equal(opened.explain(vectors[2001], 1).ids, [2001])
