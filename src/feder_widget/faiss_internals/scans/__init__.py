"""Comparing one query with every vector of some inverted lists, a module for each way that Faiss allows.

Each way is a function ``(ivf, vector, clusters, to_centroids) -> Scan``. It does not change the index, and
its own ``nprobe`` plays no part. ``vector`` is the query as the inverted lists see it: contiguous, of their
dimension. ``clusters``, int64 (n,), are within range; ``to_centroids``, float32 (n,), are the query's
distances to their centroids, to which those of residual codes are added. Faiss checks none of this. Ids are
the ones in the lists.
"""
