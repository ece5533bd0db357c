"""From what arrives over the wire to a request, or to an error that says what is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

from feder_widget.session.messages.declare import Buffer, Request, RowId, json_fields, kinds_of, options
from feder_widget.session.messages.limits import MAX_QUERY_BYTES, Bound, Limits
from feder_widget.session.messages.to_kernel import REQUESTS, AnyRequest

_BY_KIND = {kind: declared for declared in REQUESTS for kind in kinds_of(declared)}
_NO_LIMITS = Limits()


class BadRequestError(ValueError):
    """A request that is not of the form declared."""


class SupersededError(BadRequestError):
    """A request about a search that is over."""


def request_name(content: object) -> Request:
    """Return the name that every answer to a request repeats; an empty string when it has none."""
    if isinstance(content, Mapping):
        name = content.get("request")
        if isinstance(name, int) or (isinstance(name, str) and len(name) <= 80):
            return name
    return ""


def parse(content: object, bounds: Mapping[str, int], kinds: Collection[str] = _BY_KIND) -> AnyRequest:
    """Return the request that an object from the page stands for.

    Parameters
    ----------
    content
        The object, as it came.
    bounds
        The numbers that the limits' names stand for: "nlist", "k_max".
    kinds
        The kinds of request that are answered.

    Raises
    ------
    BadRequestError
        With the field, what came and what is wanted.
    """
    if not isinstance(content, Mapping):
        raise BadRequestError(f"a request must be an object, got {type(content).__name__}")
    kind = content.get("kind")
    declared = _BY_KIND.get(kind) if isinstance(kind, str) and kind in kinds else None
    if declared is None:
        raise BadRequestError(f"kind must be one of {', '.join(kinds)}, got {shown(kind)}")
    request: AnyRequest = _parsed(declared, {**content, "request": request_name(content)}, bounds)
    return request


def parse_vector(buffers: Sequence[Buffer], dim: int) -> NDArray[np.float32]:
    """Return the vector in the only buffer, float32 (dim,); zeros and ones for a binary index."""
    if len(buffers) != 1:
        raise BadRequestError(f"a search by vector needs one buffer, got {len(buffers)}")
    values = bytes(buffers[0])
    if len(values) != 4 * dim:
        raise BadRequestError(f"the query vector must hold {dim} float32 values, got {len(values)} bytes")
    return np.frombuffer(values, "<f4")


def parse_picture(buffers: Sequence[Buffer]) -> bytes:
    """Return the encoded picture in the only buffer."""
    if len(buffers) != 1:
        raise BadRequestError(f"a search by picture needs one buffer, got {len(buffers)}")
    encoded = bytes(buffers[0])
    if not 0 < len(encoded) <= MAX_QUERY_BYTES:
        raise BadRequestError(f"a picture must have 1 to {MAX_QUERY_BYTES:,} bytes, got {len(encoded):,}")
    return encoded


def parse_row_id(value: object) -> RowId:
    """Return the int64 row id that a decimal string, or an int, names."""
    try:
        row_id = int(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    except ValueError:
        row_id = None
    if row_id is None or not -(2**63) <= row_id < 2**63:
        raise BadRequestError(f"id must be a 64-bit integer, got {shown(value)}")
    return RowId(row_id)


def shown(value: object) -> str:
    """Return the beginning of a value as an error quotes it."""
    try:
        return repr(str(value)[:80])
    except ValueError:
        # Python does not spell out integers of more than some thousand digits.
        return f"one that is far too long ({type(value).__name__})"


def _parsed(declared: Any, content: Mapping[str, Any], bounds: Mapping[str, int]) -> Any:
    values: dict[str, Any] = {}
    if "kind" in content:
        values["kind"] = content["kind"]
    limits = {field.name: field.metadata.get("limits", _NO_LIMITS) for field in dataclasses.fields(declared)}
    defaults = {field.name: field.default for field in dataclasses.fields(declared)}
    for name, hint in json_fields(declared).items():
        if name not in content and defaults[name] is not dataclasses.MISSING:
            continue
        values[name] = _value(name, hint, content.get(name), limits[name], {**bounds, **values})
    return declared(**values)


def _value(name: str, hint: Any, value: Any, limits: Limits, known: Mapping[str, Any]) -> Any:
    kinds = options(hint)
    if hint == Request or (value is None and type(None) in kinds):
        return value
    if any(map(dataclasses.is_dataclass, kinds)):
        return _choice(name, kinds, value, known)
    wanted = kinds[0]
    if get_origin(wanted) is list:
        return _items(name, value, limits, known)
    if wanted is RowId:
        return parse_row_id(value)
    if get_origin(wanted) is Literal:
        choices = get_args(wanted)
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            named = " or ".join(str(choice).lower() for choice in choices)
            raise BadRequestError(f"{name} must be {named}, got {shown(value)}")
        return value
    if wanted is str:
        if type(value) is not str or not value.strip() or len(value) > (limits.most or 0):
            raise BadRequestError(
                f"{name} must be a text of 1 to {limits.most} characters, got {shown(value)}"
            )
        return value
    if wanted is bool:
        if type(value) is not bool:
            raise BadRequestError(f"{name} must be true or false, got {shown(value)}")
        return value
    low, high = _bound(limits.low, known), _bound(limits.high, known)
    if type(value) is not int or not low <= value <= high:
        if limits.optional:
            return None
        raise BadRequestError(
            f"{name} must be an integer between {low} and {_named(limits.high, high)}, got {shown(value)}"
        )
    return value


def _choice(name: str, choices: Sequence[Any], value: Any, known: Mapping[str, Any]) -> Any:
    if not isinstance(value, Mapping):
        raise BadRequestError(f"{name} must be an object, got {type(value).__name__}")
    by_key = {next(iter(json_fields(choice))): choice for choice in choices}
    for key, choice in by_key.items():
        if value.get(key) is not None:
            return _parsed(choice, value, {n: v for n, v in known.items() if isinstance(v, int)})
    raise BadRequestError(f"{name} must hold one of {', '.join(by_key)}")


def _items(name: str, value: Any, limits: Limits, known: Mapping[str, Any]) -> list[Any]:
    if limits.along is not None:
        return _items_along(name, value, limits, known)
    if limits.low is None:
        if not isinstance(value, list) or (limits.most is not None and len(value) > limits.most):
            raise BadRequestError(f"{name} must be a list of at most {limits.most} row ids")
        return [parse_row_id(each) for each in value]
    low, high = _bound(limits.low, known), _bound(limits.high, known)
    allowed = isinstance(value, list) and (limits.most is None or len(value) <= limits.most)
    if not allowed or not _all_between(value, low, high):
        most = "" if limits.most is None else f" of at most {limits.most}"
        raise BadRequestError(f"{name} must be a list{most} integers in {low}..{high}, got {shown(value)}")
    return list(value)


def _items_along(name: str, value: Any, limits: Limits, known: Mapping[str, Any]) -> list[Any]:
    rows = known[str(limits.along)]
    low, high = _bound(limits.low, known), _bound(limits.high, known)
    if not isinstance(value, list) or len(value) != len(rows) or not _all_between(value, low, high):
        raise BadRequestError(
            f"{name} must name one cluster in {low}..{high} for each of the {len(rows)} {limits.along}"
        )
    return value


def _all_between(values: list[Any], low: int, high: int) -> bool:
    return all(type(each) is int and low <= each <= high for each in values)


def _bound(bound: Bound | None, known: Mapping[str, Any]) -> int:
    if isinstance(bound, str):
        name, _, less = bound.partition(" - ")
        return int(known[name]) - int(less or 0)
    return 0 if bound is None else bound


def _named(bound: Bound | None, value: int) -> str:
    return f"{bound}={value}" if isinstance(bound, str) else str(value)
