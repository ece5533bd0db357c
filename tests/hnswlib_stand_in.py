"""hnswlib without hnswlib: its class as far as the reading code needs it, and states that it once told.

``python tests/hnswlib_stand_in.py``, where hnswlib is installed, records ``fixtures/hnswlib.npz`` anew: for
each variant the state of an index and what ``knn_query`` returned. ``tests/with_hnswlib`` holds the library
itself to this.
"""

from __future__ import annotations

import struct
from pathlib import Path

import graphs
import numpy as np

RECORDED = Path(__file__).parent / "fixtures" / "hnswlib.npz"
ROWS, DIM, M = 160, 8, 4
VARIANTS = ("l2", "ip", "cosine", "l2 with deleted", "l2 with ties")
SEARCHES = [(k, ef) for k in (1, 5, 12) for ef in (1, 3, 8, 12, 13, 20, 40, 100)]
HEADER = struct.Struct("<QQQQQQiIQQQdQ")


def space_of(variant):
    """Return the space of a variant."""
    return variant.split()[0]


def data_of(variant):
    """Return the vectors, their labels, those marked as deleted, and the queries of a variant."""
    make = graphs.whole_numbers if "ties" in variant else graphs.vectors
    labels = np.random.default_rng(3).permutation(ROWS).astype(np.int64) * 3 + 2
    deleted = labels[::4] if "deleted" in variant else labels[:0]
    return make(ROWS, DIM), labels, deleted, make(12, DIM, seed=7)


def state_of(variant):
    """Return the recorded state of a variant, as ``__getstate__()[0]`` gives it."""
    with np.load(RECORDED, allow_pickle=False) as recorded:
        parts = {
            name.split("/")[1]: recorded[name] for name in recorded.files if name.startswith(f"{variant}/")
        }
    return {name: each.item() if each.ndim == 0 else each for name, each in parts.items()}


def searches_of(variant):
    """Yield each recorded search of a variant: query, k, ef, labels and distances."""
    parts = state_of(variant)
    for number, query in enumerate(parts["queries"]):
        at = 0
        for k, ef in SEARCHES:
            yield (
                query, k, ef, parts["found_labels"][number, at : at + k],
                parts["found_distances"][number, at : at + k],
            )  # fmt: skip
            at += k


def file_of(parts):
    """Return the bytes that ``save_index`` writes of a state."""
    header = HEADER.pack(
        0, parts["max_elements"], parts["cur_element_count"], parts["size_data_per_element"],
        parts["label_offset"], parts["offset_data"], parts["max_level"], parts["enterpoint_node"],
        parts["max_M"], parts["max_M0"], parts["M"], parts["mult"], parts["ef_construction"],
    )  # fmt: skip
    size, at, lists = parts["size_links_per_element"], 0, b""
    upper = parts["link_lists"].tobytes()
    for level in parts["element_levels"][: parts["cur_element_count"]].tolist():
        lists += struct.pack("<I", level * size) + upper[at : at + level * size]
        at += level * size
    return header + parts["data_level0"].tobytes() + lists


class Index:
    """``hnswlib.Index`` over a state. It answers searches that were recorded, and no others."""

    def __init__(self, params):
        self.params = dict(params)
        self.ef = params["ef"]

    def __getstate__(self):
        return (self.params,)

    def get_current_count(self):
        return self.params["cur_element_count"]

    def set_ef(self, ef):
        self.ef = ef

    def knn_query(self, data, k, num_threads):
        assert num_threads == 1
        found = ANSWERS.get((data.tobytes(), k, max(self.ef, k)))
        if found is None:
            raise RuntimeError(
                "Cannot return the results in a contiguous 2D array. Probably ef or M is too small"
            )
        return found[0][None].astype(np.uint64), found[1][None]


Index.__module__ = "hnswlib"
ANSWERS = {}
"""What is answered: labels and distances by the query's bytes, k, and the ef that counts."""


def recorded(variant):
    """Return an index of a variant that answers what was recorded."""
    ANSWERS.clear()
    for query, k, ef, labels, distances in searches_of(variant):
        ANSWERS[query.tobytes(), k, max(ef, k)] = labels, distances
    return Index(state_of(variant))


def build(variant, library):
    """Return an index of a variant, made by hnswlib."""
    vectors, labels, deleted, _ = data_of(variant)
    index = library.Index(space_of(variant), DIM)
    index.init_index(ROWS + 10, M=M, ef_construction=20)
    index.add_items(vectors, labels, num_threads=1)
    for label in deleted.tolist():
        index.mark_deleted(label)
    return index


def record(library):
    """Write the fixture."""
    found = {}
    for variant in VARIANTS:
        index, queries = build(variant, library), data_of(variant)[3]
        state = index.__getstate__()[0]
        labels, distances = [], []
        for query in queries:
            rows = []
            for k, ef in SEARCHES:
                index.set_ef(ef)
                rows.append(index.knn_query(query[None], k, num_threads=1))
            labels.append(np.concatenate([each[0][0] for each in rows]).astype(np.int64))
            distances.append(np.concatenate([each[1][0] for each in rows]))
        parts = state | {"queries": queries, "found_labels": labels, "found_distances": distances}
        found |= {f"{variant}/{name}": np.asarray(each) for name, each in parts.items()}
    np.savez_compressed(RECORDED, **found)


if __name__ == "__main__":
    import hnswlib

    record(hnswlib)
