"""Whether the coarse quantizer ranks clusters by the metric that the index compares vectors by."""

from __future__ import annotations

import faiss
import numpy as np

from feder_widget.checks.sampled_rows import sampled_rows
from feder_widget.faiss_internals.family_name import METRICS, other_coarse_metric
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.finding import Finding

SAMPLE = 100
"""Rows that clusters are ranked for, at most."""

ROUNDING = 1e-5
"""Share of a distance by which two ways of computing it may differ."""

MOST_IDS = 10
"""Ids in the evidence at most."""

WORK = 2e8
"""Multiplications that this may cost, at most."""


def metric_findings(file: InvertedFile) -> list[Finding]:
    """Find a coarse quantizer of another metric, and count the rows whose first cluster is another by it."""
    ivf, centroids = file.stack.ivf, file.centroids
    by = other_coarse_metric(file.stack, centroids.metric)
    if by is None:
        return []
    wanted = METRICS[ivf.metric_type][0]
    evidence: dict[str, float | list[float]] = {}
    sentence = f"The coarse quantizer ranks clusters by {by}, the index compares vectors by {wanted}."
    rows = sampled_rows(file, max(1, min(SAMPLE, int(WORK / (file.nlist * ivf.d)))))
    if rows is not None and len(rows.ids):
        vectors = centroids.vectors()
        by_index = faiss.pairwise_distances(
            rows.vectors, vectors, metric=ivf.metric_type, metric_arg=ivf.metric_arg
        )
        by_quantizer = faiss.pairwise_distances(
            rows.vectors, vectors, metric=centroids.metric, metric_arg=centroids.quantizer.metric_arg
        )
        # Not by a search of the quantizer, which may be approximate: the metric alone is in question.
        first = by_quantizer.argmax(axis=1) if centroids.similarity else by_quantizer.argmin(axis=1)
        best = by_index.max(axis=1) if file.similarity else by_index.min(axis=1)
        of_first = np.take_along_axis(by_index, first[:, None], axis=1)[:, 0]
        differs = np.abs(of_first - best) > ROUNDING * np.abs(best)
        ids = rows.ids[differs].tolist()
        evidence = {"compared": len(rows.ids), "differ": len(ids), "ids": ids[:MOST_IDS]}
        sentence += (
            f" For {len(ids)} of {len(rows.ids)} stored rows, the cluster ranked first is not the nearest by "
            f"{wanted}: this costs recall."
            if ids
            else f" For each of {len(rows.ids)} stored rows, both rank the same cluster first."
        )
    is_costly = not evidence or bool(evidence["differ"])
    return [
        Finding(
            "coarse-metric",
            "warning" if is_costly else "info",
            sentence,
            evidence,
            f"Build the index with a quantizer of its own metric ({wanted})." if is_costly else None,
        )
    ]
