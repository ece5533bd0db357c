"""The indexes that can be traced, all with the interface in ``protocol``."""

from typing import TYPE_CHECKING

from feder_widget.engines.built_index import build_index, plan_index
from feder_widget.engines.flat.flat_index import FlatIndex
from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.engines.ground_truth import ground_truth, ground_truth_cost
from feder_widget.engines.ivf.ivf_index import IvfIndex
from feder_widget.engines.open_hnswlib import open_hnswlib
from feder_widget.engines.open_index import open_graph, open_index, open_ivf
from feder_widget.engines.open_milvus import MilvusSegment, milvus_segments
from feder_widget.engines.protocol import ClusteredEngine, Engine
from feder_widget.model.search_trace import Scan

if TYPE_CHECKING:
    # Fails to type-check where IvfIndex lacks a part of the protocol.
    _implements: type[ClusteredEngine] = IvfIndex

__all__ = [
    "ClusteredEngine",
    "Engine",
    "FlatIndex",
    "GraphIndex",
    "IvfIndex",
    "MilvusSegment",
    "Scan",
    "build_index",
    "ground_truth",
    "ground_truth_cost",
    "milvus_segments",
    "open_graph",
    "open_hnswlib",
    "open_index",
    "open_ivf",
    "plan_index",
]
