"""The limits of a request, and how a field is declared with them."""

from __future__ import annotations

import dataclasses
from typing import Any

MAP_UNITS = 1 << 16
"""Units of the map's width and height in which boxes and centres of very many cells are sent."""

MAX_BATCH = 1024
"""Rows or clusters in one request."""

MAX_COLUMNS = 32
"""Columns of metadata: see ``media.row_table``."""

MAX_VALUES = 64
"""Rows whose values are asked for at once: their texts stay under 1 MiB."""

MAX_WINDOW = 65_536
"""Rows in one window of a cluster."""

MAX_SAMPLE = 1_000_000
"""Queries in a workload that the page asks for."""

MAX_QUERY_BYTES = 1 << 20
"""Bytes of a picture that is a query."""

MAX_WORDS = 2000
"""Characters of words that are a query, and of the name of a picture."""

MAX_SERIAL = 2**62

Bound = int | str
"""A number, the name of a limit ("nlist", "nlist - 1", "k_max"), or the name of an earlier field."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """The least and the greatest integer of a field, or of each item of a list.

    ``most`` is the greatest length of a list or of a text; ``along`` names the field that a list must be as
    long as. A value that is ``optional`` counts as null where it is wrong.
    """

    low: Bound | None = None
    high: Bound | None = None
    most: int | None = None
    along: str | None = None
    optional: bool = False


def hint(low: Bound, high: Bound) -> Any:
    """Declare an integer that counts as null where it is not between the bounds."""
    return dataclasses.field(metadata={"limits": Limits(low, high, optional=True)})


def between(low: Bound, high: Bound) -> Any:
    """Declare an integer between two bounds, both included."""
    return dataclasses.field(metadata={"limits": Limits(low, high)})


def each_between(low: Bound, high: Bound, *, most: int | None = None, along: str | None = None) -> Any:
    """Declare a list of integers between two bounds."""
    return dataclasses.field(metadata={"limits": Limits(low, high, most, along)})


def text(*, most: int) -> Any:
    """Declare a text of at most so many characters, not empty."""
    return dataclasses.field(metadata={"limits": Limits(most=most)})


def listed(*, most: int) -> Any:
    """Declare a list of at most so many items."""
    return dataclasses.field(metadata={"limits": Limits(most=most)})
