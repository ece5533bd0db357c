"""Recorded searches for the tests of the page: messages, what Faiss returns at every nprobe, and the truth.

``python tests/wire_fixture.py`` writes ``fixtures/wire.json`` anew. Vectors and queries are small integers,
so that every distance is exact and the recording does not depend on the machine. Buffers are base64.
"""

import base64
import json
from pathlib import Path

import faiss
import numpy as np
import pytest
from conversation import limit_streams, streamed
from makers import ivf_around

from feder_widget.engines import open_index

PATH = Path(__file__).parent / "fixtures" / "wire.json"
K_MAX = 12
KS = (1, 2, 5, K_MAX)


def text(buffer):
    return base64.b64encode(bytes(buffer)).decode("ascii")


def clustered(rng, metric, n=160, nlist=10, ids=None, values=range(-9, 10)):
    """Return an index of integer vectors in 3 dimensions, two of its clusters empty, and a query."""
    centroids = rng.permutation(np.stack(np.meshgrid(*[np.arange(-20, 21, 8)] * 3), -1).reshape(-1, 3))
    centroids = centroids[:nlist].astype(np.float32)
    index = ivf_around(centroids, metric)
    vectors = rng.choice(values, size=(n, 3)).astype(np.float32)
    homes = rng.integers(nlist - 2, size=n)
    ids = np.arange(n) if ids is None else ids
    add(index, vectors, homes, ids)
    query = next(
        candidate
        for candidate in rng.integers(-20, 21, size=(1000, 3)).astype(np.float32)
        if len(np.unique(index.quantizer.search(candidate[None], nlist)[0])) == nlist
    )
    return index, query


def add(index, vectors, homes, ids):
    """Put vectors into the clusters chosen for them."""
    for vector, home, row_id in zip(vectors, homes, np.asarray(ids, np.int64), strict=True):
        codes = np.ascontiguousarray(vector, np.float32).view(np.uint8)
        index.invlists.add_entries(int(home), 1, faiss.swig_ptr(np.array([row_id])), faiss.swig_ptr(codes))
    index.ntotal += len(vectors)


def cases():
    """Yield name, index, query, the nprobe asked for, and limits of the stream that differ."""
    rng = np.random.default_rng(20)
    huge = rng.integers(-(2**63), 2**63 - 1, size=160, endpoint=True)
    yield "L2", *clustered(rng, "L2"), 4, {}
    yield "inner product", *clustered(rng, "inner product"), 4, {}
    yield "L2, ties", *clustered(rng, "L2", values=(0, 1), ids=rng.permutation(160)), 3, {}
    yield (
        "inner product, ties",
        *clustered(rng, "inner product", values=(0, 1), ids=rng.permutation(160)),
        3,
        {},
    )
    yield "ids beyond 2^53, some negative", *clustered(rng, "L2", values=range(-2, 3), ids=huge), 5, {}
    yield (
        "the same with inner product",
        *clustered(rng, "inner product", values=range(-2, 3), ids=huge),
        5,
        {},
    )
    nameless = np.where(np.arange(160) % 3 == 0, -1, np.arange(160))
    yield "ids that say no result", *clustered(rng, "L2", ids=nameless), 4, {}
    yield "clusters larger than a chunk", *clustered(rng, "L2", nlist=4), 4, {"chunk": 16, "piece": 16}
    yield "pruned", *clustered(rng, "L2"), 2, {"complete_entries": 0, "chunk": 40, "piece": 10}
    yield "fewer vectors than k", *clustered(rng, "L2", n=7), 2, {}
    yield "a row", *of_row(clustered(rng, "L2"), 31), 4, {}
    yield "a row, inner product", *of_row(clustered(rng, "inner product"), 31), 4, {}
    yield (
        "a row, pruned",
        *of_row(clustered(rng, "L2", values=range(-3, 4)), 17),
        2,
        {"complete_entries": 0, "chunk": 40, "piece": 10},
    )
    several = np.where(np.arange(160) % 5 == 0, 17, np.arange(160))
    yield "a row that is stored often", *of_row(clustered(rng, "L2", values=(0, 1), ids=several), 17), 4, {}


def of_row(made, row):
    """Make one of the rows the query; centroids must not tie for a rank."""
    index, _ = made
    opened = open_index(index)
    while len(np.unique(opened.rank(row).distances)) < index.nlist:
        row += 1
    return index, row


def record(name, index, query, nprobe, limits):
    """Return one search as JSON; of a row, with what is expected without it."""
    opened = open_index(index)
    row = query if isinstance(query, int) else None
    vector = query if row is None else opened.query_vector(row)
    with pytest.MonkeyPatch.context() as patch:
        limit_streams(patch, **limits)
        packets = [
            {"content": timeless(content), "buffers": [text(buffer) for buffer in buffers]}
            for content, buffers in streamed(
                opened, vector, nprobe, request="recorded:1", k_max=K_MAX, row_id=row
            )
        ]
    return {
        "name": name,
        "similarity": opened.similarity,
        "sizes": opened.list_sizes.tolist(),
        "messages": packets,
        "expected": [expected(index, vector, k) for k in KS],
        "truth": [truth(opened, vector, k) for k in KS],
        "others": [] if row is None else [expected(index, vector, k, row) for k in KS],
        "true_others": [] if row is None else [truth(opened, row, k) for k in KS],
    }


def truth(opened, query, k):
    """Return the true neighbours, the nprobe that finds each, and which are missed at each nprobe."""
    explanation = opened.explain(query, k)
    return {
        "k": k,
        "ids": text(explanation.ids.astype("<i8")),
        "found_at": explanation.found_at.tolist(),
        "missed": [[str(row) for row in explanation.missed(nprobe)] for nprobe in range(1, opened.nlist + 1)],
    }


def expected(index, query, k, without=None):
    """Return what Faiss finds at nprobe 1 to nlist: ids and distances, (nlist, k) each.

    ``without`` is a row that is dropped from a search for as many more as it is stored times.
    """
    ids = np.full((index.nlist, k), -1, "<i8")
    distances = np.zeros((index.nlist, k), "<f4")
    stored = np.concatenate([open_index(index).list_ids(cluster) for cluster in range(index.nlist)])
    copies = 0 if without is None else int((stored == without).sum())
    for nprobe in range(1, index.nlist + 1):
        index.nprobe = nprobe
        found, rows = index.search(query[None], k + copies)
        kept = np.flatnonzero(rows[0] != without)[:k] if copies else np.arange(k)
        ids[nprobe - 1, : len(kept)], distances[nprobe - 1, : len(kept)] = rows[0, kept], found[0, kept]
    return {"k": k, "ids": text(ids), "distances": text(distances)}


def timeless(message):
    if message["kind"] != "done":
        return message
    return {**message, "seconds": dict.fromkeys(message["seconds"], 0.0)}


def build():
    """Return the fixture's text."""
    return json.dumps([record(*case) for case in cases()], indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(build(), encoding="utf-8")
