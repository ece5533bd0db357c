"""The map of a graph: its districts, and the places of nodes, by the messages that a page gets."""

import faiss
import graphs
import hnswlib_stand_in
import numpy as np
import pytest
from conversation import Page

from feder_widget.engines import open_index
from feder_widget.map.districts import Members, centroids_of, comparable, count_for, sample_nodes
from feder_widget.media import IdRange, Media
from feder_widget.session.graph import graph_map
from feder_widget.session.graph.graph_session import GraphSession

QUICK = [each for each in graphs.VARIANTS if each.name not in ("PQ, L2", "IDMap, OPQ, PQ")]
"""The others take long to train."""


class Asked:
    """A page of a graph that keeps its map, and the places of one search."""

    def __init__(self, index, k_max=50):
        self.opened = open_index(index)
        self.page = Page()
        media = Media(None, None, IdRange(self.opened.ntotal, lambda: self.opened.graph_file.extremes()[1]))
        self.session = GraphSession(self.opened, media, self.page.send, k_max=k_max)

    def map(self, request="map"):
        self.session.handle({"kind": "map", "request": request})
        self.session.drain()
        return DrawnMap(self.page.of(request))

    def walk(self, query, request="walk"):
        ef_search = min(16, self.opened.ntotal)
        settings = {"ef_search": ef_search, "ef_max": ef_search, "k": 1}
        chosen = {"id": str(query)} if np.ndim(query) == 0 else {"vector": True}
        buffers = [] if np.ndim(query) == 0 else [np.float32(query).tobytes()]
        self.session.handle({"kind": "walk", "request": request, "query": chosen, **settings}, buffers)
        self.session.drain()
        message, _ = self.page.of(request)[-1]
        assert message["kind"] == "walk", message
        return Read(self.page.of(request)[-1])

    def places(self, walk, extra=(), request="places"):
        asked = {"kind": "walk_places", "request": request, "serial": walk.serial}
        self.session.handle({**asked, "extra": list(map(str, extra))})
        self.session.drain()
        return Read(self.page.of(request)[-1])


class Read:
    """One message, its buffers as arrays."""

    def __init__(self, packet):
        message, buffers = packet
        for name, value in message.items():
            if name != "buffers":
                setattr(self, name, value)
        for (name, dtype, shape), buffer in zip(message.get("buffers", []), buffers, strict=True):
            setattr(self, name, np.frombuffer(buffer, dtype).reshape(shape))


class DrawnMap:
    """The map and what stands on it."""

    def __init__(self, packets):
        kinds = [message["kind"] for message, _ in packets]
        assert kinds == ["map", "districts"], packets
        self.cells, self.districts = map(Read, packets)
        assert self.cells.final

    def depth(self, place, district):
        """Return how deep inside a district a place lies; negative for outside."""
        first, last = self.cells.offsets[district : district + 2]
        corners = self.cells.points.reshape(-1, 2)[first:last].astype(np.float64)
        edges = np.roll(corners, -1, axis=0) - corners
        apart = place - corners
        inside = edges[:, 0] * apart[:, 1] - edges[:, 1] * apart[:, 0]
        return (inside / np.maximum(np.hypot(*edges.T), 1e-12)).min()

    def assert_inside(self, places, districts):
        depths = [self.depth(*each) for each in zip(places, districts, strict=True)]
        assert min(depths) > -1e-6


@pytest.mark.parametrize("variant", QUICK, ids=lambda variant: variant.name)
def test_every_node_stands_in_its_district(variant):
    asked = Asked(variant.make())
    drawn = asked.map()
    rows = np.arange(0, graphs.ROWS, 7) if variant.ids is None else variant.ids[::7]
    walk = asked.walk(int(rows[3]))
    places = asked.places(walk, extra=rows)
    assert drawn.districts.sizes.sum() == graphs.ROWS
    assert len(drawn.districts.sizes) == 50 == drawn.cells.rows
    np.testing.assert_array_equal(places.extra_ids, rows)
    drawn.assert_inside(places.extra_places, places.extra_districts)
    drawn.assert_inside(places.places, places.districts)
    assert len(places.places) == len(walk.ids)
    assert len(places.link_places) == len(walk.link_ids)
    assert np.isfinite(places.district_distances).all()
    medoids = drawn.districts.medoids
    assert np.isin(
        medoids[drawn.districts.sizes > 0], np.arange(graphs.ROWS) if variant.ids is None else variant.ids
    ).all()


@pytest.mark.parametrize("variant", hnswlib_stand_in.VARIANTS)
def test_a_graph_of_hnswlib_has_a_map(variant):
    asked = Asked(hnswlib_stand_in.recorded(variant))
    drawn = asked.map()
    _, labels, deleted, queries = hnswlib_stand_in.data_of(variant)
    assert drawn.districts.sizes.sum() == len(labels)
    kept = np.setdiff1d(labels, deleted)
    for number, query in enumerate(queries):
        walk = asked.walk(query, f"walk {number}")
        places = asked.places(walk, kept, f"places {number}")
        drawn.assert_inside(places.extra_places, places.extra_districts)
        drawn.assert_inside(places.places, places.districts)
        drawn.assert_inside([places.query_place], [_nearest(places, asked.opened.metric)])


def _nearest(places, metric):
    distances = places.district_distances
    assert metric in ("L2", "cosine", "inner product")
    return distances.argmin()


def test_places_belong_to_rows_and_not_to_queries():
    asked = Asked(graphs.build("IDMap,HNSW8,Flat", ids=graphs.named_ids()))
    drawn = asked.map()
    known = {}
    for number, row in enumerate(graphs.named_ids()[[5, 600, 1800]]):
        walk = asked.walk(int(row), f"walk {number}")
        places = asked.places(walk, [int(row)], f"places {number}")
        for row_id, place in (
            *zip(walk.ids.tolist(), places.places.tolist(), strict=True),
            *zip(walk.link_ids.tolist(), places.link_places.tolist(), strict=True),
            (int(walk.entry), places.entry_place.tolist()),
            (int(row), places.extra_places[0].tolist()),
            *zip(drawn.districts.ids.tolist(), drawn.districts.places.tolist(), strict=True),
        ):
            assert known.setdefault(row_id, place) == place


def test_a_query_stands_where_its_row_does():
    for metric in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
        asked = Asked(graphs.build("HNSW8,Flat", metric))
        drawn = asked.map()
        for row in (5, 600, 1800):
            places = asked.places(asked.walk(row, f"walk {row}"), [row], f"places {row}")
            np.testing.assert_allclose(places.query_place, places.extra_places[0], atol=1e-3)
        places = asked.places(asked.walk(graphs.vectors(1, seed=9)[0] * 30, "far"), [], "far away")
        nearest = places.district_distances
        drawn.assert_inside([places.query_place], [nearest.argmax() if metric == 0 else nearest.argmin()])


def test_the_map_is_the_same_in_every_session():
    first, second = (Asked(graphs.build("HNSW8,Flat")) for _ in range(2))
    before, after = first.map(), second.map()
    again = first.map("again")
    for drawn in (after, again):
        for name in ("points", "offsets", "centres"):
            np.testing.assert_array_equal(getattr(before.cells, name), getattr(drawn.cells, name))
        np.testing.assert_array_equal(before.districts.places, drawn.districts.places)


def test_upper_levels_are_on_the_map_unless_they_are_large(monkeypatch):
    index = graphs.build("HNSW4,Flat")
    levels = faiss.vector_to_array(index.hnsw.levels) - 1
    drawn = Asked(index).map()
    np.testing.assert_array_equal(drawn.districts.ids, np.flatnonzero(levels > 0))
    np.testing.assert_array_equal(drawn.districts.levels, levels[levels > 0])
    monkeypatch.setattr(graph_map, "LEVEL_MOST", int((levels > 0).sum()) - 1)
    drawn = Asked(index).map()
    np.testing.assert_array_equal(drawn.districts.ids, np.flatnonzero(levels > 1))


def test_distances_to_districts_are_those_of_the_metric():
    for metric in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
        asked = Asked(graphs.build("HNSW8,Flat", metric))
        drawn = asked.map()
        query = graphs.vectors(1, seed=9)[0]
        places = asked.places(asked.walk(query))
        own = places.districts[0]
        distances = places.district_distances
        nearer = distances < distances[own] if metric == faiss.METRIC_L2 else distances > distances[own]
        assert len(distances) == len(drawn.districts.sizes)
        assert nearer.sum() < 10


def test_a_changed_index_gets_a_map_anew():
    index = graphs.build("HNSW8,Flat")
    asked = Asked(index)
    before = asked.map()
    walk = asked.walk(3)
    index.add(graphs.vectors(900, seed=4) + 1)
    refused = asked.places(walk, request="late")
    assert refused.kind == "error"
    assert refused.code == "changed"
    after = asked.map("new")
    assert after.districts.index_version == before.districts.index_version + 1
    assert after.districts.sizes.sum() == graphs.ROWS + 900


def test_places_without_a_map_are_refused():
    asked = Asked(graphs.build("HNSW8,Flat"))
    refused = asked.places(asked.walk(3))
    assert refused.kind == "error"
    assert "map" in refused.message


def test_slices_make_no_difference(monkeypatch):
    index = graphs.build("HNSW8,Flat")
    whole = Asked(index).map()
    monkeypatch.setattr(graph_map, "PIECE_WORK", 1)
    sliced = Asked(index).map()
    np.testing.assert_array_equal(whole.districts.sizes, sliced.districts.sizes)
    np.testing.assert_array_equal(whole.cells.points, sliced.cells.points)


HOSTILE = {
    "one node": np.ones((1, 4)),
    "two nodes": np.eye(4)[:2],
    "three nodes": np.eye(4)[:3],
    "all equal": np.full((300, 4), 0.3),
    "all zero": np.zeros((200, 4)),
    "on a line": np.arange(400)[:, None] * np.ones((1, 4)),
    "one dimension": np.random.default_rng(0).standard_normal((300, 1)),
    "huge": np.random.default_rng(0).standard_normal((300, 4)) * 1e17,
    "tiny": np.random.default_rng(0).standard_normal((300, 4)) * 1e-30,
}


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT], ids=["L2", "product"])
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_vectors(data, metric):
    asked = Asked(graphs.build("HNSW4,Flat", metric, np.float32(data)))
    drawn = asked.map()
    walk = asked.walk(0)
    places = asked.places(walk, range(len(data)))
    drawn.assert_inside(places.extra_places, places.extra_districts)
    assert np.isfinite(places.extra_places).all()
    assert np.isfinite(places.district_distances).all()
    # Equal vectors do not stand on one another.
    assert len(np.unique(places.extra_places, axis=0)) > 0.95 * len(data)


def test_vectors_that_are_no_numbers_have_places():
    data = graphs.vectors(300)
    data[5], data[70], data[71] = np.nan, np.inf, 3e38
    found = comparable(data, by_angle=True)
    assert np.isfinite(found).all()
    assert np.isfinite(centroids_of(found, 17, by_angle=True)).all()


def test_the_number_of_districts():
    assert [count_for(n) for n in (1, 2, 10, 10_000, 100_000, 10**8)] == [1, 1, 3, 103, 1024, 1024]
    for n in (1, 50, 10_000):
        nodes = sample_nodes(n)
        np.testing.assert_array_equal(nodes, np.unique(nodes))
        assert nodes.max() < n


def test_members_are_ordered_by_their_distance():
    districts = np.array([1, 0, 1, 1], np.int32)
    members = Members.of(districts, np.float32([5, 1, 2, 2]), 3)
    np.testing.assert_allclose(members.shares, [2.5 / 3, 0.5, 0.5 / 3, 1.5 / 3])
    assert members.sizes.tolist() == [1, 3, 0]
    assert members.medoids.tolist() == [1, 2, -1]
