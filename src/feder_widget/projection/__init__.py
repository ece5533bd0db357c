"""The candidates of one search and its query in the plane: at once by a linear map, then by a better method.

Everything is deterministic: a sample follows from clusters and places in inverted lists, and t-SNE starts
from the linear picture.
"""

from feder_widget.projection.linear_map import LinearMap
from feder_widget.projection.methods import Method, ProjectionError, resolve_method
from feder_widget.projection.outliers import into_picture
from feder_widget.projection.sample import Sample
from feder_widget.projection.sample_steps import gather_steps, vector_steps, with_rows_steps

__all__ = [
    "LinearMap",
    "Method",
    "ProjectionError",
    "Sample",
    "gather_steps",
    "into_picture",
    "resolve_method",
    "vector_steps",
    "with_rows_steps",
]
