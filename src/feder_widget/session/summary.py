"""The trait by which the page knows the index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feder_widget.embedding import Embedder
from feder_widget.engines import IvfIndex
from feder_widget.media import SIZES, Media
from feder_widget.session.answers.search import is_replayable
from feder_widget.session.messages import encode
from feder_widget.session.messages.index_summary import Constants, IndexSummary
from feder_widget.session.messages.limits import (
    MAX_BATCH,
    MAX_QUERY_BYTES,
    MAX_SAMPLE,
    MAX_VALUES,
    MAX_WORDS,
)
from feder_widget.session.snapshot_check import MAX_PICTURE

VIEWS = ("clusters", "distances", "projection")


def summary_of(
    index: IvfIndex,
    *,
    k_max: int,
    images: bool,
    labels: bool = False,
    columns: Sequence[str] = (),
    categories: Sequence[int] = (),
    scales: Sequence[int] = (),
    version: int = 0,
    embedder: Embedder | None = None,
) -> dict[str, Any]:
    """Return an ``IndexSummary`` as a trait: its JSON object, with the bytes of ``sizes`` in it.

    Parameters
    ----------
    index
        The opened index.
    k_max
        The largest k that can be chosen.
    images, labels
        Whether its rows have pictures, and labels.
    columns, categories, scales
        Names of the columns of their metadata, the places of those of categories, and of those of numbers.
    embedder
        What embeds queries; None where nothing does.
    version
        How many changes of the index were noticed.
    """
    sizes = index.list_sizes
    summary = IndexSummary(
        index_version=version,
        nlist=index.nlist,
        ntotal=index.ntotal,
        dim=index.dim,
        family=index.family,
        metric=index.metric,
        distance=index.compared_distance_name,
        refined_distance=index.refined_distance_name,
        similarity=index.similarity,
        coarse_distance=index.coarse_distance_name,
        coarse_similarity=index.coarse_similarity,
        coarse_exact=index.coarse_is_exact,
        coarse_measured=index.guarantees.coarse_measured,
        exact=index.exact,
        replayable=is_replayable(index),
        renamed=index.guarantees.renamed,
        steady=index.guarantees.ranked_once and index.splittable,
        given=index.basis == "vectors",
        unexplained=index.why_unexplained,
        no_curve=index.why_no_curve,
        evaluated_at=[] if index.why_no_curve is None else index.evaluated_at.tolist(),
        k_max=k_max,
        nprobe=min(index.stored_nprobe, index.nlist),
        images=images,
        labels=labels,
        asks_pictures=embedder is not None,
        asks_words=embedder is not None and embedder.texts is not None,
        columns=list(columns),
        categories=list(categories),
        scales=list(scales),
        findings=index.findings,
        constants=Constants(
            views=list(VIEWS),
            thumbnail_sizes=list(SIZES),
            snapshot_limit=MAX_PICTURE,
            sample_limit=MAX_SAMPLE,
            batch_limit=MAX_BATCH,
            query_bytes=MAX_QUERY_BYTES,
            words_limit=MAX_WORDS,
            values_limit=MAX_VALUES,
        ),
        sizes=sizes,
    )
    content, (held,) = encode(summary)
    return {**content, "sizes": held}


def summary_of_rows(index: IvfIndex, media: Media, *, k_max: int, **others: Any) -> dict[str, Any]:
    """Return ``summary_of`` an index whose rows look as ``media`` says."""
    return summary_of(
        index,
        k_max=k_max,
        images=media.has_images,
        labels=media.has_labels,
        columns=media.columns,
        categories=media.categories,
        scales=media.scales,
        **others,
    )
