"""How a message is declared, described and encoded."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NewType, TypeAlias, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Request: TypeAlias = str | int
"""The name of a request, which every answer to it repeats."""

Buffer: TypeAlias = bytes | bytearray | memoryview
Array: TypeAlias = NDArray[Any]
RowId = NewType("RowId", int)
"""A row id: a decimal string in JSON, a bigint on the page."""


@dataclasses.dataclass(frozen=True, slots=True)
class BufferSpec:
    """The dtype and the shape of a buffer.

    An axis is a number or a name. A name that is also a JSON field stands for its value, or for its length
    where it is a list; another stands for the same number wherever it occurs in the message. ``"cells + 1"``
    is one more than ``"cells"``.
    """

    dtype: str
    shape: tuple[str | int, ...]


def buffer(dtype: str, *shape: str | int) -> Any:
    """Declare a field that travels as a binary buffer."""
    return dataclasses.field(metadata={"buffer": BufferSpec(dtype, shape)})


@cache
def json_fields(declared: Any) -> Mapping[str, Any]:
    """Return the types of the fields that travel as JSON."""
    hints = get_type_hints(declared)
    return {
        field.name: hints[field.name]
        for field in dataclasses.fields(declared)
        if "buffer" not in field.metadata and field.name != "kind"
    }


@cache
def buffer_fields(declared: Any) -> Mapping[str, BufferSpec]:
    """Return the fields that travel as buffers, in order."""
    return {
        field.name: field.metadata["buffer"]
        for field in dataclasses.fields(declared)
        if "buffer" in field.metadata
    }


@cache
def kinds_of(declared: Any) -> tuple[str, ...]:
    """Return the values of ``kind`` that a message may have."""
    return get_args(get_type_hints(declared)["kind"])


def encode(message: Any) -> tuple[dict[str, Any], list[bytes]]:
    """Return a message as one JSON object and its buffers.

    Raises
    ------
    ValueError
        If an array does not have the shape that is declared, which is a mistake of this package.
    """
    declared: Any = type(message)
    content: dict[str, Any] = {"kind": message.kind}
    for name, hint in json_fields(declared).items():
        content[name] = _as_json(getattr(message, name), hint)
    described, buffers = [], []
    sizes = _Sizes(message)
    for name, spec in buffer_fields(declared).items():
        array = np.ascontiguousarray(getattr(message, name), np.dtype(spec.dtype).newbyteorder("<"))
        sizes.check(name, spec, array.shape)
        described.append([name, spec.dtype, list(array.shape)])
        buffers.append(array.tobytes())
    if described:
        content["buffers"] = described
    return content, buffers


def buffer_bytes(message: Any) -> int:
    """Return the number of bytes that a message's buffers take on the wire."""
    specs = buffer_fields(_class(message))
    return sum(
        [np.dtype(spec.dtype).itemsize * np.size(getattr(message, name)) for name, spec in specs.items()]
    )


class _Sizes:
    """The numbers that the names of a message's axes stand for."""

    def __init__(self, message: Any) -> None:
        self._message = message
        self._declared: Any = type(message)
        self._known: dict[str, int] = {}

    def check(self, name: str, spec: BufferSpec, shape: tuple[int, ...]) -> None:
        if len(shape) != len(spec.shape) or not all(map(self._fits, spec.shape, shape)):
            raise ValueError(f"{self._declared.__name__}.{name} must be {spec.shape}, got {shape}")

    def _fits(self, axis: str | int, size: int) -> bool:
        if isinstance(axis, int):
            return axis == size
        axis, _, more = axis.partition(" + ")
        size -= int(more or 0)
        said = getattr(self._message, axis, None)
        if said is not None and axis in json_fields(self._declared):
            return size == (len(said) if isinstance(said, (list, tuple)) else said)
        return self._known.setdefault(axis, size) == size


def _as_json(value: Any, hint: Any) -> Any:
    if value is None:
        return None
    kinds = options(hint)
    if RowId in kinds:
        return str(int(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _as_json(getattr(value, name), of) for name, of in json_fields(_class(value)).items()}
    if isinstance(value, Mapping):
        return {name: np.asarray(number).tolist() for name, number in value.items()}
    if isinstance(value, (list, tuple)):
        (item,) = (get_args(option)[0] for option in kinds if get_args(option))
        return [_as_json(each, item) for each in value]
    return value


def options(hint: Any) -> tuple[Any, ...]:
    """Return the types that a union allows, or the one type."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _class(value: Any) -> Any:
    return type(value)


def nested(declared: Any) -> Iterator[type]:
    """Yield the dataclasses that stand inside a message's JSON, each once."""
    seen: set[type] = set()

    def visit(hint: Any) -> Iterator[type]:
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            if hint not in seen:
                seen.add(hint)
                for inner in json_fields(hint).values():
                    yield from visit(inner)
                yield hint
            return
        for argument in get_args(hint):
            yield from visit(argument)

    for hint in json_fields(declared).values():
        yield from visit(hint)
