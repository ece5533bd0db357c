"""Faiss is there, and new enough: said before anything fails on it."""

from __future__ import annotations

LEAST = (1, 14, 2)
"""Older versions end the process on some calls, where this one raises. pyproject.toml names the same."""

_LEAST_NAME = ".".join(map(str, LEAST))

_INSTALL = (
    f"pip install 'faiss-cpu>={_LEAST_NAME}', or conda install -c conda-forge 'faiss>={_LEAST_NAME}'; "
    "one Faiss in an environment is enough, and a GPU build of it does as well"
)


def require_faiss() -> None:
    """Raise ImportError unless Faiss can be imported and is new enough, with what to install."""
    try:
        import faiss
    except ModuleNotFoundError as error:
        if error.name != "faiss":
            raise
        raise ImportError(
            f"feder_widget needs Faiss, which is not installed: {_INSTALL}", name="faiss"
        ) from None
    found = getattr(faiss, "__version__", None)
    if not isinstance(found, str):
        place = getattr(faiss, "__file__", None) or "a folder of that name"
        raise ImportError(
            f"feder_widget needs Faiss {_LEAST_NAME} or newer, and the module faiss here ({place}) has no "
            f"version: {_INSTALL}",
            name="faiss",
        )
    if _numbers(found) < LEAST:
        raise ImportError(
            f"feder_widget needs Faiss {_LEAST_NAME} or newer, found {found} ({faiss.__file__}): {_INSTALL}",
            name="faiss",
        )


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers at the start of a version: 1.15.0.post1 has three."""
    numbers = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)
