"""Pictures of rows for the page, drawn on threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from feder_widget.media import Media
from feder_widget.media.media import Vector
from feder_widget.media.thumbnail import LABEL
from feder_widget.model.work_pieces import Steps
from feder_widget.session import threads
from feder_widget.session.answers.thumbnails import DrawnRow, RowVectors, ThumbnailStream, read_vectors
from feder_widget.session.messages.to_kernel import ThumbnailsRequest
from feder_widget.session.outbox import Outbox
from feder_widget.session.runner import Job, Runner, Step


class Pictures:
    """Draws images on threads, so that they appear while a cell runs; vectors are read between cells.

    The rows of a request are drawn in its order, and each is sent when it is ready. Rows with neither an
    image nor a label come last.

    Parameters
    ----------
    index, media
        The rows.
    runner
        Reads vectors of rows without an image.
    outbox
        Takes the messages.
    """

    def __init__(self, index: RowVectors, media: Media, runner: Runner, outbox: Outbox) -> None:
        self._index = index
        self._media = media
        self._runner = runner
        self._outbox = outbox
        self._pool = threads.pool(2, "media")
        self._changes = 0

    def ask(self, asked: ThumbnailsRequest) -> None:
        """Draw the rows of a request; from any thread."""
        stream = ThumbnailStream(asked, self._outbox.deliver)
        if self._runner.is_driven:
            self._in_thread(asked, lambda: self._draw(asked, stream))
        else:
            # Only the caller's thread may read vectors: it waits for the threads that draw.
            self._start(asked, lambda: self._steps(asked, stream))

    def forget(self) -> None:
        """Draw vectors anew, because the index has changed; on the owner's thread."""
        self._changes += 1
        self._media.forget_vectors()

    def close(self) -> None:
        """Draw nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _draw(self, asked: ThumbnailsRequest, stream: ThumbnailStream) -> None:
        without = self._draw_images(asked, stream)
        if without:
            self._start(asked, lambda: self._read(asked, stream, without))
        elif not asked.ids:
            stream.send()

    def _steps(self, asked: ThumbnailsRequest, stream: ThumbnailStream) -> Iterator[Step]:
        drawing = self._pool.submit(self._draw_images, asked, stream)
        yield drawing
        without = drawing.result()
        vectors = yield from self._vectors(asked, without)
        striping = self._pool.submit(self._draw_vectors, asked, vectors)
        yield striping
        if without or not asked.ids:
            stream.send(*striping.result())

    def _draw_images(self, asked: ThumbnailsRequest, stream: ThumbnailStream) -> list[int]:
        """Draw the rows that have an image or a label; return the places of the others."""
        without: list[int] = []
        labels: dict[int, str | None] = {}
        for place, row_id in enumerate(map(int, asked.ids)):
            if self._outbox.is_closed:
                break
            if row_id not in labels:
                labels[row_id] = self._media.label(row_id)
            label = labels[row_id]
            home = None if asked.clusters is None else asked.clusters[place]
            picture = self._media.image(row_id, asked.size, home)
            if picture is None and label is not None:
                picture = LABEL
            if picture is None:
                without.append(place)
            else:
                stream.add(DrawnRow(place, row_id, label, picture))
        return without

    def _read(self, asked: ThumbnailsRequest, stream: ThumbnailStream, without: list[int]) -> Iterator[Step]:
        """Read the vectors of the rows at some places, and have a thread draw them."""
        changes = self._changes
        vectors = yield from self._vectors(asked, without)

        def draw() -> None:
            drawn = self._draw_vectors(asked, vectors)
            if changes == self._changes:
                stream.send(*drawn)
                return
            # The index has changed meanwhile: neither the page nor the cache may keep an older vector.
            self._media.forget_vectors()
            self._start(asked, lambda: self._read(asked, stream, without))

        self._in_thread(asked, draw)

    def _draw_vectors(self, asked: ThumbnailsRequest, vectors: dict[int, Vector]) -> list[DrawnRow]:
        """Draw the rows at the places of these vectors, on a thread."""
        places = list(vectors)
        rows = [int(asked.ids[place]) for place in places]
        homes = None if asked.clusters is None else [asked.clusters[place] for place in places]
        given = dict(enumerate(vectors.values()))
        pictures = self._media.thumbnails(rows, asked.size, homes, vectors=given)
        return [
            DrawnRow(place, row_id, None, picture)
            for place, row_id, picture in zip(places, rows, pictures, strict=True)
        ]

    def _vectors(self, asked: ThumbnailsRequest, places: list[int]) -> Steps[dict[int, Vector]]:
        """Read the vectors of the rows at some places of a request."""
        rows = [int(asked.ids[place]) for place in places]
        homes = None if asked.clusters is None else [asked.clusters[place] for place in places]
        vectors = yield from read_vectors(self._index, rows, homes)
        return dict(zip(places, vectors, strict=True))

    def _start(self, asked: ThumbnailsRequest, steps: Callable[[], Iterator[Step]]) -> None:
        job = Job(steps, asked.request)
        self._runner.hear(asked.request, lambda: self._runner.start(job))

    def _in_thread(self, asked: ThumbnailsRequest, draw: Callable[[], None]) -> None:
        """Have a thread draw; its error is sent to the page."""

        def guarded() -> None:
            try:
                draw()
            except Exception as error:
                self._outbox.fail(asked.request, error)

        self._pool.submit(guarded)
