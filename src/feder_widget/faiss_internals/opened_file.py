"""An index file opened by a worker: once per process, and refused when it has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TypeAlias

from feder_widget.errors import IndexFileError
from feder_widget.faiss_internals import index_file
from feder_widget.faiss_internals.shards.joined_shards import join
from feder_widget.faiss_internals.unwrap import Stack, unwrap
from feder_widget.model.file_stamp import FileStamp
from feder_widget.stores.shard_files import ShardFiles

KEPT = 2
"""Indexes that one process keeps open."""

ListsFile: TypeAlias = FileStamp | ShardFiles
"""What holds the lists of an index: a file, or the files of its shards."""

_lock = threading.Lock()
_opened: OrderedDict[ListsFile, Stack] = OrderedDict()


def opened_stack(file: ListsFile) -> Stack:
    """Return the index in a file, its lists mapped where they can be.

    The file was opened and checked by the caller, and is the same still.

    Raises
    ------
    IndexChangedError
        If the file has changed.
    OSError
        If it cannot be read.
    """
    file.check()
    with _lock:
        if file not in _opened:
            _opened[file] = _opened_now(file)
            if len(_opened) > KEPT:
                _opened.popitem(last=False)
        _opened.move_to_end(file)
        return _opened[file]


def _opened_now(file: ListsFile) -> Stack:
    if isinstance(file, ShardFiles):
        return join(file, check_ids=False)
    return unwrap(_mapped_or_read(Path(file.path)))


def _mapped_or_read(path: Path) -> object:
    try:
        return index_file.read(path, mmap=True)
    except IndexFileError:
        return index_file.read(path, mmap=False)
