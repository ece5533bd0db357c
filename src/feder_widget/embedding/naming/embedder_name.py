"""A name for an embedder: equal for equal ones, so that a cache is never read by another one.

It holds the class or function, the model's own name, and a fingerprint of all that the vectors depend on: the
code that an embedder leads to, through methods, classes, functions and modules of the user's; settings, texts
and arrays that it uses, in collections of any depth; samples of a model's weights; of libraries the versions.
What code only adds to (counts of calls, times, lists of what it has seen) is a record and left out, as are
numbers that no code reads. Two processes give one name: it holds no address, and no set in its own order. An
embedder that holds what cannot be looked into has no name to rely on.
"""

from __future__ import annotations

import hashlib
import re
import types
from collections.abc import Iterable
from typing import Any, NamedTuple

from feder_widget.embedding.naming.object_marks import METHODS
from feder_widget.embedding.naming.value_marks import TooManyValuesError, ValueMarks

_MODEL_NAMES = ("model_name", "name_or_path", "model_id", "model_name_or_path", "_name_or_path")

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")

_MOST_LOOKS = 8
"""Times that an embedder is looked at. The second or third mostly finds no more names."""


class EmbedderName(NamedTuple):
    """A name, and why it cannot be relied on.

    Attributes
    ----------
    text : str
    unread : tuple of str
        What could not be looked into; empty for a name that changes with the vectors.
    """

    text: str
    unread: tuple[str, ...] = ()


def name_of(embed: Any, left_out: Iterable[str] = ()) -> EmbedderName:
    """Return the name of what embeds; ``left_out`` are attributes that its vectors do not depend on."""
    kind = embed if isinstance(embed, (types.FunctionType, types.MethodType)) else type(embed)
    parts = [f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', '')}"]
    for owner in (embed, _attribute(embed, "model"), _attribute(embed, "config")):
        named = (_attribute(owner, attribute) for attribute in _MODEL_NAMES)
        parts.extend(name for name in named if isinstance(name, str) and name)
    digest = hashlib.blake2b(digest_size=8)
    marks, unread = _look(embed, left_out)
    for mark in marks:
        digest.update(mark.encode("utf-8", "surrogatepass") + b"\0")
    return EmbedderName(" ".join([*dict.fromkeys(parts), digest.hexdigest()]), unread)


def _look(embed: Any, left_out: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the marks of what embeds, and what could not be looked into."""
    names, records = set(METHODS), set[tuple[type | None, str]]()
    marks: list[str] = []
    for _ in range(_MOST_LOOKS):
        looking = ValueMarks(names, records, left_out)
        try:
            marks = list(looking.of(embed))
        except (TooManyValuesError, RecursionError):
            return marks, ("more values than can be looked at",)
        except Exception as error:  # a caller's object may raise anything
            return marks, (f"what raises {type(error).__name__}",)
        if looking.names == names and looking.records == records:
            return marks, tuple(dict.fromkeys(looking.unread))
        names, records = looking.names, looking.records
    return marks, ("code that leads to ever more code",)


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # a caller's object may raise anything
        return None


def without_addresses(text: str) -> str:
    """Return a text, such as a repr, without addresses, which differ from process to process."""
    return _ADDRESS.sub("", text)
