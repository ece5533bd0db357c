"""Where are the vectors, if not in memory? Files of vectors, read in order or row by row."""

from feder_widget.vector_files.joined_blocks import VectorFiles
from feder_widget.vector_files.open_vectors import open_vectors

__all__ = ["VectorFiles", "open_vectors"]
