"""See in a notebook how one approximate nearest-neighbour query was answered, by lists or by a graph."""

import importlib
from typing import TYPE_CHECKING

from feder_widget.faiss_version import require_faiss

# First, so that a missing Faiss is told in words.
require_faiss()

from feder_widget.engines import (  # noqa: E402
    FlatIndex,
    GraphIndex,
    IvfIndex,
    MilvusSegment,
    build_index,
    ground_truth,
    ground_truth_cost,
    milvus_segments,
    open_hnswlib,
    open_index,
)
from feder_widget.errors import (  # noqa: E402
    EmbedderError,
    FederError,
    IndexChangedError,
    IndexFileError,
    ShardError,
    TruthFileError,
    UnknownIdError,
    UnsupportedIndexError,
    VectorFileError,
    WorkerError,
)
from feder_widget.model.graph_trace import GraphTrace  # noqa: E402
from feder_widget.model.search_trace import CoarseStep, FineStep, SearchTrace  # noqa: E402
from feder_widget.truth import (  # noqa: E402
    Certainty,
    Explanation,
    Ledger,
    MeanLedger,
    Verdict,
    Workload,
)
from feder_widget.truth.graph.graph_explanation import GraphExplanation  # noqa: E402
from feder_widget.truth.graph.graph_verdict import GraphVerdict  # noqa: E402
from feder_widget.truth.graph.graph_workload import GraphWorkload  # noqa: E402
from feder_widget.truth.job.job_cost import GroundTruthCost  # noqa: E402
from feder_widget.truth.neighbours.neighbour_table import NeighbourTable  # noqa: E402
from feder_widget.vector_files import VectorFiles, open_vectors  # noqa: E402

if TYPE_CHECKING:
    from feder_widget import embedders, figures
    from feder_widget.embedding import Embedder, PicturesLeftOutWarning, embed
    from feder_widget.exploration import explore
    from feder_widget.graph_widget import GraphWidget
    from feder_widget.widget import FederWidget

__version__ = "0.1.0"

__all__ = [
    "Certainty",
    "CoarseStep",
    "Embedder",
    "EmbedderError",
    "Explanation",
    "FederError",
    "FederWidget",
    "FineStep",
    "FlatIndex",
    "GraphExplanation",
    "GraphIndex",
    "GraphTrace",
    "GraphVerdict",
    "GraphWidget",
    "GraphWorkload",
    "GroundTruthCost",
    "IndexChangedError",
    "IndexFileError",
    "IvfIndex",
    "Ledger",
    "MeanLedger",
    "MilvusSegment",
    "NeighbourTable",
    "PicturesLeftOutWarning",
    "SearchTrace",
    "ShardError",
    "TruthFileError",
    "UnknownIdError",
    "UnsupportedIndexError",
    "VectorFileError",
    "VectorFiles",
    "Verdict",
    "WorkerError",
    "Workload",
    "build_index",
    "embed",
    "embedders",
    "explore",
    "figures",
    "ground_truth",
    "ground_truth_cost",
    "milvus_segments",
    "open_hnswlib",
    "open_index",
    "open_vectors",
]

_IMPORTED_LATER = {
    "Embedder": "embedding",
    "FederWidget": "widget",
    "GraphWidget": "graph_widget",
    "PicturesLeftOutWarning": "embedding",
    "embed": "embedding",
    "explore": "exploration",
}
"""Names by the module that holds them. Tracing a search needs neither Jupyter nor pictures."""


def __getattr__(name: str) -> object:
    """Import what few programs need when it is first asked for (PEP 562)."""
    if name in ("embedders", "figures"):
        return importlib.import_module(f"feder_widget.{name}")
    if name not in _IMPORTED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"feder_widget.{_IMPORTED_LATER[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
