"""Where one ranking holds for every nprobe, a search sends it whole, and how far some search comes in it."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from conversation import Page, converse, search_request
from makers import make_vectors

from feder_widget import open_index

NLIST = 128
X = make_vectors(n=4000, d=16)


def index_with(quantizer):
    quantizer = quantizer()
    index = faiss.IndexIVFFlat(quantizer, 16, NLIST)
    index.quantizer_trains_alone = 2
    index.train(X)
    index.add(X)
    index.referenced_objects = [quantizer]
    return index


def hnsw(ef):
    def make():
        quantizer = faiss.IndexHNSWFlat(16, 4)
        quantizer.hnsw.efSearch = ef
        return quantizer

    return make


def inverted():
    coarse = faiss.IndexFlatL2(16)
    quantizer = faiss.IndexIVFFlat(coarse, 16, 8)
    quantizer.nprobe = 2
    quantizer.make_direct_map()
    quantizer.referenced_objects = [coarse]
    return quantizer


def flat():
    return faiss.IndexFlatL2(16)


def ranking_on_the_page(index, row, nprobe):
    page = Page()
    session = converse(open_index(index), page)
    session.handle(search_request(query={"id": str(row), "cluster": None}, nprobe=nprobe))
    session.drain()
    session.close()
    ((message, buffers),) = (packet for packet in page.packets if packet[0]["kind"] == "coarse")
    return message, np.frombuffer(buffers[0], np.int32)


@pytest.mark.parametrize(
    "quantizer",
    [hnsw(1), hnsw(16), inverted, flat],
    ids=["ef 1", "ef 16", "IVF", "flat"],
)
def test_it_begins_with_what_faiss_probes_at_any_nprobe(quantizer):
    index = index_with(quantizer)
    assert open_index(index).guarantees.ranked_once
    reaches = []
    for row in range(0, 4000, 400):
        message, ranking = ranking_on_the_page(index, row, 4)
        reaches.append(message["reach"])
        assert sorted(ranking.tolist()) == list(range(NLIST))
        for nprobe in (1, 3, 4, 9, 50, NLIST):
            probed = index.quantizer.search(X[row : row + 1], nprobe)[1][0]
            assert ranking[: min(nprobe, message["reach"])].tolist() == probed[probed >= 0].tolist()
    if quantizer is flat:
        assert set(reaches) == {NLIST}


def test_a_search_that_never_comes_to_a_cluster_says_so():
    message, _ = ranking_on_the_page(index_with(hnsw(1)), 0, NLIST)
    assert 0 < message["reach"] < NLIST


@pytest.mark.parametrize("make", [lambda: faiss.IndexNSGFlat(16, 8), hnsw(1)], ids=["NSG", "unbounded queue"])
def test_others_are_ranked_for_their_nprobe(make):
    index = index_with(make)
    if hasattr(faiss.downcast_index(index.quantizer), "hnsw"):
        faiss.downcast_index(index.quantizer).hnsw.search_bounded_queue = False
    opened = open_index(index)
    assert not opened.guarantees.ranked_once
    message, ranking = ranking_on_the_page(index, 7, 5)
    assert message["reach"] == NLIST
    probed = index.quantizer.search(X[7:8], 5)[1][0]
    assert ranking[: np.count_nonzero(probed >= 0)].tolist() == probed[probed >= 0].tolist()


@pytest.mark.parametrize("ef", [1, 16])
def test_a_workload_counts_what_faiss_compares_at_any_nprobe(ef):
    index = index_with(hnsw(ef))
    rows = np.arange(0, 4000, 50)
    workload = open_index(index).evaluate(rows, 5, progress=False)
    stats = faiss.cvar.indexIVF_stats
    for nprobe in (1, 4, 16, 60, NLIST):
        index.nprobe = nprobe
        stats.reset()
        for row in rows:
            index.search(X[row : row + 1], 5)
        assert workload.scanned[nprobe - 1] == pytest.approx(stats.ndis / len(rows) / len(X))


@pytest.mark.parametrize("nprobe", [1, 2, 5, 20])
@pytest.mark.parametrize("ef", [4, 64])
def test_among_centroids_at_one_distance_it_begins_with_those_that_faiss_chooses(ef, nprobe):
    # Corners of a cube, many of them twice: distances are whole numbers.
    centroids = np.random.default_rng(4).integers(0, 2, (NLIST, 8)).astype(np.float32)
    quantizer = faiss.IndexHNSWFlat(8, 8)
    quantizer.hnsw.efSearch = ef
    quantizer.add(centroids)
    index = faiss.IndexIVFFlat(quantizer, 8, NLIST)
    index.is_trained = True
    index.referenced_objects = [quantizer]
    index.add(np.random.default_rng(5).integers(0, 2, (500, 8)).astype(np.float32))
    for row in range(0, 500, 25):
        vector = open_index(index).query_vector(row)
        message, ranking = ranking_on_the_page(index, row, nprobe)
        probed = quantizer.search(vector[None], nprobe)[1][0]
        probed = probed[probed >= 0]
        assert ranking[: len(probed)].tolist() == probed.tolist()
        assert sorted(ranking.tolist()) == list(range(NLIST))
        every = quantizer.search(vector[None], NLIST)[1][0]
        assert message["reach"] == len({*probed.tolist(), *every[every >= 0].tolist()})


def test_binary_centroids_are_ranked_for_their_nprobe():
    rng = np.random.default_rng(0)
    quantizer = faiss.IndexBinaryHNSW(32, 16)
    quantizer.add(rng.integers(0, 256, (300, 4), dtype=np.uint8))
    index = faiss.IndexBinaryIVF(quantizer, 32, 300)
    index.is_trained = True
    index.referenced_objects = [quantizer]
    codes = rng.integers(0, 256, (3000, 4), dtype=np.uint8)
    index.add(codes)
    opened = open_index(index)
    assert not opened.guarantees.ranked_once
    assert "depends on nprobe" in opened.why_no_curve
    for row in range(0, 3000, 150):
        index.nprobe = 4
        distances, _ = index.search(codes[row : row + 1], 6)
        _, ranking = ranking_on_the_page(index, row, 4)
        here = np.sort(opened.scan(row, ranking[:4]).distances)[:6]
        assert here.tolist() == np.sort(distances[0]).tolist()
