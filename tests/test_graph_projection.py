"""The visited nodes of a graph in the plane, by the messages that a page gets."""

import faiss
import graphs
import hnswlib_stand_in
import numpy as np
import pytest
from conversation import ByHand, Page, step_until
from test_graph_map import HOSTILE, QUICK, Read

from feder_widget.engines import open_index
from feder_widget.graph_widget import GraphWidget
from feder_widget.media import IdRange, Media
from feder_widget.projection import LinearMap, into_picture, resolve_method
from feder_widget.projection.limits import AXES_ROWS, REFINED_ROWS
from feder_widget.session.graph import graph_projection
from feder_widget.session.graph.graph_session import GraphSession


class Asked:
    """A page of a graph that asks for pictures of its search."""

    def __init__(self, index, projection="linear"):
        self.opened = open_index(index)
        self.page = Page()
        media = Media(None, None, IdRange(self.opened.ntotal, lambda: self.opened.graph_file.extremes()[1]))
        method = resolve_method(projection)
        self.session = GraphSession(self.opened, media, self.page.send, k_max=50, projection=method)

    def walk(self, row, ef_search=16, request="walk"):
        ef_search = min(ef_search, self.opened.ntotal)
        asked = {"kind": "walk", "request": request, "query": {"id": str(row)}, "k": 1}
        self.session.handle({**asked, "ef_search": ef_search, "ef_max": ef_search})
        self.session.drain()
        return Read(self.page.of(request)[-1])

    def pictures(self, walk, visits=0, extra=(), request="picture"):
        asked = {"kind": "walk_projection", "request": request, "serial": walk.serial, "visits": visits}
        self.session.handle({**asked, "extra": list(map(str, extra))})
        self.session.drain()
        return [Read(packet) for packet in self.page.of(request)]

    def error(self, request="picture"):
        return self.page.of(request)[-1][0]["message"]

    def vectors(self, walk, extra=()):
        """Return the vectors of a picture in its order, and their number by kind."""
        file = self.opened.graph_file
        stops = np.array([int(walk.entry), *walk.hop_to], np.int64)
        ids = np.concatenate([walk.ids, stops, np.asarray(extra, np.int64)])
        rows = file.stored_vectors(file.nodes_of(ids))
        return np.concatenate([rows, file.transform(walk.vector[None])]), len(stops)


@pytest.mark.parametrize("variant", QUICK, ids=lambda variant: variant.name)
def test_the_first_picture_is_that_of_principal_components(variant):
    asked = Asked(variant.make())
    walk = asked.walk(int(asked.opened.graph_file.external_ids(np.array([77]))[0]))
    nodes = np.setdiff1d(np.arange(40), walk.nodes)[:5]
    extra = asked.opened.graph_file.external_ids(nodes)
    (picture,) = asked.pictures(walk, extra=extra)
    vectors, stops = asked.vectors(walk, extra)
    by_angle = asked.opened.metric in ("inner product", "cosine")
    wanted, drawn_in = into_picture(LinearMap(vectors[:AXES_ROWS], normalise=by_angle)(vectors))
    assert (picture.final, picture.method) == (True, "PCA of directions" if by_angle else "PCA")
    assert picture.drawn_in == drawn_in
    np.testing.assert_array_equal(picture.places, wanted[: len(walk.ids)])
    np.testing.assert_array_equal(picture.stop_places, wanted[len(walk.ids) : len(walk.ids) + stops])
    np.testing.assert_array_equal(picture.extra_ids, extra)
    np.testing.assert_array_equal(picture.extra_places, wanted[len(walk.ids) + stops : -1])
    np.testing.assert_array_equal(picture.query_place, wanted[-1])


def test_a_graph_of_hnswlib_has_pictures():
    asked = Asked(hnswlib_stand_in.recorded("cosine"))
    walk = asked.walk(int(asked.opened.graph_file.external_ids(np.array([3]))[0]))
    (picture,) = asked.pictures(walk)
    assert picture.method == "PCA of directions"
    assert len(picture.places) == len(walk.ids)


def test_the_better_picture_keeps_neighbours_nearer_than_the_linear_one():
    asked = Asked(graphs.build("HNSW8,Flat", faiss.METRIC_L2, graphs.vectors(2500, 24)), "auto")
    walk = asked.walk(7, 128)
    linear, better = asked.pictures(walk, visits=100)
    assert (linear.method, linear.final) == ("PCA", False)
    assert (better.method, better.final) == ("t-SNE", True)
    assert len(linear.places) == len(better.places) == len(walk.ids)
    assert 0 <= better.places.min() < better.places.max() <= 1
    vectors = asked.opened.graph_file.stored_vectors(walk.nodes)

    def kept(places):
        """Return the share of each node's ten nearest that are among its ten nearest in the plane."""
        near = [
            np.argsort(((rows[:, None] - rows[None]) ** 2).sum(2), axis=1)[:, 1:11]
            for rows in (vectors, places)
        ]
        return np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(*near, strict=True)])

    assert kept(better.places) > 1.3 * kept(linear.places)
    again = asked.pictures(walk, visits=100, request="again")[-1]
    np.testing.assert_array_equal(again.places, better.places)


def test_the_better_picture_has_no_more_rows_than_are_laid_out_in_a_moment(monkeypatch):
    monkeypatch.setattr(graph_projection, "REFINED_ROWS", 50)
    asked = Asked(graphs.build("HNSW8,Flat", faiss.METRIC_L2, graphs.vectors(800)), "auto")
    walk = asked.walk(7, 64)
    assert len(walk.ids) > 60
    linear, better = asked.pictures(walk, visits=50)
    assert (len(linear.places), len(better.places)) == (len(walk.ids), 50)
    # More are shown than that: their picture stays the linear one.
    (only,) = asked.pictures(walk, visits=51, request="more")
    assert (only.final, only.method) == (True, "PCA")
    np.testing.assert_array_equal(only.places, linear.places)
    assert REFINED_ROWS == 2000


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT], ids=["L2", "product"])
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_vectors(data, metric):
    asked = Asked(graphs.build("HNSW4,Flat", metric, np.float32(data)), "auto")
    walk = asked.walk(0)
    pictures = asked.pictures(walk, visits=len(walk.ids), extra=range(len(data)))
    assert pictures[-1].final
    for picture in pictures:
        for places in (picture.places, picture.stop_places, picture.extra_places, picture.query_place):
            # NaN is neither.
            assert ((places >= 0) & (places <= 1)).all()


def test_a_function_of_the_caller_lays_nodes_out():
    asked = Asked(graphs.build("HNSW4,Flat", faiss.METRIC_L2, graphs.vectors(300)), lambda rows: rows[:, :2])
    walk = asked.walk(5)
    *_, better = asked.pictures(walk, visits=10)
    assert better.final
    assert better.method.startswith("custom: ")
    vectors, _ = asked.vectors(walk)
    flat = vectors[: len(walk.ids), :2]
    scale = np.ptp(better.places, axis=0) / np.ptp(flat, axis=0)
    np.testing.assert_allclose(scale[0], scale[1], rtol=1e-4)


def test_a_function_that_fails_leaves_the_linear_picture_and_says_why():
    def fails(_):
        raise KeyError("<b>nothing</b>")

    asked = Asked(graphs.build("HNSW4,Flat", faiss.METRIC_L2, graphs.vectors(300)), fails)
    walk = asked.walk(5)
    asked.session.handle(
        {"kind": "walk_projection", "request": "picture", "serial": walk.serial, "visits": 10, "extra": []}
    )
    asked.session.drain()
    linear = Read(asked.page.of("picture")[0])
    assert (linear.final, linear.method) == (False, "PCA")
    assert "raised KeyError" in asked.error()


def test_rows_that_are_not_in_the_index_are_left_out():
    asked = Asked(graphs.build("HNSW4,Flat", faiss.METRIC_L2, graphs.vectors(300)))
    walk = asked.walk(5)
    (picture,) = asked.pictures(walk, extra=[299, 300, -7])
    np.testing.assert_array_equal(picture.extra_ids, [299])


def test_another_search_ends_a_picture():
    asked = Asked(graphs.build("HNSW4,Flat", faiss.METRIC_L2, graphs.vectors(300)))
    before = asked.walk(5)
    asked.walk(6, request="next")
    asked.session.handle(
        {"kind": "walk_projection", "request": "late", "serial": before.serial, "visits": 1, "extra": []}
    )
    asked.session.drain()
    assert asked.page.of("late")[-1][0]["code"] == "superseded"


def test_a_page_hears_of_an_index_that_changes_while_its_picture_is_made():
    index = graphs.build("HNSW4,Flat", faiss.METRIC_L2, graphs.vectors(300))
    told = []
    page, opened = Page(), open_index(index)
    media = Media(None, None, IdRange(opened.ntotal, lambda: opened.graph_file.extremes()[1]))
    session = GraphSession(
        opened,
        media,
        page.send,
        k_max=50,
        projection=resolve_method("auto"),
        driver=ByHand(),
        changed=lambda: told.append(opened.ntotal),
    )
    asked = {"kind": "walk", "request": "walk", "query": {"id": "5"}, "k": 1, "ef_search": 16, "ef_max": 16}
    session.handle(asked)
    session.drain()
    serial = Read(page.of("walk")[-1]).serial
    told.clear()
    session.handle({"kind": "walk_projection", "request": "p", "serial": serial, "visits": 9, "extra": []})
    step_until(session, page, kind="walk_projection", final=False)
    index.add(graphs.vectors(5, seed=9))
    session.notice_changes()
    assert told == [305]
    assert session.index_version == 1
    session.drain()
    assert page.of("p")[-1][0]["code"] == "changed"


def test_slices_make_no_difference(monkeypatch):
    index = graphs.build("HNSW4,Flat", faiss.METRIC_L2, graphs.vectors(600))
    whole = Asked(index)
    (one,) = whole.pictures(whole.walk(5, 100))
    monkeypatch.setattr(graph_projection, "AT_ONCE", 7)
    parts = Asked(index)
    (other,) = parts.pictures(parts.walk(5, 100))
    np.testing.assert_array_equal(one.places, other.places)


def test_the_widget_refuses_a_projection_that_is_none():
    index = graphs.build("HNSW4,Flat", faiss.METRIC_L2, graphs.vectors(300))
    with pytest.raises(ValueError, match="projection must be one of auto, linear, neighbours"):
        GraphWidget(index, projection="umap")
