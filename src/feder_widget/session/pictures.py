"""Pictures of rows for the page, drawn on threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from feder_widget.engines import IvfIndex
from feder_widget.media import Media
from feder_widget.media.media import Vector
from feder_widget.model.pieces import Steps
from feder_widget.session import threads
from feder_widget.session.answers.thumbnails import read_vectors, thumbnails
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_kernel import ThumbnailsRequest
from feder_widget.session.messages.to_page import Thumbnails
from feder_widget.session.outbox import Outbox
from feder_widget.session.runner import Job, Runner, Step


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Rows to draw, and the cluster of each where the page knows it."""

    request: Request
    ids: list[int]
    clusters: list[int] | None
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The labels of rows, by row id, and the places of the rows with neither a label nor an image."""

    labels: dict[int, str]
    without: list[int]


class Pictures:
    """Draws images on threads, so that they appear while a cell runs; vectors are read between cells.

    Parameters
    ----------
    index, media
        The rows.
    runner
        Reads vectors of rows without an image.
    outbox
        Takes the messages.
    """

    def __init__(self, index: IvfIndex, media: Media, runner: Runner, outbox: Outbox) -> None:
        self._index = index
        self._media = media
        self._runner = runner
        self._outbox = outbox
        self._pool = threads.pool(2, "media")
        self._changes = 0

    def ask(self, request: ThumbnailsRequest) -> None:
        """Draw the rows of a request; from any thread."""
        asked = _Asked(request.request, list(map(int, request.ids)), request.clusters, request.size)
        if self._runner.is_driven:
            self._in_thread(asked, lambda: self._draw_images(asked))
        else:
            # Only the caller's thread may read vectors: it waits for the threads that draw.
            job = Job(lambda: self._steps(asked), asked.request)
            self._runner.hear(asked.request, lambda: self._runner.start(job))

    def forget(self) -> None:
        """Draw vectors anew, because the index has changed; on the owner's thread."""
        self._changes += 1
        self._media.forget_vectors()

    def close(self) -> None:
        """Draw nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _draw_images(self, asked: _Asked) -> None:
        found = self._find(asked)
        if found.without:
            job = Job(lambda: self._read(asked, found), asked.request)
            self._runner.hear(asked.request, lambda: self._runner.start(job))
        else:
            self._draw(asked, found, {}, self._changes)

    def _find(self, asked: _Asked) -> _Found:
        """Read labels and images, on a thread: both may be the caller's functions."""
        texts = ((row, self._media.label(row)) for row in dict.fromkeys(asked.ids))
        labels = {row: text for row, text in texts if text is not None}
        without = self._media.needs_vectors(asked.ids, asked.size, asked.clusters, labelled=labels)
        return _Found(labels, without)

    def _steps(self, asked: _Asked) -> Iterator[Step]:
        finding = self._pool.submit(self._find, asked)
        yield finding
        found = finding.result()
        vectors = yield from self._vectors(asked, found.without)
        drawing = self._pool.submit(self._thumbnails, asked, found, vectors)
        yield drawing
        yield drawing.result()

    def _vectors(self, asked: _Asked, places: list[int]) -> Steps[dict[int, Vector]]:
        """Read the vectors of the rows at some places of a request."""
        rows = [asked.ids[place] for place in places]
        homes = None if asked.clusters is None else [asked.clusters[place] for place in places]
        vectors = yield from read_vectors(self._index, rows, homes)
        return dict(zip(places, vectors, strict=True))

    def _read(self, asked: _Asked, found: _Found) -> Iterator[Step]:
        changes = self._changes
        vectors = yield from self._vectors(asked, found.without)
        self._in_thread(asked, lambda: self._draw(asked, found, vectors, changes))

    def _draw(self, asked: _Asked, found: _Found, vectors: dict[int, Vector], changes: int) -> None:
        drawn = self._thumbnails(asked, found, vectors)
        if changes == self._changes:
            self._outbox.deliver(drawn)
            return
        # The index has changed meanwhile: neither the page nor the cache may keep an older vector.
        self._media.forget_vectors()
        self._draw_images(asked)

    def _thumbnails(self, asked: _Asked, found: _Found, vectors: dict[int, Vector]) -> Thumbnails:
        rows = asked.ids, asked.clusters, asked.size
        return thumbnails(self._media, asked.request, *rows, vectors, found.labels)

    def _in_thread(self, asked: _Asked, draw: Callable[[], None]) -> None:
        """Have a thread draw; its error is sent to the page."""

        def guarded() -> None:
            try:
                draw()
            except Exception as error:
                self._outbox.fail(asked.request, error)

        self._pool.submit(guarded)
