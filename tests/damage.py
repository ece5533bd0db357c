"""Opens every file of a folder, searches what opens, and prints what came of each, as JSON.

Run by ``tests/test_damage.py`` in a process of its own, whose memory is limited.
"""

import json
import re
import resource
import sys
import time
from pathlib import Path

import faiss
import numpy as np

from feder_widget.engines import open_index

LIMIT = 8 << 30


def use(path, mmap):
    """Open a file and do everything with it that a widget does."""
    opened = open_index(path, mmap=mmap)
    query = np.zeros(opened.dim // 8, np.uint8) if opened.metric == "Hamming" else np.full(opened.dim, 0.5)
    for nprobe in (1, opened.nlist):
        trace = opened.trace(query, nprobe, 10)
        assert sorted(trace.coarse.clusters) == list(range(opened.nlist))
        assert sum(len(step.ids) for step in trace.fine) <= opened.list_sizes.sum()
    opened.centroids()
    opened.stored_vectors(0)
    opened.list_vectors(opened.nlist - 1)
    opened.vectors_of(np.arange(5))
    assert isinstance(opened.max_id, int)


def outcome(path, mmap):
    """Return "opened", or the kind of error that Python code can catch, with its message."""
    try:
        use(path, mmap)
    except (ValueError, TypeError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return "opened"


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def peak():
    """Return the bytes of memory that this process has held at its highest."""
    status = Path("/proc/self/status")
    if status.exists():
        # Of this program alone, unlike ru_maxrss, which begins with that of the process that started it.
        return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(folder):
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    faiss.omp_set_num_threads(1)
    for path in sorted(Path(folder).iterdir()):
        for mmap in (False, True):
            start = time.process_time()
            # Before it is tried, lest nobody knows what has ended the process.
            say(trying=path.name, mmap=mmap)
            found = outcome(path, mmap)
            say(outcome=found, peak=peak(), seconds=time.process_time() - start)


if __name__ == "__main__":
    main(sys.argv[1])
