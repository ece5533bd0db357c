"""The objects that keep an index alive which Faiss has handed out as a part of another one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import faiss

from feder_widget.faiss_internals.unwrap import derived


def owners_of(index: Any) -> tuple[Any, ...]:
    """Return the Python objects that own a part of an index; none where the index owns itself.

    ``outer.index``, ``outer.at(0)``, ``extract_index_ivf(outer)`` and ``downcast_index(index)`` return an
    object that points into another one, without a reference to it: once that is freed, a read ends the
    process. So the owner is looked for among all objects of the interpreter.
    """
    if index.this.own():
        return ()
    wanted = int(index.this)
    return tuple(one for one in _owning() if any(int(part.this) == wanted for part in _parts(one)))


def _owning() -> Iterator[Any]:
    for one in gc.get_objects():
        # The class that an object claims to have may be computed, and fail.
        if issubclass(type(one), (faiss.Index, faiss.IndexBinary)) and "this" in vars(one) and one.this.own():
            yield one


def _parts(index: Any) -> Iterator[Any]:
    """Yield an index and all that are searched inside it."""
    yield index
    inside = [getattr(index, name, None) for name in ("index", "base_index")]
    if hasattr(index, "at"):
        inside += [index.at(i) for i in range(index.count())]
    for part in inside:
        if part is not None:
            yield from _parts(derived(part))
