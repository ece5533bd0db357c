"""The classes of coarse quantizers that can be traced, by how they search."""

FLAT = ("IndexFlat", "IndexFlatL2", "IndexFlatIP")
EXHAUSTIVE = (*FLAT, "IndexScalarQuantizer", "IndexPQ", "IndexPQFastScan", "IndexBinaryFlat")
"""Quantizers whose search compares the query with every centroid."""

APPROXIMATE = (
    "IndexHNSWFlat",
    "IndexHNSWSQ",
    "IndexHNSWPQ",
    "IndexNSGFlat",
    "IndexNSGSQ",
    "IndexNSGPQ",
    "IndexIVFFlat",
    "IndexIVFScalarQuantizer",
    "IndexIVFPQ",
    "IndexPreTransform",
    "IndexRefine",
    "IndexRefineFlat",
    "MultiIndexQuantizer",
    "ResidualCoarseQuantizer",
    "LocalSearchCoarseQuantizer",
    "IndexBinaryHNSW",
)
"""Quantizers whose search may miss a nearer centroid, or compares the query with a code of the centroid."""

STEADY = (
    *(kind for kind in EXHAUSTIVE if kind != "IndexPQFastScan"),
    "IndexHNSWFlat",
    "IndexHNSWSQ",
    "IndexHNSWPQ",
    "IndexIVFFlat",
    "IndexIVFScalarQuantizer",
    "IndexIVFPQ",
    "MultiIndexQuantizer",
    "LocalSearchCoarseQuantizer",
)
"""Quantizers whose search for more centroids begins with the results of a search for fewer.

The others search deeper, compare more candidates again, or choose among ties otherwise, the more are wanted:
among binary centroids, ties are the rule.
"""
