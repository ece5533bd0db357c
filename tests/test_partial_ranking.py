"""A search of which the page gets the ranks of the nearest clusters only."""

import faiss
import numpy as np
import pytest
from conversation import limit_streams, search_request
from makers import ivf_around, make_ivf

NLIST = 20
RANKED = 6


def array(packet, name):
    content, buffers = packet
    for (field, dtype, shape), buffer in zip(content["buffers"], buffers, strict=True):
        if field == name:
            return np.frombuffer(buffer, dtype).reshape(shape)
    raise AssertionError(f"no {name}")


def asked(session, page, request):
    session.handle(request)
    session.drain()
    found = page.of(request["request"])
    assert "error" not in [content["kind"] for content, _ in found], found
    return found


def kinds_of(packets):
    return [content["kind"] for content, _ in packets]


def the(packets, kind):
    return next(packet for packet in packets if packet[0]["kind"] == kind)


def ranking(index, vector):
    distances, clusters = index.quantizer.search(vector[None], index.nlist)
    return clusters[0], distances[0]


@pytest.mark.parametrize("metric", ["L2", "inner product"])
@pytest.mark.parametrize("nprobe", [4, 9, NLIST])
def test_a_search_names_the_nearest_clusters_and_one_more_than_it_probes(talk, metric, nprobe):
    index, vectors = make_ivf(nlist=NLIST, metric=metric)
    session, page = talk(index, most_ranked=RANKED)
    coarse = the(asked(session, page, search_request(nprobe=nprobe)), "coarse")
    clusters, distances = ranking(index, vectors[0])
    sent = min(NLIST, max(RANKED, nprobe + 1))
    np.testing.assert_array_equal(array(coarse, "clusters"), clusters[:sent])
    np.testing.assert_array_equal(array(coarse, "distances"), distances[:sent])
    assert len(array(coarse, "nearest")) == 0


@pytest.mark.parametrize("is_pruned", [False, True])
def test_candidates_of_other_clusters_come_after_their_ranks(talk, monkeypatch, is_pruned):
    limit_streams(monkeypatch, chunk=100, complete_entries=0 if is_pruned else None)
    index, vectors = make_ivf(nlist=NLIST)
    session, page = talk(index, most_ranked=RANKED)
    packets = asked(session, page, search_request(nprobe=2))
    clusters, distances = ranking(index, vectors[0])
    known = dict(enumerate(array(the(packets, "coarse"), "clusters").tolist(), start=1))
    beyond = 0
    for packet in packets:
        kind = packet[0]["kind"]
        if kind == "ranked":
            ranks = array(packet, "ranks")
            assert ranks.min() > RANKED
            np.testing.assert_array_equal(array(packet, "distances"), distances[ranks - 1])
            np.testing.assert_array_equal(array(packet, "nearest"), ranks)
            known.update(zip(ranks.tolist(), array(packet, "clusters").tolist(), strict=True))
        if kind in ("fine", "nearest"):
            about = packet[0]["first_rank"] + np.flatnonzero(array(packet, "counts"))
            beyond += int((about > RANKED).sum())
            assert set(about.tolist()) <= set(known)
    assert beyond > 0 or is_pruned
    assert known == {rank: int(clusters[rank - 1]) for rank in known}


def test_the_rank_of_any_cluster_is_told_when_it_is_asked_for(talk):
    index, vectors = make_ivf(nlist=NLIST)
    session, page = talk(index, most_ranked=RANKED)
    asked(session, page, search_request())
    clusters, distances = ranking(index, vectors[0])
    wanted = clusters[[17, 1, 9]].tolist()
    (told,) = asked(session, page, {"kind": "ranks", "request": "r", "serial": 1, "clusters": wanted})
    assert array(told, "ranks").tolist() == [18, 2, 10]
    assert array(told, "clusters").tolist() == wanted
    np.testing.assert_array_equal(array(told, "distances"), distances[[17, 1, 9]])


@pytest.mark.parametrize("clusters", [[NLIST], [-1], list(range(1025)), [0.5], None])
def test_ranks_of_what_is_no_cluster_are_refused(talk, clusters):
    session, page = talk(make_ivf(nlist=NLIST)[0], most_ranked=RANKED)
    session.handle(search_request())
    session.drain()
    session.handle({"kind": "ranks", "request": "r", "serial": 1, "clusters": clusters})
    session.drain()
    assert page.kinds("r") == ["error"]


def test_ranks_of_an_older_search_are_refused(talk):
    session, page = talk(make_ivf(nlist=NLIST)[0], most_ranked=RANKED)
    for number in (1, 2):
        asked(session, page, search_request(number))
    session.handle({"kind": "ranks", "request": "r", "serial": 1, "clusters": [3]})
    session.drain()
    assert page.of("r")[0][0]["code"] == "superseded"


def test_true_neighbours_and_verdicts_come_after_the_ranks_of_their_clusters(talk):
    index, vectors = make_ivf(nlist=NLIST)
    coded = faiss.IndexIVFScalarQuantizer(
        index.quantizer, index.d, NLIST, faiss.ScalarQuantizer.QT_4bit, faiss.METRIC_L2
    )
    coded.train(vectors)
    coded.add(vectors)
    session, page = talk(coded, most_ranked=2)
    far = int(ranking(coded, vectors[0])[0][15])
    row = int(session._index.list_ids(far)[0])
    asked(session, page, search_request(nprobe=1))
    told = asked(session, page, {"kind": "verdict", "request": "v", "serial": 1, "id": str(row)})
    assert kinds_of(told) == ["ranked", "verdict"]
    assert array(told[0], "clusters").tolist() == [far]
    assert array(told[0], "ranks").tolist() == [told[1][0]["rank"]] == [16]


def test_an_approximate_coarse_search_tells_the_ranks_by_distance(talk):
    centroids = np.random.default_rng(0).normal(size=(NLIST, 4)).astype(np.float32)
    exact = ivf_around(centroids)
    quantizer = faiss.IndexHNSWFlat(4, 4)
    quantizer.add(centroids)
    index = faiss.IndexIVFFlat(quantizer, 4, NLIST)
    rows = np.random.default_rng(1).normal(size=(400, 4)).astype(np.float32)
    index.train(rows)
    index.add(rows)
    session, page = talk(index, most_ranked=RANKED)
    packets = asked(session, page, search_request(nprobe=2))
    coarse = the(packets, "coarse")
    by_distance = {cluster: place + 1 for place, cluster in enumerate(ranking(exact, rows[0])[0].tolist())}
    clusters = array(coarse, "clusters").tolist()
    assert array(coarse, "nearest").tolist() == [by_distance[cluster] for cluster in clusters]
    others = [cluster for cluster in range(NLIST) if cluster not in clusters]
    (told,) = asked(session, page, {"kind": "ranks", "request": "r", "serial": 1, "clusters": others})
    assert array(told, "nearest").tolist() == [by_distance[cluster] for cluster in others]


@pytest.mark.parametrize("metric", ["L2", "inner product"])
def test_bounds_of_other_clusters_come_best_first(talk, metric):
    index, vectors = make_ivf(nlist=NLIST, metric=metric)
    session, page = talk(index, most_ranked=RANKED)
    session.show(True)
    asked(session, page, search_request())
    session.drain()
    content, _ = told = page.wait(kind="bounds")
    expected = session._index.bounds(vectors[0])[ranking(index, vectors[0])[0]].astype(np.float32)
    assert content["serial"] == 1
    np.testing.assert_array_equal(array(told, "bounds"), expected[:RANKED])
    best_first = np.sort(expected[RANKED:])[:: -1 if metric == "inner product" else 1]
    np.testing.assert_array_equal(array(told, "beyond"), best_first)


def test_equal_distances_to_centroids_are_told_wherever_they_are(talk):
    centroids = np.array([[0.0], [1], [2], [5], [9], [-9]], np.float32)
    index = ivf_around(centroids)
    index.add(np.zeros((3, 1), np.float32))
    session, page = talk(index, most_ranked=2)
    assert the(asked(session, page, search_request("a", nprobe=1)), "coarse")[0]["tied"]
    index.add(np.full((1, 1), 0.25, np.float32))
    request = search_request("b", query={"id": "3", "cluster": None}, nprobe=1)
    assert not the(asked(session, page, request), "coarse")[0]["tied"]
