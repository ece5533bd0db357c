"""A name for an embedder: equal for equal ones, so that a cache is never read by another one.

It holds the class or function, the model's own name, and a fingerprint of what the vectors depend on: the
code of a function with the texts, fractions, arrays and functions that it names, and samples of a model's
weights. Integers, flags and collections are left out, and so are an object's fractions: they may count calls
or measure time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

_MODEL_NAMES = ("model_name", "name_or_path", "model_id", "model_name_or_path", "_name_or_path")
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


def _marks(value: Any, depth: int) -> Iterator[str]:
    """Yield texts that differ where two values embed differently."""
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
        yield from _marks(value.__self__, depth)
    elif isinstance(value, types.FunctionType):
        yield from _function_marks(value, depth - 1)
    elif callable(getattr(value, "state_dict", None)):
        yield from _weight_marks(value)
    elif not isinstance(value, (type, list, dict, set, tuple)):
        call = vars(type(value)).get("__call__")
        if isinstance(call, types.FunctionType):
            yield from _function_marks(call, depth - 1)
        for name, part in sorted(getattr(value, "__dict__", {}).items()):
            for mark in _marks(part, depth - 1):
                yield f"{name} {mark}"


def _named_marks(value: Any, depth: int) -> Iterator[str]:
    """Yield the marks of a value that a function names, which is seldom one that counts or measures."""
    if isinstance(value, float):
        yield repr(value)
    yield from _marks(value, depth)


def _function_marks(function: types.FunctionType, depth: int) -> Iterator[str]:
    yield from _code_marks(function.__code__)
    for default in function.__defaults__ or ():
        yield from _named_marks(default, depth)
    for cell in function.__closure__ or ():
        # An empty cell raises: its variable is not assigned yet.
        with contextlib.suppress(ValueError):
            yield from _named_marks(cell.cell_contents, depth)
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield from _named_marks(function.__globals__[name], depth)


def _code_marks(code: types.CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield " ".join(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code_marks(constant)
        else:
            yield repr(constant)


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
