"""Write the page's side of the conversation, ``js/src/protocol/messages.ts``, from its declaration in Python.

``--check`` writes nothing and fails where the file differs.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from feder_widget.session.messages import MESSAGES, REQUESTS, QueryChoice, declare
from feder_widget.session.messages.graph_to_page import GraphSummary
from feder_widget.session.messages.index_summary import IndexSummary
from scripts.generated_file import update

TARGET = Path(__file__).resolve().parents[1] / "js" / "src" / "protocol" / "messages.ts"

HEAD = """\
/** Written by `python -m scripts.page_messages` from `feder_widget/session/messages`: edit these. */

import type { Layout } from "./layout";

export type RequestName = string | number;
"""

ARRAYS = {
    "int32": "Int32Array<ArrayBuffer>",
    "int64": "BigInt64Array<ArrayBuffer>",
    "float64": "Float64Array<ArrayBuffer>",
    "float32": "Float32Array<ArrayBuffer>",
    "uint8": "Uint8Array<ArrayBuffer>",
    "uint16": "Uint16Array<ArrayBuffer>",
}


def main(argv: Sequence[str] | None = None) -> int:
    return update(TARGET, page_side(), "python -m scripts.page_messages", __doc__, argv)


def page_side() -> str:
    """Return the text of ``messages.ts``."""
    parts = [HEAD]
    inner = [
        item
        for declared in (IndexSummary, GraphSummary, *MESSAGES, *REQUESTS)
        for item in declare.nested(declared)
    ]
    parts += [_interface(item, on_wire=_is_of_request(item)) for item in dict.fromkeys(inner)]
    parts += [_interface(declared, on_wire=False) for declared in (IndexSummary, GraphSummary, *MESSAGES)]
    parts += [_interface(declared, on_wire=True) for declared in REQUESTS]
    parts.append(_union("QueryChoice", get_args(QueryChoice)))
    parts.append(_union("Message", MESSAGES))
    parts.append(_union("Request", REQUESTS))
    parts.append(_layouts())
    return "\n".join(parts)


def _is_of_request(item: type) -> bool:
    return any(item in declare.nested(declared) for declared in REQUESTS)


def _interface(declared: Any, *, on_wire: bool) -> str:
    """Return the interface of a message as the page reads it, or of a request as it goes over the wire."""
    lines = [_comment(declared), f"export interface {declared.__name__} {{"]
    if "kind" in {field.name for field in dataclasses.fields(declared)}:
        lines.append(f"  kind: {_literals(declare.kinds_of(declared))};")
    for name, hint in declare.json_fields(declared).items():
        lines.append(f"  {name}: {_type(hint, on_wire)};")
    for name, spec in declare.buffer_fields(declared).items():
        lines.append(f"  {name}: {ARRAYS[spec.dtype]};")
    return "\n".join([*lines, "}", ""])


def _comment(declared: Any) -> str:
    text = inspect.cleandoc(declared.__doc__ or "").replace("``", "`")
    text = text.partition("\n\nAttributes\n")[0]
    wrapped: list[str] = []
    for paragraph in text.split("\n\n"):
        wrapped += ["", *textwrap.wrap(paragraph, 105)] if wrapped else textwrap.wrap(paragraph, 103)
    if len(wrapped) == 1:
        return f"/** {wrapped[0]} */"
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in wrapped), " */"])


def _type(hint: Any, on_wire: bool) -> str:
    if hint == declare.Request:
        return "RequestName"
    kinds = declare.options(hint)
    if len(kinds) > 1:
        if set(kinds) == {str, int, type(None)}:
            return "RequestName | null"
        if hint == QueryChoice:
            return "QueryChoice"
        return " | ".join(_type(kind, on_wire) for kind in kinds)
    (kind,) = kinds
    if get_origin(kind) is list:
        item = _type(get_args(kind)[0], on_wire)
        return f"({item})[]" if " " in item else f"{item}[]"
    if get_origin(kind) is Literal:
        return _literals(get_args(kind))
    if get_origin(kind) is Mapping:
        return "Record<string, number | number[]>"
    if kind is declare.RowId:
        return "string" if on_wire else "bigint"
    named = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null"}
    return named[kind] if kind in named else str(kind.__name__)


def _literals(values: Sequence[Any]) -> str:
    return " | ".join(str(value).lower() if isinstance(value, bool) else f'"{value}"' for value in values)


def _union(name: str, declared: Sequence[type]) -> str:
    return f"export type {name} =\n" + "\n".join(f"  | {each.__name__}" for each in declared) + ";\n"


def _layouts() -> str:
    lines = ["/** The fields and buffers of each message, by which it is read and checked. */"]
    lines.append("export const LAYOUTS: Readonly<Record<string, Layout>> = {")
    for declared in (IndexSummary, GraphSummary, *MESSAGES):
        for kind in declare.kinds_of(declared):
            lines += [f"  {kind}: {{", "    fields: {", *_fields(declared, 6), "    },", "    buffers: {"]
            for name, spec in declare.buffer_fields(declared).items():
                shape = ", ".join(str(axis) if isinstance(axis, int) else f'"{axis}"' for axis in spec.shape)
                lines.append(f'      {name}: {{ dtype: "{spec.dtype}", shape: [{shape}] }},')
            lines += ["    },", "  },"]
    return "\n".join([*lines, "};", ""])


def _fields(declared: Any, indent: int) -> Iterator[str]:
    for name, hint in declare.json_fields(declared).items():
        yield f"{' ' * indent}{name}: {_check(hint)},"


def _check(hint: Any) -> str:
    """Return how a field is checked: a name, a list of allowed strings, or what holds for each item."""
    if hint == declare.Request:
        return '"request"'
    kinds = declare.options(hint)
    if type(None) in kinds:
        others = [kind for kind in kinds if kind is not type(None)]
        inner = '"request"' if set(others) == {str, int} else _check(others[0])
        return f"{{ nullable: {inner} }}"
    (kind,) = kinds
    if get_origin(kind) is list:
        return f"{{ each: {_check(get_args(kind)[0])} }}"
    if get_origin(kind) is Literal:
        return f"{{ one: [{', '.join(_literals([value]) for value in get_args(kind))}] }}"
    if get_origin(kind) is Mapping:
        return '"numbers"'
    if kind is declare.RowId:
        return '"row"'
    if dataclasses.is_dataclass(kind):
        inner = ", ".join(line.strip().rstrip(",") for line in _fields(kind, 0))
        return f"{{ object: {{ {inner} }} }}"
    return {int: '"number"', float: '"number"', str: '"string"', bool: '"boolean"'}[kind]


if __name__ == "__main__":
    sys.exit(main())
