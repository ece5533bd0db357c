"""Indexes whose results a page cannot work out by itself: what it shows is still what Faiss returns."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .conftest import OpenNotebook
from .test_recall import missed_items
from .test_widget import result_ids, slider

INDEX = """
import faiss, numpy as np
import feder_widget as fw

rng = np.random.default_rng(5)
X = rng.normal(size=(3000, 16)).astype("float32")
index = faiss.index_factory(16, {factory!r})
index.train(X)
index.add(X)
query = X[7] * {scale}

def found(nprobe, k):
    faiss.extract_index_ivf(index).nprobe = nprobe
    return [str(row) for row in index.search(query[None], k)[1][0]]
"""
PLAIN = "w = fw.FederWidget(index, nprobe=4, k=9)\nw"


@pytest.mark.parametrize(
    "factory", ["IVF32_HNSW8,PQ8x4fsr", "IVF32,PQ8x4,RFlat"], ids=["fast-scan behind HNSW", "re-ranking"]
)
def test_results_are_those_of_faiss_once_nprobe_and_k_rest(open_notebook: OpenNotebook, factory: str) -> None:
    lab = open_notebook([INDEX.format(factory=factory, scale=0.9), PLAIN])
    lab.kernel("w.search(query)")
    view = lab.wait_state("done")
    estimate = view.get_by_text("may return others")
    expect(estimate).to_have_count(0)
    assert result_ids(view) == lab.kernel_json("found(4, 9)")
    nprobe = slider(view, "nprobe")
    # A kernel that runs a cell may answer beside it, at once.
    with lab.seeing("root.textContent.includes('may return others')"), lab.busy_kernel():
        for _ in range(6):
            nprobe.press("ArrowRight")
    expect(estimate).to_have_count(0)
    assert view.get_attribute("data-nprobe") == "10"
    assert result_ids(view) == lab.kernel_json("found(10, 9)")
    slider(view, "k").press("ArrowRight")
    expect(view).to_have_attribute("data-k", "10")
    expect(estimate).to_have_count(0)
    assert result_ids(view) == lab.kernel_json("found(10, 10)")
    assert lab.kernel_json("[str(row) for row in w.trace().ids]") == result_ids(view)


GIVEN = """
w = fw.FederWidget(fw.open_index(index, vectors=X), nprobe=4, k=9)

def lost(nprobe, k):
    ledger = w.index.ledger(7, k, nprobe)
    stages = {"coarse": ledger.lost_to_coarse, "code": ledger.lost_to_code, "rerank": ledger.lost_to_rerank}
    return {str(row): stage for stage, rows in stages.items() for row in rows}

w
"""
WORDS = {"coarse": "rank", "code": "lost to code", "rerank": "lost in re-rank"}


@pytest.mark.parametrize("factory", ["IVF32,PQ8x4", "IVF32,PQ8x4fs", "IVF32,PQ8x4,RFlat"])
def test_what_is_missed_by_the_vectors_given_is_what_a_ledger_loses(
    open_notebook: OpenNotebook, factory: str
) -> None:
    lab = open_notebook([INDEX.format(factory=factory, scale=1), GIVEN])
    lab.kernel("w.search(7)")
    view = lab.wait_state("done")
    for nprobe in (4, 12):
        lab.kernel(f"w.nprobe = {nprobe}")
        expected = lab.kernel_json(f"lost({nprobe}, 9)")
        assert expected
        expect(view).to_have_attribute("data-nprobe", str(nprobe))
        expect(view).to_have_attribute("data-missed", str(len(expected)))
        missed = missed_items(view)
        assert {item.get_attribute("data-id") for item in missed} == expected.keys()
        for item in missed:
            expect(item.get_by_role("button")).to_have_accessible_name(
                re.compile("nearest of all, distance by the original vectors")
            )
            expect(item).to_contain_text(WORDS[expected[str(item.get_attribute("data-id"))]])
        assert result_ids(view) == lab.kernel_json(f"[row for row in found({nprobe}, 10) if row != '7'][:9]")
