"""An index file opened by a worker: once per process, and refused when it has changed.

A worker that is a thread of the caller's process finds the index that the caller opened.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from pathlib import Path
from typing import TypeAlias

from feder_widget.errors import IndexFileError
from feder_widget.faiss_internals import index_file
from feder_widget.faiss_internals.shards.joined_lists import keep_pages_within
from feder_widget.faiss_internals.shards.joined_shards import join
from feder_widget.faiss_internals.unwrap import Stack, unwrap
from feder_widget.model.file_stamp import FileStamp
from feder_widget.stores.shard_files import ShardFiles

KEPT = 2
"""Indexes that one process keeps open."""

ListsFile: TypeAlias = FileStamp | ShardFiles
"""What holds the lists of an index: a file, or the files of its shards."""

WORKER_PAGES = 64 << 20
"""Bytes of mapped lists that a worker's process keeps mapped."""

_lock = threading.Lock()
_opened: OrderedDict[ListsFile, Stack] = OrderedDict()
_lent: weakref.WeakValueDictionary[ListsFile, Lent] = weakref.WeakValueDictionary()


if hasattr(os, "register_at_fork"):
    # A thread of the parent may have locked what it reads: a forked worker opens the file itself.
    os.register_at_fork(after_in_child=_lent.clear)


class Lent:
    """An index that was opened in this process, for as long as its owner holds this.

    Parameters
    ----------
    stack : Stack
        An index that nobody changes, with its file.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack


def lend(stack: Stack) -> Lent | None:
    """Have workers that are threads of this process read an index that nobody changes.

    Returns
    -------
    Lent or None
        Hold it: the index is lent until it is gone. None where no file holds the index.
    """
    if stack.file is None:
        return None
    lent = Lent(stack)
    _lent[stack.file] = lent
    return lent


def opened_stack(file: ListsFile) -> Stack:
    """Return the index in a file, its lists mapped where they can be; one that is lent where there is one.

    The file was opened and checked by the caller, and is the same still.

    Raises
    ------
    IndexChangedError
        If the file has changed.
    OSError
        If it cannot be read.
    """
    file.check()
    lent = _lent.get(file)
    if lent is not None:
        return lent.stack
    with _lock:
        if file not in _opened:
            _opened[file] = _opened_now(file)
            if len(_opened) > KEPT:
                _opened.popitem(last=False)
        _opened.move_to_end(file)
        return _opened[file]


def _opened_now(file: ListsFile) -> Stack:
    if isinstance(file, ShardFiles):
        stack = join(file, check_ids=False)
    else:
        stack = unwrap(_mapped_or_read(Path(file.path)))
    keep_pages_within(stack.root, stack.ivf.invlists, WORKER_PAGES)
    return stack


def _mapped_or_read(path: Path) -> object:
    try:
        return index_file.read(path, mmap=True)
    except IndexFileError:
        return index_file.read(path, mmap=False)
