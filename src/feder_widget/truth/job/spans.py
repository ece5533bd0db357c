"""Which rows of a pass are done, as runs of rows."""

from __future__ import annotations

from collections.abc import Iterator

Span = tuple[int, int]
"""A first row, and the row after the last one."""


def with_span(spans: tuple[Span, ...], span: Span) -> tuple[Span, ...]:
    """Return runs, ascending, with one more; those that meet become one."""
    joined: list[Span] = []
    for begin, end in sorted((*spans, span)):
        if joined and joined[-1][1] == begin:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return tuple(joined)


def total(spans: tuple[Span, ...]) -> int:
    """Return the number of rows in some runs."""
    return sum(end - begin for begin, end in spans)


def missing(spans: tuple[Span, ...], rows: int, size: int) -> Iterator[Span]:
    """Cut the rows that are in no run, of so many, into runs of at most ``size``."""
    at = 0
    for begin, end in (*spans, (rows, rows)):
        for start in range(at, begin, size):
            yield start, min(start + size, begin)
        at = end
