"""Ground truth: the true neighbours of one query or many, the nprobe that finds them, and recall."""

from feder_widget.truth.explanation import Certainty, Explanation, Verdict, found_at
from feder_widget.truth.ivf_truth import GroundTruth
from feder_widget.truth.ledger import Basis, Ledger, MeanLedger
from feder_widget.truth.workloads.evaluation import Evaluation, evaluate
from feder_widget.truth.workloads.workload import Workload

__all__ = [
    "Basis",
    "Certainty",
    "Evaluation",
    "Explanation",
    "GroundTruth",
    "Ledger",
    "MeanLedger",
    "Verdict",
    "Workload",
    "evaluate",
    "found_at",
]
