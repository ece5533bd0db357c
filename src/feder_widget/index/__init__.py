"""The one face over the Faiss indexes that can be traced."""

from feder_widget.index.ivf import IvfIndex
from feder_widget.index.opening import open_index
from feder_widget.search import Scan

__all__ = ["IvfIndex", "Scan", "open_index"]
