"""The candidates of one search and its query in the plane: at once by a linear map, then by a better method.

Everything is deterministic: samples follow from cluster and place in the inverted list, and the neighbour
embedding starts from the linear picture with a fixed seed.
"""

from feder_widget.projection.linear import LinearMap, into_picture
from feder_widget.projection.methods import Method, ProjectionError, resolve_method
from feder_widget.projection.sample import Sample, gather, vectors_of, with_rows

__all__ = [
    "LinearMap",
    "Method",
    "ProjectionError",
    "Sample",
    "gather",
    "into_picture",
    "resolve_method",
    "vectors_of",
    "with_rows",
]
