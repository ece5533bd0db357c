"""Files of hnswlib, sound and damaged, opened and searched with hnswlib: ``make test-hnswlib``."""

import graphs
import numpy as np
import pytest

import feder_widget as fw
from feder_widget.errors import IndexFileError

hnswlib = pytest.importorskip("hnswlib", reason="make test-hnswlib installs it")

pytestmark = pytest.mark.usefixtures("one_thread")

ROWS, DIM = 300, 12


def save(path, space="l2"):
    """Write an index with some elements deleted, and return it."""
    index = hnswlib.Index(space, DIM)
    index.init_index(ROWS * 2, M=5, ef_construction=20)
    index.add_items(graphs.vectors(ROWS, DIM), num_threads=1)
    for label in range(0, ROWS, 9):
        index.mark_deleted(label)
    index.save_index(str(path))
    return index


@pytest.mark.parametrize("space", ["l2", "ip", "cosine"])
def test_a_file_is_searched_as_the_index_that_was_saved(tmp_path, space):
    path = tmp_path / "graph.bin"
    index = save(path, space)
    opened = fw.open_hnswlib(path, space=space)
    assert (opened.ntotal, opened.dim, opened.stored_ef, opened.frozen) == (ROWS, DIM, 10, True)
    for query in graphs.vectors(50, DIM, seed=7):
        for k, ef in ((1, 1), (5, 20), (20, 5)):
            index.set_ef(ef)
            labels, distances = index.knn_query(query[None], k, num_threads=1)
            trace = opened.trace(query, k, ef)
            assert trace.ids.tolist() == labels[0].tolist()
            assert trace.distances.tobytes() == distances[0].tobytes()


def test_no_damaged_file_ends_the_process(tmp_path):
    path = tmp_path / "graph.bin"
    save(path)
    data = np.frombuffer(path.read_bytes(), np.uint8)
    rng = np.random.default_rng(0)
    query = graphs.vectors(1, DIM, seed=7)[0]
    refused = opened = 0
    turns = 600
    for turn in range(turns):
        damaged = data.copy()
        kind = turn % 4
        if kind == 0:
            damaged = damaged[: rng.integers(0, len(data))]
        else:
            places = rng.integers(0, (96, 700, len(data))[kind - 1], 1 + turn % 4)
            damaged[places] ^= rng.integers(1, 256, len(places)).astype(np.uint8)
        path.write_bytes(damaged.tobytes())
        try:
            index = fw.open_hnswlib(path, space="l2")
        except (IndexFileError, ValueError) as error:
            refused += str(path) in str(error)
            continue
        opened += 1
        with np.errstate(all="ignore"):
            for ef in (1, 10, ROWS):
                index.trace(query, 5, ef)
    assert refused + opened == turns
    assert refused > 300
    assert opened > 50
