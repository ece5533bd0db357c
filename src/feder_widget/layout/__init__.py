"""Vectors laid out in the plane: principal components and t-SNE, for the map and for the candidates.

Both are deterministic: they draw no random number. Results are equal between processes on one machine;
another BLAS may differ in the last digits, which t-SNE amplifies. Keep positions with the data that refers to
them.
"""

from feder_widget.layout.cancellation import LayoutCancelled

__all__ = ["LayoutCancelled"]
