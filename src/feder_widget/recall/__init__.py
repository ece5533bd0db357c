"""What a search should have found: the true neighbours of one query or many, and what would find them."""

from .evaluation import Evaluation, evaluate
from .explanation import Certainty, Explanation, Verdict, found_at
from .workload import Workload

__all__ = ["Certainty", "Evaluation", "Explanation", "Verdict", "Workload", "evaluate", "found_at"]
