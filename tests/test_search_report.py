"""Reports of a search: in Python, as Markdown and JSON, and from a shell."""

import json
import re
import subprocess
import sys
from pathlib import Path

import faiss
import finding_fixture
import numpy as np
import pandas as pd
import pytest

import feder_widget as fw
from feder_widget.commands import command_line
from feder_widget.commands.explain import read_labels
from feder_widget.wording.answer_text import exact_number

DOCS = Path(__file__).parents[1] / "docs" / "EXPLAIN.md"
X = np.random.default_rng(5).random((3000, 16), np.float32)
K, NPROBE = 8, 2
DESCRIPTIONS = ["IVF30,Flat", "IVF30,SQ4", "IVF30,PQ4x4,RFlat", "IVF30_HNSW,Flat"]


def made(description="IVF30,Flat", *, vectors=X, **options):
    index = faiss.index_factory(16, description)
    index.train(X)
    index.add(X)
    opened = fw.open_index(index, vectors=vectors)
    return fw.FederWidget(opened, nprobe=NPROBE, k=K, **options)


def found_by_faiss(w, row):
    faiss.extract_index_ivf(w.index.faiss_index).nprobe = NPROBE
    distances, ids = w.index.faiss_index.search(X[row : row + 1], K + 1)
    kept = ids[0] != row
    return ids[0][kept][:K], distances[0][kept][:K]


def true_neighbours(row):
    return faiss.knn(X[row : row + 1], X, K + 1)[1][0][1:]


@pytest.mark.parametrize("description", DESCRIPTIONS)
@pytest.mark.parametrize("row", [7, 1500])
def test_it_holds_what_faiss_finds_and_what_an_exhaustive_search_finds(description, row):
    w = made(description)
    w.search(row)
    report = w.report()
    ids, distances = found_by_faiss(w, row)
    assert [one.id for one in report.results] == ids.tolist()
    np.testing.assert_array_equal(np.float32([one.distance for one in report.results]), distances)
    wanted = true_neighbours(row)
    assert [one.id for one in report.neighbours] == wanted.tolist()
    missed = [one for one in wanted if one not in ids]
    assert [one.id for one in report.missed] == missed
    assert report.recall == pytest.approx(1 - len(missed) / K)
    for one in report.neighbours:
        assert one.cluster == w.index.locate(one.id)[0]
        if one.lost_to in ("coarse", "ranking", "both"):
            assert one.rank > NPROBE
        elif one.lost_to is not None:
            assert one.rank <= NPROBE


def test_the_remedy_finds_all():
    w = made()
    w.search(7)
    report = w.report()
    assert report.missed
    needed = int(re.fullmatch(r"nprobe = ([\d,]+) finds all\.", report.remedy)[1].replace(",", ""))
    w.nprobe = needed
    assert w.report().missed == []
    assert w.report().remedy is None
    w.nprobe = needed - 1
    assert w.report().missed


def test_an_index_that_knows_no_true_neighbours_says_why():
    w = made("IVF30,PQ4x4,RFlat", vectors=None)
    w.search(7)
    report = w.report()
    assert (report.neighbours, report.recall, report.remedy) == (None, None, None)
    assert "No true neighbours to compare with" in "\n".join(report.lines())
    assert report.as_json()["true_neighbours"] is None
    with pytest.raises(ValueError, match="true neighbours are not known"):
        w.missed()


def test_markdown_and_tables_say_the_same():
    w = made(labels=[f"a|b *{row}* <i>\n$x$" for row in range(len(X))])
    w.search(7)
    report, text = w.report(), w.finding()
    assert text.startswith(f"**{report.sentence}** recall@{K} = ")
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (.*) \| ([\d.e-]+) \| (\d+) \| (\d+) \| (.*) \|$", text, re.M)
    assert [int(row[1]) for row in rows] == [one.id for one in report.missed]
    assert all(row[2] == rf"a\|b \*{row[1]}\* \<i\> \$x\$" for row in rows)
    missed, results = w.missed(), w.results()
    assert isinstance(missed, pd.DataFrame)
    assert missed["id"].tolist() == [one.id for one in report.missed]
    assert missed["lost_to"].tolist() == ["coarse"] * len(missed)
    assert results["id"].tolist() == [one.id for one in report.results]
    assert results["place"].tolist() == list(range(1, K + 1))


def test_tables_are_of_the_callers_kind():
    pl = pytest.importorskip("polars")
    w = made(data=pl.DataFrame({"name": [f"n{row}" for row in range(len(X))], "rank": np.arange(len(X))}))
    w.search(7)
    results = w.results()
    assert isinstance(results, pl.DataFrame)
    assert results["name"].to_list() == [f"n{row}" for row in results["id"]]
    assert results["rank_data"].to_list() == results["id"].to_list()


def test_the_query_is_a_row_or_a_vector():
    w = made()
    assert w.query is None
    w.search(7)
    assert w.query == 7
    w.search(X[3] + 0.5)
    np.testing.assert_array_equal(w.query, X[3] + 0.5)
    w.query[:] = 0
    assert w.query.any()
    assert w.report().query_name == "a vector"


def test_nothing_was_searched_for():
    for call in (made().report, made().finding, made().results, made().missed):
        with pytest.raises(ValueError, match="search first"):
            call()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    index = faiss.index_factory(16, "IVF30,SQ8")
    index.train(X)
    index.add(X)
    index.nprobe = NPROBE
    faiss.write_index(index, str(folder / "x.index"))
    np.save(folder / "x.npy", X)
    np.save(folder / "q.npy", X[3] + 0.01)
    (folder / "labels.txt").write_text("\n".join(f"label {row}" for row in range(len(X))), encoding="utf-8")
    (folder / "labels.json").write_text(
        json.dumps([f"label {row}" for row in range(len(X))]), encoding="utf-8"
    )
    return folder


def explain(folder, *arguments):
    return command_line.main(["explain", str(folder / "x.index"), *map(str, arguments)])


class TestShell:
    @pytest.mark.parametrize("labels", ["labels.txt", "labels.json"])
    def test_a_query_is_explained_in_lines(self, folder, capsys, labels):
        assert explain(folder, "--query", 7, "-k", K, "--labels", folder / labels) == 0
        said = capsys.readouterr().out
        assert "true neighbours of row 7 came back." in said
        assert re.search(r"missed: row (\d+) \(label \1\), ", said)

    def test_json_holds_the_report_and_the_workload(self, folder, capsys):
        arguments = [
            "--query",
            folder / "q.npy",
            "--workload",
            50,
            "--vectors",
            folder / "x.npy",
            "--json",
            "-",
        ]
        assert explain(folder, *arguments) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["schema"] == 1
        assert said["search"]["query"] == {"row": None}
        workload = fw.open_index(folder / "x.index", vectors=X).evaluate(50, 10, progress=False)
        assert said["workload"]["recall"] == pytest.approx(workload.recall[NPROBE - 1])
        assert said["workload"]["nprobe_for"]["0.95"] == workload.nprobe_for(recall=0.95)
        assert said["workload"]["hardest"][0]["row"] == workload.ids[workload.hardest(1, nprobe=NPROBE)[0]]

    def test_every_field_of_the_json_is_documented(self, folder, capsys):
        explain(folder, "--query", 7, "--workload", 20, "--json", "-")
        said = json.loads(capsys.readouterr().out)
        documented = set(re.findall(r"`([a-z_.]+)`", DOCS.read_text()))
        named = {*said, *said["search"], *said["search"]["true_neighbours"][0], *said["workload"]}
        named |= {*said["workload"]["hardest"][0], *said["search"]["index"]}
        assert named - documented - {"query"} == set()

    @pytest.mark.parametrize(("bar", "status"), [(0, 0), (1, 1)])
    def test_the_exit_status_says_whether_recall_is_below_the_bar(self, folder, bar, status):
        assert explain(folder, "--query", 7, "--fail-under", bar) == status
        assert explain(folder, "--workload", 50, "--fail-under", bar) == status

    def test_a_page_is_written(self, folder, tmp_path):
        assert explain(folder, "--workload", 50, "--html", tmp_path / "why.html") == 0
        assert (tmp_path / "why.html").read_text(encoding="utf-8").startswith("<!doctype html>")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "say what to explain"),
            (["--query", "seven"], "--query must be a row id or a .npy file"),
            (["--query", "99999"], "99999"),
            (["--query", "none.npy"], "none.npy"),
            (["--query", "7", "--nprobe", "31"], "nprobe must be between 1 and nlist=30"),
            (["--query", "7", "--fail-under", "1.5"], "--fail-under must be between 0 and 1"),
            (["--query", "7", "--html", "/nowhere/at/all.html"], "folder that exists"),
            (["--query", "7", "--labels", "none.txt"], "none.txt"),
            (["--workload", "0"], "at least 1 query"),
        ],
    )
    def test_a_wrong_argument_is_named_and_the_status_is_2(self, folder, capsys, arguments, message):
        assert explain(folder, *arguments) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert message in said.err
        assert "Traceback" not in said.err

    def test_it_runs_as_a_command(self, folder):
        command = [sys.executable, "-m", "feder_widget.commands", "explain", str(folder / "x.index")]
        done = subprocess.run([*command, "--query", "7"], capture_output=True, text=True, check=True)
        assert "true neighbours of row 7" in done.stdout


def with_max_codes(w, most):
    faiss.extract_index_ivf(w.index.faiss_index).max_codes = most
    return w


class TestLosses:
    def test_a_smaller_nprobe_may_find_what_a_larger_one_loses_to_the_code(self):
        index = faiss.index_factory(16, "IVF16,PQ2x4")
        index.train(X)
        index.add(X)
        opened = fw.open_index(index, vectors=X)
        seen = 0
        for row in range(1000):
            explanation = opened.explain(row, 2)
            if not (explanation.nprobe_needed < 16 and len(explanation.missed(16))):
                continue
            seen += 1
            w = fw.FederWidget(opened, nprobe=16, k=2)
            w.search(row)
            wanted = f"nprobe = {explanation.nprobe_needed} finds all; larger ones lose some to the code."
            assert w.report().remedy == wanted
            w.nprobe = explanation.nprobe_needed
            assert w.report().missed == []
            w.close()
            if seen == 3:
                return
        raise AssertionError("no row of the kind")

    def test_a_search_that_stops_early_is_not_said_to_have_left_a_cluster_out(self):
        w = with_max_codes(made(), 300)
        w.nprobe = 30
        w.search(7)
        stages = {one.lost_to for one in w.report().missed}
        assert stages == {"limit"}
        assert "the search stopped before it" in w.finding()

    def test_what_the_coarse_search_never_comes_to_has_no_rank(self):
        index = faiss.index_factory(16, "IVF30(IVF6,Flat),Flat")
        index.train(X)
        index.add(X)
        w = fw.FederWidget(index, nprobe=30, k=K)
        for row in range(100):
            w.search(row)
            unreached = [one for one in w.report().missed if one.lost_to == "unreached"]
            if unreached:
                assert all(one.rank is None for one in unreached)
                assert "the coarse search does not come to its cluster" in w.finding()
                json.dumps(w.report().as_json(), allow_nan=False)
                return
        raise AssertionError("no row of the kind")

    def test_of_rows_that_share_an_id_each_has_its_own_fate(self):
        index = faiss.index_factory(16, "IVF30,Flat")
        index.train(X)
        ids = np.arange(len(X))
        index.add_with_ids(X, ids)
        opened = fw.open_index(index)
        far = next(
            int(row)
            for row, rank in zip(opened.explain(7, K).ids, opened.explain(7, K).ranks, strict=True)
            if rank > NPROBE
        )
        near = int(found_by_faiss(fw.FederWidget(index, nprobe=NPROBE, k=K), 7)[0][0])
        index.remove_ids(np.array([far]))
        index.add_with_ids(X[far : far + 1], np.array([near]))
        opened = fw.open_index(index)
        w = fw.FederWidget(opened, nprobe=NPROBE, k=K)
        w.search(7)
        report = w.report()
        copies = [one for one in report.neighbours if one.id == near]
        assert sorted(one.lost_to or "" for one in copies) == ["", "coarse"]
        assert report.recall == opened.explain(7, K).recall(NPROBE)
        assert all(one.rank is not None and one.rank <= NPROBE for one in report.results)


@pytest.mark.parametrize("description", ["IVF30,Flat", "IVF30,SQ8"])
@pytest.mark.parametrize("vectors", [None, X])
def test_the_python_that_is_handed_out_runs(description, vectors):
    w = made(description, vectors=vectors)
    w.search(7)
    names = {"index": w.index.faiss_index, "vectors": X}
    exec(w.report().code, names)
    assert names["w"].report().as_json() == w.report().as_json()


def test_recall_at_the_bar_is_not_below_it(folder, capsys):
    for row in range(60):
        capsys.readouterr()
        explain(folder, "--query", row, "--json", "-")
        recall = json.loads(capsys.readouterr().out)["search"]["recall"]
        assert explain(folder, "--query", row, "--fail-under", recall) == 0


def test_labels_are_the_lines_of_a_file_and_no_more(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes("\ufeffa\r\nb\u2028c\x85d\r\n\r\ne\n".encode())
    assert read_labels(path) == ["a", "b\u2028c\x85d", "", "e"]


def test_one_file_cannot_be_two(folder, tmp_path, capsys):
    path = tmp_path / "both"
    assert explain(folder, "--query", 7, "--json", path, "--html", path) == 2
    assert "two files" in capsys.readouterr().err
    assert not path.exists()


def test_the_page_is_held_to_the_markdown_of_python():
    recorded = json.loads(finding_fixture.PATH.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(finding_fixture.build())) == recorded


@pytest.mark.parametrize("far", finding_fixture.distances()[::7])
def test_a_distance_is_told_from_all_others_in_the_fewest_digits(far):
    text = exact_number(far)
    assert np.float32(text) == np.float32(far)
    assert float(text) == float(str(np.float32(far)))


def test_of_rows_that_tie_for_the_last_place_none_is_lost_to_the_code_while_another_one_is_found():
    rng = np.random.default_rng(0)
    half = rng.normal(size=(1000, 16)).astype(np.float32)
    vectors = np.concatenate([half, half])
    index = faiss.index_factory(16, "IVF32,SQ8")
    index.train(vectors)
    index.add_with_ids(vectors[::-1].copy(), np.arange(len(vectors))[::-1].copy())
    opened = fw.open_index(index, vectors=vectors)
    seen = 0
    for query in rng.normal(size=(60, 16)).astype(np.float32):
        explanation = opened.explain(query, 5)
        nprobe = max(1, int(explanation.nprobe_needed or 1) - 1)
        w = fw.FederWidget(opened, nprobe=nprobe, k=5)
        w.search(query)
        losses = [one.lost_to for one in w.report().missed]
        w.close()
        if explanation.nprobe_needed is not None and explanation.nprobe_needed > 1:
            seen += 1
            assert "both" not in losses
    assert seen > 10


def test_a_row_that_no_nprobe_returns_is_lost_to_the_code_although_its_cluster_was_not_probed():
    w = made("IVF30,PQ4x4")
    w.search(7)
    index = faiss.extract_index_ivf(w.index.faiss_index)
    returned = set()
    for nprobe in range(1, index.nlist + 1):
        index.nprobe = nprobe
        ids = w.index.faiss_index.search(X[7:8], K + 1)[1][0]
        returned |= set(ids[ids != 7][:K].tolist())
    beyond = [one for one in w.report().missed if one.rank > NPROBE]
    assert {one.lost_to for one in beyond} == {"coarse", "both"}
    for one in beyond:
        assert (one.lost_to == "both") == (one.id not in returned)
        assert ("no nprobe" in one.why or "any nprobe" in one.why) == (one.lost_to == "both")
