"""Executors that do what a test needs: other orders, failures, cancelled futures, an end in the middle."""

from __future__ import annotations

import os
import queue
import threading
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path


class Inline(Executor):
    """Computes on the thread that submits, and counts the parts."""

    def __init__(self):
        self.parts = 0

    def submit(self, function, /, *args, **kwargs):
        self.parts += 1
        return done(function, *args, **kwargs)


class LastFirst(Executor):
    """Computes the latest of the parts that wait, on one thread."""

    _max_workers = 8

    def __init__(self):
        self._waiting = queue.LifoQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        self._waiting.put((future, function, args, kwargs))
        return future

    def shutdown(self, *_, **__):
        self._waiting.put(None)
        self._thread.join()

    def _work(self):
        while (job := self._waiting.get()) is not None:
            future, function, args, kwargs = job
            if future.set_running_or_notify_cancel():
                copy_result(done(function, *args, **kwargs), future)


class Failing(Executor):
    """Fails the first attempts at every part: ``times`` of them, by an error or as a cancelled future."""

    def __init__(self, times, cancels=False):
        self.attempts = {}
        self._times = times
        self._cancels = cancels

    def submit(self, function, /, *args, **kwargs):
        part = id(args[0])
        # The part is kept, so that no other gets its number.
        count, _ = self.attempts.get(part, (0, None))
        self.attempts[part] = count + 1, args[0]
        if count >= self._times:
            return done(function, *args, **kwargs)
        future = Future()
        if self._cancels:
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_exception(OSError("the worker was lost"))
        return future


class Ending(Executor):
    """Takes some parts, and then is broken."""

    def __init__(self, takes):
        self._takes = takes

    def submit(self, function, /, *args, **kwargs):
        if self._takes == 0:
            raise BrokenProcessPool("a process died")
        self._takes -= 1
        return done(function, *args, **kwargs)


class Holding(Executor):
    """Computes the first parts, and never begins the others."""

    def __init__(self, computes, workers=3):
        self._max_workers = workers
        self._computes = computes
        self.futures = []

    def submit(self, function, /, *args, **kwargs):
        future = Future() if self._computes == 0 else done(function, *args, **kwargs)
        self._computes = max(0, self._computes - 1)
        self.futures.append(future)
        return future

    @property
    def begun_never(self):
        return [future for future in self.futures if not future.done() or future.cancelled()]


def done(function, /, *args, **kwargs):
    """Return a future of what was computed at once."""
    future = Future()
    try:
        future.set_result(function(*args, **kwargs))
    except BaseException as error:
        future.set_exception(error)
    return future


def copy_result(of, into):
    error = of.exception()
    if error is None:
        into.set_result(of.result())
    else:
        into.set_exception(error)


class Stopping(Executor):
    """Has another executor compute, whose workers wait in their first parts until a file is there."""

    def __init__(self, executor, folder):
        self._executor = executor
        self._client = executor._client
        self.folder = folder

    def submit(self, function, /, *args, **kwargs):
        return self._executor.submit(_stopped, str(self.folder), function, *args, **kwargs)

    def waiting(self):
        """Return the processes that have begun a part."""
        return {int(path.name) for path in self.folder.glob("[0-9]*")}

    def go_on(self):
        (self.folder / "go on").touch()


def _stopped(folder, function, /, *args):
    folder = Path(folder)
    (folder / str(os.getpid())).touch()
    while not (folder / "go on").exists():
        time.sleep(0.005)
    return function(*args)
