"""Queries that are pictures or words: embedded on a thread, and compared with the pictures of rows."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from feder_widget.embedding import Embedder, embed_query, rows_that_show, words_query
from feder_widget.engines import IvfIndex
from feder_widget.media import Media
from feder_widget.model.finding import Finding
from feder_widget.model.query import Query
from feder_widget.model.top_k import top_k_places
from feder_widget.model.work_pieces import Steps
from feder_widget.session import threads
from feder_widget.session.active_search import ActiveSearch
from feder_widget.session.answers.pieces import Piece, scanned
from feder_widget.session.messages import Request
from feder_widget.session.messages.to_page import Remarks
from feder_widget.session.runner import Step

Result = TypeVar("Result")

NEAREST = 8
"""Nearest rows whose pictures are compared with a query that is a picture."""


class EmbeddedQueries:
    """Makes queries of pictures and words.

    Parameters
    ----------
    index
        The opened index.
    media
        The pictures of its rows.
    embedder
        What embeds queries as the rows were embedded; None where nothing does.
    """

    def __init__(self, index: IvfIndex, media: Media, embedder: Embedder | None) -> None:
        self._index = index
        self._media = media
        self._embedder = embedder
        # An embedder may take long: nothing else waits for it.
        self._threads = threads.pool(1, "embedding")
        self._newest: tuple[Query, Image.Image] | None = None
        self._comparing = Lock()
        self._last_compared: tuple[Query, list[int], Finding | None] | None = None

    def embed(self, query: Any, name: str | None = None) -> Query:
        """Embed a picture or words at once; ``name`` is the title of a picture.

        Raises
        ------
        TypeError, ValueError
            As ``embed_query``.
        """
        found = embed_query(query, self._embedder, name=name)
        if found.image is not None:
            self._newest = found.query, found.image
        return found.query

    def find_picture(self, encoded: bytes, name: str) -> Generator[Step, None, Query]:
        """Embed a picture on a thread, in steps."""
        return (yield from self._in_thread(self.embed, encoded, name))

    def find_words(self, words: str) -> Generator[Step, None, Query]:
        """Embed words on a thread, in steps. They are never taken for the path of a file."""
        return (yield from self._in_thread(words_query, words, self._embedder))

    def same_picture(self, query: Query, nprobe: int) -> Finding | None:
        """Say which rows, of the nearest, show the picture that is the query; None where none does."""
        if not self._is_comparable(query):
            return None
        ids = self._index.trace(query, nprobe, NEAREST).ids
        return self._compared(query, ids[ids != -1].tolist())

    def remarks(self, search: ActiveSearch, request: Request) -> Iterator[Step]:
        """Do ``same_picture`` for a search, in steps; sends nothing where no row shows the picture."""
        if not self._is_comparable(search.query):
            return
        nearest = yield from _nearest_steps(self._index, search)
        found = yield from self._in_thread(self._compared, search.query, nearest)
        if found is not None:
            yield Remarks(request=request, serial=search.serial, findings=[found])

    def close(self) -> None:
        """Embed nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._newest = self._last_compared = None

    def _in_thread(self, call: Callable[..., Result], *arguments: Any) -> Generator[Step, None, Result]:
        """Call on a thread, in steps. A call that has not begun when the job ends is cancelled."""
        future = self._threads.submit(call, *arguments)
        try:
            yield future
            return future.result()
        finally:
            future.cancel()

    def _is_comparable(self, query: Query) -> bool:
        """Say whether a query is a picture, and rows have some too."""
        newest = self._newest
        return newest is not None and newest[0] is query and self._media.has_images

    def _compared(self, query: Query, rows: list[int]) -> Finding | None:
        newest, embedder = self._newest, self._embedder
        if newest is None or newest[0] is not query or embedder is None:
            return None
        # A cell and the page ask about the same rows: they are compared once.
        with self._comparing:
            last = self._last_compared
            if last is not None and last[0] is query and last[1] == rows:
                return last[2]
            equal, near = rows_that_show(newest[1], rows, self._media.entry, embedder.side)
            found = _finding(sorted(equal), "this picture") or _finding(sorted(near), "nearly this picture")
            self._last_compared = query, rows, found
            return found


def _nearest_steps(index: IvfIndex, search: ActiveSearch) -> Steps[list[int]]:
    """Return the rows nearest to the query in the probed clusters, nearest first."""
    ids, distances = np.empty(0, np.int64), np.empty(0, np.float32)
    for piece in scanned(index, search, 0, min(search.nprobe, search.reach)):
        if isinstance(piece, Piece):
            ids = np.concatenate([ids, piece.scan.ids])
            distances = np.concatenate([distances, piece.scan.distances])
            best = top_k_places(ids, distances, NEAREST, index.similarity)
            ids, distances = ids[best], distances[best]
        yield
    return [int(row) for row in ids]


def _finding(rows: list[int], what: str) -> Finding | None:
    if not rows:
        return None
    subject = (
        f"Row {rows[0]} is" if len(rows) == 1 else f"Rows {', '.join(map(str, rows[:-1]))} and {rows[-1]} are"
    )
    return Finding("same-picture", "info", f"{subject} {what}.", {"ids": rows})
