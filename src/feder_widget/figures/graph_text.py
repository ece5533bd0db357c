"""A graph, a search and its missed neighbours, in words.

``js/src/graph/model/sharedWalkText.ts`` and ``missReason.ts`` write the same, and
``tests/fixtures/graph_findings.json`` holds both to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from feder_widget.engines import GraphIndex
from feder_widget.figures.graph_walk.shown_walk import ShownWalk
from feder_widget.figures.search_text import MOST_NAMED, NAME_LIMIT
from feder_widget.model.query import Query
from feder_widget.truth.graph.graph_explanation import GraphExplanation
from feder_widget.truth.graph.graph_loss import (
    GraphLoss,
    Losses,
    is_tied,
    known_found_at,
    known_from,
    needed_tag,
)
from feder_widget.wording.answer_text import answer_sentence, cost_text, query_name
from feder_widget.wording.numbers import plural


def loss_text(loss: GraphLoss, ef_used: int, handed_over: int = 0) -> str:
    """Return why a search misses one true neighbour.

    ``handed_over`` is the number of nodes that are re-ranked, 0 where there is no second pass.
    """
    return {
        "tied": "only a search tells why" if handed_over else "distances tie",
        "unreached": "no path leads to it",
        "code": "its code made it look farther",
        "rerank": "lost in the re-ranking",
        "few": f"a search keeps no more than efSearch = {ef_used:,}",
        "early": "the walk ends before it comes to it",
    }[loss]


def missed_tags(explanation: GraphExplanation, losses: Losses) -> dict[int, str]:
    """Return a word for each missed neighbour, by its row id: the efSearch that finds it, or "never"."""
    return {
        row_id: needed_tag(explanation, place, loss)
        for place, (row_id, loss) in enumerate(zip(explanation.ids.tolist(), losses, strict=True))
        if loss is not None
    }


def graph_settings_line(
    *,
    family: str,
    metric: str,
    ntotal: int,
    ef_search: int,
    ef_used: int,
    k: int,
    distances: int,
    handed_over: int = 0,
) -> str:
    """Return the index and the cost of a search in one line."""
    besides = " besides the re-ranking" if handed_over else ""
    return (
        f"{family}, {plural(ntotal, 'vector')}, {metric}; efSearch {ef_text(ef_search, ef_used)}, k {k:,}; "
        f"{cost_text(distances, ntotal, besides)}"
    )


def ef_text(ef_search: int, ef_used: int) -> str:
    """Return the efSearch of a search, with the one that the engine uses where that is another."""
    return f"{ef_search:,}" + (f" (the search uses {ef_used:,})" if ef_used > ef_search else "")


def graph_remedy_sentence(
    *, found: int, ef_search: int, ntotal: int, found_at: Sequence[int], tied: bool, handed_over: int = 0
) -> str:
    """Return what finds the neighbours that were missed.

    Parameters
    ----------
    found
        How many came back.
    ef_search, ntotal
        Of the search and of the index.
    found_at
        The least efSearch that finds 1, 2, … of them, ntotal + 1 where none does or that is unknown.
    tied
        Whether it is unknown beyond some efSearch.
    handed_over
        Nodes that are re-ranked; 0 where there is no second pass.
    """
    why = "" if handed_over else ", for distances tie"
    best = sum(at <= ntotal for at in found_at)
    if best == len(found_at):
        needed = found_at[-1]
        loses = f"may lose some{why}" if tied else "lose some" if handed_over else "lose some to the code"
        larger = f"; larger ones {loses}" if needed <= ef_search else ""
        return f"efSearch = {needed:,} finds all{larger}."
    some = f"efSearch = {found_at[best - 1]:,} finds {best:,}; " if best > found else ""
    if tied:
        start = f"{some}whether" if some else "Whether"
        return f"{start} a larger efSearch finds more takes a search at each{why}."
    return f"{some}no efSearch finds all." if some else "No efSearch finds more."


def walk_title(index: GraphIndex, search: ShownWalk | None) -> str:
    """Return the title of a picture of a walk."""
    if search is None:
        return f"{index.family}: {plural(index.ntotal, 'vector')}"
    lost = f", {len(search.missed):,} missed (dashed)" if len(search.missed) else ""
    at = ef_text(search.ef_search, search.ef_used)
    return f"{_name(search.query)}, efSearch {at}: {_found_text(search)}{lost}"


def walk_lines(index: GraphIndex, search: ShownWalk | None) -> list[str]:
    """Return a line each for index, query, recall, missed neighbours and remedy."""
    vectors = f"{plural(index.ntotal, 'vector')} of {plural(index.dim, 'dimension')}"
    lines = [f"Index: {index.family}, {vectors}, {index.metric}"]
    if search is None:
        return [*lines, "Query: none yet"]
    at = ef_text(search.ef_search, search.ef_used)
    lines.append(f"Query: {_name(search.query)}, efSearch {at}, k {search.k:,}")
    explanation = search.explanation
    if explanation is None:
        return [*lines, "Answer: unknown: the true neighbours were not computed"]
    answer = answer_sentence(_name(search.query), len(search.results), search.found, len(explanation))
    lines.append(f"Answer: {answer}")
    if len(search.missed):
        lines.append(f"Missed: {_missed_text(search, explanation)}")
        remedy = graph_remedy_sentence(
            found=search.found,
            ef_search=search.ef_search,
            ntotal=index.ntotal,
            found_at=known_found_at(explanation),
            tied=is_tied(explanation),
            handed_over=search.handed_over,
        )
        lines.append(f"Remedy: {remedy}")
    return lines


def _missed_text(search: ShownWalk, explanation: GraphExplanation) -> str:
    """Return the missed neighbours, with the efSearch that finds each, or why none is known to."""
    named = []
    for place, loss in enumerate(search.losses):
        if loss is not None:
            needs = known_from(explanation, place)
            is_found_later = needs is not None and loss in ("early", "few")
            why = loss_text(loss, search.ef_used, search.handed_over)
            if is_found_later:
                why = f"needs efSearch {needs:,}"
            named.append(f"row {explanation.ids[place]} ({why})")
    more = len(named) - MOST_NAMED
    return ", ".join(named[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _found_text(search: ShownWalk) -> str:
    if search.explanation is None:
        return plural(len(search.results), "result")
    return f"{search.found:,} of {plural(len(search.explanation), 'true neighbour')}"


def _name(query: Query) -> str:
    return query_name(query.row_id, query.title, NAME_LIMIT)
