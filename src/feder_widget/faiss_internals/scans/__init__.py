"""Comparing one query with every vector of some inverted lists, a module for each way that Faiss allows.

A way is a function ``scan(ivf, vector, clusters, to_centroids) -> Scan``, and for most ways a function
``scan_slice(ivf, vector, cluster, to_centroid, begin, end) -> (ids, distances)`` that compares a part of one
list and rounds as ``scan`` does. They do not change the index, and its own ``nprobe`` plays no part.

``vector`` is the query behind the transforms: contiguous, of the dimension of the lists. ``clusters``,
int64 (n,), are within range; ``to_centroids``, float32 (n,), are the query's distances to their centroids, to
which the distances to residual codes are added. Faiss checks none of this. Ids are the ones in the lists.
"""
