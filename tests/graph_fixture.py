"""Recorded searches of graphs for the tests of the page, and the engines' answers to hold it to.

``python tests/graph_fixture.py`` writes ``fixtures/graph.json`` anew. The vectors are whole numbers, so that
other machines compute the same distances; the second graph has many at one distance.
"""

import base64
import json
from pathlib import Path

import faiss
import hnswlib_stand_in
import numpy as np

from feder_widget.engines import open_index
from feder_widget.media import IdRange, Media
from feder_widget.session.driver import Driver
from feder_widget.session.graph.graph_session import GraphSession
from feder_widget.session.graph.graph_summary import graph_summary_of
from feder_widget.truth.graph.graph_loss import graph_losses, known_found_at

PATH = Path(__file__).parent / "fixtures" / "graph.json"
EFS = (1, 2, 3, 4, 5, 6, 8, 11, 16, 23, 32, 64)
KS = (1, 5, 9)
ROW = 123
HNSWLIB_KS = sorted({k for k, _ in hnswlib_stand_in.SEARCHES})


def apart():
    """Return vectors of whole numbers, few of which are at one distance from another, float32 (600, 8)."""
    rng = np.random.default_rng(3)
    return (rng.integers(-3000, 3000, size=(12, 8))[rng.integers(0, 12, 600)]).astype(np.float32) + (
        rng.integers(-1500, 1500, size=(600, 8)).astype(np.float32)
    )


def near():
    """Return vectors of small whole numbers, many of which are at one distance, float32 (400, 4)."""
    return np.random.default_rng(5).integers(-3, 4, size=(400, 4)).astype(np.float32)


def graph(vectors, metric=faiss.METRIC_L2):
    """Return a graph with few links, built by one thread, so that it is the same everywhere."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        index = faiss.IndexHNSWFlat(vectors.shape[1], 4, metric)
        index.hnsw.efConstruction = 10
        index.add(vectors)
    finally:
        faiss.omp_set_num_threads(before)
    return index


def reranked():
    """Return a graph of the first half of each vector, whose results are compared by the whole vectors."""
    half = faiss.IndexPreTransform(faiss.RemapDimensionsTransform(8, 4, False), graph(apart()[:, :4].copy()))
    whole = faiss.IndexFlatL2(8)
    whole.add(apart())
    half.ntotal = whole.ntotal
    index = faiss.IndexRefine(half, whole)
    index.k_factor = 3
    return index


def converse(index, media=None, **options):
    """Return a session about an index that answers in the call, and the packets that it sends."""
    packets = []
    opened = open_index(index, **options)
    session = GraphSession(
        opened,
        media or Media(None, None, IdRange(opened.ntotal, lambda: opened.ntotal - 1)),
        lambda content, buffers: packets.append((content, buffers)),
        k_max=100,
        driver=Driver(),
    )
    session.drain()
    return session, packets


def recorded(index, row):
    """Return what a session says about one row at every k, and what Faiss finds."""
    session, packets = converse(index)
    session.handle(
        {
            "kind": "walk",
            "request": "w",
            "query": {"id": str(row), "cluster": None},
            "ef_search": 4,
            "ef_max": 256,
            "k": 9,
        }
    )
    for k in KS:
        session.handle({"kind": "walk_truth", "request": f"t{k}", "serial": 1, "k": k})
    session.handle({"kind": "walk_results", "request": "r", "serial": 1, "ef_search": 6, "k": 5})
    session.handle({"kind": "walk_verdict", "request": "v", "serial": 1, "id": "77"})
    opened = session._index
    results, missed, losses, found_at = {}, {}, {}, {}
    for k in KS:
        explained = opened.explain(row, k)
        found_at[str(k)] = [at for at in known_found_at(explained) if at <= opened.ntotal]
        for ef in EFS:
            trace = opened.trace(row, k + 1, ef)
            others = trace.ids[(trace.ids != row) & (trace.ids != -1)][:k]
            results[f"{k}/{ef}"] = [str(found) for found in others]
            missed[f"{k}/{ef}"] = [str(found) for found in explained.missed(ef)]
            losses[f"{k}/{ef}"] = [loss for loss in graph_losses(explained, ef, ef) if loss is not None]
    distances = {str(ef): opened.trace(row, 1, ef).n_distances for ef in EFS}
    summary = graph_summary_of(opened, k_max=100, images=False)
    session.close()
    return {
        "row": str(row),
        "summary": summary,
        "messages": read(packets),
        "results": results,
        "missed": missed,
        "losses": losses,
        "found_at": found_at,
        "distances": distances,
    }


def mapped(index, row):
    """Return what a session says of the map, and of the nodes of one search on it."""
    session, packets = converse(index)
    session.handle({"kind": "map", "request": "m"})
    session.drain()
    chosen = {"id": str(row), "cluster": None}
    session.handle({"kind": "walk", "request": "w", "query": chosen, "ef_search": 4, "ef_max": 8, "k": 1})
    session.handle({"kind": "walk_places", "request": "p", "serial": 1, "extra": ["5"]})
    asked = {"kind": "walk_projection", "request": "j", "serial": 1, "visits": 5, "extra": ["5"]}
    session.handle(asked)
    session.drain()
    session.close()
    return {"messages": read(packets)}


def read(packets):
    return [{"content": content, "buffers": list(map(text, buffers))} for content, buffers in packets]


def recorded_of_hnswlib():
    """Return what a session says about a graph of hnswlib with deleted elements, and what hnswlib finds."""
    variant = "l2 with deleted"
    session, packets = converse(hnswlib_stand_in.recorded(variant))
    vector = hnswlib_stand_in.data_of(variant)[3][0]
    session.search(vector, 4, 5)
    for k in HNSWLIB_KS:
        session.handle({"kind": "walk_truth", "request": f"t{k}", "serial": 1, "k": k})
    searches = [
        each[1:] for each in hnswlib_stand_in.searches_of(variant) if each[0].tolist() == vector.tolist()
    ]
    found = {
        "summary": graph_summary_of(session._index, k_max=100, images=False),
        "messages": read(packets),
        "results": {f"{k}/{ef}": [str(label) for label in labels] for k, ef, labels, _ in searches},
    }
    session.close()
    return found


def text(buffer):
    return base64.b64encode(buffer).decode("ascii")


def build():
    """Return the fixture as JSON."""
    return {
        "efs": EFS,
        "ks": KS,
        "apart": recorded(graph(apart()), ROW),
        "similar": recorded(graph(apart(), faiss.METRIC_INNER_PRODUCT), ROW),
        "tied": recorded(graph(near()), ROW),
        "reranked": recorded(reranked(), ROW),
        "map": mapped(graph(apart()), ROW),
        "hnswlib": recorded_of_hnswlib(),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(build(), indent=1) + "\n", encoding="utf-8")
