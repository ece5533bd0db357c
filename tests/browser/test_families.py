"""Indexes whose results a page cannot work out by itself: what it shows is still what Faiss returns."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .test_widget import result_ids, slider

CELLS = """
import faiss, numpy as np
import feder_widget as fw

rng = np.random.default_rng(5)
X = rng.normal(size=(3000, 16)).astype("float32")
index = faiss.index_factory(16, {factory!r})
index.train(X)
index.add(X)
query = X[7] * 0.9
w = fw.FederWidget(index, nprobe=4, k=9)

def found(nprobe, k):
    faiss.extract_index_ivf(index).nprobe = nprobe
    return [str(row) for row in index.search(query[None], k)[1][0]]

w
"""


@pytest.mark.parametrize(
    "factory", ["IVF32_HNSW8,PQ8x4fsr", "IVF32,PQ8x4,RFlat"], ids=["fast-scan behind HNSW", "re-ranking"]
)
def test_results_are_those_of_faiss_once_nprobe_and_k_rest(open_notebook: OpenNotebook, factory: str) -> None:
    lab = open_notebook([CELLS.format(factory=factory)])
    lab.kernel("w.search(query)")
    view = lab.wait_state("done")
    estimate = view.get_by_text("may differ")
    expect(estimate).to_have_count(0)
    assert result_ids(view) == lab.kernel_json("found(4, 9)")
    nprobe = slider(view, "nprobe")
    for _ in range(6):
        nprobe.press("ArrowRight")
    expect(estimate).to_have_count(1)
    expect(estimate).to_have_count(0)
    assert view.get_attribute("data-nprobe") == "10"
    assert result_ids(view) == lab.kernel_json("found(10, 9)")
    slider(view, "k").press("ArrowRight")
    expect(view).to_have_attribute("data-k", "10")
    expect(estimate).to_have_count(0)
    assert result_ids(view) == lab.kernel_json("found(10, 10)")
    assert lab.kernel_json("[str(row) for row in w.trace().ids]") == result_ids(view)
