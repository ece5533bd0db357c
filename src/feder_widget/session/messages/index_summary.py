"""The index as the page knows it: a synced trait, sent when the widget is made and when the index changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from feder_widget.model.finding import Finding
from feder_widget.session.messages.declare import Array, buffer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constants:
    """Names and numbers that the kernel checks requests and traits by.

    ``thumbnail_sizes`` are sides in device pixels, ascending; ``snapshot_limit`` counts characters of a saved
    picture, ``sample_limit`` queries of a workload, ``batch_limit`` rows or clusters in one request,
    ``query_bytes`` those of a picture that is a query, ``words_limit`` characters of one that is words,
    ``values_limit`` rows whose values are asked for at once.
    """

    views: list[str]
    thumbnail_sizes: list[int]
    snapshot_limit: int
    sample_limit: int
    batch_limit: int
    query_bytes: int
    words_limit: int
    values_limit: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexSummary:
    """The facts of an index that the page shows and computes by.

    ``distance``, ``coarse_distance`` and ``refined_distance`` name the distances in the lists, in the coarse
    search and in a second pass (null without one). ``coarse_exact``: a coarse search looks at every centroid;
    ``coarse_measured``: its distances are those to the centroids. ``replayable``: results are the best of the
    candidates. ``renamed``: of candidates at one distance, others than their ids tell can be results.
    ``steady``: another nprobe probes the same clusters and more, or fewer, at the same distances. ``given``:
    true neighbours are by the original vectors. ``unexplained`` says why there are no true neighbours, or
    null. ``no_curve`` says why recall takes a search at each nprobe, or null; a workload is then evaluated at
    the values of nprobe in ``evaluated_at``, which is empty where it is at all. ``nprobe`` is the index's
    own; ``images`` and ``labels`` say whether rows have them, ``asks_pictures`` and ``asks_words`` whether
    pictures and words can be queries, ``columns`` names their metadata, ``categories`` the places of the
    columns of categories, ``scales`` the places of those of numbers and dates; ``findings`` are about the
    index. ``index_version`` counts the changes of the index that the kernel has noticed. ``sizes`` counts the
    vectors of each cluster.
    """

    kind: Literal["index"] = "index"
    index_version: int
    nlist: int
    ntotal: int
    dim: int
    family: str
    metric: str
    distance: str
    refined_distance: str | None
    similarity: bool
    coarse_distance: str
    coarse_similarity: bool
    coarse_exact: bool
    coarse_measured: bool
    exact: bool
    replayable: bool
    renamed: bool
    steady: bool
    given: bool
    unexplained: str | None
    no_curve: str | None
    evaluated_at: list[int]
    k_max: int
    nprobe: int
    images: bool
    labels: bool
    asks_pictures: bool
    asks_words: bool
    columns: list[str]
    categories: list[int]
    scales: list[int]
    findings: list[Finding]
    constants: Constants
    sizes: Array = buffer("int32", "nlist")
