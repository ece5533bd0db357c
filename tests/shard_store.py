"""Shards of one index, and a store in memory that counts what is read of it and fails when told to."""

from pathlib import Path
from typing import ClassVar

import faiss
import fsspec
import numpy as np
from fsspec.implementations.memory import MemoryFileSystem

N, D, NLIST, SHARDS = 1200, 8, 12, 3


def integers(count=N, seed=0):
    """Return vectors of few integers, so that many distances tie, float32 (count, D)."""
    return np.random.default_rng(seed).integers(0, 4, (count, D)).astype(np.float32)


def trained(description, metric=faiss.METRIC_L2, seed=0):
    """Return a trained index without vectors."""
    index = faiss.index_factory(D, description, metric)
    ivf = faiss.extract_index_ivf(index)
    ivf.cp.niter = 2
    ivf.cp.seed = 1 + seed
    index.train(integers(seed=seed))
    return index


def rows_of(shard, count=N, shards=SHARDS):
    """Return the row ids of a shard: a shuffled third of all."""
    return np.random.default_rng(7).permutation(count)[shard::shards]


def shard(empty, rows, first_row=0):
    """Return an index like ``empty`` that holds some rows, under ids that begin at ``first_row``."""
    index = faiss.clone_index(empty)
    index.add_with_ids(integers()[rows], rows - first_row)
    return index


def merged(shards):
    """Return the one index that Faiss makes of copies of some shards."""
    whole = faiss.clone_index(shards[0])
    ivf = faiss.extract_index_ivf(whole)
    for other in shards[1:]:
        copy = faiss.clone_index(other)
        ivf.merge_from(faiss.extract_index_ivf(copy), 0)
    whole.ntotal = ivf.ntotal
    return whole


def written(folder, shards):
    """Write shards as shard0.faiss, shard1.faiss, … and return the paths."""
    paths = []
    for number, index in enumerate(shards):
        paths.append(str(folder / f"shard{number}.faiss"))
        faiss.write_index(index, paths[-1])
    return paths


class CountingStore(MemoryFileSystem):
    """Files in memory under ``counting://``; notes the ranges that are read.

    Attributes
    ----------
    ranges : list of (str, int, int)
        Path, first byte and the byte behind the last one of each read.
    gate : threading.Semaphore or None
        Each read waits for it.
    failures : int
        Reads that fail from now on.
    error : Exception
        What they raise.
    """

    protocol = "counting"
    root_marker = ""
    store: ClassVar[dict] = {}
    pseudo_dirs: ClassVar[list] = [""]
    ranges: ClassVar[list] = []
    gate = None
    failures = 0
    error = OSError("503 Slow Down")

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("counting://", "memory://"))

    def unstrip_protocol(self, name):
        return f"counting://{name.lstrip('/')}"

    def cat_file(self, path, start=None, end=None, **kwargs):
        if type(self).gate is not None:
            type(self).gate.acquire()
        if type(self).failures > 0:
            type(self).failures -= 1
            raise type(self).error
        type(self).ranges.append((path, start, end))
        return super().cat_file(path, start, end, **kwargs)


fsspec.register_implementation("counting", CountingStore, clobber=True)


def stored(folder, paths):
    """Copy files to ``counting://folder/`` and return their addresses."""
    addresses = []
    files = fsspec.filesystem("counting")
    for path in paths:
        address = f"counting://{folder}/{Path(path).name}"
        files.pipe(address, Path(path).read_bytes())
        addresses.append(address)
    return addresses
