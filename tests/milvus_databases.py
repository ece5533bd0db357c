"""Databases that Milvus Lite itself writes, small."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from milvus_lite import CollectionSchema, DataType, FieldSchema, MilvusLite

N, D = 600, 16


@dataclass
class Written:
    """A database that is open, and what was written to it."""

    path: Any
    db: MilvusLite
    collection: Any
    vectors: np.ndarray
    keys: list

    def search(self, queries, k, **params):
        """Return the keys and the distances that Milvus Lite finds, for each query."""
        hits = self.collection.search([list(map(float, q)) for q in queries], top_k=k, search_params=params)
        return [[hit["id"] for hit in found] for found in hits], [
            np.array([hit["distance"] for hit in found]) for found in hits
        ]

    def insert(self, rows, vectors=None):
        """Insert or replace rows by their numbers."""
        vectors = self.vectors if vectors is None else vectors
        self.collection.upsert([{"id": self.keys[row], "v": vectors[row].tolist()} for row in rows])

    def delete(self, rows):
        self.collection.delete([self.keys[row] for row in rows])


def write(
    path,
    index_type="IVF_FLAT",
    metric="L2",
    text_keys=False,
    flushes=1,
    params=None,
    name="t",
    indexed=True,
    db=None,
):
    """Write a collection of ``N`` rows and build its indexes."""
    db = db or MilvusLite(str(path))
    key = (
        FieldSchema(name="id", dtype=DataType.VARCHAR, is_primary=True, max_length=20)
        if text_keys
        else FieldSchema(name="id", dtype=DataType.INT64, is_primary=True)
    )
    vector = FieldSchema(name="v", dtype=DataType.FLOAT_VECTOR, dim=D)
    collection = db.create_collection(name, CollectionSchema(fields=[key, vector]))
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((N, D), np.float32)
    # Neither in order nor small: row ids cannot pass for keys.
    numbers = rng.permutation(N) * 7 + 10**12
    keys = [f"doc {number}" for number in numbers] if text_keys else numbers.tolist()
    written = Written(path, db, collection, vectors, keys)
    kind = {"index_type": index_type, "metric_type": metric, "params": params or {"nlist": 8, "M": 8}}
    collection.create_index("v", kind)
    # Indexes are built by load(), and not by a thread meanwhile.
    collection.release()
    for rows in np.array_split(np.arange(N), flushes):
        collection.insert([{"id": keys[row], "v": vectors[row].tolist()} for row in rows])
        collection.flush()
    if indexed:
        collection.load()
    return written


def files_of(path):
    """Return the contents and the times of all files of a folder."""
    return {
        str(file.relative_to(path)): (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
