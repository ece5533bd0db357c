"""Reports of a search of a graph: what came back, what was missed and why, as Markdown, tables and JSON."""

import json
import re

import faiss
import graph_finding_fixture
import graphs
import hnswlib_stand_in
import numpy as np
import pandas as pd
import pytest

import feder_widget as fw

K = 8


@pytest.fixture
def made():
    """Return a function that makes widgets of graphs, and close them in the end."""
    widgets = []

    def make(index=None, **options):
        index = graphs.build("HNSW4,Flat", construction=8) if index is None else index
        widgets.append(fw.FederWidget(index, **{"k": K, "ef_search": 4, **options}))
        return widgets[-1]

    yield make
    for widget in widgets:
        widget.close()


def hard_row(widget):
    """Return a row whose search misses some true neighbours that a larger efSearch finds."""
    workload = widget.index.evaluate(np.arange(300), K, ef_max=256, progress=False)
    needed = workload.ef_needed
    return int(np.flatnonzero((needed > 16) & (needed <= 256))[0])


def found_by_faiss(index, row, ef):
    index.hnsw.efSearch = ef
    distances, ids = index.search(graphs.vectors()[row : row + 1], K + 1)
    kept = ids[0] != row
    return ids[0][kept][:K], distances[0][kept][:K]


@pytest.mark.parametrize("ef", [1, 4, 16, 200])
def test_it_holds_what_faiss_finds_and_what_an_exhaustive_search_finds(made, ef):
    widget = made(ef_search=ef)
    row = hard_row(widget)
    widget.search(row)
    report = widget.report()
    ids, distances = found_by_faiss(widget.index.faiss_index, row, ef)
    assert [one.id for one in report.results] == ids.tolist()
    np.testing.assert_array_equal(np.float32([one.distance for one in report.results]), distances)
    vectors = graphs.vectors()
    wanted = faiss.knn(vectors[row : row + 1], vectors, K + 1)[1][0]
    wanted = wanted[wanted != row][:K].tolist()
    assert [one.id for one in report.neighbours] == wanted
    assert [one.id for one in report.missed] == [one for one in wanted if one not in ids]
    assert report.recall == pytest.approx(widget.index.explain(row, K).recall(ef))
    assert report.distances == widget.index.trace(row, K, ef).n_distances
    for one in report.missed:
        assert one.lost_to == "early"
        assert one.ef_needed > ef


def test_the_remedy_finds_all_and_one_less_does_not(made):
    widget = made()
    widget.search(hard_row(widget))
    report = widget.report()
    needed = int(re.fullmatch(r"efSearch = ([\d,]+) finds all\.", report.remedy)[1].replace(",", ""))
    assert needed == report.ef_needed
    widget.ef_search = needed
    assert widget.report().missed == []
    assert widget.report().remedy is None
    widget.ef_search = needed - 1
    assert widget.report().missed


def test_a_miss_that_a_larger_ef_search_mends_is_mended_there(made):
    widget = made()
    widget.search(hard_row(widget))
    for one in widget.report().missed:
        for ef, is_missed in ((one.ef_needed - 1, True), (one.ef_needed, False)):
            widget.ef_search = ef
            assert (one.id in [other.id for other in widget.report().missed]) is is_missed


def test_codes_and_missing_paths_are_named_as_reasons(made):
    vectors = graphs.vectors()
    index = graphs.build("HNSW4_PQ4x4", construction=8)
    widget = made(fw.open_index(index, vectors=vectors), ef_search=400)
    stages = set()
    for row in range(40):
        widget.search(row)
        stages |= {one.lost_to for one in widget.report().missed}
    assert "code" in stages
    assert "fw.open_index(index, vectors=vectors)" in widget.finding()

    lonely = np.concatenate([vectors, vectors[:1] + np.float32(0.01)])
    index = graphs.build("HNSW4,Flat", data=lonely, construction=8)
    # No row links to the last one any more.
    links = faiss.vector_to_array(index.hnsw.neighbors)
    links[links == len(vectors)] = -1
    faiss.copy_array_to_vector(links, index.hnsw.neighbors)
    widget = made(index)
    widget.search(0)
    first = widget.report().missed[0]
    assert (first.id, first.lost_to, first.ef_needed) == (len(vectors), "unreached", None)
    assert "| none | no path leads to it |" in widget.finding()
    assert re.search("no efSearch finds all|No efSearch finds more", widget.report().remedy)


def test_where_distances_tie_only_a_search_tells(made):
    data = graphs.whole_numbers()
    widget = made(graphs.build("HNSW4,Flat", data=data, construction=8), ef_search=1)
    seen = set()
    for row in range(60):
        widget.search(row)
        report = widget.report()
        seen |= {one.lost_to for one in report.missed}
        if any(one.lost_to == "tied" for one in report.missed):
            assert "distances tie" in report.remedy
            assert "| unknown | distances tie |" in report.markdown()
    assert "tied" in seen


def test_a_graph_that_is_re_ranked_names_the_pass_that_lost_a_neighbour(made):
    index = graphs.build("HNSW8_SQ4,RFlat")
    index.k_factor = 1.5
    widget = made(index, ef_search=30)
    seen = set()
    for row in range(80):
        widget.search(row)
        report = widget.report()
        assert report.handed_over == int(np.float32(1.5) * (K + 1))
        assert "besides the re-ranking" in report.settings
        assert [one.id for one in report.missed] == widget.index.explain(row, K).missed(30).tolist()
        seen |= {one.lost_to for one in report.missed}
        for one in report.missed:
            if one.ef_needed is not None and one.lost_to == "early":
                assert one.id not in widget.index.explain(row, K).missed(one.ef_needed)
    assert "code" in seen


def test_hnswlib_uses_k_where_ef_search_is_less(made):
    variant = "l2 with deleted"
    opened = fw.open_index(hnswlib_stand_in.recorded(variant))
    widget = made(opened, k=12, ef_search=3)
    widget.search(hnswlib_stand_in.data_of(variant)[3][0])
    report = widget.report()
    assert (report.ef_search, report.ef_used) == (3, 12)
    assert "efSearch 3 (the search uses 12), k 12" in report.settings


def test_markdown_and_tables_say_the_same(made):
    widget = made(labels=[f"a|b *{row}* <i>\n$x$" for row in range(graphs.ROWS)])
    widget.search(hard_row(widget))
    report, text = widget.report(), widget.finding()
    assert text.startswith(f"**{report.sentence}** recall@{K} = ")
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (.*) \| ([\d.e-]+) \| ([\d,]+) \| (.*) \|$", text, re.M)
    assert [int(row[1]) for row in rows] == [one.id for one in report.missed]
    assert all(row[2] == rf"a\|b \*{row[1]}\* \<i\> \$x\$" for row in rows)
    missed, results = widget.missed(), widget.results()
    assert isinstance(missed, pd.DataFrame)
    assert list(results.columns) == ["id", "place", "distance", "label"]
    assert missed["id"].tolist() == [one.id for one in report.missed]
    assert missed["ef_needed"].tolist() == [one.ef_needed for one in report.missed]
    assert missed["lost_to"].tolist() == ["early"] * len(missed)
    assert results["id"].tolist() == [one.id for one in report.results]
    assert any(str(report.missed[0].id) in line for line in report.lines())


def test_the_json_has_the_shape_that_reports_of_clusters_have(made):
    widget = made()
    widget.search(3)
    said = json.loads(json.dumps(widget.report().as_json()))
    clusters = faiss.index_factory(graphs.DIM, "IVF8,Flat")
    clusters.train(graphs.vectors())
    clusters.add(graphs.vectors())
    other = fw.FederWidget(clusters)
    other.search(3)
    of_clusters = set(other.report().as_json())
    other.close()
    assert set(said) - of_clusters == {"ef_search", "ef_used", "ef_needed"}
    assert of_clusters - set(said) == {"nprobe", "nprobe_needed"}
    assert set(said["true_neighbours"][0]) - set(said["results"][0]) == {"ef_needed", "lost_to", "why"}


def test_the_query_is_a_row_or_a_vector(made):
    widget = made()
    assert widget.query is None
    widget.search(7)
    assert widget.query == 7
    vector = graphs.vectors()[3] + np.float32(0.5)
    widget.search(vector)
    np.testing.assert_array_equal(widget.query, vector)
    assert widget.report().query_name == "a vector"


def test_row_ids_are_those_of_the_whole_index(made):
    ids = graphs.named_ids()
    widget = made(graphs.build("IDMap2,HNSW4,Flat", ids=ids, construction=8))
    widget.search(int(ids[5]))
    report = widget.report()
    assert {one.id for one in (*report.results, *report.neighbours)} <= set(ids.tolist())
    assert int(ids[5]) not in [one.id for one in report.results]
    widget.include_self = True
    assert widget.report().results[0].id == int(ids[5])


def test_the_python_that_is_handed_out_runs(made):
    index = graphs.build("HNSW4,SQ8", construction=8)
    vectors = graphs.vectors()
    for row, self_too in ((11, False), (vectors[4] + 0.1, True)):
        widget = made(fw.open_index(index, vectors=vectors), include_self=self_too)
        widget.search(row)
        names = {"index": index, "vectors": vectors, "vector": widget.query}
        exec(widget.report().code.rpartition("\n")[0], names)
        assert names["w"].finding() == widget.finding()
        names["w"].close()


def test_nothing_was_searched_for(made):
    widget = made()
    for call in (widget.report, widget.finding, widget.results, widget.missed):
        with pytest.raises(ValueError, match="search first"):
            call()


def test_the_fixture_is_what_python_writes():
    recorded = json.loads(graph_finding_fixture.PATH.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(graph_finding_fixture.build())) == recorded
