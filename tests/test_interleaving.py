"""What may happen at the same moment, made to: nothing is lost, and what was known earlier is never last."""

import logging
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import faiss
import numpy as np
import pytest
from conversation import (
    PATIENCE,
    ByHand,
    Clock,
    Page,
    Received,
    converse,
    limit_streams,
    search_request,
    slowly,
    step,
    step_until,
)
from makers import make_ivf, make_vectors

from feder_widget.engines import open_index
from feder_widget.errors import UnknownIdError
from feder_widget.faiss_internals import centroids
from feder_widget.model.work_pieces import drain
from feder_widget.projection import resolve_method
from feder_widget.session import loop_driver
from feder_widget.session.answers import workload as evaluator_module
from feder_widget.session.loop_driver import LoopDriver
from feder_widget.session.message_rate import BURST
from feder_widget.session.summary import summary_of
from feder_widget.session.thread_driver import ThreadDriver
from feder_widget.truth import evaluate
from feder_widget.truth import survey as survey_module
from feder_widget.truth.neighbours import batch_search
from feder_widget.truth.workloads.evaluation import Evaluation


def shown(session, page, name="good", **options):
    """Search, wait for the whole answer and return its number."""
    session.handle(search_request(name, **options))
    page.wait(kind="done", request=name)
    return page.wait(kind="coarse", request=name)[0]["serial"]


def failed(session, page):
    session.handle(search_request("bad", {"id": "99999", "cluster": None}))
    page.wait(kind="error", request="bad")


class Pause:
    """Holds one thread back at a place, until it is let go."""

    def __init__(self):
        self.reached = threading.Event()
        self._gate = threading.Event()

    def here(self):
        self.reached.set()
        assert self._gate.wait(PATIENCE)

    def let_go(self):
        self._gate.set()


PROJECTION = {
    "kind": "projection",
    "request": "picture",
    "ranks": 4,
    "flips": [],
    "k": 5,
    "extra": [],
    "extra_clusters": [],
}
REST = {"kind": "rest", "request": "rest", "last_rank": 20}


class TestASearchThatFails:
    """It leaves the one on screen as it was."""

    def test_more_can_be_asked_about_the_one_before(self, talk, clustered, monkeypatch):
        limit_streams(monkeypatch, exhaustive_work=0)
        session, page = talk(clustered[0])
        serial = shown(session, page)
        failed(session, page)
        more = {"kind": "candidates", "request": "more", "serial": serial, "first_rank": 2, "last_rank": 4}
        session.handle(more)
        page.wait(kind="fine", request="more")
        session.handle({**REST, "serial": serial})
        page.wait(kind="done", request="rest")
        assert Received(page.of("good") + page.of("rest")).ranks == 20

    def test_bounds_of_the_one_before_are_still_sent(self, talk, clustered):
        session, page = talk(clustered[0], by_hand=True)
        session.handle(search_request("good"))
        step_until(session, page, kind="done", request="good")
        assert "bounds" not in page.kinds()
        session.handle(search_request("bad", {"id": "99999", "cluster": None}))
        step_until(session, page, kind="error", request="bad")
        session.drain()
        page.wait(kind="bounds", serial=page.wait(kind="coarse")[0]["serial"])

    def test_a_picture_of_the_one_before_is_finished(self, talk, clustered):
        pause, calls = Pause(), []

        def projection(vectors):
            calls.append(1)
            pause.here()
            return vectors[:, :2]

        session, page = talk(clustered[0], projection=resolve_method(projection), by_hand=True)
        session.handle(search_request("good"))
        session.drain()
        session.handle({**PROJECTION, "serial": page.wait(kind="coarse")[0]["serial"]})
        while not pause.reached.is_set():
            step(session)
        session.handle(search_request("bad", {"id": "99999", "cluster": None}))
        step_until(session, page, kind="error", request="bad")
        pause.let_go()
        session.drain()
        page.wait(kind="projection", request="picture", final=True)
        assert calls == [1]


class TestASearchThatDoesNotBegin:
    """The page still shows the one before, and what it asks about that is answered."""

    @pytest.fixture
    def paced(self, talk, clustered, monkeypatch):
        """A session with a search on screen, and no room for another message."""
        limit_streams(monkeypatch, exhaustive_work=0)
        driver = ByHand()
        driver.is_paced = True
        session, page = talk(clustered[0], driver=driver)
        session._runner.now = lambda: 0.0
        session.handle(search_request("good"))
        step_until(session, page, kind="done", request="good")
        for _ in range(BURST):
            session._runner._rate.take(0.0)
        return session, page, page.wait(kind="coarse")[0]["serial"]

    def test_for_one_that_fails_came_after_it(self, paced):
        session, page, serial = paced
        session.search(3, 4, 5)
        assert session.query.row_id == 3
        assert "3" not in [message.get("id") for message, _ in page.packets]
        session.handle(search_request("bad", {"id": "99999", "cluster": None}))
        step_until(session, page, kind="error", request="bad")
        assert session.query.row_id == 0
        session._runner.now = Clock(60.0, step=0.25)
        session.handle({**REST, "serial": serial})
        session.drain()
        page.wait(kind="done", request="rest")

    def test_for_its_query_is_not_found(self, paced):
        session, page, serial = paced
        with pytest.raises(UnknownIdError):
            session.search(99999, 4, 5)
        assert session.query.row_id == 0
        session._runner.now = Clock(60.0, step=0.25)
        session.handle({**REST, "serial": serial})
        session.drain()
        page.wait(kind="done", request="rest")


class TestAnIndexThatKeepsChanging:
    @pytest.fixture
    def clock(self):
        return Clock()

    def test_does_not_keep_a_search_from_its_end(self, talk, clustered, clock, monkeypatch):
        limit_streams(monkeypatch, piece=100)
        index, vectors = clustered
        session, page = talk(index, by_hand=True)
        session._runner.now = clock
        session.handle(search_request())
        for _ in range(200):
            index.add(vectors[:1])
            clock.now += 60
            step(session)
            if "done" in page.kinds("a"):
                break
        else:
            raise AssertionError("the search does not come to an end")
        coarse = [message["index_version"] for message, _ in page.of("a") if message["kind"] == "coarse"]
        assert len(coarse) <= 2
        assert coarse[-1] < session.index_version

    @pytest.mark.parametrize("change", ["add", "reset"])
    def test_is_safe_to_read_for_a_search_that_goes_on(self, talk, clustered, clock, monkeypatch, change):
        limit_streams(monkeypatch, piece=20)
        index, vectors = clustered
        session, page = talk(index, by_hand=True)
        session._runner.now = clock
        session.handle(search_request())
        step_until(session, page, kind="fine")
        index.add(vectors[:5])
        clock.now += 60
        step(session)
        step_until(session, page, lambda m: m.get("index_version") == 1, kind="coarse")
        for _ in range(5):
            step(session)
        if change == "add":
            index.add(np.repeat(vectors, 20, axis=0))
        else:
            index.reset()
        clock.now += 60
        session.drain()
        assert page.kinds("a")[-1] == "done"
        assert page.kinds("a").count("coarse") == 2

    def test_is_looked_at_once_a_second_after_a_change(self, talk, clustered, clock):
        index, vectors = clustered
        session, _ = talk(index, by_hand=True)
        session._runner.now = clock
        versions = []
        for _ in range(30):
            index.add(vectors[:1])
            step(session)
            versions.append(session.index_version)
            clock.now += 0.125
        assert versions == [1 + moment // 8 for moment in range(30)]


class TestASettingOfTheIndex:
    """It changes between cells, as vectors do."""

    def test_that_changes_answers_makes_the_answer_on_screen_older(self, talk, clustered):
        index, told = clustered[0], []
        session, page = talk(index, changed=lambda: told.append(session.index_version))
        shown(session, page, "a")
        index.max_codes = 30
        session.after_cell()
        assert told == [1]
        assert not summary_of(session._index, k_max=20, images=False)["replayable"]

    def test_of_a_second_pass_or_a_quantizer_is_noticed(self):
        vectors = make_vectors(400, 8, 4)
        index = faiss.index_factory(8, "IVF8_HNSW4,SQ8,RFlat")
        index.train(vectors)
        index.add(vectors)
        opened = open_index(index)
        seen = {opened.version()}
        index.k_factor = 4
        seen.add(opened.version())
        quantizer = faiss.downcast_index(faiss.extract_index_ivf(index).quantizer)
        quantizer.hnsw.efSearch = 3
        seen.add(opened.version())
        assert len(seen) == 3

    def test_that_answers_do_not_depend_on_is_told_and_begins_nothing_anew(self, talk, clustered):
        index, told = clustered[0], []
        index.nprobe = 1
        session, page = talk(index, changed=lambda: told.append(session.index_version))
        shown(session, page, "a")
        before = summary_of(session._index, k_max=20, images=False)
        index.nprobe = 3
        session.after_cell()
        session.after_cell()
        assert told == [0]
        now = summary_of(session._index, k_max=20, images=False)
        assert (before["nprobe"], now["nprobe"]) == (1, 3)
        codes = [[finding["code"] for finding in said["findings"]] for said in (before, now)]
        assert ["stored-nprobe" in found for found in codes] == [True, False]


class Loop:
    """An event loop whose callbacks and timers a test calls."""

    def __init__(self):
        self.soon = []
        self.later = []
        self.clock = Clock()

    def driver(self):
        return LoopDriver(
            self.soon.append,
            lambda seconds, call: self.later.append((self.clock.now + seconds, call)),
            threading.get_ident(),
        )

    def run(self, seconds):
        """Call everything that is due within some seconds."""
        end = self.clock.now + seconds
        while self.soon or any(moment <= end for moment, _ in self.later):
            if self.soon:
                self.soon.pop(0)()
                continue
            timer = min(self.later, key=lambda timer: timer[0])
            self.later.remove(timer)
            self.clock.now = max(self.clock.now, timer[0])
            timer[1]()
        self.clock.now = end


class TestAChangeInACallback:
    """No cell ends after it, and the page asks for nothing."""

    @pytest.fixture
    def idle(self, talk, clustered, monkeypatch):
        """A session on a loop that has answered all that was asked, the loop, and the changes told."""
        loop, told = Loop(), []
        monkeypatch.setattr(loop_driver, "time", SimpleNamespace(monotonic=loop.clock))
        session, _ = talk(clustered[0], driver=loop.driver(), changed=lambda: told.append(1))
        session._runner.now = loop.clock
        session.handle(search_request())
        loop.run(60)
        return session, loop, told

    def test_is_noticed_within_a_second(self, idle, clustered):
        _, loop, told = idle
        clustered[0].add(clustered[1][:1])
        loop.run(1)
        assert told == [1]
        assert len(loop.later) == 1

    def test_is_not_looked_for_where_no_page_shows_the_widget(self, idle, clustered):
        session, loop, told = idle
        session.show(False)
        loop.run(2)
        assert loop.later == []
        clustered[0].add(clustered[1][:1])
        session.show(True)
        loop.run(1)
        assert told == [1]

    def test_is_not_looked_for_after_the_end(self, idle, clustered):
        session, loop, told = idle
        session.close()
        clustered[0].add(clustered[1][:1])
        loop.run(5)
        assert (loop.soon, loop.later, told) == ([], [], [])

    def test_is_looked_for_by_one_timer_however_much_is_asked(self, idle):
        session, loop, _ = idle
        for number in range(50):
            session.handle(search_request(str(number)))
            loop.run(0.5)
        loop.run(2)
        assert len(loop.later) == 1


class TestAnErrorOutsideOfAStep:
    """It is told, and costs nothing else."""

    def test_does_not_lose_the_summary_of_a_changed_index(self, talk, clustered):
        told = []

        def changed():
            told.append(session.index_version)
            if len(told) == 1:
                raise OSError("no comm")

        session, page = talk(clustered[0], changed=changed)
        clustered[0].add(clustered[1][:1])
        shown(session, page, "a")
        shown(session, page, "b")
        shown(session, page, "c")
        assert told == [1, 1]
        assert page.kinds().count("error") == 1

    def test_does_not_keep_jobs_from_their_steps(self, talk, clustered, monkeypatch, caplog):
        opened = open_index(clustered[0])
        session, page = talk(opened, by_hand=True)
        session._runner.now = Clock()

        def broken(*_arguments):
            raise RuntimeError("no version")

        session.handle(search_request())
        step_until(session, page, kind="coarse")
        clustered[0].add(clustered[1][:1])
        with caplog.at_level(logging.CRITICAL), monkeypatch.context() as patched:
            patched.setattr(opened, "version", broken)
            step_until(session, page, kind="done")
        assert page.kinds().count("error") == 1

    def test_that_ends_a_turn_does_not_end_the_turns_of_a_loop(self):
        loop, turns = Loop(), []

        def turn():
            turns.append(1)
            if len(turns) == 1:
                raise SystemExit
            return

        driver = loop.driver()
        driver.start(turn)
        driver.wake()
        with pytest.raises(SystemExit):
            loop.run(0)
        assert len(loop.later) == 1
        driver.wake()
        loop.run(0)
        assert len(turns) == 2

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_that_ends_a_thread_of_turns_leaves_room_for_another(self):
        turns, first, second = [], threading.Event(), threading.Event()

        def turn():
            turns.append(threading.current_thread())
            if len(turns) == 1:
                first.set()
                raise SystemExit
            second.set()

        driver = ThreadDriver()
        driver.start(turn)
        driver.wake()
        assert first.wait(PATIENCE)
        turns[0].join(PATIENCE)
        driver.wake()
        assert second.wait(PATIENCE)
        driver.stop()

    def test_of_any_kind_in_a_step_ends_only_its_job(self, talk, clustered, caplog):
        def label(row_id):
            if row_id == 0:
                raise SystemExit("leave")
            return str(row_id)

        session, page = talk(clustered[0], by_hand=True)
        real = session._searches._media
        session._searches._media = SimpleNamespace(has_labels=True, label=label)
        with caplog.at_level(logging.CRITICAL):
            session.handle(search_request())
            session.drain()
        assert page.wait(kind="error", request="a")[0]["code"] == "internal"
        session._searches._media = real
        shown_by_hand(session, page)


class TestAnInterrupt:
    """It ends what it meets, and nothing of that is sent later."""

    def test_while_a_search_waits_for_its_label_ends_the_search(self, talk, clustered):
        session, page = talk(clustered[0], by_hand=True, labels=lambda row_id: str(row_id))

        class Interrupted(Future):
            def exception(self, _timeout=None):
                raise KeyboardInterrupt

        session._searches._in_thread = lambda *_: Interrupted()
        with pytest.raises(KeyboardInterrupt):
            session.search(3, 4, 5)
        session.drain()
        assert page.kinds() == ["error"]
        assert page.packets[0][0]["code"] == "interrupted"
        assert session._runner._jobs == []

    def test_of_a_request_that_is_heard_is_told(self, talk, clustered, monkeypatch):
        session, page = talk(clustered[0], by_hand=True)

        def interrupted():
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(session, "notice_changes", interrupted)
            session.handle(search_request("lost"))
            with pytest.raises(KeyboardInterrupt):
                session.search(3, 4, 5)
        assert page.wait(kind="error", request="lost")[0]["code"] == "interrupted"


def shown_by_hand(session, page):
    session.handle(search_request("next", {"id": "1", "cluster": None}))
    step_until(session, page, kind="done", request="next")


class TestTwoRequestsForTheRest:
    @pytest.mark.parametrize("steps", range(0, 14, 3))
    def test_send_each_rank_once(self, talk, clustered, monkeypatch, steps):
        limit_streams(monkeypatch, exhaustive_work=0, chunk=30, piece=40)
        session, page = talk(clustered[0], by_hand=True)
        session.handle(search_request("a", nprobe=2))
        session.drain()
        serial = page.wait(kind="coarse")[0]["serial"]
        session.handle({**REST, "serial": serial, "request": "one"})
        for _ in range(steps):
            step(session)
        session.handle({**REST, "serial": serial, "request": "two", "last_rank": 12})
        for _ in range(7):
            step(session)
        session.handle({**REST, "serial": serial, "request": "three"})
        session.drain()
        taken, received = 2, []
        for message, buffers in page.packets:
            if message["kind"] == "nearest":
                assert message["first_rank"] == taken + 1
                taken += len(buffers[0]) // 4 - message["continues"]
                received.append((message, buffers))
        assert taken == 20
        assert [page.kinds(name)[-1] for name in ("one", "two", "three")] == ["done"] * 3
        assert session._searches.active.reached == 20


def test_without_a_loop_the_thread_that_asks_reads_the_vectors_of_pictures(talk, clustered):
    opened, readers = open_index(clustered[0]), []
    real = opened.vectors_of_steps

    def vectors_of_steps(*arguments):
        readers.append(threading.current_thread())
        return real(*arguments)

    opened.vectors_of_steps = vectors_of_steps
    session, page = talk(opened)
    session.handle({"kind": "thumbnails", "request": "t", "ids": ["5"], "clusters": None, "size": 64})
    message, _ = page.wait(kind="thumbnails")
    assert message["items"][0]["length"] > 0
    assert readers == [threading.current_thread()]


class TestSurvey:
    def test_whoever_goes_through_it_can_use_what_is_known(self, clustered):
        opened = open_index(clustered[0])
        seen = []

        def go_through():
            seen.extend(
                opened.certainty(0, 20, 5).certified for found in opened.survey() if found is not None
            )

        thread = threading.Thread(target=go_through, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        assert seen == [True, True] or seen == [True]

    def test_one_that_somebody_has_begun_and_left_holds_nobody_up(self, talk, clustered):
        opened = open_index(clustered[0])
        begun = opened.survey()
        next(begun)
        session, page = talk(opened)
        serial = shown(session, page)
        page.wait_for(
            lambda: [
                1
                for message, buffers in page.packets
                if message["kind"] == "bounds" and message["serial"] == serial and buffers
            ]
        )
        assert list(begun)[-1] is not None

    def test_what_it_measured_before_a_refresh_does_not_count(self, monkeypatch):
        index, vectors = make_ivf(500, 4, 10)
        opened = open_index(index)
        pause, real = Pause(), survey_module.measured

        def survey(engine):
            for number, found in enumerate(real(engine)):
                yield found
                if number == 0 and not pause.reached.is_set():
                    pause.here()

        monkeypatch.setattr(survey_module, "measured", survey)
        thread = threading.Thread(target=lambda: list(opened.survey()))
        thread.start()
        assert pause.reached.wait(PATIENCE)
        far = vectors[0] + 100
        ids = faiss.rev_swig_ptr(index.invlists.get_ids(0), 1).copy()
        index.invlists.update_entries(0, 0, 1, faiss.swig_ptr(ids), faiss.swig_ptr(far.view(np.uint8)))
        refreshing = threading.Thread(target=opened.refresh)
        refreshing.start()
        pause.let_go()
        for each in (thread, refreshing):
            each.join(PATIENCE)
            assert not each.is_alive()
        assert opened.bounds(far)[0] <= opened.scan(far, [0]).distances.min() == 0

    def test_one_that_fails_is_begun_anew(self, clustered, monkeypatch):
        opened = open_index(clustered[0])
        real, calls = survey_module.measured, []

        def survey(engine):
            for found in real(engine):
                yield found
                if found is not None and not calls:
                    calls.append(1)
                    raise OSError("the disk is gone")

        monkeypatch.setattr(survey_module, "measured", survey)
        with pytest.raises(OSError, match="the disk is gone"):
            list(opened.survey())
        found = list(filter(None, opened.survey()))
        assert found[-1].proper.all()

    def test_bounds_come_again_when_the_index_has_grown(self, talk, clustered):
        index, vectors = clustered
        opened = open_index(index)
        session, page = talk(opened)
        first = shown(session, page, "a")
        page.wait(kind="bounds", serial=first)
        list(opened.survey())
        index.add(vectors[:50] + 1)
        second = shown(session, page, "b")
        page.wait(kind="bounds", serial=second)
        page.wait_for(lambda: drain(opened.known_bounds_steps(vectors[0])) is not None)

    def test_one_that_fails_in_the_background_is_not_tried_at_every_search(
        self, talk, clustered, monkeypatch, caplog
    ):
        calls = []

        def survey(_engine):
            calls.append(1)
            raise MemoryError("too many centroids")
            yield

        monkeypatch.setattr(survey_module, "measured", survey)
        session, page = talk(clustered[0])
        with caplog.at_level(logging.CRITICAL):
            for name in "abc":
                shown(session, page, name)
        assert page.kinds().count("error") == len(calls) == 1
        clustered[0].add(clustered[1][:5])
        with caplog.at_level(logging.CRITICAL):
            shown(session, page, "d")
        assert len(calls) == 2

    def test_an_index_that_grows_meanwhile_is_measured_when_it_rests(self, talk, monkeypatch):
        index, vectors = make_ivf(n=3000)
        monkeypatch.setattr(survey_module, "PIECE_WORK", 10)
        opened = open_index(index)
        session, page = talk(opened, by_hand=True)
        session.handle(search_request("a"))
        step_until(session, page, kind="bounds")
        for _ in range(3):
            index.add(vectors[:1])
            step(session)
        session.drain()
        (newest,) = {m["serial"] for m, _ in page.packets if m["kind"] == "coarse"}
        session.handle(search_request("b"))
        session.drain()
        coarse, (order, *_) = page.wait(kind="coarse", request="b")
        sent = [b for m, b in page.packets if m["kind"] == "bounds" and m["serial"] == coarse["serial"]]
        expected = open_index(index).bounds(0)[np.frombuffer(order, "<i4")]
        np.testing.assert_array_equal(np.frombuffer(sent[-1][0], "<f4"), expected)
        assert newest < coarse["serial"]

    def test_an_index_that_limits_the_vectors_compared_is_measured_once(self, talk, clustered):
        index, _ = clustered
        index.max_codes = 100
        opened = open_index(index)
        calls, real = [], opened.survey

        def survey():
            calls.append(1)
            return real()

        opened.survey = survey
        session, page = talk(opened)
        for name in "abc":
            shown(session, page, name)
        assert len(calls) == 1
        assert "bounds" not in page.kinds()

    @pytest.mark.parametrize("widget", [True, False])
    def test_a_program_ends_without_waiting_for_it(self, widget):
        done = subprocess.run(
            [sys.executable, "-c", ENDS, str(int(widget))],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=Path(__file__).parent,
        )
        assert done.stdout.split() == ["surveying", "over"]


ENDS = """
import sys, threading
from conversation import Page, converse
from makers import make_ivf
from feder_widget.engines import open_index
from feder_widget.truth import survey as survey_module
import feder_widget as fw

def survey(engine):
    print("surveying", flush=True)
    for _ in range(10**9):
        going.set()
        yield None

going = threading.Event()
survey_module.measured = survey
index, _ = make_ivf()
opened = open_index(index, frozen=True)
kept = fw.FederWidget(opened)._session if int(sys.argv[1]) else converse(opened, Page())
kept.handle({"kind": "workload", "request": "shown"})
assert going.wait(20)
print("over", flush=True)
"""


def test_centroids_that_are_decoded_during_a_refresh_are_not_kept(monkeypatch):
    vectors = make_vectors(2000, 8)

    def quantizer(of):
        made = faiss.index_factory(8, "IVF4,Flat")
        made.train(of)
        made.add(of)
        return made

    coarse = quantizer(vectors[:64])
    index = faiss.IndexIVFFlat(coarse, 8, 64)
    index.is_trained = True
    index.add(vectors)
    opened = open_index(index)
    pause = Pause()

    class Slow(faiss.IndexFlat):
        def add(self, added):
            super().add(added)
            pause.here()

    with monkeypatch.context() as patched:
        patched.setattr(centroids.faiss, "IndexFlat", Slow)
        ranking = threading.Thread(target=lambda: opened.rank(vectors[0]))
        ranking.start()
        assert pause.reached.wait(PATIENCE)
    other = quantizer(vectors[64:128])
    index.quantizer = other
    opened.refresh()
    pause.let_go()
    ranking.join(PATIENCE)
    expected = ((other.reconstruct_n(0, 64) - vectors[0]) ** 2).sum(axis=1)
    np.testing.assert_allclose(opened.inverted_file.centroids.distances(vectors[0]), expected, rtol=1e-4)


def test_threads_keep_to_the_limit_of_faiss(talk, clustered, faiss_threads):
    faiss_threads(1)
    seen = {}

    def label(row_id):
        seen[threading.current_thread().name.split("_")[0]] = faiss.omp_get_max_threads()
        return str(row_id)

    session, page = talk(clustered[0], labels=label)
    session.handle(search_request())
    page.wait(kind="done")
    session.handle({"kind": "thumbnails", "request": "t", "ids": ["1"], "clusters": None, "size": 64})
    page.wait(kind="thumbnails")
    assert seen == {"feder-calls": 1, "feder-media": 1}


def test_a_frozen_index_is_read_by_a_thread_with_the_limit_of_the_caller(clustered, faiss_threads):
    faiss_threads(1)
    opened, seen, page = open_index(clustered[0], frozen=True), set(), Page()
    real = opened.ranking

    def ranking(*arguments):
        seen.add((threading.current_thread().name, faiss.omp_get_max_threads()))
        return real(*arguments)

    opened.ranking = ranking
    session = converse(opened, page)
    session.handle(search_request())
    page.wait(kind="done")
    session.close()
    assert seen == {("feder-runner", 1)}


class TestTheLastWorkload:
    """The one that comes last is the one that there is."""

    @pytest.fixture(autouse=True)
    def in_many_parts(self, monkeypatch):
        slowly(monkeypatch)

    def ask(self, session, request="w", sample=200):
        session.handle({"kind": "evaluate", "request": request, "sample": sample, "seed": 3, "k": 10})

    def last(self, page):
        told = [m for m, _ in page.packets if m["kind"] in ("workload", "progress")][-1]
        return told["kind"], told["request"], told.get("computed"), told.get("final"), told.get("reason")

    def step_to_60(self, session, page):
        step_until(session, page, lambda m: m["kind"] == "workload" and 60 <= m["computed"] < 200)

    def test_where_a_page_asks_for_it_meanwhile(self, talk, clustered):
        session, page = talk(clustered[0], by_hand=True)
        self.ask(session)
        self.step_to_60(session, page)
        session.handle({"kind": "workload", "request": "reload"})
        session.drain()
        assert 60 <= page.wait(kind="workload", request="reload")[0]["computed"] < 200
        assert self.last(page) == ("workload", "w", 200, True, None)

    def test_where_one_in_python_begins_and_ends_meanwhile(self, talk, clustered):
        session, page = talk(clustered[0], by_hand=True)
        self.ask(session)
        self.step_to_60(session, page)
        session.evaluate(open_index(clustered[0]).evaluation(40, 10), lambda *_: None)
        session.drain()
        assert self.last(page) == ("workload", "kernel", 40, True, None)
        assert not [m for m, _ in page.of("w") if m.get("final")]

    def test_where_it_is_cancelled_at_the_very_end(self, talk, clustered, monkeypatch):
        session, page = talk(clustered[0])
        real, calls = Evaluation.workload, []

        def workload(evaluation, reason):
            if evaluation.done == evaluation.asked:
                calls.append(1)
                session.handle({"kind": "cancel", "request": "w"})
            return real(evaluation, reason)

        monkeypatch.setattr(Evaluation, "workload", workload)
        self.ask(session)
        page.wait(kind="workload", request="w", final=True)
        assert calls
        assert self.last(page) == ("workload", "w", 200, True, None)

    def test_where_the_page_cancels_one_that_a_cell_runs(self, talk, clustered):
        session, page = talk(clustered[0], by_hand=True)

        def progress(done, _asked):
            if done >= 60:
                hearing = threading.Thread(
                    target=session.handle, args=({"kind": "cancel", "request": "kernel"},)
                )
                hearing.start()
                hearing.join()

        workload = session.evaluate(open_index(clustered[0]).evaluation(200, 10), progress)
        assert 60 <= len(workload) < 200
        assert self.last(page) == ("workload", "kernel", len(workload), True, "cancelled")

    def test_where_the_next_cannot_begin(self, talk, clustered, monkeypatch):
        opened = open_index(clustered[0])
        session, page = talk(opened, by_hand=True)
        self.ask(session, "old")
        self.step_to_60(session, page)

        def evaluation(*_arguments, **_options):
            raise OSError("the disk is gone")

        monkeypatch.setattr(opened, "evaluation", evaluation)
        self.ask(session, "new")
        session.drain()
        page.wait(kind="error", request="new")
        kind, request, computed, final, reason = self.last(page)
        assert (kind, request, final, reason) == ("workload", "new", True, evaluator_module.SUPERSEDED)
        assert 60 <= computed < 200

    @pytest.mark.filterwarnings("ignore:interrupted")
    def test_where_an_interrupt_comes_while_it_is_packed(self, talk, clustered, monkeypatch):
        session, page = talk(clustered[0])
        real, calls = evaluator_module.Workloads._message, []

        def message(workloads, request, last):
            if last.is_final and not calls:
                calls.append(1)
                signal.raise_signal(signal.SIGINT)
            return real(workloads, request, last)

        monkeypatch.setattr(evaluator_module.Workloads, "_message", message)
        workload = evaluate(open_index(clustered[0]).evaluation(200, 10), False, session.evaluate)
        assert (len(workload), workload.reason) == (200, None)
        assert self.last(page) == ("workload", "kernel", 200, True, None)

    @pytest.mark.parametrize("lost", [("workload", True), ("workload", False), ("progress", None)])
    def test_where_the_page_cannot_be_reached(self, talk, clustered, lost):
        class Gone(Page):
            def send(self, message, buffers):
                if (message["kind"], message.get("final")) == lost:
                    raise ConnectionError("the comm is closed")
                super().send(message, buffers)

        session, _ = talk(clustered[0], Gone())
        workload = evaluate(open_index(clustered[0]).evaluation(200, 10), False, session.evaluate)
        assert len(workload) == 200

    def test_where_it_is_interrupted_at_the_very_end(self, talk, clustered):
        session, page = talk(clustered[0])

        def interrupt(done, asked):
            if done == asked:
                raise KeyboardInterrupt

        with pytest.warns(RuntimeWarning, match="interrupted: 200 of 200"):
            workload = evaluate(open_index(clustered[0]).evaluation(200, 10), interrupt, session.evaluate)
        assert workload.reason is None
        assert self.last(page) == ("workload", "kernel", 200, True, None)

    @pytest.mark.parametrize("end", ["cancel", "hide", "supersede", "change", "close"])
    def test_where_its_queries_are_thrown_away_none_is_finished(self, talk, clustered, monkeypatch, end):
        monkeypatch.setattr(batch_search, "BLOCK_BYTES", 4 * 24 * 100)
        index = faiss.clone_index(clustered[0])
        session, _ = talk(index, by_hand=True)
        shares, reads = [], []
        real = batch_search.BatchSearch._compare

        def compare(search, most):
            real(search, most)
            shares.append(search._best.compared / search._blocks.total)
            reads.append(threading.current_thread())

        monkeypatch.setattr(batch_search.BatchSearch, "_compare", compare)
        self.ask(session)
        while not shares or not 0.5 < shares[-1] < 0.9:
            assert step(session) is not None
        reads.clear()
        if end == "cancel":
            session._runner.end(lambda job: job.kind == "evaluate", "cancelled")
        elif end == "hide":
            session.show(False)
            session._runner.heed()
        elif end == "supersede":
            session._runner.end(lambda job: job.kind == "evaluate", "superseded")
        elif end == "change":
            index.add(np.zeros((1, index.d), np.float32))
            session.notice_changes()
        else:
            closing = threading.Thread(target=session.close)
            closing.start()
            closing.join()
        assert bool(reads) == (end in ("cancel", "hide"))
