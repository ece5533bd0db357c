"""Small indexes for tests, built the same way every time."""

import faiss
import numpy as np
from hypothesis import strategies as st

METRICS = ("L2", "inner product")


def make_vectors(n=2000, d=16, clusters=20, seed=0):
    """Return float32 (n, d) vectors in loose clusters."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(clusters, d)) * 3
    return (centres[rng.integers(clusters, size=n)] + rng.normal(size=(n, d))).astype(np.float32)


def make_ivf(n=2000, d=16, nlist=20, metric="L2", seed=0, ids=None):
    """Return a trained and filled ``faiss.IndexIVFFlat`` and its float32 (n, d) vectors.

    ``metric`` is "L2" or "inner product"; ``ids`` are int64 (n,) row ids, 0..n-1 when not given.
    """
    vectors = make_vectors(n, d, nlist, seed)
    index = ivf_around(vectors[np.random.default_rng(seed).choice(n, nlist, replace=n < nlist)], metric)
    if ids is None:
        index.add(vectors)
    else:
        index.add_with_ids(vectors, np.asarray(ids, np.int64))
    return index, vectors


def ivf_around(centroids, metric="L2"):
    """Return an empty ``faiss.IndexIVFFlat`` with exactly these float32 (nlist, d) centroids."""
    nlist, d = centroids.shape
    similarity = metric == "inner product"
    quantizer = faiss.IndexFlatIP(d) if similarity else faiss.IndexFlatL2(d)
    quantizer.add(centroids)
    index = faiss.IndexIVFFlat(
        quantizer, d, nlist, faiss.METRIC_INNER_PRODUCT if similarity else faiss.METRIC_L2
    )
    index.is_trained = True
    index.nprobe = 1
    return index


@st.composite
def cases(draw):
    """An index full of ties, an array of queries for it, a nprobe and a k."""
    d = draw(st.integers(1, 40))
    nlist = draw(st.integers(1, 32))
    n = draw(st.integers(1, 250))
    # Small enough for every distance to be an integer that float32 holds exactly.
    spread = draw(st.sampled_from([1, 3, 100]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # Fewer distinct centroids than clusters leaves some equal and their lists empty.
    distinct = rng.integers(-spread, spread + 1, size=(draw(st.integers(1, nlist)), d))
    centroids = distinct[rng.integers(len(distinct), size=nlist)].astype(np.float32)
    index = ivf_around(centroids, draw(st.sampled_from(METRICS)))
    vectors = rng.integers(-spread, spread + 1, size=(n, d)).astype(np.float32)
    kind = draw(st.sampled_from(["sequential", "shuffled", "huge", "duplicate"]))
    if kind == "sequential":
        index.add(vectors)
    else:
        ids = {
            "shuffled": rng.permutation(n),
            "huge": rng.integers(-(2**63), 2**63 - 1, size=n, endpoint=True),
            "duplicate": rng.integers(-3, 4, size=n),
        }[kind]
        index.add_with_ids(vectors, ids.astype(np.int64))
    if draw(st.booleans()):
        # Another way for a list to be filled than by its nearest centroid.
        index.invlists.add_entries(
            int(rng.integers(nlist)),
            1,
            faiss.swig_ptr(np.array([7], np.int64)),
            faiss.swig_ptr(vectors[:1].view(np.uint8)),
        )
        index.ntotal += 1
    queries = np.concatenate([vectors[:2], rng.integers(-spread, spread + 1, size=(2, d))]).astype(np.float32)
    return index, queries, draw(st.integers(1, nlist)), draw(st.integers(1, 200))
