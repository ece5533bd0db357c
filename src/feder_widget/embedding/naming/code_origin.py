"""Whose code it is: the user's, which changes between two cells, or a library's, which its version names."""

from __future__ import annotations

import builtins
import os
import sys
import sysconfig
import types
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDERS = frozenset({"site-packages", "dist-packages"})
_ROOTS = tuple(
    {
        os.path.join(root, "")  # noqa: PTH118  (ends with a separator)
        for root in (
            sysconfig.get_path("stdlib"),
            sysconfig.get_path("platstdlib"),
            str(Path(os.__file__).parent),
            str(Path(__file__).parent.parent),
        )
    }
)

_MADE_BY_CODE = 1 << 9
"""The flag of a class that is no part of the interpreter."""


def is_library_function(function: types.FunctionType) -> bool:
    """Return whether a function was defined by a library."""
    file = function.__code__.co_filename
    if file.startswith("<"):
        return is_library_module(str(function.__globals__.get("__name__", "__main__")))
    return is_library_file(file)


def is_library_class(kind: type) -> bool:
    """Return whether a class was defined by a library."""
    module = str(getattr(kind, "__module__", "__main__"))
    kinds = {type(member) for member in vars(kind).values()}
    if types.MethodDescriptorType in kinds and types.FunctionType not in kinds:  # of an extension
        return True
    if module == "builtins":  # also what ``exec`` defines
        return hasattr(builtins, kind.__name__) or not kind.__flags__ & _MADE_BY_CODE
    return is_library_module(module)


def is_library_module(name: str) -> bool:
    """Return whether a module, imported or not, is a library's."""
    if name == "__main__":
        return False
    top = name.partition(".")[0]
    file = getattr(sys.modules.get(name) or sys.modules.get(top), "__file__", None)
    if isinstance(file, str):
        return is_library_file(file)
    if top in sys.builtin_module_names or top in sys.stdlib_module_names:
        return True
    # A folder without ``__init__.py``.
    folders = getattr(sys.modules.get(top), "__path__", ())
    return any(is_library_file(str(folder)) for folder in folders)


def library_mark(module: Any, name: str = "") -> str:
    """Return a name of what a library defines, with the first two numbers of the library's version."""
    top = str(module).partition(".")[0]
    version = getattr(sys.modules.get(top), "__version__", "")
    short = ".".join(str(version).split(".")[:2]) if top != "feder_widget" else ""
    return f"{module}.{name} {short}"


@lru_cache(4096)
def is_library_file(file: str) -> bool:
    """Return whether a file belongs to a library: Python's own, one that is installed, or this one."""
    if file.startswith(_ROOTS):
        return True
    return not _FOLDERS.isdisjoint(Path(file).parts)
