"""How long an empty cell takes to be answered while a widget works; this script is the page of a real kernel.

Messages go to the widget as JupyterLab sends them, on a subshell where the kernel has those. Each job is
repeated until enough cells have been answered while it ran; ``nothing`` is the kernel at rest.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.manager import KernelManager

from scripts.lab import REPOSITORY

AIM = 80
PATIENCE = 300
"""Seconds after which an answer counts as lost."""

PREPARE = """
import pathlib, sys
sys.path.insert(0, {repository!r})
import feder_widget as fw
from benchmarks.trace import cached_index

index = cached_index({n}, pathlib.Path({cache!r}))
"""

# Opened anew, so that nothing is known of its clusters.
SHOW = """
if "w" in globals(): w.close()
w = fw.FederWidget(fw.open_index(index), nprobe=32, k=10)
"""

Message = dict[str, Any]


class Talk:
    """A kernel, a widget in it, and this end of both channels."""

    def __init__(self, python_path: str) -> None:
        self._manager = KernelManager()
        self._manager.start_kernel(
            extra_arguments=["--log-level=ERROR"], env=os.environ | {"PYTHONPATH": python_path}
        )
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(PATIENCE)
        self._subshell = self._make_subshell()
        self._names = itertools.count()
        self._comm = ""
        self.received: list[Message] = []
        """What the widget has said since it was last emptied."""

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, code: str) -> float:
        """Run a cell and return the seconds until its reply."""
        began = time.perf_counter()
        asked = self._client.execute(code, store_history=False)
        while True:
            reply = self._client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == asked:
                break
        took = time.perf_counter() - began
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"]["traceback"]))
        return took

    def show(self) -> None:
        """Make a widget that knows nothing of its index yet, and end the one before."""
        self._drain()
        self._comm = ""
        self.run(SHOW)
        self._until(lambda: self._comm != "")
        self.received.clear()

    def ask(self, kind: str, **fields: object) -> str:
        """Send a request of the page; returns its name."""
        name = f"r{next(self._names)}"
        content = {"kind": kind, "request": name, **fields}
        data = {"method": "custom", "content": content}
        message = self._client.session.msg("comm_msg", {"comm_id": self._comm, "data": data})
        message["header"]["subshell_id"] = self._subshell
        self._client.shell_channel.send(message)
        return name

    def wait(self, wanted: Callable[[Message], bool]) -> Message:
        """Return the first message of the widget that is wanted."""
        self._until(lambda: any(map(wanted, self.received)))
        return next(filter(wanted, self.received))

    def received_by_now(self) -> list[Message]:
        """Return what the widget has said since it was last emptied, without waiting."""
        self._drain()
        return self.received

    def _make_subshell(self) -> str | None:
        info = self._client.session.msg("create_subshell_request", {})
        self._client.control_channel.send(info)
        while True:
            try:
                reply = self._client.get_control_msg(timeout=5)
            except Empty:
                return None
            if reply["parent_header"].get("msg_id") == info["header"]["msg_id"]:
                return reply["content"].get("subshell_id")

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the last messages were {[m['kind'] for m in self.received[-9:]]}")
            self._take(timeout=0.2)

    def _drain(self) -> None:
        while self._take(timeout=0):
            pass

    def _take(self, timeout: float) -> bool:
        try:
            message = self._client.get_iopub_msg(timeout=timeout)
        except Empty:
            return False
        content = message["content"]
        if message["msg_type"] == "comm_open" and "_esm" in content["data"].get("state", {}):
            self._comm = content["comm_id"]
        elif message["msg_type"] == "comm_msg" and content["comm_id"] == self._comm:
            # Everything else is a trait.
            said = content["data"].get("content")
            if said and said["kind"] == "error":
                raise RuntimeError(said["message"])
            if said:
                self.received.append(said)
        return True


Over = Callable[[], bool]
"""Whether a job is over."""


def nothing(_talk: Talk) -> Iterator[Over]:
    """Leave the kernel at rest."""
    yield lambda: False


def search(talk: Talk) -> Iterator[Over]:
    """Search for one row after the other."""
    talk.show()
    while True:
        yield over(talk, talk.ask("search", query={"random": True}, nprobe=32, k=10), "done")


def survey(talk: Talk) -> Iterator[Over]:
    """Search an index that has just been opened, whose clusters are measured then."""
    while True:
        talk.show()
        talk.ask("search", query={"random": True}, nprobe=32, k=10)
        yield lambda: {"bounds", "done"} <= {said["kind"] for said in talk.received_by_now()}


def workload(talk: Talk) -> Iterator[Over]:
    """Evaluate 2,000 queries."""
    talk.show()
    while True:
        asked = talk.ask("evaluate", sample=2000, seed=0, k=10)
        yield lambda asked=asked: any(
            said["kind"] == "workload" and said["request"] == asked and said["final"]
            for said in talk.received_by_now()
        )


def members(talk: Talk) -> Iterator[Over]:
    """Order one cluster after the other by its vectors' distance to the query."""
    _searched(talk)
    for cluster in itertools.cycle(range(1024)):
        yield over(talk, talk.ask("members", clusters=[cluster], offset=0, limit=512), "members")


def verdict(talk: Talk) -> Iterator[Over]:
    """Ask of one row after the other where it stands."""
    serial = _searched(talk)
    for row in itertools.count():
        yield over(talk, talk.ask("verdict", serial=serial, id=str(row)), "verdict")


def over(talk: Talk, asked: str, kind: str) -> Over:
    """Return a function that says whether a request has been answered by a message of this kind."""
    return lambda: any(said["request"] == asked and said["kind"] == kind for said in talk.received_by_now())


def _searched(talk: Talk) -> int:
    """Show a widget and have it search; returns the serial of the search."""
    talk.show()
    asked = talk.ask("search", query={"id": "7", "cluster": None}, nprobe=32, k=10)
    talk.wait(lambda said: said["request"] == asked and said["kind"] == "done")
    return int(talk.wait(lambda said: said["kind"] == "coarse")["serial"])


Job = Callable[[Talk], Iterator[Over]]
JOBS: tuple[Job, ...] = (nothing, search, survey, workload, members, verdict)


def measure(
    talk: Talk, job: Callable[[Talk], Iterator[Over]], cells: int, pause: float
) -> tuple[list[float], int]:
    """Return the milliseconds of empty cells that ran while a job did, and how many jobs these took."""
    times: list[float] = []
    jobs = 0
    for is_over in job(talk):
        jobs += 1
        while len(times) < cells:
            took = talk.run("pass")
            if is_over():
                # The job may have ended before the cell began.
                break
            times.append(1000 * took)
            time.sleep(pause)
        talk.received.clear()
        if len(times) >= cells or jobs > 20 * cells:
            break
    return times, jobs


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=1_000_000, help="vectors in the index")
    parser.add_argument("--cells", type=int, default=100, help="empty cells for each job")
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two cells")
    parser.add_argument("--jobs", nargs="*", choices=[job.__name__ for job in JOBS])
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "feder-widget-bench",
        help="where the index is kept between runs (default %(default)s)",
    )
    options = parser.parse_args(argv)
    talk = Talk(os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(REPOSITORY / "src")])))
    try:
        talk.run(PREPARE.format(repository=str(REPOSITORY), n=options.n, cache=str(options.cache.resolve())))
        print(f"an empty cell while a widget on {options.n:,} x 128 works; aim {AIM} ms")
        print(f"{'job':<10}{'cells':>6}{'jobs':>6}{'median ms':>11}{'p95 ms':>8}{'max ms':>8}")
        for job in JOBS:
            if options.jobs and job.__name__ not in options.jobs:
                continue
            times, jobs = measure(talk, job, options.cells, options.pause)
            ordered = sorted(times) or [float("nan")]
            p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
            print(
                f"{job.__name__:<10}{len(times):>6}{jobs:>6}{statistics.median(ordered):>11.1f}"
                f"{p95:>8.1f}{ordered[-1]:>8.1f}",
                flush=True,
            )
    finally:
        talk.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
