"""The page's end of a conversation, for tests: a list of what was sent, and searches put together again."""

import json
import threading
import time

import numpy as np

from feder_widget.engines import open_index
from feder_widget.faiss_internals import inverted_file
from feder_widget.media import IdRange, Media
from feder_widget.model.query import Query
from feder_widget.model.top_k import top_k
from feder_widget.model.work_pieces import drain
from feder_widget.session import active_search
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.answers import pieces, search, true_neighbours
from feder_widget.session.answers import workload as evaluator
from feder_widget.session.driver import Driver
from feder_widget.session.messages import encode
from feder_widget.session.session import Session
from feder_widget.truth.workloads import rankings, workload_truth

PATIENCE = 60
"""Seconds after which something that is waited for counts as never coming."""


class Page:
    """Takes a session's messages as strict JSON and bytes.

    ``hold`` names messages at which ``send`` blocks, after noting them, until ``gate`` is set.
    """

    def __init__(self, hold=lambda _message: False):
        self.packets = []
        self.times = []
        self.held = threading.Event()
        self.gate = threading.Event()
        self._hold = hold
        self._arrived = threading.Condition()

    def send(self, message, buffers):
        packet = json.loads(json.dumps(message, allow_nan=False)), [bytes(buffer) for buffer in buffers]
        with self._arrived:
            self.packets.append(packet)
            self.times.append(time.monotonic())
            self._arrived.notify_all()
        if self._hold(message):
            self.held.set()
            assert self.gate.wait(PATIENCE)

    def wait(self, **fields):
        """Return the first packet whose message has these fields, as soon as there is one."""

        def find():
            with_fields = (
                packet
                for packet in list(self.packets)
                if all(packet[0].get(name) == value for name, value in fields.items())
            )
            return next(with_fields, None)

        with self._arrived:
            found = self._arrived.wait_for(find, PATIENCE)
        assert found is not None, f"no message with {fields} among {self.kinds()}"
        return found

    def wait_for(self, condition):
        """Return as soon as a message makes this true."""
        with self._arrived:
            assert self._arrived.wait_for(condition, PATIENCE), f"not to be with {self.kinds()}"

    def of(self, request):
        return [packet for packet in list(self.packets) if packet[0]["request"] == request]

    def kinds(self, request=None):
        packets = list(self.packets) if request is None else self.of(request)
        return [message["kind"] for message, _ in packets]


class Received:
    """One search as a page can know it: nothing but its messages."""

    def __init__(self, packets):
        self.coarse, (clusters, distances, vector, _nearest, _picture) = packets[0]
        assert self.coarse["kind"] == "coarse"
        self.clusters = np.frombuffer(clusters, "<i4")
        self.distances = np.frombuffer(distances, "<f4")
        self.vector = np.frombuffer(vector, "<f4")
        self.kinds = {}
        self.ids = {}
        self.found = {}
        for message, buffers in packets[1:]:
            if message["kind"] in ("fine", "nearest"):
                self._add(message, buffers)

    def _add(self, message, buffers):
        counts, ids, distances = (
            np.frombuffer(buffer, dtype) for buffer, dtype in zip(buffers, ("<i4", "<i8", "<f4"), strict=True)
        )
        assert counts.sum() == len(ids) == len(distances)
        ends = np.cumsum(counts)
        for i, end in enumerate(ends):
            rank = message["first_rank"] + i
            assert rank in (self.ranks, self.ranks + 1), "clusters come in rank order without a gap"
            part = slice(end - counts[i], end)
            self.kinds[rank] = message["kind"]
            self.ids[rank] = np.concatenate([self.ids.get(rank, ids[:0]), ids[part]])
            self.found[rank] = np.concatenate([self.found.get(rank, distances[:0]), distances[part]])

    @property
    def ranks(self):
        """Number of clusters received."""
        return len(self.ids)

    def fine_ranks(self):
        return [rank for rank, kind in self.kinds.items() if kind == "fine"]

    def results(self, nprobe, k, similarity):
        """Return ids and distances of the k best of the ``nprobe`` nearest clusters."""
        ranks = range(1, nprobe + 1)
        return top_k(
            np.concatenate([self.ids[rank] for rank in ranks]),
            np.concatenate([self.found[rank] for rank in ranks]),
            k,
            similarity,
        )


class ReceivedMap:
    """A final map as a page can know it: nothing but its messages, which must come in order."""

    def __init__(self, packets):
        self.parts = len(packets)
        self.message = packets[0][0]
        points, offsets, centres, inradii = [], [np.zeros(1, np.int64)], [], []
        for message, buffers in packets:
            assert message["offset"] == sum(map(len, inradii)), "parts come in order without a gap"
            assert message["rows"] == self.message["rows"]
            corners, starts, middles, radii = (
                np.frombuffer(buffer, dtype)
                for buffer, dtype in zip(buffers, ("<f4", "<i4", "<f4", "<f4"), strict=True)
            )
            assert starts[0] == 0
            assert 2 * starts[-1] == len(corners)
            assert len(starts) - 1 == len(radii) == len(middles) / 2
            offsets.append(offsets[-1][-1] + starts[1:].astype(np.int64))
            points.append(corners.reshape(-1, 2))
            centres.append(middles.reshape(-1, 2))
            inradii.append(radii)
        self.points, self.offsets, self.centres, self.inradii = map(
            np.concatenate, (points, offsets, centres, inradii)
        )
        assert len(self.inradii) == self.message["rows"]

    @classmethod
    def wait(cls, page, request):
        """Return the final map that answers a request, as soon as all parts are there."""

        def parts():
            return [packet for packet in page.of(request) if packet[0]["final"]]

        page.wait_for(
            lambda: any(
                message["offset"] + len(buffers[3]) // 4 == message["rows"] for message, buffers in parts()
            )
        )
        return cls(parts())


class ByHand(Driver):
    """Has no turn but those that a test calls."""

    drives = True


class Clock:
    """A clock that stands still until it is set, or goes on by a step whenever it is read."""

    def __init__(self, now=0.0, *, step=0.0):
        self.now, self.step = now, step

    def __call__(self):
        self.now += self.step
        return self.now


def converse(index, send_to, *, images=None, labels=None, table=None, k_max=100, by_hand=False, **options):
    """Return a session about a Faiss index, or about anything that can be used like an ``IvfIndex``.

    A request is answered before ``handle`` returns, but for the work of threads; ``by_hand``, only when
    ``step_until`` or ``drain`` is called.
    """
    opened = index if hasattr(index, "list_sizes") else open_index(index)
    media = Media(images, labels, IdRange(opened.ntotal, lambda: opened.max_id), table=table)
    if by_hand:
        options["driver"] = ByHand()
    return Session(opened, media, send_to.send, k_max=k_max, **options)


def step(session):
    """Have a session take one step of one job; return None where nothing is left to do."""
    return session._runner.turn(0)


def step_until(session, page, wanted=lambda _message: True, **fields):
    """Step a session until it has sent a message with these fields, and return it."""
    for _ in range(10_000):
        for packet in page.packets:
            if wanted(packet[0]) and all(packet[0].get(name) == value for name, value in fields.items()):
                return packet
        if step(session) is None and not session._runner.wait_for_a_thread():
            break
    raise AssertionError(f"no message with {fields} among {page.kinds()}")


def search_request(request="a", query=None, nprobe=4, k=5, **options):
    return {
        "kind": "search",
        "request": request,
        "query": {"id": "0", "cluster": None} if query is None else query,
        "nprobe": nprobe,
        "k": k,
        **options,
    }


def streamed(opened, vector, nprobe, *, request="a", k=5, k_max=100, row_id=None):
    """Yield the messages of a search, encoded."""
    query = Query(np.ascontiguousarray(vector), row_id)
    own = drain(opened.own_row_steps(query))
    begun = ActiveSearch.begin(opened, query, nprobe, k, serial=1, index_version=0, own=own)
    for message in search.search_messages(opened, begun, request, None, k_max):
        if message is not None:
            yield encode(message)


def limit_streams(
    patch, *, chunk=None, piece=None, full_candidates=None, complete_entries=None, exhaustive_work=None
):
    """Have searches cut to small messages and pieces, as those of large indexes are."""
    for module, name, value in (
        (pieces, "CHUNK", chunk),
        (pieces, "REPORTED", piece),
        (active_search, "FULL_CANDIDATES", full_candidates),
        (search, "COMPLETE_ENTRIES", complete_entries),
        (search, "EXHAUSTIVE_WORK", exhaustive_work),
    ):
        if value is not None:
            patch.setattr(module, name, value)
    if piece is not None:
        patch.setattr(inverted_file, "vectors_per_piece", lambda *_: piece)


def faiss_search(index, vector, nprobe, k):
    index.nprobe = nprobe
    distances, ids = index.search(np.asarray(vector, np.float32)[None], k)
    return ids[0], distances[0]


def assert_same_results(got, expected):
    np.testing.assert_array_equal(got[0], expected[0])
    np.testing.assert_array_equal(got[1].view(np.uint32), expected[1].view(np.uint32))


def slowly(monkeypatch):
    """Have workloads computed in many batches, and all progress told."""
    monkeypatch.setattr(rankings, "LEAST_BATCH", 20)
    monkeypatch.setattr(rankings, "blas_work", lambda: 16)
    monkeypatch.setattr(workload_truth, "blas_work", lambda: 16)
    monkeypatch.setattr(rankings, "RANKING_BYTES", 32 * 20 * 20)
    monkeypatch.setattr(workload_truth, "LEAST_CHUNK", 20)
    monkeypatch.setattr(evaluator, "REPORTED", 0)
    monkeypatch.setattr(evaluator, "PUBLISHED", 0)
    monkeypatch.setattr(true_neighbours, "REPORTED", 0)
