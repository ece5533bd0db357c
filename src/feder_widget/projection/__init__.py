"""The candidates of one search and its query in the plane: at once by a linear map, then by a better method.

Everything is deterministic: a sample follows from clusters and places in inverted lists, and t-SNE starts
from the linear picture.
"""

from feder_widget.projection.linear_map import LinearMap
from feder_widget.projection.methods import Method, ProjectionError, resolve_method
from feder_widget.projection.outliers import into_picture
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
