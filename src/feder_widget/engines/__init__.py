"""The one face over the Faiss indexes that can be traced."""

from feder_widget.engines.ivf.ivf_index import IvfIndex
from feder_widget.engines.open_index import open_index
from feder_widget.model.search_trace import Scan

__all__ = ["IvfIndex", "Scan", "open_index"]
