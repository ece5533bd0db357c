from __future__ import annotations

import sys

import numpy as np
import pytest

import feder_widget as fw
from tests.makers import make_ivf


@pytest.mark.parametrize("metric", ["L2", "inner product"])
@pytest.mark.parametrize("mapped", [False, True])
def test_places_are_where_faiss_stores_each_id(metric: str, mapped: bool) -> None:
    index, vectors = make_ivf(n=500, d=8, nlist=12, metric=metric)
    if mapped:
        index.make_direct_map()
    opened = fw.open_index(index)
    clusters, offsets = opened.places([3, 499, 100_000, 3])
    assert clusters[2] == offsets[2] == -1
    assert clusters[0] == clusters[3]
    for row, cluster, offset in zip([3, 499], clusters, offsets, strict=False):
        assert opened.list_ids(int(cluster))[offset] == row
        np.testing.assert_array_equal(opened.list_vectors(int(cluster), [int(offset)])[0], vectors[row])


@pytest.mark.parametrize("metric", ["L2", "inner product"])
def test_selected_rows_have_the_distances_that_faiss_reports(metric: str) -> None:
    index, vectors = make_ivf(n=500, d=8, nlist=12, metric=metric)
    widget = fw.FederWidget(index, nprobe=12, labels=[f"row {i}" for i in range(500)])
    widget.search(vectors[7])
    widget.selection = [499, 7, 3]
    table = widget.selected()
    index.nprobe = 12
    found, ids = index.search(vectors[7][None], 500)
    faiss_distance = dict(zip(found_ids := ids[0].tolist(), found[0].tolist(), strict=True))
    assert len(found_ids) == 500
    assert list(table.columns) == ["id", "cluster", "rank", "distance", "label"]
    assert table["id"].tolist() == [499, 7, 3]
    assert table["distance"].tolist() == [faiss_distance[row] for row in (499, 7, 3)]
    assert table["label"].tolist() == ["row 499", "row 7", "row 3"]
    order = index.quantizer.search(vectors[7][None], 12)[1][0].tolist()
    assert table["rank"].tolist() == [order.index(cluster) + 1 for cluster in table["cluster"]]
    widget.close()


def test_rows_selected_before_a_search_have_a_cluster_but_no_distance() -> None:
    index, _ = make_ivf(n=100, d=4, nlist=4)
    widget = fw.FederWidget(index)
    widget.selection = [5, 1_000_000]
    table = widget.selected()
    assert table["cluster"].tolist() == [widget.index.locate(5)[0], -1]
    assert table["rank"].tolist() == [0, 0]
    assert table["distance"].isna().all()
    widget.close()


def test_without_pandas_the_columns_come_as_a_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    index, _ = make_ivf(n=100, d=4, nlist=4)
    widget = fw.FederWidget(index)
    widget.selection = [5]
    assert widget.selected()["id"].tolist() == [5]
    widget.selection = []
    assert widget.selected()["id"].tolist() == []
    widget.close()
