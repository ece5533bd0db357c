"""Memory that was freed is given back after work that took much."""

import subprocess
import sys

import pytest
from conversation import ByHand, Clock, Page, converse, search_request
from makers import make_ivf

from feder_widget.session import freed_memory
from feder_widget.session.freed_memory import give_back, give_back_when_quiet, sparing
from feder_widget.session.message_rate import unlimited
from feder_widget.session.outbox import Outbox
from feder_widget.session.runner import Runner
from feder_widget.session.threads import pool


@pytest.fixture
def given_back(monkeypatch):
    calls = []
    monkeypatch.setattr(freed_memory, "give_back", lambda: calls.append(True))
    return calls


def test_a_sparing_function_returns_what_it_computes_and_gives_back(given_back):
    assert sparing(lambda a, *, b: a + b)(2, b=3) == 5
    assert given_back == [True]


def test_a_sparing_function_that_raises_gives_back_too(given_back):
    with pytest.raises(ZeroDivisionError):
        sparing(lambda: 1 / 0)()
    assert given_back == [True]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_memory_is_given_back_where_the_allocator_can(platform, monkeypatch):
    freed_memory._malloc_trim.cache_clear()
    monkeypatch.setattr(freed_memory.sys, "platform", platform)
    give_back()
    freed_memory._malloc_trim.cache_clear()


AT_THE_END = """
import threading
from pathlib import Path
import numpy as np
from feder_widget.session.freed_memory import give_back

def resident():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("Rss:"))

def work():
    before = resident()
    held = [np.ones(100_000, np.uint8) for _ in range(500)]
    del held
    kept = resident() - before
    give_back()
    print(kept, resident() - before)

# glibc keeps more at the end of memory once a large block of its own was freed.
large = np.ones(24 << 20, np.uint8)
del large
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.skipif(freed_memory._malloc_trim() is None, reason="not glibc")
def test_what_a_thread_has_freed_at_the_end_of_its_memory_is_given_back():
    ran = subprocess.run([sys.executable, "-c", AT_THE_END], check=True, capture_output=True, text=True)
    kept, left = map(int, ran.stdout.split())
    assert kept >= 20, "glibc keeps what was freed: otherwise this test shows nothing"
    assert left <= 8


def test_memory_is_given_back_once_after_the_last_of_several_calls(given_back):
    driver, clock, threads = ByHand(), Clock(), pool(1, "test")
    runner = Runner(Outbox(lambda *_: None), driver, unlimited(), now=clock)

    def work():
        while runner.turn() is None and runner.wait_for_a_thread():
            pass

    give_back_when_quiet(runner, threads.submit, 1)
    work()
    clock.now = 0.9
    give_back_when_quiet(runner, threads.submit, 1)
    work()
    clock.now = 1.5
    work()
    assert given_back == []
    clock.now = 2
    work()
    assert given_back == [True]
    threads.shutdown()


def test_a_search_and_an_evaluation_give_back(given_back):
    index, _ = make_ivf()
    session = converse(index, Page())
    session.drain()
    del given_back[:]
    session.handle(search_request())
    session.drain()
    assert given_back
    del given_back[:]
    session.handle({"kind": "evaluate", "request": "b", "sample": 20, "seed": 1, "k": 5})
    session.drain()
    assert given_back == [True]
    session.close()
