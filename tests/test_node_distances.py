"""Distances of many nodes at once have the bits of those that a search computes in groups of four."""

from __future__ import annotations

import os
import subprocess
import sys

import faiss
import graphs
import numpy as np
import pytest

import feder_widget as fw
from feder_widget.faiss_internals.graph.node_distances import alike_distances, node_distances

METRICS = [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT]


def in_groups(storage, query, nodes):
    """Return distances as Faiss's search computes them: whole groups of four, the rest one by one."""
    computer = storage.get_distance_computer()
    computer.set_query(faiss.swig_ptr(query))
    found = np.zeros(len(nodes), np.float32)
    whole = len(nodes) // 4 * 4
    for at in range(0, whole, 4):
        slots = [faiss.swig_ptr(found[i : i + 1]) for i in range(at, at + 4)]
        computer.distances_batch_4(*nodes[at : at + 4].tolist(), *slots)
    for at in range(whole, len(nodes)):
        found[at] = computer(int(nodes[at]))
    return found


@pytest.mark.parametrize("metric", METRICS, ids=["L2", "inner product"])
@pytest.mark.parametrize("dim", [1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 100, 128, 257, 768])
def test_distances_of_many_nodes_round_as_those_of_a_search(metric, dim):
    rng = np.random.default_rng(dim)
    storage = faiss.IndexFlat(dim, metric)
    storage.add(rng.standard_normal((300, dim)).astype(np.float32))
    for count in range(40):
        query = rng.standard_normal(dim).astype(np.float32)
        nodes = rng.integers(0, 300, count)
        expected = in_groups(storage, query, nodes)
        assert node_distances(storage, query).many(nodes).tobytes() == expected.tobytes()
        # Where a vector stands among others does not change its distance.
        alike = alike_distances(storage, query, nodes)
        turned = alike_distances(storage, query, nodes[::-1])
        assert alike.tobytes() == turned[::-1].tobytes()
        np.testing.assert_allclose(alike, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("metric", METRICS, ids=["L2", "inner product"])
def test_distances_that_are_no_numbers_are_those_of_a_search(metric):
    data = np.random.default_rng(0).standard_normal((40, 20)).astype(np.float32)
    data[::3] = np.nan
    data[1::7] = np.inf
    data[2::5] = 3e38
    storage = faiss.IndexFlat(20, metric)
    storage.add(data)
    query, nodes = data[4], np.arange(39)
    np.testing.assert_array_equal(
        node_distances(storage, query).many(nodes), in_groups(storage, query, nodes)
    )


@pytest.mark.parametrize("variant", graphs.VARIANTS, ids=lambda variant: variant.name)
def test_the_descent_has_the_bits_of_the_search(variant):
    index = variant.make()
    opened = fw.open_index(index)
    storage = faiss.downcast_index(graphs.core_of(index).storage)
    for query in graphs.vectors(4, seed=5):
        vector = opened.transform(query)
        for hop in opened.descend(query).hops:
            assert hop.distances.tobytes() == in_groups(storage, vector, hop.links).tobytes()


def test_norms_that_are_kept_change_the_bits_and_the_trace_follows():
    index = graphs.build("HNSW8,Flat")
    queries = graphs.vectors(20, seed=5)
    before = [hop.distances.tobytes() for q in queries for hop in fw.open_index(index).descend(q).hops]
    faiss.downcast_index(index.storage).sync_l2norms()
    opened = fw.open_index(index)
    after = [hop.distances.tobytes() for q in queries for hop in opened.descend(q).hops]
    assert before != after
    storage = faiss.downcast_index(index.storage)
    for query in queries:
        for hop in opened.descend(query).hops:
            assert hop.distances.tobytes() == in_groups(storage, query, hop.links).tobytes()
        trace = opened.trace(query, 5, 20)
        distances, ids = index.search(query[None], 5, params=faiss.SearchParametersHNSW(efSearch=20))
        assert trace.ids.tolist() == ids[0].tolist()
        assert trace.distances.tobytes() == distances[0].tobytes()


SUMS_OF_OTHER_PROCESSORS = """
import faiss, graphs, numpy as np
import feder_widget as fw
from feder_widget.faiss_internals.graph.node_distances import rounds_in_groups
from test_node_distances import in_groups
for metric in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
    data = graphs.vectors(600, 30)
    index = graphs.build("HNSW8,Flat", metric, data)
    opened = fw.open_index(index)
    for query in graphs.vectors(20, 30, seed=4):
        for hop in opened.descend(query).hops:
            assert hop.distances.tobytes() == in_groups(index.storage, query, hop.links).tobytes()
print(rounds_in_groups(faiss.METRIC_L2, 30), faiss.SIMDConfig.get_level_name())
"""


@pytest.mark.parametrize("level", ["NONE", "AVX2"])
def test_the_descent_has_the_bits_of_the_search_whatever_the_processor_can_do(level):
    if level == "AVX2" and not faiss.SIMDConfig.get_level_name().startswith("AVX"):
        pytest.skip("this processor has no AVX2")
    done = subprocess.run(
        [sys.executable, "-c", SUMS_OF_OTHER_PROCESSORS],
        env={**os.environ, "FAISS_SIMD_LEVEL": level, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == level
