"""Values → texts that differ where two values embed differently: code, settings, arrays, objects."""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from feder_widget.embedding.naming.array_marks import array_mark, is_array, is_tensor, tensor_mark
from feder_widget.embedding.naming.attributes import (
    functions_of,
)
from feder_widget.embedding.naming.code_origin import is_library_class
from feder_widget.embedding.naming.function_marks import COLLECTIONS, NUMBERS
from feder_widget.embedding.naming.object_marks import ObjectMarks
from feder_widget.embedding.naming.text_marks import text_mark

MOST_VALUES = 500_000
"""Values looked at. A model of transformers has some ten thousand."""

MANY = 100
"""Texts and numbers in a collection above which they are looked at together."""

_ORDERED = frozenset({list, tuple, dict})
_PLAIN = frozenset({str, int, float, bool, type(None)})


class TooManyValuesError(Exception):
    """An embedder leads to more values than can be looked at."""


class ValueMarks(ObjectMarks):
    """Looks once at all that a value leads to.

    What code names decides which methods and numbers count, and is known only once all code has been read. So
    one looks again, with the ``names`` and ``records`` of the time before, until there are no more of them.

    Parameters
    ----------
    names : set of str
        What all code reads; methods of these names count, and numbers in attributes of these names.
    records : set
        Attributes, each with its class or None, that code adds to: counts, times, lists of what was seen.
    left_out : set of str
        Attributes that do not count.

    Attributes
    ----------
    unread : list of str
        The classes of objects that cannot be looked into.
    """

    def __init__(
        self, names: set[str], records: set[tuple[type | None, str]], left_out: Iterable[str] = ()
    ) -> None:
        super().__init__(names, records, left_out)
        self._places: dict[tuple[object, ...], int] = {}
        # An id is unique only while its object lives.
        self._seen: list[object] = []
        self._count = 0

    def of(self, value: Any, *, numbers: bool = True) -> Iterator[str]:
        """Yield the marks of a value; ``numbers`` says whether numbers, flags and None count."""
        self._count += 1
        if self._count > MOST_VALUES:
            raise TooManyValuesError
        if isinstance(value, enum.Enum):
            yield f"={type(value).__qualname__} {value.name}"
            yield from self.of(value.value)
        elif isinstance(value, NUMBERS):
            if numbers:
                yield f"{value.item()!r}" if isinstance(value, np.generic) else f"{value!r}"
        elif isinstance(value, (str, bytes, bytearray)):
            yield f"={text_mark(value)}"
        elif isinstance(value, PurePath):
            yield f"={text_mark(str(value))}"
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
            yield array_mark(value)
        elif isinstance(value, np.ndarray):
            yield from self.of(value.tolist())
        elif is_tensor(value):
            yield tensor_mark(value)
        elif is_array(value) and not isinstance(value, type):
            yield from self.of(np.asarray(value))
        elif isinstance(value, types.ModuleType):
            yield from self._module(value, self.names)
        elif type(value) is tuple:
            yield from self._parts(value, numbers=numbers)
        else:
            yield from self._once(value, numbers)

    def _once(self, value: Any, numbers: bool) -> Iterator[str]:
        """Yield the marks of what may lead back to itself, and where it was seen before only its place."""
        key = id(value), numbers, any(self._holders)
        if key in self._places:
            yield f"#{self._places[key]}"
            return
        self._places[key] = len(self._seen)
        self._seen.append(value)
        yield from self._contained(value, numbers)
        yield ")"

    def _contained(self, value: Any, numbers: bool) -> Iterator[str]:
        if isinstance(value, type):
            yield from self._class(value, is_made=True)
        elif isinstance(value, types.FunctionType):
            yield from self._function(value)
        elif isinstance(value, types.MethodType):
            self.names.add(getattr(value, "__name__", ""))
            yield from self.of(value.__func__)
            yield from self.of(value.__self__)
        elif isinstance(value, functools.partial):
            yield "partial"
            yield from self._parts((value.func, *value.args, *sorted(value.keywords.items())))
        elif isinstance(value, (types.BuiltinFunctionType, types.MethodWrapperType, np.ufunc)):
            yield f"{getattr(value, '__module__', '')}.{value.__name__}"
            owner = getattr(value, "__self__", None)
            if not isinstance(owner, (types.ModuleType, type(None))):
                yield from self.of(owner)
        elif isinstance(value, (staticmethod, classmethod, property, functools.cached_property)):
            for function in functions_of(value):
                yield from self.of(function)
        elif isinstance(value, COLLECTIONS):
            yield from self._parts(value, numbers=numbers)
            if not is_library_class(type(value)):
                yield from self._object(value)
        else:
            yield from self._object(value)

    def _parts(self, value: Any, *, numbers: bool = True) -> Iterator[str]:
        yield f"({type(value).__name__}"
        if numbers and type(value) in _ORDERED and len(value) > MANY and _is_plain(value):
            yield f"={text_mark(repr(value))}"
            return
        if isinstance(value, Mapping):
            value = [part for item in list(value.items()) for part in item]
        elif isinstance(value, (set, frozenset)):
            # Their order differs from process to process.
            value = sorted(value, key=lambda part: getattr(part, "__qualname__", None) or repr(part))
        for part in value:
            yield from self.of(part, numbers=numbers)
        yield ")"


def _is_plain(values: Any) -> bool:
    """Return whether a collection, such as a vocabulary, holds texts and numbers alone."""
    kinds = set(map(type, values))
    return (kinds | set(map(type, values.values())) if isinstance(values, dict) else kinds) <= _PLAIN
