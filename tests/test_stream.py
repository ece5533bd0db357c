"""One search as messages, put together again and compared with Faiss."""

import itertools

import numpy as np
import pytest
from conversation import Received, assert_same_results, faiss_search, limit_streams, streamed
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from makers import ivf_around, make_ivf

from feder_widget.engines import open_index
from feder_widget.model.query import Query
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.answers.search import search_messages

METRICS = ("L2", "inner product")
MIB = 1 << 20


def messages(index, vector, nprobe, **options):
    return list(streamed(open_index(index), np.asarray(vector, np.float32), nprobe, **options))


@st.composite
def cases(draw):
    """An index with tied vectors and empty lists but no tied centroids, a query, nprobe and k_max."""
    d = draw(st.integers(1, 8))
    nlist = draw(st.integers(1, 12))
    n = draw(st.integers(1, 160))
    spread = draw(st.sampled_from([1, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    index = ivf_around(
        rng.normal(size=(nlist, d)).astype(np.float32) * spread, draw(st.sampled_from(METRICS))
    )
    vectors = rng.integers(-spread, spread + 1, size=(n, d)).astype(np.float32)
    ids = {
        "sequential": np.arange(n),
        "shuffled": rng.permutation(n) + 2**53,
        "anything": rng.integers(-(2**63), 2**63 - 1, size=n, endpoint=True),
        "negative": -2 - rng.permutation(n),
    }[draw(st.sampled_from(["sequential", "shuffled", "anything", "negative"]))]
    index.add_with_ids(vectors, ids.astype(np.int64))
    query = vectors[0] if draw(st.booleans()) else rng.normal(size=d).astype(np.float32)
    # Among equally distant centroids, Faiss may probe others at one nprobe than at the next.
    to_centroids, _ = index.quantizer.search(query[None], nlist)
    assume(len(np.unique(to_centroids)) == nlist)
    return index, query, draw(st.integers(1, nlist)), draw(st.sampled_from([1, 7, 200]))


def assert_every_prefix_is_the_search(index, received, query, k_max):
    similarity = open_index(index).similarity
    assert received.ranks == index.nlist
    for nprobe in range(1, index.nlist + 1):
        for k in {1, 2, k_max // 2 + 1, k_max}:
            if k <= k_max:
                assert_same_results(
                    received.results(nprobe, k, similarity), faiss_search(index, query, nprobe, k)
                )


@settings(max_examples=80, deadline=None, derandomize=True)
@given(cases())
def test_the_messages_hold_what_faiss_returns_at_every_nprobe(case):
    index, query, nprobe, k_max = case
    received = Received(messages(index, query, nprobe, k_max=k_max))
    assert received.coarse["complete"]
    assert_every_prefix_is_the_search(index, received, query, k_max)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(cases())
def test_so_do_the_pruned_messages_of_a_very_large_index(case):
    index, query, nprobe, k_max = case
    with pytest.MonkeyPatch.context() as patch:
        limit_streams(patch, complete_entries=0, chunk=16, piece=16)
        received = Received(messages(index, query, nprobe, k_max=k_max))
    assert not received.coarse["complete"]
    assert_every_prefix_is_the_search(index, received, query, k_max)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(cases(), st.integers(0, 10**6), st.booleans(), st.booleans())
def test_the_messages_hold_what_faiss_returns_without_the_row_searched_for(
    case, seed, is_pruned, is_repeated
):
    index, _, nprobe, k_max = case
    opened = open_index(index)
    row = int(opened.random_id(np.random.default_rng(seed)))
    vector = opened.query_vector(row)
    if is_repeated:
        index.add_with_ids(np.stack([vector, 1 - vector]), np.array([row, row]))
    similarity = opened.similarity
    assume(len(np.unique(opened.rank(row).distances)) == index.nlist)
    with pytest.MonkeyPatch.context() as patch:
        limit_streams(patch, **({"complete_entries": 0, "chunk": 16, "piece": 16} if is_pruned else {}))
        received = Received(messages(index, vector, nprobe, k_max=k_max, row_id=row))
    stored = np.concatenate([opened.list_ids(cluster) for cluster in range(index.nlist)])
    copies = int((stored == row).sum())
    assert received.coarse["copies"] == copies
    for one, k in itertools.product(range(1, index.nlist + 1), {1, k_max // 2 + 1, k_max}):
        found = received.results(one, k + copies, similarity)
        expected = faiss_search(index, vector, one, k + copies)
        kept, others = (np.flatnonzero(ids != row)[:k] for ids in (found[0], expected[0]))
        assert_same_results((found[0][kept], found[1][kept]), (expected[0][others], expected[1][others]))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases())
def test_so_do_the_messages_when_the_probed_clusters_are_too_large_to_send_whole(case):
    index, query, nprobe, k_max = case
    with pytest.MonkeyPatch.context() as patch:
        limit_streams(patch, full_candidates=20, chunk=8, piece=8)
        received = Received(messages(index, query, nprobe, k_max=k_max))
    assert_every_prefix_is_the_search(index, received, query, k_max)
    fine = received.fine_ranks()
    assert fine == list(range(1, len(fine) + 1))
    assert sum(len(received.ids[rank]) for rank in fine) <= 20


def test_pruning_leaves_out_what_no_longer_prefix_can_need(monkeypatch):
    index, vectors = make_ivf()
    whole = Received(messages(index, vectors[0], 2, k_max=10))
    limit_streams(monkeypatch, complete_entries=0)
    pruned = Received(messages(index, vectors[0], 2, k_max=10))
    count = [sum(len(ids) for ids in received.ids.values()) for received in (whole, pruned)]
    assert count[1] < 0.6 * count[0]


def test_messages_come_as_coarse_then_fine_then_nearest_then_done():
    index, vectors = make_ivf()
    packets = messages(index, vectors[0], 6)
    kinds = [message["kind"] for message, _ in packets]
    assert kinds == sorted(kinds, key=["coarse", "fine", "nearest", "done"].index)
    assert kinds[0] == "coarse"
    assert kinds[-1] == "done"
    assert Received(packets).fine_ranks() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("metric", METRICS)
def test_the_ranking_is_the_coarse_search_of_faiss(metric):
    index, vectors = make_ivf(metric=metric)
    received = Received(messages(index, vectors[3], 6))
    distances, clusters = index.quantizer.search(vectors[3:4], index.nlist)
    assert received.clusters.tolist() == clusters[0].tolist()
    assert received.distances.tolist() == distances[0].tolist()
    assert received.vector.tolist() == vectors[3].tolist()


@pytest.mark.parametrize("metric", METRICS)
def test_fine_holds_every_candidate_of_the_probed_clusters_in_list_order(metric):
    index, vectors = make_ivf(metric=metric)
    traceable = open_index(index)
    received = Received(messages(index, vectors[3], 6, k_max=3))
    for rank in range(1, 7):
        cluster = int(received.clusters[rank - 1])
        ids = traceable.list_ids(cluster)
        assert received.ids[rank].tolist() == ids.tolist()
        stored = vectors[ids].astype(float)
        expected = stored @ vectors[3] if metric != "L2" else ((stored - vectors[3]) ** 2).sum(1)
        np.testing.assert_allclose(received.found[rank], expected, rtol=1e-4, atol=1e-3)
    assert all(len(received.ids[rank]) <= 5 for rank in range(7, 21))


def test_a_cluster_larger_than_a_chunk_continues_in_the_next_message():
    rng = np.random.default_rng(1)
    index = ivf_around(np.array([[0.0], [100.0]], np.float32))
    index.add(rng.normal(size=(150_000, 1)).astype(np.float32))
    packets = messages(index, np.zeros(1), 1)
    fine = [message for message, _ in packets if message["kind"] == "fine"]
    assert [message["first_rank"] for message in fine] == [1, 1, 1]
    assert sorted(Received(packets).ids[1]) == list(range(150_000))


@pytest.mark.parametrize(
    ("n", "nlist", "k_max"), [(200_000, 3, 100), (200_000, 3000, 100), (100_000, 2, 10_000)]
)
def test_no_message_is_larger_than_a_mebibyte(n, nlist, k_max):
    rng = np.random.default_rng(2)
    centroids = np.arange(nlist, dtype=np.float32)[:, None]
    index = ivf_around(centroids)
    index.add((rng.integers(nlist, size=(n, 1)) + rng.uniform(-0.4, 0.4, size=(n, 1))).astype(np.float32))
    packets = messages(index, np.zeros(1), 2, k_max=k_max)
    assert max(sum(map(len, buffers)) for _, buffers in packets) <= MIB


def test_done_counts_the_bytes_that_were_sent_and_the_time_that_was_used():
    index, vectors = make_ivf()
    *packets, (done, buffers) = messages(index, vectors[0], 6)
    assert done["bytes"] == sum(len(buffer) for _, parts in packets for buffer in parts)
    assert set(done["seconds"]) == {"coarse", "fine", "nearest"}
    assert all(0 <= seconds < 60 for seconds in done["seconds"].values())
    assert list(buffers) == []


def test_probing_every_cluster_needs_no_nearest_message():
    index, vectors = make_ivf()
    kinds = [message["kind"] for message, _ in messages(index, vectors[0], 20)]
    assert "nearest" not in kinds


def count_compared(opened):
    """Return a list whose only entry grows with the vectors that an index compares."""
    compared, real = [0], opened.scan_steps

    def scan_steps(*arguments):
        for scan in real(*arguments):
            compared[0] += len(scan.ids)
            yield scan

    opened.scan_steps = scan_steps
    return compared


def test_no_step_reads_more_than_a_piece(monkeypatch):
    limit_streams(monkeypatch, piece=64)
    index, vectors = make_ivf()
    opened = open_index(index)
    search = ActiveSearch.begin(opened, Query(vectors[0]), 6, 5, serial=1, index_version=0)
    steps = search_messages(opened, search, "a", None, 100)
    compared = count_compared(opened)
    seen = [0, *(compared[0] for _ in steps)]
    assert seen[-1] == 2000
    assert 0 < np.diff(seen).max() <= 64


def test_stopping_between_two_steps_does_no_further_work(monkeypatch):
    limit_streams(monkeypatch, piece=64)
    index, vectors = make_ivf()
    opened = open_index(index)
    compared = count_compared(opened)
    search = ActiveSearch.begin(opened, Query(vectors[0]), 6, 5, serial=1, index_version=0)
    steps = search_messages(opened, search, "a", None, 100)
    assert next(steps).kind == "coarse"
    assert compared == [0]
    next(steps)
    steps.close()
    assert 0 < compared[0] <= 64


def test_a_long_scan_that_finds_nothing_is_told_of_now_and_then(monkeypatch):
    limit_streams(monkeypatch, complete_entries=0, piece=100)
    index = ivf_around(np.arange(0, 3000, 10, dtype=np.float32)[:, None])
    index.add(np.arange(0, 3000, dtype=np.float32)[:, None])
    packets = messages(index, np.zeros(1), 1, k_max=1)
    spans = [np.frombuffer(buffers[0], "<i4") for message, buffers in packets if message["kind"] == "nearest"]
    assert sum(len(counts) for counts in spans) == 299
    # 10 vectors in each cluster: up to the limit, and the piece that reaches it.
    assert max(len(counts) for counts in spans) <= 20
    assert sum(counts.sum() for counts in spans) == 0


@pytest.mark.parametrize("k_max", [3, 100])
def test_a_cluster_cut_into_pieces_is_kept_as_if_it_were_whole(monkeypatch, k_max):
    rng = np.random.default_rng(3)
    index = ivf_around(np.array([[0.0], [100.0]], np.float32))
    index.add(rng.integers(0, 20, size=(900, 1)).astype(np.float32))
    expected = messages(index, np.array([100.0]), 1, k_max=k_max)
    limit_streams(monkeypatch, piece=50)
    cut = messages(index, np.array([100.0]), 1, k_max=k_max)
    assert [message["kind"] for message, _ in cut] == ["coarse", "fine", "nearest", "done"]
    assert cut[2][1] == expected[2][1]


def test_the_first_cluster_is_not_sent_whole_where_it_is_larger_than_a_page_can_hold(monkeypatch):
    limit_streams(monkeypatch, full_candidates=500)
    index = ivf_around(np.array([[0.0], [100.0]], np.float32))
    index.add(np.random.default_rng(4).normal(size=(900, 1)).astype(np.float32))
    received = Received(messages(index, np.zeros(1), 1, k_max=20))
    assert received.fine_ranks() == []
    assert len(received.ids[1]) == 20
    assert_same_results(received.results(1, 20, False), faiss_search(index, np.zeros(1), 1, 20))
