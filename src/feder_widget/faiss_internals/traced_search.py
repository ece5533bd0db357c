"""One search as Faiss answers it, with every vector that it compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals import shard
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.layers import id_maps, refinement, transforms
from feder_widget.faiss_internals.unwrap import IdMap, Refine, Transform
from feder_widget.model.search_trace import (
    CoarseStep,
    FineStep,
    FineSteps,
    Ranking,
    RefineStep,
    Scan,
    SearchTrace,
)
from feder_widget.model.top_k import top_k

Ids = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]

STEP_CLUSTERS = 8
"""Clusters that ``steps`` scans at once: enough to use several cores, few enough to stop promptly."""


def trace(file: InvertedFile, vector: npt.NDArray[Any], nprobe: int, k: int) -> SearchTrace:
    """Search, and return every vector compared.

    Parameters
    ----------
    file : InvertedFile
        The index.
    vector : float32 (dim,), or uint8 (dim / 8,) of a binary index
        The query before ``transform``, checked.
    nprobe, k : int
        Checked.
    """
    inner = file.transform(vector)
    ranking = file.rank(inner, nprobe)
    scans = [part.probe(inner, ranking, nprobe) for part in file.parts]
    first_k = k if file.stack.refine is None else refinement.k_base(file.stack.refine, k)
    ids, distances, refine = _outward(file, vector, *_best(file, inner, ranking, scans, first_k), k)
    scan = file.named(_united(file, scans))
    compared = file.nlist if file.centroids.is_exhaustive else len(ranking.clusters)
    again = 0 if refine is None else len(refine.ids)
    return SearchTrace(ranking, FineSteps(scan), ids, distances, compared + len(scan.ids) + again, refine)


def steps(
    file: InvertedFile, vector: npt.NDArray[Any], nprobe: int, k: int
) -> Iterator[CoarseStep | FineStep | RefineStep]:
    """Search step by step: the ranking, one step per probed cluster in rank order, the re-ranking.

    Arguments as for ``trace``.
    """
    if not file.is_splittable or file.is_limited or file.stack.refine is not None:
        whole = trace(file, vector, nprobe, k)
        yield whole.coarse
        yield from whole.fine
        if whole.refine is not None:
            yield whole.refine
        return
    inner = file.transform(vector)
    ranking = file.rank(inner, nprobe)
    yield ranking.step
    for start in range(0, len(ranking.clusters), STEP_CLUSTERS):
        part = slice(start, start + STEP_CLUSTERS)
        scan = file.scan(inner, ranking.clusters[part], ranking.distances[part])
        yield from FineSteps(file.named(scan), first_rank=start + 1)


def _united(file: InvertedFile, scans: list[Scan]) -> Scan:
    """Return the scans of all parts as one."""
    if len(scans) == 1:
        return scans[0]
    return shard.united(
        [
            Scan(scan.clusters, scan.lims, part.named(scan.ids, first_id), scan.distances)
            for (part, first_id), scan in zip(file.numbered(), scans, strict=True)
        ]
    )


def _best(
    file: InvertedFile, inner: npt.NDArray[Any], ranking: Ranking, scans: list[Scan], k: int
) -> tuple[Ids, Distances]:
    """Return the k results, int64 (k,) and float32 (k,), exactly as the innermost index returns them."""
    results = [part.best(inner, ranking, scan, k) for part, scan in zip(file.parts, scans, strict=True)]
    if len(results) == 1:
        return results[0]
    named = [
        (part.named(ids, first_id), distances)
        for (part, first_id), (ids, distances) in zip(file.numbered(), results, strict=True)
    ]
    return shard.merged(named, k, file.similarity)


def _outward(
    file: InvertedFile, vector: npt.NDArray[Any], ids: Ids, distances: Distances, k: int
) -> tuple[Ids, Distances, RefineStep | None]:
    """Take the results of the innermost index out through the layers around it.

    ``vector`` is the query before ``transform``. Returns the k results and the re-ranking, with the ids that
    the whole index reports.
    """
    seen_by: list[npt.NDArray[Any]] = []
    for layer in file.stack.layers:
        seen_by.append(vector)
        if isinstance(layer, Transform):
            vector = transforms.forward(layer.chain, vector)
    step = None
    for layer, seen in zip(reversed(file.stack.layers), reversed(seen_by), strict=True):
        if isinstance(layer, IdMap):
            ids = id_maps.outward(layer, ids)
            if step is not None:
                named = id_maps.outward(layer, step.ids)
                step = RefineStep(named, step.first_distances, step.distances, step.k_base)
        elif isinstance(layer, Refine):
            real = ids >= 0
            again = refinement.distances_to(layer.index, seen, ids[real])
            step = RefineStep(ids[real], distances[real], again, len(ids))
            ids, distances = top_k(step.ids, again, k, file.similarity)
    return ids, distances, step
