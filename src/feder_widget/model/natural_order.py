"""The order in which people number files: ``2.png`` comes before ``10.png``."""

from __future__ import annotations

import re
from pathlib import PurePath

_DIGITS = re.compile(r"([0-9]+)")

_Part = tuple[tuple[int, int, str], ...]


def natural_key(path: str) -> tuple[tuple[_Part, ...], str]:
    """Return a key that sorts paths folder by folder, runs of digits by their value.

    Paths that differ only in leading zeros (``1.png`` and ``01.png``) sort by their text.
    """
    return tuple(_part_key(part) for part in PurePath(path).parts), path


def _part_key(part: str) -> _Part:
    # A number is compared by its length, then by its digits: int() refuses numbers of thousands of digits.
    pieces = []
    for piece in filter(None, _DIGITS.split(part)):
        is_number = piece[0] in "0123456789"
        digits = piece.lstrip("0")
        pieces.append((0, len(digits), digits) if is_number else (1, 0, piece))
    return tuple(pieces)
