"""A block of vectors in a column of a Parquet file."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.errors import VectorFileError
from feder_widget.model.file_stamp import FileStamp

BATCH_BYTES = 4 << 20
"""Vectors decoded at once."""

BUFFER_BYTES = 1 << 20
"""Bytes read from a file at once: a row group may be larger than memory."""

KEPT = 8
"""Reads that are kept open where they ended: the next one goes on there, without decoding rows again."""

_lock = threading.Lock()
_open: OrderedDict[tuple[Any, int], Iterator[npt.NDArray[Any]]] = OrderedDict()
_rest: dict[tuple[Any, int], npt.NDArray[Any]] = {}


@dataclass(frozen=True, slots=True)
class ParquetBlock:
    """Vectors in a column of lists of numbers.

    Attributes
    ----------
    file : FileStamp
        The file.
    column : str
        Name of the column.
    dtype : str
        Type of the numbers.
    shape : (int, int)
        Rows and dimensions.
    ends : tuple of int
        The row after the last one of each row group.
    """

    file: FileStamp
    column: str
    dtype: str
    shape: tuple[int, int]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, path: str | os.PathLike[str], column: str | None) -> ParquetBlock:
        """Look at a file.

        Parameters
        ----------
        path
            The file.
        column : str, optional
            The column; may be left out where one alone holds lists of numbers.

        Raises
        ------
        VectorFileError
            If it is damaged or cut.
        ValueError
            If no such column is there, or several are and none is named.
        """
        stamp = FileStamp.of(path)
        opened = _opened(stamp)
        schema = opened.schema_arrow
        fitting = [field.name for field in schema if _number_type(field.type) is not None]
        if column is None and len(fitting) != 1:
            found = f"columns {', '.join(fitting)}: name one, column={fitting[0]!r}" if fitting else "none"
            raise ValueError(f"{path} must have one column of lists of numbers, got {found}")
        name = fitting[0] if column is None else column
        if name not in schema.names:
            raise ValueError(f"column must be one of {', '.join(schema.names)} in {path}, got {name!r}")
        kind = schema.field(name).type
        number = _number_type(kind)
        if number is None:
            raise ValueError(f"column {name!r} of {path} must hold lists of numbers, got {kind}")
        counts = [opened.metadata.row_group(i).num_rows for i in range(opened.metadata.num_row_groups)]
        ends = tuple(np.cumsum(counts).tolist())
        dtype = np.dtype(number.to_pandas_dtype()).str
        dim = getattr(kind, "list_size", None)
        if dim is None:
            dim = 0
            for batch in opened.iter_batches(batch_size=1, columns=[name]):
                dim = _vectors(batch.column(0), None, 0, str(path)).shape[1]
                break
        return cls(stamp, name, dtype, (ends[-1] if ends else 0, int(dim)), ends)

    @property
    def path(self) -> str:
        """The path of the file."""
        return self.file.path

    @property
    def stamps(self) -> tuple[FileStamp, ...]:
        """The file."""
        return (self.file,)

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return the rows ``start`` up to but not ``stop``, (n, dim)."""
        self.file.check()
        group = int(np.searchsorted(self.ends, start, side="right"))
        first = 0 if group == 0 else self.ends[group - 1]
        at, rest, batches = self._resumed(first, start)
        found = np.empty((stop - start, self.shape[1]), self.dtype)
        while at < stop:
            if not len(rest):
                rest = next(batches)
            skipped = min(len(rest), max(0, start - at))
            at, rest = at + skipped, rest[skipped:]
            taken = min(len(rest), stop - at)
            if taken > 0 and at >= start:
                found[at - start : at - start + taken] = rest[:taken]
                at, rest = at + taken, rest[taken:]
        with _lock:
            _open[self, at], _rest[self, at] = batches, rest
            if len(_open) > KEPT:
                _rest.pop(_open.popitem(last=False)[0])
        return found

    def some(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return rows in the order asked for, (n, dim), by decoding all row groups that hold one."""
        self.file.check()
        found = np.empty((len(rows), self.shape[1]), self.dtype)
        groups = np.searchsorted(self.ends, rows, side="right")
        for group in np.unique(groups).tolist():
            at = 0 if group == 0 else self.ends[group - 1]
            for batch in self._batches(group, at):
                here = np.flatnonzero((rows >= at) & (rows < at + len(batch)))
                found[here] = batch[rows[here] - at]
                at += len(batch)
                if at >= self.ends[group]:
                    break
        return found

    def _resumed(self, first: int, start: int) -> tuple[int, npt.NDArray[Any], Iterator[npt.NDArray[Any]]]:
        """Return a read that stands between ``first``, where a row group begins, and ``start``."""
        none = np.empty((0, self.shape[1]), self.dtype)
        with _lock:
            places = [at for block, at in _open if block == self and first <= at <= start]
            if places:
                key = (self, max(places))
                return key[1], _rest.pop(key), _open.pop(key)
        group = int(np.searchsorted(self.ends, first, side="right"))
        return first, none, self._batches(group, first)

    def _batches(self, group: int, at: int) -> Iterator[npt.NDArray[Any]]:
        """Yield the vectors from a row group on, decoded batch by batch."""
        size = max(1, BATCH_BYTES // max(1, self.shape[1] * np.dtype(self.dtype).itemsize))
        groups = list(range(group, len(self.ends)))
        # Looked up before: what is imported has gone when the interpreter closes a read that is open.
        opened, invalid = _opened(self.file), _arrow().ArrowInvalid
        try:
            for batch in opened.iter_batches(size, groups, [self.column], use_threads=False):
                vectors = _vectors(batch.column(0), self.shape[1], at, self.path)
                yield vectors
                at += len(vectors)
        except invalid as error:
            raise VectorFileError(f"{self.path} cannot be read from row {at:,} on: {error}") from error
        raise VectorFileError(f"{self.path} ends at row {at:,}, of {self.shape[0]:,} in its footer")


def _vectors(column: Any, dim: int | None, first: int, path: str) -> npt.NDArray[Any]:
    """Return a column of lists as an array (n, dim)."""
    if column.null_count:
        row = first + int(np.argmax(np.asarray(column.is_null())))
        raise VectorFileError(f"{path} must hold a vector in every row, row {row:,} has none")
    numbers = column.flatten()
    if numbers.null_count:
        raise VectorFileError(f"{path} must hold numbers, there are missing ones from row {first:,} on")
    if hasattr(column, "offsets"):
        lengths = np.diff(np.asarray(column.offsets))
        wanted = int(lengths[0]) if dim is None else dim
        other = np.flatnonzero(lengths != wanted)
        if len(other):
            raise VectorFileError(
                f"{path} must hold vectors of {wanted} dimensions, row {first + int(other[0]):,} has "
                f"{lengths[other[0]]}"
            )
        dim = wanted
    found: npt.NDArray[Any] = np.asarray(numbers).reshape(len(column), -1 if dim is None else dim)
    return found


def _number_type(kind: Any) -> Any:
    """Return the type of the numbers in a column of lists, or None for another column."""
    types = _arrow().types
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if not is_list:
        return None
    inner = kind.value_type
    return inner if types.is_floating(inner) or types.is_integer(inner) else None


def _opened(stamp: FileStamp) -> Any:
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(stamp.path, buffer_size=BUFFER_BYTES, pre_buffer=False)
    except _arrow().ArrowInvalid as error:
        raise VectorFileError(f"{stamp.path} must be a Parquet file, whole: {error}") from error


def _arrow() -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise ImportError(
            "reading vectors from Parquet needs pyarrow: pip install 'feder-widget[parquet]'"
        ) from error
    return pa
