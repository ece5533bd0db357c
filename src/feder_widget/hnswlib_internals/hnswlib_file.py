"""Reading what hnswlib saved, or a Chroma collection of it, which may be damaged or hostile.

hnswlib's own reader believes what a file says of itself, and ends the process where it lies. So files are
read here, every size and link is checked (``state.py``), and hnswlib is given the parts that passed.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexFileError
from feder_widget.hnswlib_internals.state import FLOAT_BYTES, LABEL_BYTES, SPACES, HnswlibState
from feder_widget.hnswlib_internals.stored_links import HEADER, InconsistentStateError

Bytes = npt.NDArray[np.uint8]

FIELDS = (
    "offset_level0", "max_elements", "cur_element_count", "size_data_per_element", "label_offset",
    "offset_data", "max_level", "enterpoint_node", "max_M", "max_M0", "M", "mult", "ef_construction",
)  # fmt: skip
LAYOUT = struct.Struct("<QQQQQQiIQQQdQ")
"""What a file begins with."""

CHROMA = ("header.bin", "data_level0.bin", "link_lists.bin")
"""Files of a Chroma collection: what is one file of hnswlib, in parts."""

CHROMA_VERSION = 1
"""The number before the header in a Chroma collection."""

LIST_SIZE = 4
"""Bytes before the upper links of an element: how many bytes they are."""

FIRST_EF = 10
"""ef of an index that was just read, as in hnswlib."""


def read(path: Path, space: str) -> HnswlibState:
    """Read what ``save_index`` wrote, or the folder of a Chroma collection.

    Raises
    ------
    OSError
        That names the file.
    """
    header, elements, lists = _chroma(path) if path.is_dir() else _saved(path)
    try:
        return HnswlibState.of(_parts(header, elements, lists, space, exact=path.is_file()))
    except InconsistentStateError as error:
        raise IndexFileError(f"{path} is no readable hnswlib index: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def looks_like_one(path: Path) -> bool:
    """Return whether a path may lead to what ``read`` reads, by its first bytes."""
    if path.is_dir():
        return all((path / name).is_file() for name in CHROMA[:2])
    with path.open("rb") as file:
        begin = file.read(LAYOUT.size)
    if len(begin) < LAYOUT.size:
        return False
    header: dict[str, Any] = dict(zip(FIELDS, LAYOUT.unpack(begin), strict=True))
    m = int(header["M"])
    return m > 0 and (0, 2 * m, HEADER + 8 * m) == tuple(
        header[name] for name in ("offset_level0", "max_M0", "offset_data")
    )


def _saved(path: Path) -> tuple[bytes, Bytes, Bytes]:
    data = np.fromfile(path, np.uint8)
    header = data[: LAYOUT.size].tobytes()
    if len(header) < LAYOUT.size:
        raise IndexFileError(
            f"{path} is no readable hnswlib index: it must hold at least {LAYOUT.size} bytes, got {len(data)}"
        )
    count, size = (dict(zip(FIELDS, LAYOUT.unpack(header), strict=True))[name] for name in FIELDS[2:4])
    end = LAYOUT.size + count * size
    return header, data[LAYOUT.size : end], data[end:]


def _chroma(path: Path) -> tuple[bytes, Bytes, Bytes]:
    for name in CHROMA[:2]:
        if not (path / name).is_file():
            raise IndexFileError(
                f"{path} must be a file of hnswlib, or the folder of a Chroma collection with "
                f"{', '.join(CHROMA)}; it has no {name}"
            )
    header = (path / CHROMA[0]).read_bytes()
    if len(header) < 4 + LAYOUT.size or struct.unpack_from("<i", header)[0] != CHROMA_VERSION:
        raise IndexFileError(f"{path / CHROMA[0]} is no header of a Chroma collection")
    lists = path / CHROMA[2]
    upper = np.fromfile(lists, np.uint8) if lists.is_file() else np.empty(0, np.uint8)
    return header[4 : 4 + LAYOUT.size], np.fromfile(path / CHROMA[1], np.uint8), upper


def _parts(header: bytes, elements: Bytes, lists: Bytes, space: str, *, exact: bool) -> dict[str, Any]:
    """Return the state in a file; ``exact``: nothing may follow it."""
    parts: dict[str, Any] = dict(zip(FIELDS, LAYOUT.unpack(header), strict=True))
    count, size, m = (parts[name] for name in ("cur_element_count", "size_data_per_element", "M"))
    if count * size > len(elements):
        raise InconsistentStateError(
            f"{count:,} elements of {size:,} bytes take {count * size:,} bytes, got {len(elements):,}"
        )
    width = parts["label_offset"] - parts["offset_data"]
    if width % FLOAT_BYTES or size != parts["label_offset"] + LABEL_BYTES:
        raise InconsistentStateError(
            f"an element of {size:,} bytes cannot hold a vector of {width:,} bytes and a label"
        )
    upper_size = HEADER + 4 * m
    levels, upper = _upper(lists, count, upper_size, exact)
    return parts | {
        "index_inited": True,
        "space": space,
        "dim": width // FLOAT_BYTES,
        "ef": FIRST_EF,
        "size_links_per_element": upper_size,
        "element_levels": levels,
        "data_level0": elements[: count * size],
        "link_lists": upper,
    }


def _upper(lists: Bytes, count: int, size: int, exact: bool) -> tuple[npt.NDArray[np.int32], Bytes]:
    """Return the top level of each element, and the links of all upper levels."""
    if LIST_SIZE * count > len(lists):
        raise InconsistentStateError(f"links of {count:,} elements are cut off after {len(lists):,} bytes")
    levels = np.zeros(count, np.int32)
    is_link = np.ones(len(lists), np.bool_)
    data = lists.tobytes()
    at = 0
    for node in range(count):
        if at + LIST_SIZE > len(lists):
            raise InconsistentStateError(f"links of {count:,} elements are cut off at element {node}")
        is_link[at : at + LIST_SIZE] = False
        length = int.from_bytes(data[at : at + LIST_SIZE], "little")
        if length % size or at + LIST_SIZE + length > len(lists):
            raise InconsistentStateError(
                f"links of element {node} must be whole levels of {size:,} bytes, got {length:,} bytes"
            )
        levels[node] = length // size
        at += LIST_SIZE + length
    if exact and at != len(lists):
        raise InconsistentStateError(f"{len(lists) - at:,} bytes follow the last links")
    return levels, lists[:at][is_link[:at]]


def checked_space(space: Any) -> str:
    """Return a space that hnswlib knows."""
    if space not in SPACES:
        raise ValueError(f"space must be one of {', '.join(map(repr, SPACES))}, got {space!r}")
    return str(space)
