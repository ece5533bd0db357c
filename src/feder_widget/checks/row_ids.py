"""Whether each vector is in one list, under an id of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.inverted_lists import LIST_WORK
from feder_widget.faiss_internals.layers import id_maps
from feder_widget.faiss_internals.repeated_ids import RepeatedIds
from feder_widget.model.finding import Finding
from feder_widget.model.list_runs import runs
from feder_widget.model.work_pieces import ID_WORK, WHOLE, Steps

MOST_IDS = 10
"""Ids in the evidence at most."""

MOST_READ = 1 << 22
"""Ids that are read at once at most, to name the ones that are missing."""

Ids = npt.NDArray[np.int64]


def unlisted_findings(file: InvertedFile, sizes: Ids) -> list[Finding]:
    """Find vectors that Faiss counts but holds in no list: added with NaN, or with too large numbers.

    Parameters
    ----------
    file : InvertedFile
        The index.
    sizes : int64 (nlist,)
        Vectors in each list.
    """
    ntotal, listed = file.ntotal, int(sizes.sum())
    if listed == ntotal:
        return []
    if listed > ntotal:
        return [
            Finding(
                "lists-hold-more",
                "warning",
                f"The lists hold {listed:,} vectors, but the index says ntotal = {ntotal:,}.",
                {"listed": listed, "ntotal": ntotal},
                "Set index.ntotal to the number of vectors, or build the index anew.",
            )
        ]
    count = ntotal - listed
    evidence: dict[str, float | list[float]] = {"unlisted": count, "ntotal": ntotal}
    ids = _missing_ids(file, ntotal)
    if len(ids):
        evidence["ids"] = ids[:MOST_IDS].tolist()
    which = f": {_listed(ids, count)}" if len(ids) == count else ""
    return [
        Finding(
            "unlisted-vectors",
            "error",
            f"{count:,} of {ntotal:,} vectors {'is' if count == 1 else 'are'} in no list and can never be "
            f"found{which}.",
            evidence,
            "Faiss leaves out vectors with NaN or infinite numbers: check them before index.add.",
        )
    ]


def repeated_findings(repeated: RepeatedIds) -> list[Finding]:
    """Find row ids that several vectors share: which of them a result is, its id does not tell."""
    is_id = repeated.ids >= 0
    ids, counts = repeated.ids[is_id], repeated.counts[is_id]
    if not len(ids):
        return []
    most = int(counts.max())
    times = "twice" if most == 2 else f"up to {most:,} times"
    subject = f"Row id {ids[0]} occurs" if len(ids) == 1 else f"{len(ids):,} row ids occur"
    return [
        Finding(
            "repeated-ids",
            "warning",
            f"{subject} {times}: pictures, labels and original vectors of such an id can be those of another "
            "vector.",
            {"repeated": len(ids), "most": most, "ids": ids[:MOST_IDS].tolist()},
            "Give each vector an id of its own: index.add_with_ids, or merge_from(other, add_id=…).",
        )
    ]


def moved_findings_steps(file: InvertedFile, work: int = WHOLE) -> Steps[list[Finding]]:
    """Find id maps that have parted from the lists, by one pass over the numbers in them.

    ``IndexIDMap.remove_ids`` closes the gaps in its map, while the lists of an IVF index keep their numbers:
    every later vector then answers under the id of another, or under none.
    """
    vectors = moved = 0
    ids: list[int] = []
    for id_map, numbers_among in file.mapped_lists():
        names = id_maps.names_of(id_map).copy()
        is_held = np.zeros(len(names) + 1, bool)
        total = beyond = 0
        for first, last in runs(file.sizes() * ID_WORK + LIST_WORK, work):
            numbers = numbers_among(first, last)
            fits = (numbers >= 0) & (numbers < len(names))
            is_held[numbers[fits]] = True
            total += len(numbers)
            beyond += int(np.count_nonzero(numbers >= len(names)))
            yield
        is_repeated = int(np.count_nonzero(is_held)) < total - beyond
        if beyond or is_repeated:
            # The first free number is the first that was removed, unless a vector with NaN left it free.
            gap = int(np.argmin(is_held))
            vectors += total
            moved += total - gap
            ids += names[gap : gap + MOST_IDS].tolist()
    if not vectors:
        return []
    return [
        Finding(
            "moved-ids",
            "error",
            f"The id map and the lists have parted: {moved:,} of {vectors:,} vectors can answer under the id "
            "of another. remove_ids of an IndexIDMap around an IVF index does this.",
            {"moved": moved, "vectors": vectors, "ids": ids[:MOST_IDS]},
            "Build the index anew without IndexIDMap: an IVF index keeps ids itself (add_with_ids).",
        )
    ]


def _missing_ids(file: InvertedFile, ntotal: int) -> Ids:
    """Return the ids below ``ntotal`` that no list holds, where ids are numbers from 0; else none."""
    none = np.empty(0, np.int64)
    if ntotal > MOST_READ:
        return none
    ids = file.ids_among(0, file.nlist)
    if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < ntotal:
        return none
    return np.setdiff1d(np.arange(ntotal), ids)


def _listed(ids: Ids, count: int) -> str:
    some = ", ".join(str(row) for row in ids[:3].tolist())
    return f"row {some}" if count == 1 else f"rows {some}{' and others' if count > 3 else ''}"
