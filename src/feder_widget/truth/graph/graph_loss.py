"""Why a search of a graph misses a true neighbour, in one word."""

from __future__ import annotations

from typing import Literal

from feder_widget.truth.graph.graph_explanation import GraphExplanation

GraphLoss = Literal["early", "few", "code", "rerank", "unreached", "tied"]
Losses = list[GraphLoss | None]
"""Of each true neighbour; None for one that came back."""


def graph_losses(explanation: GraphExplanation, ef_search: int, ef_used: int) -> Losses:
    """Return why a search misses each of the true neighbours; None for those that it returns.

    "early": the walk ends before it comes to it. "few": visited, but a search keeps no more than efSearch.
    "code": its code made it look farther. "rerank": the second pass found others nearer. "unreached": no
    path leads to it. "tied": only a search tells which efSearch finds it, for distances tie, or a second pass
    returns a row that it has lost.

    Parameters
    ----------
    explanation : GraphExplanation
        The true neighbours.
    ef_search, ef_used : int
        The efSearch asked for, and the one that the engine uses.
    """
    lost = explanation.missed(ef_search).tolist()
    losses: Losses = []
    for at, row_id in enumerate(explanation.ids.tolist()):
        if row_id in lost:
            # Rows that share an id are lost as often as they are named.
            lost.remove(row_id)
            losses.append(_loss(explanation, at, ef_used))
        else:
            losses.append(None)
    return losses


def known_from(explanation: GraphExplanation, at: int) -> int | None:
    """Return the efSearch from which on a true neighbour is returned; None for none, or where they tie."""
    found = int(explanation.returned_from[at])
    return found if found <= explanation.ntotal and _is_told(explanation, found) else None


def needed_tag(explanation: GraphExplanation, at: int, loss: GraphLoss) -> str:
    """Return what finds a missed neighbour in a word: "ef 59", "never", or "missed" where they tie."""
    needs = known_from(explanation, at)
    return f"ef {needs:,}" if needs is not None else "missed" if loss == "tied" else "never"


def known_found_at(explanation: GraphExplanation) -> list[int]:
    """Return the smallest efSearch that finds 1, 2, … true neighbours, without a search.

    ``ntotal + 1`` where none does, and where distances tie, so that only a search at each would tell.
    """
    found = explanation.spans.found_at(min(explanation.holds_until, explanation.ntotal))
    return [int(at) for at in found]


def is_tied(explanation: GraphExplanation) -> bool:
    """Return whether distances tie, so that one walk does not tell every efSearch."""
    return explanation.holds_until < explanation.ntotal


def _loss(explanation: GraphExplanation, at: int, ef: int) -> GraphLoss:
    visited, never = int(explanation.visited_from[at]), explanation.ntotal + 1
    start, until = int(explanation.returned_from[at]), int(explanation.returned_until[at])
    if visited == never:
        return "unreached"
    if not _is_told(explanation, start):
        return "tied"
    spans = explanation.spans
    is_handed = spans.handed_from[at] <= ef < spans.handed_until[at]
    if is_handed and not start <= ef < until:
        return "rerank"
    if start == never or until <= ef:
        return "code"
    return "few" if visited <= ef else "early"


def _is_told(explanation: GraphExplanation, returned_from: int) -> bool:
    return not is_tied(explanation) or returned_from <= explanation.holds_until
