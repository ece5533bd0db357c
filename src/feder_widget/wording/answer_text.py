"""The sentences about one search, in figures, reports and beside pictures.

``js/src/model/sharedText.ts`` writes the same, and ``tests/fixtures/findings.json`` holds both to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from feder_widget.media.one_line import one_line
from feder_widget.model.shares import NO_BREAK, percent
from feder_widget.wording.numbers import plural

NAME_LIMIT = 200
"""Most characters of a query's name."""


def query_name(row_id: int | None, title: str | None, limit: int = NAME_LIMIT) -> str:
    """Return a query in words: its row, its title on one line, or that it is a vector."""
    if row_id is not None:
        return f"row {row_id}"
    return one_line(title, limit) if title else "a vector"


def answer_sentence(name: str, returned: int, found: int, total: int | None) -> str:
    """Return what came back in one sentence.

    Parameters
    ----------
    name
        The query in words.
    returned
        How many results there are.
    found, total
        How many true neighbours came back, and of how many; None where these are not known.
    """
    if total is None:
        return f"The search for {name} returned {plural(returned, 'row')}."
    if total == 1:
        return f"The true neighbour of {name} {'came back' if found else 'was missed'}."
    if found == total:
        return f"All {plural(total, 'true neighbour')} of {name} came back."
    return f"{found:,} of {plural(total, 'true neighbour')} of {name} came back."


def recall_text(k: int, found: int, total: int) -> str:
    """Return the recall in three decimals; 1 where all came back only, 0 where none did only."""
    thousandths = math.floor(1000 * found / total + 0.5) if total else 1000
    if 0 < found < total:
        thousandths = min(max(thousandths, 1), 999)
    return f"recall@{k} = {thousandths / 1000:g}"


def settings_line(
    *,
    family: str,
    metric: str,
    ntotal: int,
    nlist: int,
    nprobe: int,
    k: int,
    distances: int,
    coarse_exact: bool,
) -> str:
    """Return the index and the cost of a search in one line.

    ``distances`` are those computed, in the coarse search only where that is exact.
    """
    besides = "" if coarse_exact else " besides an approximate coarse search"
    return (
        f"{family}, {plural(ntotal, 'vector')}, {metric}; nprobe {nprobe:,} of {nlist:,}, k {k:,}; "
        f"{cost_text(distances, ntotal, besides)}"
    )


def cost_text(distances: int, ntotal: int, besides: str = "") -> str:
    """Return the number of distances computed, and their share of all vectors."""
    share = percent(distances / ntotal if ntotal else 0.0).replace(NO_BREAK, " ")
    return f"{plural(distances, 'distance')} computed{besides}, {share} of brute force"


def remedy_sentence(
    *, found: int, nprobe: int, nlist: int, found_at: Sequence[int] | None, why_unknown: str | None
) -> str:
    """Return what finds the neighbours that were missed.

    Parameters
    ----------
    found
        How many came back.
    nprobe, nlist
        Of the search and of the index.
    found_at
        The least nprobe that returns 1, 2, … of them, nlist + 1 where none does; None where that is unknown.
    why_unknown
        The reason.
    """
    if found_at is None:
        return f"Whether a larger nprobe finds them takes a search at each: {why_unknown}."
    best = sum(at <= nlist for at in found_at)
    if best < len(found_at):
        if best <= found:
            return "No nprobe finds more."
        return f"nprobe = {found_at[best - 1]:,} finds {best:,}; no nprobe finds all."
    needed = found_at[-1]
    larger = "; larger ones lose some to the code" if needed <= nprobe else ""
    return f"nprobe = {needed:,} finds all{larger}."


def exact_number(value: float) -> str:
    """Return a float32 in the fewest digits that tell it from all others, as JavaScript writes numbers."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    shortest = float(str(np.float32(value)))
    if shortest == 0:
        return "0"
    if 1e-6 <= abs(shortest) < 1e21:
        return np.format_float_positional(shortest, trim="-")
    return np.format_float_scientific(shortest, trim="-", exp_digits=1)


def as_markdown(text: str) -> str:
    """Return a text that Markdown takes as it is."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+!|$~&" else letter for letter in text)
