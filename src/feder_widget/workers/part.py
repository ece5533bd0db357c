"""One part of a pass: a function with its arguments, which can both be pickled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Part(Generic[T]):
    """A part of a pass that any worker can compute, any number of times.

    Attributes
    ----------
    name : str
        The part in messages: "rows 0 to 999 of /data/x.npy".
    compute : function
        Of a module, so that it is pickled by its name.
    arguments : tuple
        Its arguments.
    carried_bytes : int
        Bytes of vectors among these.
    """

    name: str
    compute: Callable[..., T]
    arguments: tuple[Any, ...]
    carried_bytes: int = 0
