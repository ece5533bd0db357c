"""A session that nobody watches: it is asked what a page would ask, and all answers are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from feder_widget.errors import IndexChangedError
from feder_widget.export.compressed_recording import Exchange, Packet
from feder_widget.model.work_pieces import Steps
from feder_widget.session import threads
from feder_widget.session.answers.workload import Workloads
from feder_widget.session.driver import Driver
from feder_widget.session.outbox import Send
from feder_widget.truth import Workload

T = TypeVar("T")

PATIENCE = 600
"""Seconds after which a request that is not answered fails."""

REST = 0.01
"""Seconds that a piece waits for a thread: others may have their turn."""


class _CallerDrives(Driver):
    """The caller calls the turns; ``woken`` is set where there may be something to do."""

    drives = True

    def __init__(self, woken: threading.Event) -> None:
        self._woken = woken

    def wake(self) -> None:
        """Have the caller call a turn; from any thread."""
        self._woken.set()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Let a call go before the next turn."""
        yield


class Recordable(Protocol):
    """A session of any kind of index."""

    workloads: Workloads

    @property
    def version(self) -> tuple[float, ...]:
        """The version of the index that was noticed last."""
        ...

    def handle(self, content: object, buffers: Sequence[Any] = ()) -> None:
        """Take one request."""
        ...

    def turn(self) -> bool:
        """Work for some milliseconds, and say whether there is more to do at once."""
        ...

    def is_idle_but_for(self, request: str | None) -> bool:
        """Whether nothing is left to do but what this request has asked for."""
        ...

    def close(self) -> None:
        """Stop all work."""
        ...


Held = TypeVar("Held", bound=Recordable)


class RecordedSession(Generic[Held]):
    """Asks a session of its own, on the caller's thread, and keeps what was said.

    Parameters
    ----------
    make
        Makes the session, of the function that takes its messages and of what drives it.
    workload
        The one that is recorded; None for none.

    Attributes
    ----------
    held
        The session.
    exchanges
        What was asked and answered.
    """

    def __init__(self, make: Callable[[Send, Driver], Held], workload: Workload | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self._waiting: dict[str, Exchange] = {}
        self._count = 0
        self._slow: str | None = None
        self._woken = threading.Event()
        self._pool = threads.pool(1, "page")
        self.held = make(self._take, _CallerDrives(self._woken))
        self._version = self.held.version
        if workload is not None:
            self.held.workloads.hold(workload)

    def __enter__(self) -> RecordedSession[Held]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.held.close()
        self._pool.shutdown(wait=False)

    def ask(
        self, asked: dict[str, Any], *, buffers: Sequence[bytes] = (), keeps: bool = True
    ) -> Steps[list[Packet]]:
        """Ask and return the answers once they are complete, in pieces of some milliseconds.

        Parameters
        ----------
        asked
            A request without its name.
        buffers
            Its buffers.
        keeps
            Whether the exchange becomes part of the recording.

        Raises
        ------
        ValueError
            If the session refuses it, with the reason.
        IndexChangedError
            If the index has changed since the recording began.
        """
        exchange = self._send(asked, buffers)
        yield from self._until(lambda: self._is_done(exchange))
        if keeps:
            self.exchanges.append(exchange)
        return exchange.answers

    def begin(self, asked: dict[str, Any]) -> Steps[Exchange]:
        """Ask for what takes long; return once a thread is at it. Others can be asked until ``finish``.

        Raises as ``ask``.
        """
        exchange = self._send(asked, ())
        self._slow = exchange.asked["request"]
        yield from self._until(lambda: bool(exchange.answers))
        self._check(exchange)
        while self.held.turn():
            yield
        return exchange

    def finish(self, exchange: Exchange) -> Steps[None]:
        """Wait for what ``begin`` has asked for. Raises as ``ask``."""
        self._slow = None
        yield from self._until(lambda: self._is_done(exchange))

    def _send(self, asked: dict[str, Any], buffers: Sequence[bytes]) -> Exchange:
        self._count += 1
        name = f"saved:{self._count}"
        exchange = Exchange({**asked, "request": name})
        self._waiting[name] = exchange
        self.held.handle(exchange.asked, buffers)
        return exchange

    def _is_done(self, exchange: Exchange) -> bool:
        """Return whether an exchange is complete; raise where it has failed."""
        if not (self.held.is_idle_but_for(self._slow) and _is_answered(exchange)):
            return False
        self._check(exchange)
        return True

    def _check(self, exchange: Exchange) -> None:
        failure = next((content for content, _ in exchange.answers if content["kind"] == "error"), None)
        if failure is not None:
            raise ValueError(failure["message"])

    def _until(self, is_enough: Callable[[], bool]) -> Steps[None]:
        """Work until it is enough."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._woken.clear()
            has_more = self.held.turn()
            if is_enough():
                return
            yield
            # The session looks before each turn.
            if self.held.version != self._version:
                raise IndexChangedError("the index has changed while the page was made; save it again")
            if not has_more:
                self._woken.wait(REST)
            if time.monotonic() > deadline:
                raise RuntimeError(f"no complete answer within {PATIENCE} s")

    def in_thread(self, call: Callable[[], T]) -> Steps[T]:
        """Have a thread make a call that does not read the index, and return what it returns."""
        return (yield from self.result_of(self.submit(call)))

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Have a thread make a call, which its result says is done."""
        return self._pool.submit(call)

    def result_of(self, future: Future[T]) -> Steps[T]:
        """Return the result of a call that has begun."""
        while not future.done():
            yield
            wait([future], REST)
        return future.result()

    def _take(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        exchange = self._waiting.get(str(content["request"]))
        if exchange is not None:
            exchange.answers.append((content, [bytes(one) for one in buffers]))
        self._woken.set()


def _is_answered(exchange: Exchange) -> bool:
    """Return whether no message is to come of threads that no job waits for."""
    if exchange.asked["kind"] not in ("map", "thumbnails", "row_values"):
        return True
    if not exchange.answers:
        return False
    if exchange.answers[-1][0]["kind"] == "error":
        return True
    packet = exchange.answers[-1]
    content = packet[0]
    if content["kind"] == "map":
        return (
            bool(content["final"]) and content["offset"] + len(array_of(packet, "inradii")) == content["rows"]
        )
    return bool(content.get("final", True))


def array_of(packet: Packet, name: str) -> NDArray[Any]:
    """Return one buffer of a message as an array."""
    content, buffers = packet
    for (called, dtype, _), buffer in zip(content["buffers"], buffers, strict=True):
        if called == name:
            return np.frombuffer(buffer, np.dtype(dtype).newbyteorder("<"))
    raise KeyError(name)
