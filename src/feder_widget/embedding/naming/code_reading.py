"""What code reads, and what it merely keeps a record of: counts, times, lists of what it has seen.

It goes by the instructions of Python's compiler, because functions of a notebook may have no source.
"""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from feder_widget.embedding.naming.text_marks import text_mark

_LOOKS_UP_BY_NAME = frozenset(
    {"getattr", "vars", "__dict__", "asdict", "astuple", "attrgetter", "locals", "eval", "exec"}
)
"""Names by which code may read what it does not name."""

CHANGES = frozenset(
    {
        *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "move_to_end"),
        *("pop", "popitem", "popleft", "remove", "setdefault", "update"),
    }
)
"""Methods that change a collection."""

_LOADS_ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_LOADS_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_LOOKS_UP_VARIABLES = frozenset({"globals", "vars", "locals", "eval", "exec"})
_COPIES = frozenset({"COPY", "DUP_TOP"})
_SILENT = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL", "RESUME"})
_REACH = 8
"""Instructions between the reading of a value and its storing, as in ``self.calls = self.calls + 1``."""


@dataclass(frozen=True, slots=True)
class CodeReading:
    """What a code names, with the lambdas, comprehensions and functions inside it.

    Attributes
    ----------
    names : frozenset of str
        What it reads: attributes, modules, variables of its module, and the texts in it, which may be names.
    by_name : bool
        Whether it may read what it does not name, by ``getattr`` and the like.
    globals : frozenset of str
        Variables of its module.
    imports : frozenset of str
        Modules that it imports itself.
    own : frozenset of str
        Attributes of its first argument that are records: it adds to them, and they end nowhere else.
    others : frozenset of str
        Attributes of anything else that are records.
    variables : frozenset of str
        Variables that are records.
    """

    names: frozenset[str]
    by_name: bool
    globals: frozenset[str]
    imports: frozenset[str]
    own: frozenset[str]
    others: frozenset[str]
    variables: frozenset[str]


@lru_cache(4096)
def read_code(code: types.CodeType, first: str | None = None) -> CodeReading:
    """Read a code; ``first`` is the name of the first argument of the code around it."""
    if first is None:
        first = code.co_varnames[0] if code.co_argcount else ""
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SILENT]
    loads = {step.argval for step in steps if _reads_by_name(step)}
    looked_up = {step.argval for step in steps if step.opname in _LOADS_GLOBAL}
    imports = {name for at in range(len(steps)) for name in _imported(steps, at)}
    loads.update(step.argval for step in steps if step.opname == "IMPORT_FROM")
    inside = [read_code(each, first) for each in code.co_consts if isinstance(each, types.CodeType)]
    texts = set(_texts(code.co_consts))
    names = loads | texts
    if not _LOOKS_UP_VARIABLES.isdisjoint(loads):
        looked_up |= texts
    records = {*_records(steps, first), *_filled(list(dis.get_instructions(code)), first)}
    return CodeReading(
        names=frozenset(names).union(*(each.names for each in inside)),
        by_name=_reads_any_name(steps, loads) or any(each.by_name for each in inside),
        globals=frozenset(looked_up).union(*(each.globals for each in inside)),
        imports=frozenset(imports).union(*(each.imports for each in inside)),
        **{
            kind: frozenset(name for of, name in records if of == kind).union(
                *(getattr(each, kind) for each in inside)
            )
            for kind in ("own", "others", "variables")
        },
    )


def code_marks(code: types.CodeType) -> Iterator[str]:
    """Yield texts that differ where two codes do."""
    yield code.co_code.hex()
    yield " ".join(code.co_names)
    for constant in code.co_consts:
        yield from _constant_marks(constant)


def _constant_marks(constant: object) -> Iterator[str]:
    if isinstance(constant, types.CodeType):
        yield from code_marks(constant)
    elif isinstance(constant, tuple):
        for part in constant:
            yield from _constant_marks(part)
    elif isinstance(constant, frozenset):
        # Its order differs from process to process.
        yield from sorted(mark for part in constant for mark in _constant_marks(part))
    elif isinstance(constant, str):
        yield text_mark(constant)
    else:
        yield repr(constant)


def _imported(steps: list[dis.Instruction], at: int) -> list[str]:
    """Return the modules that an instruction may import, with a dot for each level above its own package."""
    step = steps[at]
    if step.opname != "IMPORT_NAME" or at < 2:
        return []
    level, parts = steps[at - 2].argval, steps[at - 1].argval
    whole = "." * (level if isinstance(level, int) else 0) + step.argval
    joint = "" if whole.endswith(".") else "."
    return [whole, *(f"{whole}{joint}{part}" for part in parts or () if part != "*")]


def _reads_any_name(steps: list[dis.Instruction], loads: set[str]) -> bool:
    """Return whether code may read what it does not name: ``getattr`` with a text is no such code."""
    if not (_LOOKS_UP_BY_NAME - {"getattr"}).isdisjoint(loads):
        return True
    for at, step in enumerate(steps):
        if step.opname in _LOADS_GLOBAL and step.argval == "getattr":
            following = steps[at + 1 : at + _REACH]
            end = next((i for i, each in enumerate(following) if each.opname.startswith("CALL")), 0)
            if not any(
                isinstance(each.argval, str) and "CONST" in each.opname for each in following[:end][-2:]
            ):
                return True
    return False


def _reads_by_name(step: dis.Instruction) -> bool:
    """Return whether an instruction reads anything but a variable of the function or a constant."""
    is_local = (
        "FAST" in step.opname or "DEREF" in step.opname or step.opname in {"LOAD_CONST", "LOAD_CLOSURE"}
    )
    return step.opname.startswith("LOAD_") and not is_local and isinstance(step.argval, str)


def _texts(constants: tuple[object, ...]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str) and constant.isidentifier():
            yield constant
        elif isinstance(constant, tuple):
            yield from _texts(constant)


def _records(steps: list[dis.Instruction], first: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and name of each value that the code adds to."""
    for at, step in enumerate(steps):
        name, before = step.opname, steps[max(0, at - _REACH) : at]
        found: tuple[str, str] | None = None
        if name in _LOADS_ATTRIBUTE and step.argval in CHANGES:  # seen.append(…)
            found = _loaded(steps, at - 1, first)
        elif name in _LOADS_ATTRIBUTE and at and steps[at - 1].opname in _COPIES:  # self.calls += 1
            found = _loaded(steps, at, first)
        elif name == "DUP_TOP_TWO" or (name == "COPY" and at and steps[at - 1].opname == "COPY"):
            # An element of a collection is increased.
            found = _loaded(steps, at - (2 if name == "DUP_TOP_TWO" else 3), first)
        elif name in {"STORE_ATTR", "STORE_GLOBAL", "STORE_DEREF"} and any(
            each.opname.startswith(("BINARY_", "INPLACE_")) for each in before[-3:]
        ):  # calls = calls + 1
            same = [place for place in range(at - len(before), at) if steps[place].argval == step.argval]
            found = _loaded(steps, same[-1], first) if same else None
        if found is not None:
            yield found


def _filled(steps: list[dis.Instruction], first: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and name of each collection that the code puts something into by a key."""
    for at, step in enumerate(steps):
        if step.opname != "STORE_SUBSCR":
            continue
        left = 0
        for place in range(at - 1, 0, -1):
            left += dis.stack_effect(steps[place].opcode, steps[place].arg, jump=False)
            if left == 1:  # the key begins here, after its collection
                found = _loaded(steps, place - 1, first)
                if found is not None:
                    yield found
                break


def _loaded(steps: list[dis.Instruction], at: int, first: str) -> tuple[str, str] | None:
    """Return the kind and name of what an instruction loads; None where it loads neither."""
    if at < 0:
        return None
    step = steps[at]
    if step.opname in _LOADS_ATTRIBUTE:
        holder = at - 1
        while holder >= 0 and steps[holder].opname in _COPIES:
            holder -= 1
        is_own = holder >= 0 and bool(first) and _variable(steps[holder]) == first
        return ("own" if is_own else "others"), str(step.argval)
    variable = _variable(step)
    return None if variable is None else ("variables", variable)


def _variable(step: dis.Instruction) -> str | None:
    """Return the variable that an instruction loads last."""
    if step.opname.startswith(("LOAD_FAST", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME")) or (
        step.opname == "STORE_FAST_LOAD_FAST"
    ):
        return str(step.argval[-1] if isinstance(step.argval, tuple) else step.argval)
    return None
