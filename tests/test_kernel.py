"""A widget in a real kernel, without a browser: this module is its page."""

import itertools
import os
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

PATIENCE = 60
"""Seconds after which the kernel counts as hanging."""

PREPARE = """
import sys
sys.path[:0] = {path!r}
import threading, time
import faiss, numpy as np
from makers import ivf_around, make_ivf, make_vectors
import feder_widget as fw
index, vectors = make_ivf(n=20_000, d=32, nlist=64)
"""

SHOW = """
if "w" in globals(): w.close()
w = fw.FederWidget({index}, nprobe=8, k=5)
"""


class Kernel:
    """A kernel and the messages that its widgets have sent, with the cell during which each was sent."""

    def __init__(self):
        self._manager = KernelManager(kernel_name="python3")
        # glibc overwrites memory that is freed: no read of it passes unnoticed.
        self._manager.start_kernel(env={**os.environ, "MALLOC_PERTURB_": "85"})
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)
        self._names = itertools.count()
        self.comm = None
        self.messages = []
        self.count = 0

    def run(self, code):
        """Run a cell; return what it printed. Messages that came before its end are marked with its name."""
        name = self._client.execute(code)
        printed = []
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE)
            content, kind = message["content"], message["msg_type"]
            mine = message["parent_header"].get("msg_id") == name
            self._note(message, name)
            if mine and kind == "stream":
                printed.append(content["text"])
            elif mine and kind == "error":
                raise AssertionError("\n".join(content["traceback"]))
            elif mine and kind == "status" and content["execution_state"] == "idle":
                return "".join(printed).strip()

    def show(self, index="index"):
        """Make a widget of an index, and speak to it from now on."""
        self.run(SHOW.format(index=index))
        self.comm = self.run("print(w.comm.comm_id)")
        self.messages.clear()
        self.count = 0

    def ask(self, **content):
        """Send a request as a page does; return its name."""
        content["request"] = name = f"page:{next(self._names)}"
        data = {"method": "custom", "content": content}
        self._send(data)
        return name

    def set(self, **state):
        """Change traits as a page does."""
        self._send({"method": "update", "state": state, "buffer_paths": []})

    def wait(self, request, kind="done"):
        """Return the answer to a request of this kind."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for content, _ in self.messages:
                if content.get("request") == request and content["kind"] in (kind, "error"):
                    assert content["kind"] == kind, content
                    return content
            self._note(self._client.get_iopub_msg(timeout=PATIENCE), None)
        raise AssertionError(f"no {kind} for {request}")

    def interrupt(self):
        self._manager.interrupt_kernel()

    def stop(self):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _send(self, data):
        message = self._client.session.msg("comm_msg", {"comm_id": self.comm, "data": data})
        self._client.shell_channel.send(message)

    def _note(self, message, cell):
        if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == self.comm:
            self.count += 1
            data = message["content"]["data"]
            if data.get("method") == "custom":
                self.messages.append((data["content"], cell))


@pytest.fixture(scope="module")
def kernel():
    one = Kernel()
    here = Path(__file__).parent
    one.run(PREPARE.format(path=[str(here), *(entry for entry in sys.path if entry.endswith("src"))]))
    yield one
    one.stop()


SEARCH = {"kind": "search", "query": {"id": "5", "cluster": None}, "nprobe": 8, "k": 5}


def test_a_page_is_answered_between_cells_and_no_step_is_taken_while_a_cell_runs(kernel):
    kernel.show()
    kernel.run("""
seen, in_cell = [], False
real = w._session._runner._step
def noted(job, **options):
    seen.append((in_cell, threading.current_thread() is threading.main_thread()))
    real(job, **options)
w._session._runner._step = noted
""")
    kernel.ask(kind="evaluate", sample=200, seed=1, k=5)
    kernel.run("in_cell = True; time.sleep(0.2); in_cell = False")
    kernel.wait(kernel.ask(**SEARCH))
    kernel.run("in_cell = True; time.sleep(0.2); in_cell = False")
    assert kernel.run("print({inside for inside, _ in seen}, {main for _, main in seen})") == "{False} {True}"
    assert int(kernel.run("print(len(seen))")) > 10


def test_a_search_in_a_cell_is_on_the_page_before_the_cell_ends(kernel):
    kernel.show()
    kernel.run("w.search(7)\ntime.sleep(0.1)\nw.nprobe")
    during = [content["kind"] for content, cell in kernel.messages if cell is not None]
    assert during[:2] == ["coarse", "fine"]
    request = kernel.messages[0][0]["request"]
    kernel.wait(request)
    assert kernel.run("print(w.trace().ids[0])") == "7"


def test_many_searches_in_a_cell_flood_nobody_and_the_last_one_wins(kernel):
    kernel.show()
    seconds = float(
        kernel.run("begun = time.time()\nfor i in range(100): w.search(i)\nprint(time.time() - begun)")
    )
    during = [content for content, cell in kernel.messages if cell is not None]
    paced = 8 + 30 * (seconds + 1)
    assert len(during) <= paced
    # With every search that begins, the page hears its query_id too.
    assert kernel.count <= 2 * paced
    kernel.run("")
    kernel.ask(kind="workload")
    kernel.wait(kernel.ask(**{**SEARCH, "query": {"resume": True}}))
    shown = [content["id"] for content, _ in kernel.messages if content["kind"] == "coarse"]
    assert shown[-1] == "99"


def test_the_page_hears_of_a_changed_index_when_the_cell_ends(kernel):
    kernel.show()
    kernel.run("w.search(7)")
    before = int(kernel.run("print(w._summary['ntotal'])"))
    kernel.run("index.add(make_vectors(100, 32, 64, seed=9))")
    assert kernel.run("print(w._summary['ntotal'], w._summary['index_version'])") == f"{before + 100} 1"


def test_an_index_may_change_and_widgets_may_close_at_any_moment(kernel):
    kernel.show()
    for number in range(12):
        kernel.ask(kind="evaluate", sample=500, seed=number, k=5)
        kernel.ask(**{**SEARCH, "query": {"random": True}})
        kernel.ask(kind="members", clusters=[number], offset=0, limit=20)
        kernel.run("index.add(make_vectors(300, 32, 64, seed=3))")
        kernel.ask(**{**SEARCH, "query": {"resume": True}})
        kernel.run("index.remove_ids(np.arange(index.ntotal - 300, index.ntotal))")
        if number % 4 == 3:
            kernel.show()
        request = kernel.ask(**SEARCH)
        kernel.wait(request)
        kernel.run("""
index.nprobe = w.nprobe
distances, ids = index.search(vectors[5:6], w.k)
trace = w.trace()
assert (trace.ids == ids[0]).all() and (trace.distances == distances[0]).all()
""")


# The caller's names for an index, what a widget is made of, and all that is then deleted.
OWNED = {
    "the index itself": ("mine, _ = make_ivf(n=5_000, d=32, nlist=64)", "mine"),
    "an index around it": (
        "mine = faiss.IndexIDMap(ivf_around(vectors[:64])); mine.add_with_ids(vectors, np.arange(20_000))",
        "mine",
    ),
    "the index that it is inside": (
        "mine = faiss.index_factory(32, 'RR32,IVF64,Flat'); mine.train(vectors); mine.add(vectors[:5_000])",
        "faiss.extract_index_ivf(mine)",
    ),
    "the index that it is another view of": (
        "mine, _ = make_ivf(n=5_000, d=32, nlist=64)",
        "faiss.downcast_index(mine)",
    ),
}


@pytest.mark.parametrize("owner", OWNED)
def test_an_index_may_be_deleted_by_its_owner_while_it_is_shown(kernel, owner):
    make, shown = OWNED[owner]
    kernel.show()
    kernel.run(f"import gc, weakref\nw.close()\n{make}\nseen = weakref.ref(mine)")
    kernel.show(shown)
    kernel.wait(kernel.ask(**SEARCH))
    before = kernel.run("print(w.trace().ids.tolist())")
    evaluation = kernel.ask(kind="evaluate", sample=200, seed=1, k=5)
    kernel.run("del mine\ngc.collect()\njunk = [np.full(n, 7.0) for n in range(2_000)]")
    for query in ({"resume": True}, {"id": "5", "cluster": None}):
        kernel.wait(kernel.ask(**{**SEARCH, "query": query}))
        assert kernel.run("print(w.trace().ids.tolist())") == before
    assert kernel.wait(evaluation, "workload")["computed"] == 200
    kernel.wait(kernel.ask(kind="members", clusters=[3], offset=0, limit=20), "members")
    kernel.run("w.close()\ndel w\ngc.collect()")
    assert kernel.run("print(seen())") == "None"
    kernel.show()


def test_an_interrupt_ends_a_workload_in_a_cell_and_the_next_search_works(kernel):
    kernel.show()
    name = kernel._client.execute(
        "import warnings; warnings.simplefilter('ignore')\n"
        "def report(done, asked):\n    if done > 5: print('going', flush=True); time.sleep(0.05)\n"
        "kept = w.evaluate(2000, progress=report)"
    )
    while True:
        message = kernel._client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == name:
            break
    kernel.interrupt()
    kernel.run("")
    kernel.wait(kernel.ask(**SEARCH))


def test_a_widget_that_no_page_shows_any_more_rests(kernel):
    kernel.show()
    kernel.set(_view_count=1)
    kernel.ask(kind="evaluate", sample=20_000, seed=1, k=5)
    kernel.wait(kernel.ask(**SEARCH))
    kernel.set(_view_count=0)
    kernel.run("")
    kernel.run("")
    # What was freed is given back a second later, and nothing comes after it.
    end = time.monotonic() + PATIENCE
    while (left := kernel.run("print([job.kind for job in w._session._runner._jobs])")) != "[]":
        assert left == "['give back']"
        assert time.monotonic() < end


def test_an_index_from_a_file_is_read_while_a_cell_runs(kernel, tmp_path):
    path = str(tmp_path / "stored.index")
    kernel.run(f"w.close(); faiss.write_index(index, {path!r}); w = fw.FederWidget({path!r}, nprobe=8, k=5)")
    kernel.comm = kernel.run("print(w.comm.comm_id)")
    kernel.messages.clear()
    kernel.run("w.search(7)\nwhile w._session._runner._jobs: time.sleep(0.01)")
    during = [content["kind"] for content, cell in kernel.messages if cell is not None]
    assert during[0] == "coarse"
    assert "done" in during
    assert kernel.run("print(w.trace().ids[0])") == "7"


def test_a_widget_made_in_a_thread_is_answered_by_the_kernel(kernel):
    kernel.run("""
w.close()
made = []
thread = threading.Thread(target=lambda: made.append(fw.FederWidget(index, nprobe=8, k=5)))
thread.start(); thread.join()
w = made[0]
""")
    kernel.comm = kernel.run("print(w.comm.comm_id)")
    kernel.wait(kernel.ask(**SEARCH))
    assert kernel.run("print(w.trace().ids[0])") == "5"
