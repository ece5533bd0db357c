"""The candidates in the plane: which, where, and in what order they are sent."""

import builtins
import logging
import threading

import faiss
import numpy as np
import pytest
from conversation import PATIENCE, Page, converse, search_request, step, step_until
from makers import METRICS, ivf_around, make_ivf, make_vectors

from feder_widget.engines import open_index
from feder_widget.layout import LayoutCancelled
from feder_widget.model.search_trace import CoarseStep, Scan
from feder_widget.model.work_pieces import drain
from feder_widget.projection import (
    LinearMap,
    ProjectionError,
    gather_steps,
    into_picture,
    resolve_method,
    vector_steps,
    with_rows_steps,
)
from feder_widget.projection import sample_steps as sample_module
from feder_widget.session.answers import projection as projector_module


def ranking_of(index, clusters):
    """Return a ranking that begins with these clusters, with each cluster's own distance."""
    others = np.setdiff1d(np.arange(index.nlist), clusters)
    return CoarseStep(np.concatenate([clusters, others]).astype(np.int64), np.zeros(index.nlist, np.float32))


def sampled(index, vector, clusters, limit, k=9, k_max=100):
    ranking, ranks = ranking_of(index, clusters), np.arange(1, len(clusters) + 1)
    return drain(gather_steps(index, vector, ranking, ranks, limit=limit, k=k, k_max=k_max))


def one_cluster_filled():
    """Return an index with five vectors in cluster 0, and clusters 1 and 2 empty."""
    faiss_index = ivf_around(np.eye(3, dtype=np.float32))
    faiss_index.add(np.repeat(np.float32([[1, 0, 0]]), 5, axis=0))
    return faiss_index


class TestSample:
    def test_without_a_need_to_choose_it_is_every_candidate_in_the_order_compared(self):
        faiss_index, _ = make_ivf()
        index = open_index(faiss_index)
        trace = index.trace(3, 6, 9)
        sample = sampled(index, index.vector(3), trace.coarse.clusters[:6], 10**6)
        np.testing.assert_array_equal(sample.ids, np.concatenate([step.ids for step in trace.fine]))
        np.testing.assert_array_equal(sample.distances, np.concatenate([s.distances for s in trace.fine]))
        np.testing.assert_array_equal(
            sample.ranks, np.concatenate([np.full(len(step.ids), step.rank) for step in trace.fine])
        )
        assert sample.total == len(sample)

    @pytest.mark.parametrize("metric", ["L2", "inner product"])
    @pytest.mark.parametrize("limit", [300, 250, 120])
    def test_a_sample_holds_the_results_at_every_step_of_the_fine_search(self, metric, limit):
        faiss_index, _ = make_ivf(metric=metric)
        index = open_index(faiss_index)
        clusters = index.trace(3, 12, 9).coarse.clusters[:12]
        sample = sampled(index, index.vector(3), clusters, limit, k=9, k_max=50)
        assert len(sample) == pytest.approx(limit, abs=len(clusters))
        assert len(sample) <= limit
        for nprobe in range(1, 13):
            assert set(index.trace(3, nprobe, 9).ids) <= set(sample.ids)
        assert set(index.trace(3, 12, 50).ids) <= set(sample.ids)

    def test_a_smaller_sample_lies_within_a_larger_one_and_is_always_the_same(self):
        faiss_index, _ = make_ivf(n=5000)
        index = open_index(faiss_index)
        clusters = index.rank(7).clusters[:15]
        large, small, again = (sampled(index, index.vector(7), clusters, n) for n in (2000, 400, 400))
        assert set(small.ids) <= set(large.ids)
        np.testing.assert_array_equal(small.ids, again.ids)
        np.testing.assert_array_equal(large.ids[large.first(400)], small.ids)

    def test_every_cluster_is_sampled_in_proportion_to_its_size(self):
        sizes = [50, 500, 1000, 2500]
        centroids = np.eye(4, 8, dtype=np.float32) * 100
        faiss_index = ivf_around(centroids)
        rng = np.random.default_rng(0)
        faiss_index.add(np.repeat(centroids, sizes, axis=0) + rng.normal(size=(4050, 8)).astype(np.float32))
        index = open_index(faiss_index)
        sample = sampled(index, index.vector(0), [0, 1, 2, 3], 405, k=1, k_max=1)
        np.testing.assert_allclose(np.bincount(sample.ranks)[1:], [5, 50, 100, 250], atol=3)

    def test_its_vectors_are_those_of_its_ids(self, monkeypatch):
        monkeypatch.setattr(sample_module, "vectors_per_piece", lambda _dim: 7)
        faiss_index, vectors = make_ivf()
        index = open_index(faiss_index)
        sample = sampled(index, index.vector(3), index.rank(3).clusters[:5], 100)
        read = np.full((len(sample), 16), np.nan, np.float32)
        for part, rows in vector_steps(index, sample):
            read[part] = rows
        np.testing.assert_array_equal(read, vectors[sample.ids])

    @pytest.mark.filterwarnings("ignore:.*in no list")
    def test_vectors_too_far_for_a_distance_are_left_out_and_the_others_keep_their_places(self):
        faiss_index = ivf_around(np.zeros((1, 4), np.float32))
        vectors = make_vectors(n=30, d=4)
        vectors[[4, 17]] = 3e38
        faiss_index.add(vectors)
        index = open_index(faiss_index)
        sample = sampled(index, index.vector(0), [0], 100)
        assert sample.ids.tolist() == [i for i in range(30) if i not in (4, 17)]
        np.testing.assert_array_equal(
            np.concatenate([r for _, r in vector_steps(index, sample)]), vectors[sample.ids]
        )

    def test_empty_clusters_give_nothing(self):
        index = open_index(one_cluster_filled())
        sample = sampled(index, np.zeros(3, np.float32), [1, 0, 2], 100)
        assert sample.ranks.tolist() == [2] * 5
        assert len(sampled(index, np.zeros(3, np.float32), [1, 2], 100)) == 0

    @pytest.mark.parametrize("most", [1, 7, 64, 10**6])
    def test_lists_that_come_in_pieces_give_the_same_sample(self, monkeypatch, most):
        index = open_index(make_ivf(n=3000)[0])
        clusters = index.rank(3).clusters[:8]
        whole = sampled(index, index.vector(3), clusters, 300)
        cut_lists(monkeypatch, index, most)
        pieces = sampled(index, index.vector(3), clusters, 300)
        for name in ("clusters", "ranks", "offsets", "ids", "distances", "turns", "total"):
            np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))

    @pytest.mark.parametrize("most", [1, 7, 10**6])
    @pytest.mark.filterwarnings("ignore:.*in no list")
    def test_rows_of_lists_that_come_in_pieces_keep_their_places(self, monkeypatch, most):
        faiss_index = ivf_around(np.eye(3, 4, dtype=np.float32))
        vectors = make_vectors(n=300, d=4)
        vectors[[4, 17, 170]] = 3e38
        faiss_index.add(vectors)
        index = open_index(faiss_index)
        ranking = index.rank(0)
        cut_lists(monkeypatch, index, most)
        first = sampled(index, index.vector(0), ranking.clusters[:1], 10**6)
        rows = np.flatnonzero(index.places(np.arange(300))[0] != ranking.clusters[0])[::3]
        homes = index.places(rows)[0]
        steps = with_rows_steps(
            index, index.vector(0), ranking, first, np.array([1]), rows.tolist(), homes.tolist()
        )
        sample = drain(steps)
        kept = rows[~np.isin(rows, [4, 17, 170])]
        assert sorted(sample.ids[sample.ranks > 1]) == kept.tolist()
        assert sample.total == len(first)
        np.testing.assert_array_equal(
            np.concatenate([r for _, r in vector_steps(index, sample)]), vectors[sample.ids]
        )

    def test_others_have_their_turn_after_each_piece(self, monkeypatch):
        index = open_index(make_ivf(n=5000)[0])
        cut_lists(monkeypatch, index, 50)
        ranks = np.arange(1, index.nlist + 1)
        steps = gather_steps(index, index.vector(0), index.rank(0), ranks, limit=100, k=9, k_max=100)
        assert len(list(steps)) == np.ceil(index.list_sizes / 50).sum() + 2


def cut_lists(monkeypatch, index, most):
    """Have clusters scanned in pieces of at most `most` vectors, long lists cut."""

    def scan_steps(query, clusters, _to_centroids):
        for cluster in clusters:
            scan = index.scan(query, [cluster], None)
            for low in range(0, max(1, len(scan.ids)), most):
                part = slice(low, low + most)
                lims = np.array([0, len(scan.ids[part])])
                yield Scan(scan.clusters, lims, scan.ids[part], scan.distances[part])

    monkeypatch.setattr(type(index), "scan_steps", lambda _, *args: scan_steps(*args), raising=False)


class TestLinear:
    def test_positions_are_distances_along_the_principal_axes(self):
        points = make_vectors(500, 12).astype(np.float64)
        centred = points - points.mean(axis=0)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        positions = LinearMap(points, normalise=False)(points)
        np.testing.assert_allclose(np.abs(positions), np.abs(centred @ axes[:2].T), atol=1e-8)

    def test_lengths_do_not_count_for_the_inner_product(self):
        points = make_vectors(100, 6)
        lengths = np.random.default_rng(0).uniform(0.1, 50, (100, 1))
        plain, scaled = (LinearMap(p, normalise=True)(p) for p in (points, points * lengths))
        np.testing.assert_allclose(plain, scaled, atol=1e-5)

    def test_an_outlier_changes_neither_the_axes_nor_the_room_of_the_others(self):
        points = make_vectors(200, 8)
        with_outlier = np.vstack([points, points[:1] * 1000])
        alone = into_picture(LinearMap(points, normalise=False)(points))
        beside = into_picture(LinearMap(with_outlier, normalise=False)(with_outlier))
        assert alone[1] == 0
        assert 1 <= beside[1] <= 10
        assert (np.ptp(beside[0][:-1], axis=0) > 0.3).all()
        assert ((beside[0] >= 0) & (beside[0] <= 1)).all()

    @pytest.mark.parametrize("count", [1, 2, 5, 300])
    def test_equal_vectors_lie_at_one_place(self, count):
        points = np.repeat(make_vectors(1, 9) / 3, count, axis=0)
        positions, drawn_in = into_picture(LinearMap(points, normalise=True)(points))
        np.testing.assert_array_equal(positions, np.full((count, 2), 0.5))
        assert drawn_in == 0

    def test_turned_like_others_it_is_the_same_picture_turned(self):
        points, others = make_vectors(60, 12), make_vectors(9, 12)
        plain, turned = (LinearMap(points, normalise=False, like=x)(points) for x in (None, others))
        np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(plain, axis=1))
        np.testing.assert_allclose(turned @ turned.T, plain @ plain.T, atol=1e-9)
        itself = LinearMap(points, normalise=False, like=points)(points)
        np.testing.assert_allclose(itself, plain, atol=1e-9)
        grid = np.stack(np.meshgrid(np.arange(-3.0, 4), [-1.0, 0, 1]), axis=-1).reshape(-1, 2)
        np.testing.assert_allclose(LinearMap(grid, normalise=False)(grid), grid, atol=1e-12)
        # Where the second number varies more, that comes first; and the other way round for what is like it.
        crossed = LinearMap(grid, normalise=False, like=grid * [0.1, 1])(grid)
        np.testing.assert_allclose(crossed, grid[:, ::-1], atol=1e-12)

    @pytest.mark.parametrize("like", [np.zeros((0, 5)), np.ones((1, 5)), np.ones((4, 5)), [[np.nan] * 5]])
    def test_what_has_no_direction_turns_nothing(self, like):
        points = make_vectors(50, 5)
        plain, turned = (LinearMap(points, normalise=False, like=x)(points) for x in (None, like))
        np.testing.assert_array_equal(turned, plain)

    def test_values_that_are_not_finite_or_huge_do_no_harm(self):
        points = make_vectors(50, 5)
        points[3, 2], points[4, 0], points[5] = np.nan, np.inf, 3e38
        with np.errstate(invalid="ignore"):
            positions, _ = into_picture(LinearMap(points, normalise=False)(points))
        assert np.isfinite(positions).all()


class TestMethods:
    def test_an_unknown_one_is_refused_by_name(self):
        with pytest.raises(
            ValueError, match=r"projection must be one of auto, linear, neighbours .* got 'umap'"
        ):
            resolve_method("umap")
        with pytest.raises(TypeError, match=r"projection must be one of .* got 7"):
            resolve_method(7)

    @pytest.mark.parametrize("projection", ["auto", "neighbours"])
    def test_both_names_of_the_neighbour_embedding_are_t_sne(self, projection):
        assert resolve_method(projection).name == "t-SNE"
        assert resolve_method("linear") is None

    @pytest.mark.parametrize(
        ("returned", "reason"),
        [
            (np.zeros((4, 2)), r"must return 5 x 2 finite numbers, got shape \(4, 2\)"),
            (np.zeros((5, 3)), r"got shape \(5, 3\)"),
            (np.full((5, 2), np.nan), "got 5 rows with NaN or infinite values"),
            (None, "got NoneType of object"),
            ("abc", "got str of"),
            ([[1, 2], [3]], "got list"),
            (np.zeros((5, 2), complex), "got ndarray of complex128"),
        ],
    )
    def test_a_function_that_returns_anything_else_says_what_it_returned(self, returned, reason):
        method = resolve_method(lambda _rows: returned)
        with pytest.raises(ProjectionError, match=reason):
            method(np.zeros((5, 3), np.float32), np.zeros((5, 2)))

    @pytest.mark.parametrize("error", [ValueError("no"), SystemExit("no"), MemoryError("no")])
    def test_a_function_that_raises_is_named_with_its_error(self, error, caplog):
        def umap(_rows):
            raise error

        with (
            caplog.at_level(logging.CRITICAL),
            pytest.raises(ProjectionError, match=f"custom: umap raised {type(error).__name__}: no"),
        ):
            resolve_method(umap)(np.zeros((5, 3), np.float32), np.zeros((5, 2)))

    def test_neighbours_are_kept_together_the_same_way_every_time(self):
        centres = np.random.default_rng(0).normal(size=(6, 20)) * 8
        homes = np.arange(120) % 6
        rows = (centres[homes] + np.random.default_rng(1).normal(size=(120, 20))).astype(np.float32)
        start = LinearMap(rows, normalise=False)(rows)
        method = resolve_method("neighbours")
        positions = method(rows.copy(), start)
        np.testing.assert_array_equal(positions, method(rows.copy(), start))
        apart = np.linalg.norm(positions[:, None] - positions, axis=-1)
        np.fill_diagonal(apart, np.inf)
        assert (homes[apart.argmin(axis=1)] == homes).all()

    @pytest.mark.parametrize("rows", [6, 40])
    def test_neighbours_of_vectors_in_a_line_or_at_one_place_make_a_picture(self, rows):
        line = np.zeros((rows, 4), np.float32)
        line[rows // 2 :, 0] = np.arange(rows - rows // 2)
        positions = resolve_method("neighbours")(line.copy(), LinearMap(line, normalise=False)(line))
        assert np.isfinite(positions).all()

    @pytest.mark.parametrize("source", ["groups", "digits"])
    def test_neighbours_are_kept_as_well_as_by_scikit_learn(self, source):
        datasets, manifold = pytest.importorskip("sklearn.datasets"), pytest.importorskip("sklearn.manifold")
        if source == "digits":
            rows = datasets.load_digits().data[:300].astype(np.float32)
        else:
            rng = np.random.default_rng(0)
            rows = (rng.normal(size=(12, 32)) * 2)[np.arange(300) % 12] + rng.normal(size=(300, 32))
            rows = rows.astype(np.float32)
        start = LinearMap(rows, normalise=False)(rows)
        ours = resolve_method("neighbours")(rows.copy(), start)
        scale = 1e-4 / start.std(axis=0).max()
        theirs = manifold.TSNE(init=(start * scale).astype(np.float32), max_iter=500, random_state=0)
        theirs = theirs.fit_transform(rows)
        for score in (kept, lambda a, b: manifold.trustworthiness(a, b, n_neighbors=10)):
            assert score(rows, ours) >= score(rows, theirs) - 0.02

    def test_the_neighbour_embedding_lies_as_the_linear_picture_does(self):
        rows = make_vectors(300, 12)
        start = LinearMap(rows, normalise=False)(rows)
        positions = resolve_method("neighbours")(rows.copy(), start)
        cross = (positions - positions.mean(axis=0)).T @ (start - start.mean(axis=0))
        assert np.trace(cross) == pytest.approx(np.linalg.svd(cross, compute_uv=False).sum(), rel=1e-6)

    @pytest.mark.parametrize("far", [1e3, 1e8, 3e38])
    def test_one_vector_far_away_costs_the_others_no_neighbours(self, far):
        rows = make_vectors(400, 12)
        beside = np.vstack([rows, rows[:1]])
        beside[-1, 0] = far
        alone, together = (
            resolve_method("neighbours")(x.copy(), into_picture(LinearMap(x, normalise=False)(x))[0])
            for x in (rows, beside)
        )
        assert kept(rows, together[:-1]) > kept(rows, alone) - 0.05

    def test_vectors_that_are_not_finite_are_drawn_with_the_others(self):
        rows = make_vectors(60, 5)
        rows[3, 2], rows[4, 0], rows[5] = np.nan, np.inf, np.nan
        with np.errstate(invalid="ignore"):
            start = LinearMap(rows, normalise=False)(rows)
            positions = resolve_method("neighbours")(rows, start)
        assert np.isfinite(positions).all()

    def test_the_neighbour_embedding_stops_at_the_next_iteration(self):
        rows = make_vectors(80, 5)
        asked = []

        def cancelled():
            asked.append(None)
            return len(asked) > 9

        with pytest.raises(LayoutCancelled):
            resolve_method("neighbours")(rows, rows[:, :2].astype(np.float64), cancelled)
        # Once more, to tell the caller's wish from a failure.
        assert len(asked) == 11

    def test_what_a_function_raises_once_nobody_waits_is_no_failure(self, caplog):
        with pytest.raises(LayoutCancelled):
            resolve_method(lambda _rows: 1 / 0)(np.zeros((5, 3), np.float32), np.zeros((5, 2)), lambda: True)
        assert not caplog.records
        with caplog.at_level(logging.CRITICAL), pytest.raises(ProjectionError):
            resolve_method(impatient)(np.zeros((5, 3), np.float32), np.zeros((5, 2)))


def impatient(_rows):
    raise LayoutCancelled


def kept(rows, positions, count=10):
    """Share of the nearest others of each vector that are among its nearest others in the plane."""
    pair = (np.ascontiguousarray(a, np.float32) for a in (rows, positions))
    near = [faiss.knn(a, a, count + 1)[1][:, 1:] for a in pair]
    return float(np.mean([len(np.intersect1d(a, b)) / count for a, b in zip(*near, strict=True)]))


class Picture:
    """One projection as a page can know it."""

    def __init__(self, packets):
        self.message = packets[0][0]
        assert [message["offset"] for message, _ in packets] == sorted(
            {message["offset"] for message, _ in packets}
        )
        own = dict.fromkeys(("offset", "buffers"))
        assert all({**m, **own} == {**self.message, **own} for m, _ in packets)
        columns = zip(*(buffers for _, buffers in packets), strict=True)
        ids, ranks, distances, positions, query = (b"".join(column) for column in columns)
        self.ids = np.frombuffer(ids, "<i8")
        self.ranks = np.frombuffer(ranks, "<i4")
        self.distances = np.frombuffer(distances, "<f4")
        self.positions = np.frombuffer(positions, "<f4").reshape(-1, 2)
        self.query = np.frombuffer(query, "<f4")[:2]
        assert len(self.ids) == len(self.ranks) == len(self.distances) == len(self.positions)
        assert len(self.ids) == self.message["rows"]
        assert ((self.positions >= 0) & (self.positions <= 1)).all()
        assert ((self.query >= 0) & (self.query <= 1)).all()


class Talk:
    """A session about an index, with one search done."""

    def __init__(self, faiss_index, projection="linear", vector=None, by_hand=False):
        self.index = open_index(faiss_index)
        self.page = Page()
        method = resolve_method(projection)
        self.session = converse(self.index, self.page, projection=method, by_hand=by_hand)
        self.serial = self.search("first", vector)

    def search(self, request, vector=None):
        """Search for a vector, or for row 0; return the serial."""
        query, buffers = (
            (None, []) if vector is None else ({"vector": True}, [np.asarray(vector, "<f4").tobytes()])
        )
        self.session.handle(search_request(request, query=query, nprobe=self.index.nlist), buffers)
        return step_until(self.session, self.page, kind="coarse", request=request)[0]["serial"]

    def ask(self, request, ranks, serial=None, k=9, flips=(), extra=(), extra_clusters=()):
        self.session.handle(
            {
                "kind": "projection",
                "request": request,
                "serial": self.serial if serial is None else serial,
                "ranks": ranks,
                "flips": [int(rank) for rank in flips],
                "k": k,
                "extra": [str(row_id) for row_id in extra],
                "extra_clusters": [int(cluster) for cluster in extra_clusters],
            }
        )

    def pictures(self, request, final_method=None):
        """Return all pictures of a request, once the last one is here."""
        fields = {} if final_method is None else {"method": final_method}
        self.page.wait(kind="projection", request=request, final=True, **fields)

        def whole():
            packets = [p for p in self.page.of(request) if p[0]["final"]]
            return sum(len(p[1][0]) for p in packets) == 8 * packets[0][0]["rows"]

        self.page.wait_for(whole)
        packets = self.page.of(request)
        return [
            Picture([p for p in packets if p[0]["method"] == method])
            for method in dict.fromkeys(message["method"] for message, _ in packets)
        ]


@pytest.fixture
def talk():
    """Start conversations whose threads have ended when the test is over."""
    before = set(threading.enumerate())
    opened = []

    def start(*arguments, **options):
        opened.append(Talk(*arguments, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.page.gate.set()
        one.session.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"{thread.name} goes on"


def test_the_linear_picture_holds_every_candidate_and_the_query(talk):
    one = talk(make_ivf()[0])
    one.ask("p", 6)
    (picture,) = one.pictures("p")
    trace = one.index.trace(0, 6, 5)
    assert picture.message["method"] == "PCA"
    assert not picture.message["sampled"]
    np.testing.assert_array_equal(picture.ids, np.concatenate([step.ids for step in trace.fine]))
    np.testing.assert_array_equal(picture.distances, np.concatenate([s.distances for s in trace.fine]))
    # Row 0 is the query: it is among the candidates, and lies where that one lies.
    np.testing.assert_allclose(picture.positions[picture.ids == 0][0], picture.query, atol=1e-6)


def test_a_few_candidates_more_do_not_turn_the_picture_round(talk):
    # Two directions that vary alike: which of them comes first is the toss of a coin at every nprobe.
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3000, 12)).astype(np.float32)
    vectors[:, 2:] *= 0.05
    faiss_index = ivf_around(vectors[:40])
    faiss_index.add(vectors)
    one = talk(faiss_index)
    before = None
    for ranks in range(4, 41, 4):
        one.ask(f"p{ranks}", ranks)
        (picture,) = one.pictures(f"p{ranks}")
        places = picture.positions - picture.query
        if before is not None:
            assert set(before) <= set(picture.ids.tolist())
            now = places[np.isin(picture.ids, list(before))]
            then = np.array([before[row_id] for row_id in picture.ids.tolist() if row_id in before])
            alike = (now * then).sum() / (np.linalg.norm(now) * np.linalg.norm(then))
            assert alike > 0.95
        before = dict(zip(picture.ids.tolist(), places, strict=True))


def test_two_sessions_send_the_same_pictures_byte_by_byte(talk):
    sent = []
    for _ in range(2):
        one = talk(make_ivf(n=400, nlist=8)[0], "neighbours")
        one.ask("p", 4)
        one.pictures("p", "t-SNE")
        sent.append(one.page.of("p"))
    assert sent[0] == sent[1]


def test_a_better_picture_follows_with_a_sample_that_holds_the_results(talk, monkeypatch):
    monkeypatch.setattr(projector_module, "REFINED_ROWS", 250)
    got = []

    def double(rows):
        got.append(rows.copy())
        rows[:] = 0
        return got[0][:, :2]

    one = talk(make_ivf()[0], double)
    one.ask("p", 10)
    linear, refined = one.pictures("p")
    assert linear.message["method"] == "PCA"
    assert not linear.message["final"]
    assert refined.message["method"].startswith("custom: ")
    assert refined.message["sampled"]
    assert refined.message["rows"] == 250
    assert refined.message["total"] == len(linear.ids)
    assert set(one.index.trace(0, 10, 9).ids) <= set(refined.ids)
    assert got[0].dtype == np.float32
    assert got[0].shape == (251, 16)
    np.testing.assert_array_equal(got[0][-1], one.index.vector(0))
    np.testing.assert_array_equal(got[0][:-1], one.index.vectors_of(refined.ids))


def test_above_the_cap_the_linear_picture_is_a_stated_sample_in_messages_below_the_limit(talk, monkeypatch):
    monkeypatch.setattr(projector_module, "LINEAR_ROWS", 500)
    monkeypatch.setattr(projector_module, "CHUNK", 64)
    one = talk(make_ivf()[0])
    one.ask("p", 20)
    (picture,) = one.pictures("p")
    assert picture.message["sampled"]
    assert picture.message["total"] == 2000
    assert len(picture.ids) <= 500
    assert len(one.page.of("p")) == -(-len(picture.ids) // 64)
    assert set(one.index.trace(0, 20, 9).ids) <= set(picture.ids)


def test_a_message_at_the_cap_stays_below_one_mebibyte():
    assert projector_module.CHUNK * 24 + 8 < 2**20


def test_with_the_inner_product_the_picture_says_that_it_compares_directions(talk):
    one = talk(make_ivf(metric="inner product")[0])
    one.ask("p", 6)
    (picture,) = one.pictures("p")
    assert picture.message["method"] == "PCA of directions"


def test_a_query_far_from_all_candidates_is_inside(talk):
    faiss_index, vectors = make_ivf()
    one = talk(faiss_index, vector=vectors[0] + 1e6)
    one.ask("p", 20)
    (picture,) = one.pictures("p")
    assert 1 <= picture.message["drawn_in"] <= 100
    assert (np.ptp(picture.positions, axis=0) > 0.3).all()


@pytest.mark.parametrize("count", [1, 2])
def test_so_few_candidates_need_no_better_picture(talk, count):
    def never(_rows):
        raise AssertionError

    faiss_index = ivf_around(np.zeros((1, 4), np.float32))
    faiss_index.add(make_vectors(count, 4))
    one = talk(faiss_index, never)
    one.ask("p", 1)
    (picture,) = one.pictures("p")
    assert picture.message["method"] == "PCA"
    assert len(picture.ids) == count


def test_probed_clusters_without_vectors_make_an_empty_picture(talk):
    one = talk(one_cluster_filled(), lambda rows: rows, vector=[0, 1, 0])
    one.ask("p", 1)
    (picture,) = one.pictures("p")
    assert picture.message["total"] == 0
    np.testing.assert_array_equal(picture.query, [0.5, 0.5])


def test_candidates_that_are_one_vector_need_no_better_picture(talk):
    faiss_index = ivf_around(np.zeros((1, 4), np.float32))
    faiss_index.add(np.ones((50, 4), np.float32))
    one = talk(faiss_index, lambda _rows: 1 / 0)
    one.ask("p", 1)
    (picture,) = one.pictures("p")
    np.testing.assert_array_equal(picture.positions, np.full((50, 2), 0.5))
    assert set(range(9)) <= set(picture.ids)


def test_a_function_that_fails_leaves_the_linear_picture_and_says_why(talk):
    one = talk(make_ivf()[0], lambda rows: rows)
    one.ask("p", 6)
    error, _ = one.page.wait(kind="error", request="p")
    assert "must return" in error["message"]
    assert "got shape" in error["message"]
    picture = Picture([p for p in one.page.of("p") if p[0]["kind"] == "projection"])
    assert picture.message["method"] == "PCA"


def step_into(one, entered):
    """Step a session until a thread has reached a place."""
    while not entered.is_set():
        step(one.session)


def test_a_newer_request_takes_the_place_of_one_that_is_being_refined(talk):
    entered, go_on = threading.Event(), threading.Event()
    calls = []

    def slow(rows):
        calls.append(len(rows))
        entered.set()
        assert go_on.wait(PATIENCE)
        return rows[:, :2]

    one = talk(make_ivf()[0], slow, by_hand=True)
    one.ask("old", 3)
    step_into(one, entered)
    for name in ("skipped", "new"):
        one.ask(name, 5)
    step_until(one.session, one.page, kind="projection", request="new", final=False)
    assert one.page.kinds("old") == ["projection"]
    go_on.set()
    one.session.drain()
    one.pictures("new", "custom: slow")
    assert one.page.kinds("old") == ["projection"]
    assert len(calls) == 2


def test_searches_and_pictures_are_answered_while_a_projection_is_computed(talk):
    entered, go_on = threading.Event(), threading.Event()

    def slow(rows):
        entered.set()
        assert go_on.wait(PATIENCE)
        return rows[:, :2]

    one = talk(make_ivf()[0], slow, by_hand=True)
    one.ask("p", 3)
    step_into(one, entered)
    one.session.handle({"kind": "thumbnails", "request": "t", "ids": ["3"], "clusters": [0], "size": 64})
    while "thumbnails" not in one.page.kinds():
        step(one.session)
    one.search("second")
    step_until(one.session, one.page, kind="done", request="second")
    go_on.set()


def test_a_newer_search_ends_the_projections_of_the_one_before(talk):
    entered, go_on = threading.Event(), threading.Event()

    def slow(rows):
        entered.set()
        assert go_on.wait(PATIENCE)
        return rows[:, :2]

    one = talk(make_ivf()[0], slow, by_hand=True)
    one.ask("p", 3)
    step_into(one, entered)
    serial = one.search("second")
    go_on.set()
    one.ask("late", 3)
    assert "is over" in step_until(one.session, one.page, kind="error", request="late")[0]["message"]
    one.ask("q", 3, serial)
    one.session.drain()
    one.page.wait(kind="projection", request="q", final=True)
    assert one.page.kinds("p") == ["projection"]


@pytest.mark.parametrize(
    "fields",
    [
        {"ranks": 0},
        {"ranks": 21},
        {"ranks": "3"},
        {"k": 0},
        {"k": 101},
        {"serial": None},
        {"flips": None},
        {"flips": [0]},
        {"flips": [21]},
        {"flips": ["2"]},
        {"extra": None},
        {"extra": ["x"]},
        {"extra": ["1"]},
        {"extra_clusters": None},
        {"extra_clusters": [1]},
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_name(talk, fields):
    one = talk(make_ivf()[0])
    content = {"kind": "projection", "request": "bad", "serial": one.serial, "ranks": 3, "k": 9}
    content |= {"flips": [], "extra": [], "extra_clusters": []}
    one.session.handle({**content, **fields})
    error, _ = one.page.wait(kind="error", request="bad")
    assert next(iter(fields)) in error["message"] or "id must be" in error["message"]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("projection", ["linear", "neighbours"])
def test_rows_of_farther_clusters_come_along_at_their_ranks(talk, projection, metric):
    one = talk(make_ivf(metric=metric)[0], projection)
    index, vector = one.index, one.session.query.vector
    order = index.rank(vector).clusters
    rows = {int(index.list_ids(order[rank - 1])[3]): rank for rank in (20, 9, 5, 2)}
    clusters = [order[rank - 1] for rank in rows.values()]
    one.ask("p", 4, extra=rows, extra_clusters=clusters)
    for picture in one.pictures("p"):
        beyond = picture.ranks > 4
        assert dict(zip(picture.ids[beyond].tolist(), picture.ranks[beyond].tolist(), strict=True)) == {
            row_id: rank for row_id, rank in rows.items() if rank > 4
        }
        assert picture.ranks.tolist() == sorted(picture.ranks)
        stored = index.vectors_of(picture.ids[beyond])
        expected = stored @ vector if metric != "L2" else ((stored - vector) ** 2).sum(1)
        np.testing.assert_allclose(picture.distances[beyond], expected, rtol=1e-5)
        assert picture.message["total"] == index.list_sizes[order[:4]].sum()
        assert not picture.message["sampled"]


@pytest.mark.parametrize("flips", [[2], [7], [1, 2, 3, 4], [3, 9, 20]])
def test_clusters_that_are_switched_by_hand_are_left_out_or_added(talk, flips):
    one = talk(make_ivf()[0])
    order = one.index.rank(one.session.query.vector).clusters
    one.ask("p", 4, flips=flips)
    (picture,) = one.pictures("p")
    ranks = sorted({1, 2, 3, 4} ^ set(flips))
    assert picture.message["flips"] == flips
    assert sorted(set(picture.ranks.tolist())) == ranks
    assert picture.ranks.tolist() == sorted(picture.ranks)
    assert picture.message["total"] == len(picture.ids)
    for rank in ranks:
        np.testing.assert_array_equal(picture.ids[picture.ranks == rank], one.index.list_ids(order[rank - 1]))


def test_a_row_that_is_not_where_the_page_believes_is_left_out(talk):
    one = talk(make_ivf()[0])
    order = one.index.rank(one.session.query.vector).clusters
    row_id = int(one.index.list_ids(order[10])[0])
    one.ask("p", 4, extra=[row_id, 10**15], extra_clusters=[order[11], order[10]])
    (picture,) = one.pictures("p")
    assert picture.ranks.max() <= 4


def test_farther_rows_do_not_move_the_axes(talk):
    one = talk(make_ivf()[0])
    order = one.index.rank(one.session.query.vector).clusters
    one.ask("p", 4)
    (alone,) = one.pictures("p")
    one.ask("q", 4, extra=[int(one.index.list_ids(order[4])[0])], extra_clusters=[order[4]])
    (with_one,) = one.pictures("q")
    spread = [picture.positions[:400] - picture.query for picture in (alone, with_one)]
    scale = np.linalg.norm(spread[1]) / np.linalg.norm(spread[0])
    np.testing.assert_allclose(spread[1], spread[0] * scale, atol=1e-4)


def test_the_neighbour_embedding_needs_no_other_library(monkeypatch, talk):
    imported = []
    real = builtins.__import__

    def watching(name, *arguments, **options):
        imported.append(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", watching)
    one = talk(make_ivf()[0], "auto")
    one.ask("p", 6)
    assert one.pictures("p", "t-SNE")
    assert not [name for name in imported if name.partition(".")[0] in ("sklearn", "scipy", "threadpoolctl")]
