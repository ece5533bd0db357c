"""One thing that stands out in an index, a query or an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A remark with its evidence.

    Attributes
    ----------
    code : str
        Stable name of the kind of finding, in kebab case: "uneven-clusters".
    severity : "info", "warning" or "error"
        "info" explains, "warning" costs recall or time, "error" makes answers wrong.
    sentence : str
        Plain text for the screen.
    evidence : mapping of str to number or list of numbers
        The numbers that the sentence rests on.
    remedy : str or None
        Code or plain text that mends it, where something does.
    """

    code: str
    severity: Severity
    sentence: str
    evidence: Mapping[str, float | Sequence[float]] = field(default_factory=dict)
    remedy: str | None = None
