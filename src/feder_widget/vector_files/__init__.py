"""Where are the vectors, if not in memory? Files of vectors, read in order or row by row."""

from feder_widget.vector_files.open_vectors import open_vectors
from feder_widget.vector_files.vector_files import VectorFiles

__all__ = ["VectorFiles", "open_vectors"]
