"""See in a notebook how one approximate nearest-neighbour query was answered by a Faiss IVF index."""

from typing import TYPE_CHECKING

from feder_widget.faiss_version import require_faiss

# First, so that a missing Faiss is told in words.
require_faiss()

from feder_widget.engines import IvfIndex, open_index  # noqa: E402
from feder_widget.errors import (  # noqa: E402
    FederError,
    IndexChangedError,
    IndexFileError,
    UnknownIdError,
    UnsupportedIndexError,
)
from feder_widget.model.search_trace import CoarseStep, FineStep, SearchTrace  # noqa: E402
from feder_widget.truth import (  # noqa: E402
    Certainty,
    Explanation,
    Ledger,
    MeanLedger,
    Verdict,
    Workload,
)

if TYPE_CHECKING:
    from feder_widget.widget import FederWidget

__version__ = "0.1.0"

__all__ = [
    "Certainty",
    "CoarseStep",
    "Explanation",
    "FederError",
    "FederWidget",
    "FineStep",
    "IndexChangedError",
    "IndexFileError",
    "IvfIndex",
    "Ledger",
    "MeanLedger",
    "SearchTrace",
    "UnknownIdError",
    "UnsupportedIndexError",
    "Verdict",
    "Workload",
    "open_index",
]


def __getattr__(name: str) -> object:
    """Import the widget when it is first asked for: tracing a search needs no Jupyter (PEP 562)."""
    if name != "FederWidget":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from feder_widget.widget import FederWidget

    globals()[name] = FederWidget
    return FederWidget


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
