"""Small indexes for tests, built the same way every time."""

import faiss
import numpy as np


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
