"""What a search should have found: the true neighbours of one query or many, and what would find them."""

from .evaluation import Evaluation, Found, evaluate
from .explanation import Certainty, Explanation, Verdict, found_at
from .ledger import Basis, Ledger, MeanLedger
from .workload import Workload

__all__ = [
    "Basis",
    "Certainty",
    "Evaluation",
    "Explanation",
    "Found",
    "Ledger",
    "MeanLedger",
    "Verdict",
    "Workload",
    "evaluate",
    "found_at",
]
