"""The trait by which the page knows a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from feder_widget.embedding import Embedder
from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.media import SIZES
from feder_widget.session.messages import encode
from feder_widget.session.messages.graph_to_page import GraphSummary
from feder_widget.session.messages.index_summary import Constants
from feder_widget.session.messages.limits import (
    MAX_BATCH,
    MAX_QUERY_BYTES,
    MAX_SAMPLE,
    MAX_VALUES,
    MAX_WORDS,
)
from feder_widget.session.snapshot_check import MAX_PICTURE

GRAPH_VIEWS = ("map", "layers", "walk", "distances", "projection")

EF_LIMIT = 4096
"""The largest efSearch that the page shows: a walk of some 40,000 distances."""


def ef_limit(index: GraphIndex) -> int:
    """Return the largest efSearch that the page can ask for."""
    return min(EF_LIMIT, max(1, index.ntotal))


def graph_summary_of(
    index: GraphIndex,
    *,
    k_max: int,
    images: bool,
    labels: bool = False,
    columns: Sequence[str] = (),
    version: int = 0,
    embedder: Embedder | None = None,
) -> dict[str, Any]:
    """Return a ``GraphSummary`` as a trait; arguments as for ``summary_of``."""
    links, second = index.graph_file.links, index.graph_file.second_pass
    sizes = np.bincount(links.levels, minlength=links.max_level + 2)
    content, _ = encode(
        GraphSummary(
            index_version=version,
            ntotal=index.ntotal,
            dim=index.dim,
            family=index.family,
            metric=index.metric,
            distance=index.walk_distance_name,
            result_distance=index.distance_name,
            true_distance=index.truth.distance_name,
            similarity=index.similarity,
            basis=index.basis,
            k_factor=0.0 if second is None else second.k_factor,
            # A node that is on n levels is on each of the n lowest.
            level_sizes=np.cumsum(sizes[::-1])[::-1][1 : links.max_level + 2].tolist(),
            width=links.width,
            ef_search=min(index.stored_ef, ef_limit(index)),
            ef_limit=ef_limit(index),
            least_is_k=index.graph_file.least_ef(2) == 2,
            k_max=k_max,
            images=images,
            labels=labels,
            asks_pictures=embedder is not None,
            asks_words=embedder is not None and embedder.texts is not None,
            columns=list(columns),
            findings=index.findings,
            constants=Constants(
                views=list(GRAPH_VIEWS),
                thumbnail_sizes=list(SIZES),
                snapshot_limit=MAX_PICTURE,
                sample_limit=MAX_SAMPLE,
                batch_limit=MAX_BATCH,
                query_bytes=MAX_QUERY_BYTES,
                words_limit=MAX_WORDS,
                values_limit=MAX_VALUES,
            ),
        )
    )
    return content
