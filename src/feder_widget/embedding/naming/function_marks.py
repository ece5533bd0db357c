"""Functions and modules → texts that differ where what they compute does."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from collections import ChainMap, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from feder_widget.embedding.naming.code_origin import (
    is_library_file,
    is_library_function,
    is_library_module,
    library_mark,
)
from feder_widget.embedding.naming.code_reading import CHANGES, code_marks, read_code

NUMBERS = (type(None), bool, int, float, complex, np.generic, type(Ellipsis))
CONSTRUCTS = frozenset({"__init__", "__new__", "__post_init__"})
COLLECTIONS = (list, tuple, deque, set, frozenset, dict, types.MappingProxyType, ChainMap)

BY_NAME = "<any>"
"""Stands among names for those that code makes up."""

_COMPUTE = ("fit_transform", "predict", "encode")
"""Methods of objects that compute something."""


class FunctionMarks:
    """Looks at functions, and through them at what they name.

    Parameters
    ----------
    names : set of str
        What all code reads; methods of these names count, and numbers in attributes of these names.
    records : set
        Attributes, each with its class or None, that code adds to: counts, times, lists of what was seen.

    Attributes
    ----------
    names, records : set
        Those given, and what was found.
    """

    def __init__(self, names: set[str], records: set[tuple[type | None, str]]) -> None:
        self.names = set(names)
        self.records = set(records)
        self._by_name = BY_NAME in names
        self._modules: set[tuple[object, ...]] = set()
        # Whether what holds the value that is looked at is a library's, and what holds that, and so on.
        self._holders: list[bool] = []

    def of(self, value: Any, *, numbers: bool = True) -> Iterator[str]:
        """Yield the marks of any value; ``numbers`` says whether numbers, flags and None count."""
        raise NotImplementedError

    def _class(self, kind: type, *, is_made: bool) -> Iterator[str]:
        raise NotImplementedError

    def _module(self, module: types.ModuleType, names: Iterable[str]) -> Iterator[str]:
        """Yield the marks of what code that reads these names may take from a module."""
        if is_library_module(module.__name__):
            yield library_mark(module.__name__)
            return
        yield module.__name__
        held = vars(module)
        chosen = set(names)
        if self._by_name:
            chosen.update(name for name in held if isinstance(held[name], (type, types.FunctionType)))
        key = id(module), *sorted(chosen)
        if key in self._modules:
            return
        self._modules.add(key)
        for name in sorted(name for name in chosen if name in held and not name.startswith("__")):
            yield name
            if isinstance(held[name], types.ModuleType):
                yield from self._module(held[name], names)
            elif (None, name) not in self.records or not isinstance(held[name], (*NUMBERS, *COLLECTIONS)):
                yield from self.of(held[name])

    def _function(
        self, function: types.FunctionType, owner: type | None = None, *, keeps_records: bool = True
    ) -> Iterator[str]:
        """Yield the marks of a function; ``owner`` is the class that holds it."""
        if is_library_function(function):
            yield library_mark(function.__module__, function.__qualname__)
            yield from self._cells(function, frozenset())
        else:
            self._holders.append(False)
            code = function.__code__
            reading = read_code(code)
            self.names |= reading.names
            # Whatever builds an object, or changes it from outside, keeps no records.
            if keeps_records and function.__name__ not in {*CONSTRUCTS, *CHANGES}:
                self.records |= {(owner, name) for name in reading.own}
                self.records |= {(None, name) for name in reading.others}
            if reading.by_name:
                self.names.add(BY_NAME)
            yield from code_marks(code)
            defaults = function.__defaults__ or ()
            first = code.co_argcount - len(defaults)
            named = [*zip(code.co_varnames[first:], defaults, strict=False)]
            for name, value in (*named, *sorted((function.__kwdefaults__ or {}).items())):
                yield from self._variable(name, value, reading.variables)
            yield from self._cells(function, reading.variables)
            for name in sorted(reading.globals):
                if name in function.__globals__:
                    value = function.__globals__[name]
                    if isinstance(value, types.ModuleType):
                        yield from self._module(value, reading.names)
                    else:
                        yield from self._variable(name, value, reading.variables)
            for name in sorted(reading.imports):
                yield from self._imported(name, reading.names, function.__globals__.get("__package__"))
            self._holders.pop()
        for name, value in sorted(vars(function).items()):
            if (None, name) not in self.records:
                yield name
                yield from self.of(value, numbers=name == "__wrapped__" or name in self.names)

    def _variable(self, name: str, value: Any, records: frozenset[str]) -> Iterator[str]:
        yield name
        if name not in records:
            yield from self.of(value)
        else:
            yield from self._record(value)

    def _record(self, value: Any) -> Iterator[str]:
        """Yield the marks of what code adds to: of what computes in a collection, and of what is none."""
        if isinstance(value, COLLECTIONS):
            for part in value.values() if isinstance(value, Mapping) else value:
                if isinstance(part, COLLECTIONS) or _can_embed(part):
                    yield from self._record(part)
        elif not isinstance(value, NUMBERS):
            yield from self.of(value)

    def _cells(self, function: types.FunctionType, records: frozenset[str]) -> Iterator[str]:
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
            try:
                value = cell.cell_contents
            except ValueError:  # its variable is not assigned yet
                continue
            if name == "__class__":
                yield from self._class(value, is_made=False)
            else:
                yield from self._variable(name, value, records)

    def _imported(self, name: str, names: frozenset[str], package: object) -> Iterator[str]:
        """Yield the marks of a module that a function imports when it is called."""
        yield name
        try:
            name = importlib.util.resolve_name(name, package if isinstance(package, str) else "")
            if name not in sys.modules and not _is_user_module(name):
                return
            module = importlib.import_module(name)
        except Exception:  # no module, or the user's own code, which raises again when it is called
            return
        if not is_library_module(name):
            yield from self._module(module, names)


def _can_embed(value: Any) -> bool:
    """Return whether a value computes something, and is not merely what came in or went out."""
    return callable(value) or any(hasattr(type(value), name) for name in _COMPUTE)


def _is_user_module(name: str) -> bool:
    """Return whether a module that is not imported yet is the user's own; nothing is run to tell."""
    top = name.partition(".")[0]
    try:
        found = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    return found is not None and found.origin is not None and not is_library_file(found.origin)
