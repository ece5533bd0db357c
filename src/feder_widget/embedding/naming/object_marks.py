"""Classes and objects → texts that differ where what they compute does."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from typing import Any

from feder_widget.embedding.naming.attributes import (
    attributes_of,
    functions_of,
    keeps_its_own_state,
    methods_of,
    state_of,
)
from feder_widget.embedding.naming.code_origin import is_library_class, is_library_function, library_mark
from feder_widget.embedding.naming.code_reading import read_code
from feder_widget.embedding.naming.function_marks import CONSTRUCTS, FunctionMarks

METHODS = ("__call__", "encode", "to_embeddings", "embed", "forward")
"""Methods that embed; see ``calls.py``. A torch module's code is in ``forward``."""

_SETTINGS = frozenset({"types.SimpleNamespace", "argparse.Namespace"})
_MACHINERY = frozenset(
    {
        *("_thread", "threading", "logging", "weakref", "_weakref", "_weakrefset", "_io", "io", "queue"),
        *("contextvars", "_contextvars", "concurrent", "asyncio", "multiprocessing", "subprocess", "socket"),
        *("tqdm", "contextlib", "time", "warnings", "_abc"),
    }
)
"""Modules whose objects run a program and say nothing of what it computes."""

_UNCALLED = frozenset(
    {
        *("__init__", "__new__", "__post_init__", "__init_subclass__", "__class_getitem__", "__del__"),
        *("__repr__", "__eq__", "__hash__", "__getstate__", "__setstate__", "__reduce__", "__reduce_ex__"),
    }
)
"""Methods that Python calls by itself, and not while an object embeds."""

_OF_CLASSES = frozenset({"_abc_impl", "_is_protocol", "_is_runtime_protocol"})
"""Attributes that Python gives to classes."""

_MODE, _SETS_MODE = "training", "eval"
"""The attribute of a torch module for its mode, and the method that code sets it by."""

_CLOSED = "?"
"""The mark of an object that cannot be looked into."""


class ObjectMarks(FunctionMarks):
    """Looks at classes and objects, and through them at what they hold.

    Parameters
    ----------
    names, records : set
        As for ``FunctionMarks``.
    left_out : iterable of str
        Attributes that do not count.

    Attributes
    ----------
    unread : list of str
        The classes of objects that cannot be looked into.
    """

    def __init__(
        self, names: set[str], records: set[tuple[type | None, str]], left_out: Iterable[str] = ()
    ) -> None:
        super().__init__(names, records)
        self.unread: list[str] = []
        self._left_out = frozenset(left_out)
        self._classes: set[tuple[int, bool, bool]] = set()
        # Of objects that a library's object holds, which may have been made from what else that holds.
        self._pending: list[str] = []

    def _class(self, kind: type, *, is_made: bool) -> Iterator[str]:
        """Yield the marks of a class, of which code makes objects (``is_made``) or whose object it has."""
        if is_library_class(kind):
            yield library_mark(kind.__module__, kind.__qualname__)
            return
        yield kind.__qualname__
        by_library = self._is_used_by_a_library(kind)
        if (id(kind), is_made, by_library) in self._classes:
            return
        self._classes.add((id(kind), is_made, by_library))
        for each in kind.__mro__:
            if is_library_class(each):
                yield library_mark(each.__module__, each.__qualname__)
                continue
            for name, member in sorted(vars(each).items()):
                functions = functions_of(member)
                is_named = self._is_called(name, is_made)
                if functions and (is_named or by_library):
                    yield name
                    for function in functions:
                        yield from self._function(function, each, keeps_records=is_named)
                elif not functions and self._is_setting(name, member):
                    yield from self._attribute(kind, name, member, by_library or name in self.names)

    def _is_used_by_a_library(self, kind: type) -> bool:
        """Return whether any method of an object may be called, and any attribute read, unnamed."""
        return self._by_name or any(self._holders) or _is_of_library(kind)

    def _is_setting(self, name: str, member: Any) -> bool:
        if name.startswith("__") or name in _OF_CLASSES or isinstance(member, types.MemberDescriptorType):
            return False
        return not isinstance(member, type) or name in self.names

    def _is_called(self, name: str, is_made: bool) -> bool:
        if name in CONSTRUCTS and is_made:
            return True
        is_special = name.startswith("__") and name.endswith("__") and name not in _UNCALLED
        return is_special or name in self.names

    def _attribute(self, kind: type, name: str, value: Any, numbers: bool) -> Iterator[str]:
        if name in self._left_out or (name == _MODE and _SETS_MODE in self.names):
            return
        is_record = any((each, name) in self.records for each in (*kind.__mro__, None))
        marks = list(self._record(value) if is_record else self.of(value, numbers=numbers))
        if marks:
            yield name
            yield from marks

    def _object(self, value: Any) -> Iterator[str]:
        kind = type(value)
        if kind.__module__.partition(".")[0] in _MACHINERY:
            yield kind.__qualname__
            return
        if kind.__module__ == "feder_widget.embedding.embedder":
            yield f"={value.name}"
            self.unread.extend(value.unread)
            return
        yield from self._class(kind, is_made=False)
        before = len(self._pending)
        self._holders.append(is_library_class(kind))
        marks = list(self._contents(value))
        self._holders.pop()
        yield from marks
        if not any(mark.startswith("=") for mark in marks):
            # Else they were made from what can be read: a session from the path of a model.
            self.unread.extend(self._pending[before:])
        del self._pending[before:]
        if marks[-1:] == [_CLOSED]:
            of_library = bool(self._holders) and self._holders[-1]
            (self._pending if of_library else self.unread).append(f"{kind.__module__}.{kind.__qualname__}")

    def _contents(self, value: Any) -> Iterator[str]:
        """Yield the marks of what an object holds."""
        kind = type(value)
        attributes = attributes_of(value)
        of_library = _is_of_library(kind)
        if of_library:
            for method in methods_of(kind, METHODS):
                if is_library_function(method):
                    self.records |= {(kind, name) for name in read_code(method.__code__).own}
                    self.names |= {_SETS_MODE} & set(method.__code__.co_names)
        if "_parameters" not in attributes and callable(getattr(kind, "state_dict", None)):
            yield from self.of(dict(value.state_dict()))
        if (is_library_class(kind) and not attributes) or (of_library and keeps_its_own_state(kind)):
            try:
                state = state_of(value)
            except Exception:  # an object of a library may raise anything
                if not attributes:
                    yield _CLOSED
            else:
                if isinstance(state, tuple) and len(state) > 2 and isinstance(state[2], dict):
                    attributes = dict(sorted(state[2].items(), key=lambda item: str(item[0])))
                    state = (*state[:2], *state[3:])
                elif isinstance(state, tuple):
                    attributes = {}
                yield from self.of(state)
        every_number = (
            self._is_used_by_a_library(kind) or f"{kind.__module__}.{kind.__qualname__}" in _SETTINGS
        )
        for name, part in attributes.items():
            if not (of_library and _is_cache(str(name))):
                yield from self._attribute(kind, str(name), part, every_number or name in self.names)


def _is_cache(name: str) -> bool:
    """Return whether a library keeps in an attribute what it has computed of others."""
    return name.startswith("_") and "cache" in name


def _is_of_library(kind: type) -> bool:
    """Return whether a class has methods of a library."""
    return any(is_library_class(each) and each is not object for each in kind.__mro__)
