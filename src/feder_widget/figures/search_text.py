"""An index, a search and its missed neighbours, in words."""

from __future__ import annotations

from feder_widget.engines import IvfIndex
from feder_widget.figures.numbers import plural
from feder_widget.figures.shown_search import ShownSearch
from feder_widget.media.text import one_line
from feder_widget.model.query import Query


def map_title(index: IvfIndex, search: ShownSearch | None) -> str:
    """Return the title of a map."""
    if search is None:
        return f"{index.family}: {index.ntotal:,} vectors in {index.nlist:,} clusters"
    lost = f", {len(search.missed):,} missed (dashed)" if len(search.missed) else ""
    name = query_name(search.query)
    return f"{name}, nprobe {search.nprobe:,} of {index.nlist:,}: {recall_text(search)}{lost}"


def recall_text(search: ShownSearch) -> str:
    """Return how many true neighbours came back, in words."""
    if search.explanation is None:
        return f"{len(search.results):,} results"
    total = len(search.explanation)
    return f"{search.found:,} of {total:,} true neighbour{'' if total == 1 else 's'}"


NAME_LIMIT = 60
"""Most characters of a query's name."""


def query_name(query: Query) -> str:
    """Return a query in words: its row, its title on one line, or that it is a vector."""
    if query.row_id is not None:
        return f"row {query.row_id}"
    return one_line(query.title, NAME_LIMIT) if query.title else "a vector"


def query_line(index: IvfIndex, query: Query, nprobe: int, k: int) -> str:
    """Return the query and the search parameter in one line."""
    return f"Query: {query_name(query)}, nprobe {nprobe:,} of {index.nlist:,}, k {k:,}"


def search_lines(index: IvfIndex, search: ShownSearch | None) -> list[str]:
    """Return a line each for index, query, recall, missed neighbours and remedy."""
    vectors = f"{plural(index.ntotal, 'vector')} of {plural(index.dim, 'dimension')}"
    lines = [f"Index: {index.family}, {vectors}, nlist {index.nlist:,}, {index.metric}"]
    if search is None:
        return [*lines, "Query: none yet"]
    lines.append(query_line(index, search.query, search.nprobe, search.k))
    explanation = search.explanation
    if explanation is None:
        why = index.why_unexplained
        return [*lines, "Recall: not computed" if why is None else f"Recall: unavailable: {why}"]
    total = len(explanation)
    share = search.found / total if total else 1.0
    lines.append(f"Recall@{search.k}: {search.found:,} of {total:,} true neighbours ({share:.2f})")
    if len(search.missed):
        lines += [f"Missed: {missed_text(search)}", f"Remedy: {remedy(search)}"]
    else:
        lines.append("Missed: none")
    return lines


MOST_NAMED = 6
"""Missed neighbours that are named."""


def missed_text(search: ShownSearch) -> str:
    """Return the missed neighbours, with the ranks of their clusters."""
    missed = search.missed
    named = [
        f"row {row_id} (cluster ranked {rank:,})" if rank <= search.index.nlist else f"row {row_id}"
        for row_id, rank in zip(missed.ids.tolist(), missed.ranks.tolist(), strict=True)
    ]
    more = len(named) - MOST_NAMED
    return ", ".join(named[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def remedy(search: ShownSearch) -> str:
    """Return the remedy for the missed neighbours."""
    explanation = search.explanation
    assert explanation is not None
    try:
        needed = explanation.nprobe_needed
    except ValueError:
        return "compare recall at larger nprobe; each takes a search"
    if needed <= explanation.nlist:
        larger = "; larger ones lose some to the code" if needed <= search.nprobe else ""
        return f"nprobe {needed:,} finds all {len(explanation):,}{larger}"
    at = explanation.found_at
    best = int((at <= explanation.nlist).sum())
    if best > search.found:
        return f"nprobe {int(at[best - 1]):,} finds {best:,}; no nprobe finds all {len(explanation):,}"
    return "no nprobe finds more: the codes rank other vectors first"
