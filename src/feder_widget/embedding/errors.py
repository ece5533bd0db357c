"""Word of pictures that have no vector."""

from __future__ import annotations

from collections.abc import Mapping

MOST_LISTED = 10
"""Pictures that a message names."""


class PicturesLeftOutWarning(UserWarning):
    """Some pictures could not be read and have no vector: their rows are NaN.

    Attributes
    ----------
    reasons : dict of int to str
        The reason for each row that was left out.
    """

    def __init__(self, reasons: Mapping[int, str], count: int) -> None:
        self.reasons = dict(reasons)
        left = len(self.reasons)
        listed = [f"row {row}: {reason}" for row, reason in list(self.reasons.items())[:MOST_LISTED]]
        if left > MOST_LISTED:
            listed.append(f"and {left - MOST_LISTED:,} more")
        super().__init__(
            f"{left:,} of {count:,} pictures {'is' if left == 1 else 'are'} left out, and all others keep "
            f"their row ids: {'; '.join(listed)}"
        )
