"""What is opened is what it seems: each check finds its fault, and is silent about sound indexes."""

from __future__ import annotations

import warnings

import faiss
import families
import numpy as np
import pytest
from conversation import Page, converse, search_request

import feder_widget.checks.index_checks as index_checks
from feder_widget import open_index
from feder_widget.checks.given_vectors import compare
from feder_widget.session.summary import summary_of

X = np.random.default_rng(0).random((2000, 32), dtype=np.float32)
UNIT = X / np.linalg.norm(X, axis=1, keepdims=True)
WITH_NAN = X.copy()
NAN_ROWS = np.sort(np.random.default_rng(3).choice(2000, 40, replace=False))
WITH_NAN[NAN_ROWS] = np.nan


def made(description, *metric, vectors=X):
    index = faiss.index_factory(vectors.shape[1], description, *metric)
    index.train(vectors[np.isfinite(vectors).all(axis=1)])
    index.add(vectors)
    return index


def codes(opened):
    return [finding.code for finding in opened.findings]


def the(opened, code):
    (found,) = (finding for finding in opened.findings if finding.code == code)
    return found


class TestVectors:
    @pytest.mark.parametrize(
        "others",
        [X[np.random.default_rng(1).permutation(len(X))], np.random.default_rng(2).normal(size=X.shape)],
        ids=["another order", "another model"],
    )
    @pytest.mark.parametrize("description", ["IVF20,SQ8", "IVF20,PQ8x4", "PCA8,IVF20,PQ4x4fs"])
    def test_others_are_refused(self, description, others):
        with pytest.raises(ValueError, match="vectors= are not the vectors of this index: for 256 rows"):
            open_index(made(description), vectors=others)

    def test_of_every_family_the_own_ones_are_taken_and_others_refused(self):
        compared = 0
        for family in families.FAMILIES:
            for name, make in family.variants.items():
                case = make()
                file = open_index(case.index).inverted_file
                found = file.extremes()
                is_moved = "shuffled" in name or "removed" in name
                if file.stores_originals or found[0] < 0 or found[1] >= len(case.vectors) or is_moved:
                    continue
                own = compare(file, case.vectors)
                if own is None:
                    continue
                order = np.random.default_rng(5).permutation(len(case.vectors))
                other = compare(file, case.vectors[order])
                assert own.findings == [], (family.name, name)
                # A code that turns residuals into bytes without a sign keeps nothing to tell others by.
                keeps_nothing = name.startswith("8bit_direct, L2, residual")
                assert keeps_nothing or not other.is_related, (family.name, name)
                compared += 1
        assert compared > 300

    @pytest.mark.parametrize("description", ["IVF20,PQ4x4fs", "IVF20,PQ4x4fsr", "IVF20_HNSW,PQ4x4fsr"])
    def test_of_a_fast_scan_index_that_was_read_from_a_file(self, description):
        index = faiss.deserialize_index(faiss.serialize_index(made(description)))
        assert codes(open_index(index, vectors=X)) == codes(open_index(index))
        with pytest.raises(ValueError, match="vectors= are not the vectors of this index"):
            open_index(index, vectors=X[::-1])

    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("description", ["IVF4,SQ4", "IVF4,SQ8", "IVF4,PQ4x4fs"])
    def test_a_code_that_hardly_tells_rows_apart_is_not_blamed_on_them(self, description, seed):
        # A few numbers a thousand times as large as most: the code has room for these alone.
        heavy = np.exp(3 * np.random.default_rng(seed).normal(size=(3000, 16))).astype(np.float32)
        index = made(description, vectors=heavy)
        assert codes(open_index(index, vectors=heavy)) == codes(open_index(index))

    def test_values_beyond_the_code_are_left_out(self):
        large = X * np.where(np.arange(2000) % 3 == 0, 1e6, 1).astype(np.float32)[:, None]
        index = made("IVF1,SQfp16", vectors=large)
        assert codes(open_index(index, vectors=large)) == codes(open_index(index))

    def test_all_of_them_unlike_are_no_mean_of_nothing(self):
        two = X[:2]
        index = made("IVF1,SQ8", vectors=two)
        assert "vectors-unlike" not in codes(open_index(index, vectors=two[::-1]))

    def test_of_another_length_are_found_and_warned_of(self):
        index = made("IVF20,SQ8", faiss.METRIC_INNER_PRODUCT, vectors=UNIT)
        with pytest.warns(UserWarning, match="vectors= have other lengths"):
            opened = open_index(index, vectors=X)
        found = the(opened, "vectors-lengths")
        assert found.severity == "error"
        assert found.evidence["stored_median"] == pytest.approx(1, abs=0.01)
        median = float(np.median(np.linalg.norm(X, axis=1)))
        assert found.evidence["given_median"] == pytest.approx(median, rel=0.1)
        assert codes(open_index(index, vectors=UNIT)) == codes(open_index(index))

    def test_whose_lengths_the_metric_ignores_are_as_good(self):
        index = made("L2norm,IVF20,SQ8", faiss.METRIC_INNER_PRODUCT)
        assert codes(open_index(index, vectors=X)) == codes(open_index(index, vectors=3 * X))

    def test_a_changed_row_is_named(self):
        changed = X.copy()
        changed[::50] = 1 - changed[::50]
        with pytest.warns(UserWarning, match="unlike vectors="):
            opened = open_index(made("IVF20,SQ8"), vectors=changed)
        ids = the(opened, "vectors-unlike").evidence["ids"]
        assert ids
        assert all(row % 50 == 0 for row in ids)

    def test_identical_ones_are_no_others(self):
        same = np.ones((500, 8), np.float32)
        index = faiss.index_factory(8, "IVF1,SQ8")
        index.train(same)
        index.add(same)
        assert "vectors-unrelated" not in codes(open_index(index, vectors=same))

    def test_without_a_meaning_for_answers_are_not_compared(self):
        assert codes(open_index(made("IVF20,Flat"), vectors=X[::-1])) == codes(open_index(made("IVF20,Flat")))


class TestRows:
    def test_in_no_list_are_named(self):
        with pytest.warns(UserWarning, match="40 of 2,000 vectors are in no list and can never be found"):
            opened = open_index(made("IVF20,Flat", vectors=WITH_NAN))
        assert the(opened, "unlisted-vectors").evidence == {
            "unlisted": 40,
            "ntotal": 2000,
            "ids": NAN_ROWS[:10].tolist(),
        }

    def test_in_no_list_under_ids_of_their_own_are_counted(self):
        index = faiss.index_factory(32, "IDMap,IVF20,Flat")
        index.train(X)
        index.add_with_ids(WITH_NAN, 5 * np.arange(2000))
        with pytest.warns(UserWarning, match="40 of 2,000 vectors are in no list"):
            opened = open_index(index)
        assert "ids" not in the(opened, "unlisted-vectors").evidence
        assert "moved-ids" not in codes(opened)

    def test_that_share_an_id_are_counted(self):
        one = made("IVF20,Flat", vectors=X[:1000])
        one.merge_from(faiss.clone_index(one), 0)
        found = the(open_index(one), "repeated-ids")
        assert found.sentence.startswith("1,000 row ids occur twice")
        assert found.evidence == {"repeated": 1000, "most": 2, "ids": list(range(10))}
        assert "repeated-ids" not in codes(open_index(made("IVF20,Flat")))

    @pytest.mark.parametrize("description", ["IDMap,IVF20,Flat", "IDMap2,PCA16,IVF20,SQ8"])
    @pytest.mark.parametrize("adds", [0, 5])
    def test_whose_ids_have_moved_are_found(self, description, adds):
        index = faiss.index_factory(32, description)
        index.train(X)
        index.add_with_ids(X, np.arange(1000, 3000))
        open_index(index)
        index.remove_ids(np.array([2000]))
        index.add_with_ids(X[:adds], np.arange(adds))
        with pytest.warns(UserWarning, match="The id map and the lists have parted"):
            opened = open_index(index)
        found = the(opened, "moved-ids")
        assert found.evidence["moved"] == 999 + adds
        # The first that answers under another id: the vector of row 2001.
        assert found.evidence["ids"][0] == 2001
        labels = index.search(X[1001:1002], 1)[1] if description.startswith("IDMap,") else [[2002]]
        assert labels[0][0] != 2001

    @pytest.mark.parametrize("vectors", [None, X])
    def test_that_have_no_id_any_more_are_found_with_vectors_or_without(self, vectors):
        index = faiss.index_factory(32, "IDMap,IVF20,SQ8")
        index.train(X)
        index.add_with_ids(X, np.arange(2000))
        index.remove_ids(np.arange(100, 300))
        with pytest.warns(UserWarning, match="The id map and the lists have parted"):
            opened = open_index(index, vectors=vectors)
        assert "moved-ids" in codes(opened)

    def test_replaced_by_as_many_others_are_looked_at_after_a_refresh(self):
        index = made("IVF1,SQ8")
        opened = open_index(index, vectors=X)
        ids = np.arange(0, 2000, 8)
        index.remove_ids(ids)
        index.add_with_ids(1 - X[ids], ids)
        opened.refresh()
        assert "vectors-unlike" in codes(opened)

    def test_of_every_family_are_sound(self):
        for family in families.FAMILIES:
            for name, make in family.variants.items():
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    found = codes(open_index(make().index))
                assert not {"moved-ids", "unlisted-vectors", "lists-hold-more"} & set(found), (
                    family.name,
                    name,
                )

    def test_of_a_large_index_are_read_by_its_widget(self, monkeypatch):
        monkeypatch.setattr(index_checks, "CHECKED_AT_ONCE", 500)
        one = made("IVF20,Flat", vectors=X[:1000])
        one.merge_from(faiss.clone_index(one), 0)
        opened = open_index(one)
        assert "repeated-ids" not in codes(opened)
        described = []
        page = Page()
        session = converse(
            opened, page, changed=lambda: described.append(summary_of(opened, k_max=10, images=False))
        )
        session.handle(search_request())
        session.drain()
        session.close()
        (summary,) = described
        assert "repeated-ids" in [finding["code"] for finding in summary["findings"]]

    def test_are_looked_at_again_after_a_change(self):
        index = made("IVF20,Flat")
        opened = open_index(index)
        index.add(WITH_NAN[NAN_ROWS])
        assert the(opened, "unlisted-vectors").evidence["unlisted"] == 40

    def test_too_many_to_hold_are_not_read(self, monkeypatch):
        monkeypatch.setattr(index_checks, "MOST_HELD", 1999)
        one = made("IVF20,Flat", vectors=X[:1000])
        one.merge_from(faiss.clone_index(one), 0)
        assert "repeated-ids" not in codes(open_index(one))


class TestCoarseMetric:
    def test_another_one_is_named_with_its_cost(self):
        quantizer = faiss.IndexFlatIP(32)
        index = faiss.IndexIVFPQ(quantizer, 32, 20, 4, 8)
        index.train(X)
        index.add(X)
        opened = open_index(index)
        assert repr(opened) == "<IvfIndex 2,000 x 32, nlist=20, L2, clusters ranked by inner product>"
        found = the(opened, "coarse-metric")
        assert (found.severity, found.evidence["compared"]) == ("warning", 100)
        assert found.evidence["differ"] > 0
        assert found.evidence["ids"]
        for row in found.evidence["ids"]:
            cluster, offset = opened.locate(row)
            vector = opened.stored_vectors(cluster, [offset])[0]
            first = int(quantizer.search(vector[None], 1)[1][0, 0])
            assert first != int(np.square(opened.centroids() - vector).sum(axis=1).argmin())

    def test_another_one_that_costs_nothing_is_no_warning(self):
        # All centroids have one length: both metrics rank them alike.
        quantizer = faiss.IndexFlatIP(32)
        quantizer.add(UNIT[:20])
        index = faiss.IndexIVFFlat(quantizer, 32, 20, faiss.METRIC_L2)
        index.train(X)
        index.add(X)
        found = the(open_index(index), "coarse-metric")
        assert (found.severity, found.remedy) == ("info", None)
        assert found.sentence.endswith("For each of 100 stored rows, both rank the same cluster first.")

    def test_an_approximate_search_is_not_blamed_on_it(self):
        # Of unit centroids both metrics rank alike, whatever a graph that is too sparse finds.
        quantizer = faiss.IndexHNSWFlat(32, 2)
        quantizer.hnsw.efSearch = 1
        quantizer.add(UNIT[:300])
        index = faiss.IndexIVFFlat(quantizer, 32, 300, faiss.METRIC_INNER_PRODUCT)
        index.is_trained = True
        index.referenced_objects = [quantizer]
        index.add(UNIT)
        assert the(open_index(index), "coarse-metric").evidence["differ"] == 0

    def test_its_own_one_is_not_mentioned(self):
        for metric in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
            assert "coarse-metric" not in codes(open_index(made("IVF20,Flat", metric)))


class TestWronglyRanked:
    def opened(self, ef):
        x = np.random.default_rng(1).random((20_000, 32), dtype=np.float32)
        index = made("IVF256_HNSW32,Flat", vectors=x)
        faiss.downcast_index(index.quantizer).hnsw.efSearch = ef
        return open_index(index)

    @pytest.mark.parametrize(("ef", "has_some"), [(1, True), (256, False)])
    def test_are_the_lost_whose_cluster_an_exact_search_probes(self, ef, has_some):
        opened = self.opened(ef)
        exact = faiss.IndexFlatL2(32)
        exact.add(opened.centroids())
        wrongly = 0
        for row in range(0, 20_000, 200):
            vector = opened.query_vector(row)
            ledger = opened.ledger(row, 10, 4)
            probed = set(exact.search(vector[None], 4)[1][0].tolist())
            lost = [i for i in ledger.lost_to_coarse.tolist() if opened.locate(i)[0] in probed]
            assert ledger.wrongly_ranked.tolist() == lost
            assert opened.explain(row, 10).ledger(4).wrongly_ranked.tolist() == lost
            wrongly += len(lost)
        assert (wrongly > 0) == has_some

    def test_are_none_where_the_coarse_search_is_exact(self):
        opened = open_index(made("IVF20,Flat"))
        assert all(len(each.wrongly_ranked) == 0 for each in opened.ledgers(100, 10, 1))
