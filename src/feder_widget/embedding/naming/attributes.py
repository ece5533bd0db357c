"""What objects and classes are made of, as it is stored: nothing of theirs is called."""

from __future__ import annotations

import contextlib
import copyreg
import functools
import inspect
import types
from collections.abc import Iterable, Iterator
from typing import Any

from feder_widget.embedding.naming.code_origin import is_library_class


def attributes_of(value: Any) -> dict[str, Any]:
    """Return the attributes of an object, by name in order, without those that a property keeps."""
    found: dict[str, Any] = {}
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            member = vars(kind).get(name)
            if isinstance(member, types.MemberDescriptorType):
                try:
                    found[name] = member.__get__(value)
                except AttributeError:  # not assigned yet
                    continue
    with contextlib.suppress(AttributeError):
        found.update(object.__getattribute__(value, "__dict__"))
    kept = {
        name
        for name in found
        if isinstance(inspect.getattr_static(type(value), name, None), functools.cached_property)
    }
    return {name: found[name] for name in sorted(found, key=str) if name not in kept}


def functions_of(member: Any) -> list[types.FunctionType]:
    """Return the functions that a member of a class calls: those of a property, a static method and so on."""
    if isinstance(member, types.FunctionType):
        return [member]
    parts = [getattr(member, name, None) for name in ("fget", "fset", "func", "__func__", "__wrapped__")]
    kinds = (property, staticmethod, classmethod, functools.cached_property)
    return (
        [part for part in parts if isinstance(part, types.FunctionType)] if isinstance(member, kinds) else []
    )


def methods_of(kind: type, names: Iterable[str]) -> Iterator[types.FunctionType]:
    """Yield the methods of a class that have these names, and the methods that these name."""
    known = set(dir(kind))
    waiting, done = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in done or name not in known:
            continue
        done.add(name)
        # A method may call the one that it overrides.
        for each in kind.__mro__:
            for outer in functions_of(vars(each).get(name)):
                for function in (outer, inspect.unwrap(outer)):
                    if isinstance(function, types.FunctionType):
                        yield function
                        waiting.extend(function.__code__.co_names)


def keeps_its_own_state(kind: type) -> bool:
    """Return whether a library's class says itself what it is made of, for copies and files."""
    for each in kind.__mro__[:-1]:
        if not {"__reduce__", "__reduce_ex__", "__getstate__"}.isdisjoint(vars(each)):
            return is_library_class(each)
    return kind in copyreg.dispatch_table


def state_of(value: Any) -> tuple[Any, ...] | str:
    """Return what an object is made anew from, as for a copy.

    Raises
    ------
    Exception
        Any, if it cannot be copied.
    """
    reduce = copyreg.dispatch_table.get(type(value))
    made = reduce(value) if reduce is not None else value.__reduce_ex__(4)
    if isinstance(made, str):
        return made
    return tuple(list(part) if isinstance(part, Iterator) else part for part in made)
