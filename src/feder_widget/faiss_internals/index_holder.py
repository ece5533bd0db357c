"""The Faiss index inside an object of another library: a vector store, a data set's index."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import faiss

from feder_widget.faiss_internals.unwrap import WANTED, refusal

KNOWN_ATTRIBUTES = (
    "faiss_index",  # Hugging Face: Dataset.get_index
    "_faiss_index",  # LlamaIndex: FaissVectorStore
    "index",  # LangChain: FAISS
    "backend",  # txtai: the Faiss of embeddings.ann
    "ann",  # txtai: Embeddings
    "vectorstore",  # LangChain: a retriever
    "vector_store",  # LlamaIndex: an index
    "_vector_store",
    "faiss_indexes",  # Haystack: a dict
    "_indexes",  # Hugging Face: Dataset, a dict
)
"""Names under which libraries keep an index, or the object that keeps it."""

MOST_FOLLOWED = 100
"""Values of a dict that are followed."""

MAX_DEPTH = 3
"""Objects between the one that is passed and the index: a retriever keeps a store, which keeps the index."""


def index_inside(source: Any) -> Any:
    """Return the Faiss index that an object is or holds.

    Attributes are told by what they hold. One index among an object's own attributes is taken, whatever its
    name; the known attributes of known libraries are followed further.

    Raises
    ------
    UnsupportedIndexError
        If it holds none, or several, with the attributes that hold them.
    """
    if _is_index(source):
        return source
    found = _indexes_in(source, ".", MAX_DEPTH, set())
    # SWIG makes several objects of one index.
    distinct = {int(index.this) for index in found.values()}
    if len(distinct) == 1:
        return next(iter(found.values()))
    if found:
        raise refusal(source, f"it holds several faiss indexes; pass one of {', '.join(found)}")
    if isinstance(source, type):
        raise refusal(source, f"it is a class; pass {WANTED}")
    raise refusal(source, "it is no faiss index, and none of its attributes holds one")


def _indexes_in(holder: Any, path: str, depth: int, seen: set[int]) -> dict[str, Any]:
    """Return the indexes that an object holds, by the path that leads to each."""
    if depth == 0 or id(holder) in seen or isinstance(holder, type):
        return {}
    seen.add(id(holder))
    found: dict[str, Any] = {}
    known: dict[str, Any] = {}
    for name, value in _parts(holder).items():
        here = f"{path}{name}"
        found |= {place: each for place, each in _held(value, here) if _is_index(each)}
        if name in KNOWN_ATTRIBUTES and not found:
            known |= dict(itertools.islice(_held(value, here), MOST_FOLLOWED))
    if found:
        return found
    for here, value in known.items():
        found |= _indexes_in(value, f"{here}.", depth - 1, seen)
    return found


def _held(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield what an attribute holds that may be, or lead to, an index: the values of a dict, or itself."""
    if not issubclass(type(value), Mapping):
        yield path, value
        return
    try:
        for key, each in value.items():
            if _is_index(each) or hasattr(each, "__dict__"):
                yield f"{path}[{key!r}]", each
    except Exception:
        # A mapping may load what it holds, and a key may be unable to say its name.
        return


def _parts(holder: Any) -> dict[str, Any]:
    """Return an object's own attributes, and the known ones that it computes or keeps elsewhere."""
    try:
        own = dict(vars(holder))
    except Exception:
        own = {}
    for name in KNOWN_ATTRIBUTES:
        if name in own:
            continue
        try:
            own[name] = getattr(holder, name)
        except Exception:
            continue
    return own


def _is_index(value: Any) -> bool:
    # The class that an object claims to have may be computed, and fail.
    return issubclass(type(value), (faiss.Index, faiss.IndexBinary))
