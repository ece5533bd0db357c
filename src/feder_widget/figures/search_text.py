"""An index, a search and its missed neighbours, in words."""

from __future__ import annotations

from feder_widget.engines import IvfIndex
from feder_widget.figures.shown_search import ShownSearch
from feder_widget.model.query import Query
from feder_widget.truth import Explanation
from feder_widget.wording.answer_text import answer_sentence, query_name, remedy_sentence
from feder_widget.wording.numbers import plural


def map_title(index: IvfIndex, search: ShownSearch | None) -> str:
    """Return the title of a map."""
    if search is None:
        return f"{index.family}: {index.ntotal:,} vectors in {index.nlist:,} clusters"
    lost = f", {len(search.missed):,} missed (dashed)" if len(search.missed) else ""
    name = _name(search.query)
    return f"{name}, nprobe {search.nprobe:,} of {index.nlist:,}: {recall_text(search)}{lost}"


def recall_text(search: ShownSearch) -> str:
    """Return how many true neighbours came back, in words."""
    if search.explanation is None:
        return f"{len(search.results):,} results"
    total = len(search.explanation)
    return f"{search.found:,} of {total:,} true neighbour{'' if total == 1 else 's'}"


NAME_LIMIT = 60
"""Most characters of a query's name."""


def query_line(index: IvfIndex, query: Query, nprobe: int, k: int) -> str:
    """Return the query and the search parameter in one line."""
    return f"Query: {_name(query)}, nprobe {nprobe:,} of {index.nlist:,}, k {k:,}"


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
        reason = "the true neighbours were not computed" if why is None else why
        return [*lines, f"Answer: unknown: {reason}"]
    total = len(explanation)
    name = _name(search.query)
    lines.append(f"Answer: {answer_sentence(name, len(search.results), search.found, total)}")
    if len(search.missed):
        lines += [f"Missed: {missed_text(search)}", f"Remedy: {_remedy(search, explanation)}"]
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


def _remedy(search: ShownSearch, explanation: Explanation) -> str:
    unknown = search.index.why_no_curve
    return remedy_sentence(
        found=search.found,
        nprobe=search.nprobe,
        nlist=search.index.nlist,
        found_at=None if unknown is not None else explanation.found_at.tolist(),
        why_unknown=unknown,
    )


def _name(query: Query) -> str:
    return query_name(query.row_id, query.title, NAME_LIMIT)
