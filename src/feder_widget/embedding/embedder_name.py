"""A name for an embedder: equal for equal ones, so that a cache is never read by another one.

It holds the class or function, the model's own name, and a fingerprint of what the vectors depend on: the
code of a function or of an object's methods, with the texts, fractions, arrays and functions that it names,
and samples of a model's weights. Integers, flags and collections are left out, all but the functions in
lists, and so are an object's fractions: they may count calls or measure time. Two processes give one name:
it holds no address, and no set in its own order.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import re
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

_MODEL_NAMES = ("model_name", "name_or_path", "model_id", "model_name_or_path", "_name_or_path")
_METHODS = ("__call__", "encode", "to_embeddings", "embed", "forward")
"""Methods that embed; see ``calls.py``. A torch module's code is in ``forward``."""

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")

SAMPLED_VALUES = 64
"""Values that stand for a whole array of weights: training changes all of them."""

DEPTH = 3
"""How far values within values are followed."""


def name_of(embed: Any) -> str:
    """Return the name of what embeds."""
    kind = embed if isinstance(embed, (types.FunctionType, types.MethodType)) else type(embed)
    parts = [f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', '')}"]
    for owner in (embed, getattr(embed, "model", None), getattr(embed, "config", None)):
        named = (getattr(owner, attribute, None) for attribute in _MODEL_NAMES)
        parts.extend(name for name in named if isinstance(name, str) and name)
    digest = hashlib.blake2b(digest_size=8)
    for mark in _marks(embed, DEPTH):
        digest.update(mark.encode("utf-8", "surrogatepass") + b"\0")
    return " ".join([*dict.fromkeys(parts), digest.hexdigest()])


def _marks(value: Any, depth: int, named: Iterable[str] = ()) -> Iterator[str]:
    """Yield texts that differ where two values embed differently.

    ``named`` are the names in the code that leads to the value: an object's methods may be among them.
    """
    if depth == 0:
        return
    if isinstance(value, (str, bytes)):
        yield repr(value)
    elif isinstance(value, types.ModuleType):
        yield value.__name__
    elif isinstance(value, np.ndarray):
        if value.ndim > 1 and value.dtype.kind == "f":
            yield _array_mark(value)
    elif isinstance(value, functools.partial):
        for part in (value.func, *value.args, *value.keywords.values()):
            yield from _named_marks(part, depth - 1)
    elif isinstance(value, types.MethodType):
        yield from _marks(value.__func__, depth)
        yield from _marks(value.__self__, depth, [getattr(value, "__name__", "")])
    elif isinstance(value, types.FunctionType):
        yield from _function_marks(value, depth - 1)
    elif isinstance(value, (list, tuple)):
        for part in value:
            if callable(part):
                yield from _marks(part, depth - 1)
    elif not isinstance(value, (type, dict, set)):
        methods = _methods(value, [*_METHODS, *named])
        for name, method in methods.items():
            yield name
            yield from _function_marks(method, depth - 1)
        if callable(getattr(value, "state_dict", None)):
            yield from _weight_marks(value)
            return
        within = [name for method in methods.values() for name in _names(method.__code__)]
        for name, part in sorted(getattr(value, "__dict__", {}).items()):
            for mark in _marks(part, depth - 1, within):
                yield f"{name} {mark}"


def _methods(value: Any, names: Iterable[str]) -> dict[str, types.FunctionType]:
    """Return the methods of an object that have these names, and the methods that these name."""
    known = set(dir(type(value)))
    found: dict[str, types.FunctionType] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in known:
            continue
        method = inspect.getattr_static(type(value), name, None)
        # A property has a getter; class and static methods hold a function.
        method = getattr(method, "fget", None) or getattr(method, "__func__", method)
        if isinstance(method, types.FunctionType):
            found[name] = method
            waiting.extend(_names(method.__code__))
    return found


def _named_marks(value: Any, depth: int, named: Iterable[str] = ()) -> Iterator[str]:
    """Yield the marks of a value that a function names, which is seldom one that counts or measures."""
    if isinstance(value, float):
        yield repr(value)
    yield from _marks(value, depth, named)


def _function_marks(function: types.FunctionType, depth: int) -> Iterator[str]:
    names = _names(function.__code__)
    yield from _code_marks(function.__code__)
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield from _named_marks(default, depth, names)
    for cell in function.__closure__ or ():
        # An empty cell raises: its variable is not assigned yet.
        with contextlib.suppress(ValueError):
            yield from _named_marks(cell.cell_contents, depth, names)
    for name in names:
        if name in function.__globals__:
            yield from _named_marks(function.__globals__[name], depth, names)


def _code_marks(code: types.CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield " ".join(code.co_names)
    for constant in code.co_consts:
        yield from _constant_marks(constant)


def _constant_marks(constant: Any) -> Iterator[str]:
    if isinstance(constant, types.CodeType):
        yield from _code_marks(constant)
    elif isinstance(constant, tuple):
        for part in constant:
            yield from _constant_marks(part)
    elif isinstance(constant, frozenset):
        # Its order differs from process to process.
        yield from sorted(mark for part in constant for mark in _constant_marks(part))
    else:
        yield repr(constant)


def _names(code: types.CodeType) -> list[str]:
    """Return the names in a code and in the lambdas, comprehensions and functions inside it."""
    inside = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return list(dict.fromkeys([*code.co_names, *(name for each in inside for name in _names(each))]))


def _weight_marks(model: Any) -> Iterator[str]:
    for name, weights in model.state_dict().items():
        yield str(name)
        if hasattr(weights, "detach"):
            flat = weights.detach().reshape(-1)
            step = max(1, len(flat) // SAMPLED_VALUES)
            yield f"{tuple(weights.shape)} {flat[::step].cpu().tolist()}"
        elif isinstance(weights, np.ndarray):
            yield _array_mark(weights)


def _array_mark(array: np.ndarray[Any, Any]) -> str:
    flat = array.reshape(-1)
    step = max(1, len(flat) // SAMPLED_VALUES)
    return f"{array.shape} {flat[::step].tolist()}"


def without_addresses(text: str) -> str:
    """Return a text, such as a repr, without addresses, which differ from process to process."""
    return _ADDRESS.sub("", text)
