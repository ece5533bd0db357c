"""``build_index``: vectors → a Faiss IVF index, with choices that it explains."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from feder_widget.model.arguments import as_int
from feder_widget.model.array_like import as_array

METRICS = {
    "cosine": faiss.METRIC_INNER_PRODUCT,
    "inner_product": faiss.METRIC_INNER_PRODUCT,
    "l2": faiss.METRIC_L2,
}

FEWEST_PER_CLUSTER = 39
"""Training vectors that Faiss wants for each centroid at least."""

MOST_PER_CLUSTER = 256
"""Training vectors that Faiss uses for each centroid at most."""

FEWEST_TRAINED = 65_536
"""Codes, such as PQ, are trained on this many vectors."""

LARGEST_SQUARE = float(np.finfo(np.float32).max) / 4
"""A vector's squared length at most, so that the squared distance between two is finite in float32.

Beyond, Faiss ends the process as it assigns vectors to centroids.
"""

BLOCK_BYTES = 64 << 20
"""Vectors are read by so much at a time: they may be a memory map."""


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """The choices for an index.

    Attributes
    ----------
    factory : str
        For ``faiss.index_factory``.
    nlist, nprobe : int or None
        None where a factory string was given.
    sentence : str
        The choices in words.
    """

    factory: str
    nlist: int | None
    nprobe: int | None
    sentence: str


def plan_index(
    count: int, left_out: int, metric: str, nlist: int | None = None, factory: str | None = None
) -> IndexPlan:
    """Choose an index for ``count`` vectors; ``left_out`` rows beside them have none.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.
    """
    if not isinstance(metric, str) or metric.lower() not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
    if count == 0:
        raise ValueError("vectors must hold at least one finite row, got none")
    norm = "L2norm," if metric.lower() == "cosine" else ""
    said_norm = (
        "L2norm scales vectors and queries to length 1, so that the inner product is the cosine. "
        if norm
        else ""
    )
    rows = f"{count:,} vector{'' if count == 1 else 's'}" + (
        f" (rows left out by id: {left_out:,})" if left_out else ""
    )
    if factory is not None:
        if nlist is not None:
            raise ValueError(f"give nlist or factory, not both: got nlist={nlist!r}, factory={factory!r}")
        if not isinstance(factory, str):
            raise TypeError(f"factory must be a Faiss factory string, got {factory!r}")
        if factory.lower().startswith("l2norm"):
            norm = ""
        return IndexPlan(norm + factory, None, None, f"{norm}{factory}: {rows}. {said_norm}".strip())
    if nlist is None:
        nlist = sensible_nlist(count)
        why = (
            f"nlist {nlist:,}: between the root of n and 4 times that, about {count / nlist:,.0f} vectors "
            "each. "
        )
    else:
        nlist = as_int(nlist, "nlist", most=count, most_name="vectors")
        why = f"nlist {nlist:,} as given, about {count / nlist:,.0f} vectors each. "
    nprobe = max(1, round(math.sqrt(nlist) / 2))
    chosen = f"{norm}IVF{nlist},Flat"
    trained_on = sample_size(count, nlist)
    sample = "all of them" if trained_on == count else f"a sample of {trained_on:,}"
    return IndexPlan(
        chosen,
        nlist,
        nprobe,
        f"{chosen}: {rows}. {why}Trained on {sample}; nprobe {nprobe}. {said_norm}".strip(),
    )


def sensible_nlist(count: int) -> int:
    """Return a number of clusters for ``count`` vectors: 4 √n, as far as each has 39 vectors; √n at least."""
    root = math.sqrt(count)
    return max(1, min(round(4 * root), max(round(root), count // FEWEST_PER_CLUSTER)))


def sample_size(count: int, nlist: int) -> int:
    """Return the number of vectors to train on: as many as Faiss uses, and enough for codes."""
    return min(count, max(FEWEST_TRAINED, MOST_PER_CLUSTER * nlist))


def build_index(
    vectors: Any,
    *,
    metric: str = "cosine",
    nlist: int | None = None,
    factory: str | None = None,
    explain: bool = True,
) -> Any:
    """Build a Faiss IVF index of vectors: row i has row id i.

    Parameters
    ----------
    vectors : array_like (n, d)
        Real numbers, also as a tensor or a column of lists (pandas, polars, pyarrow); a memory map is read
        block by block. Rows that hold NaN or infinite values, as :func:`feder_widget.embed` returns for
        pictures that cannot be read, are left out, and so are those longer than 9e18, whose distances
        overflow: all others keep their row ids.
    metric : str
        ``"cosine"``: vectors and queries are normalised inside the index (``L2norm``), ``"inner_product"``
        or ``"l2"``.
    nlist : int, optional
        Number of clusters; by default 4 √n, as far as each has 39 vectors, and √n at least.
    factory : str, optional
        A Faiss factory string in place of ``IVF<nlist>,Flat``, such as ``"IVF256,SQ8"``.
    explain : bool
        Whether to print the choices in a sentence.

    Returns
    -------
    faiss.Index
        Trained and filled; ``faiss.write_index`` saves it. Its ``nprobe`` is half the root of nlist.

    Raises
    ------
    TypeError, ValueError
        If ``vectors`` are no real numbers (n, d), a row has no value or another length, none is finite, or a
        choice cannot be met, such as more clusters or codewords than there are vectors.
    """
    array = _as_table(vectors)
    ids = np.flatnonzero(_usable_rows(array)).astype(np.int64)
    has_gaps = len(ids) < len(array)
    plan = plan_index(len(ids), len(array) - len(ids), metric, nlist, factory)
    index = _made(plan.factory, array.shape[1], METRICS[metric.lower()], has_gaps=has_gaps)
    inner = _ivf_in(index)
    if inner is not None:
        # Fewer vectors than Faiss wants were chosen knowingly; it would print a warning.
        inner.cp.min_points_per_centroid = 1
    trained_on = sample_size(len(ids), 0 if inner is None else inner.nlist)
    chosen = np.random.default_rng(0).choice(len(ids), trained_on, replace=False)
    needs_ids = has_gaps or isinstance(_behind_transforms(index), faiss.IndexIDMap)
    try:
        index.train(_rows(array, ids[np.sort(chosen)]))
        for some in _blocks(ids, array.shape[1]):
            rows = _rows(array, some)
            if needs_ids:
                index.add_with_ids(rows, some)
            else:
                index.add(rows)
    except RuntimeError as error:
        raise ValueError(f"{plan.factory} cannot hold these {len(ids):,} vectors: {error}") from error
    if plan.nprobe is not None and inner is not None:
        inner.nprobe = plan.nprobe
    if explain:
        print(plan.sentence)  # noqa: T201
    return index


def _as_table(vectors: Any) -> npt.NDArray[Any]:
    array = as_array(vectors, "vectors")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"vectors must hold real numbers, got an array of {array.dtype}")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"vectors must be of shape (n, d), got {array.shape}")
    return array


def _blocks(ids: npt.NDArray[np.int64], width: int) -> Iterator[npt.NDArray[np.int64]]:
    size = max(1, BLOCK_BYTES // (4 * width))
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _rows(array: npt.NDArray[Any], ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    if len(ids) and ids[-1] - ids[0] == len(ids) - 1:
        return np.ascontiguousarray(array[ids[0] : ids[-1] + 1], np.float32)
    return np.ascontiguousarray(array[ids], np.float32)


def _usable_rows(array: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which rows are finite, and so are their distances in float32, (n,)."""
    everything = np.arange(len(array), dtype=np.int64)
    usable = np.empty(len(array), np.bool_)
    with np.errstate(over="ignore", invalid="ignore"):
        for some in _blocks(everything, array.shape[1]):
            rows = _rows(array, some)
            usable[some] = np.einsum("ij,ij->i", rows, rows) <= LARGEST_SQUARE
    return usable


def _made(factory: str, width: int, metric: int, *, has_gaps: bool) -> Any:
    try:
        index = faiss.index_factory(width, factory, metric)
        if has_gaps and not isinstance(_behind_transforms(index), (faiss.IndexIVF, faiss.IndexIDMap)):
            index = faiss.index_factory(width, f"IDMap,{factory}", metric)
    except RuntimeError as error:
        raise ValueError(f"factory must be a Faiss factory string, got {factory!r}: {error}") from error
    return index


def _behind_transforms(index: Any) -> Any:
    while isinstance(index, faiss.IndexPreTransform):
        index = faiss.downcast_index(index.index)
    return index


def _ivf_in(index: Any) -> Any:
    """Return the IVF index within, None where there is none."""
    try:
        return faiss.extract_index_ivf(index)
    except RuntimeError:
        return None
