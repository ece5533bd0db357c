"""The one number that trades recall for speed at search time: nprobe, efSearch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from feder_widget.model.arguments import as_int


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A search parameter of an engine.

    Attributes
    ----------
    name : str
        As the engine spells it: "nprobe", "efSearch".
    low, high : int
        The smallest and the largest value that makes a difference.
    stored : int
        The index's own value, which a search uses that sets none.
    scale : "log" or "linear"
        The scale on which steps of equal size make differences of about equal size.
    high_name : str
        Name of ``high`` for error messages: "nlist".
    """

    name: str
    low: int
    high: int
    stored: int
    scale: Literal["log", "linear"] = "log"
    high_name: str = ""

    def check(self, value: Any) -> int:
        """Return a caller's value as an int.

        Raises
        ------
        TypeError, ValueError
            If it is no int, or out of range.
        """
        return as_int(value, self.name, least=self.low, most=self.high, most_name=self.high_name)
