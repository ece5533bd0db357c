"""Fixtures that several test modules use."""

import os
import threading
from pathlib import Path

# OpenMP's threads spin while they wait, unless told otherwise before faiss is loaded. Where others have work
# for the processor, as the other pytest workers have, most of the time of the tests went into that.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import faiss
import pytest
from conversation import PATIENCE, Page, converse
from makers import make_ivf
from threadpoolctl import threadpool_limits


@pytest.fixture
def clustered():
    """An IVF,Flat index under L2 of 2,000 vectors in 16 dimensions and 20 clusters, and the vectors."""
    return make_ivf()


@pytest.fixture
def shared_data():
    """The folder with the CIFAR-10 images and embeddings; tests that ask for it carry the mark ``shared``."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FEDER_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture
def faiss_threads():
    """Let a test change the number of Faiss threads, and put it back."""
    before = faiss.omp_get_max_threads()
    yield faiss.omp_set_num_threads
    faiss.omp_set_num_threads(before)


@pytest.fixture
def one_thread():
    """Let Faiss and BLAS use one thread: for tests of many small searches, in which several would mostly
    wait."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def talk():
    """Open sessions that are closed, and whose threads have ended, when the test is over."""
    before = set(threading.enumerate())
    opened = []

    def start(index, page=None, **options):
        page = page or Page()
        session = converse(index, page, **options)
        opened.append((session, page))
        return session, page

    yield start
    for session, page in opened:
        page.gate.set()
        session.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"{thread.name} goes on"
