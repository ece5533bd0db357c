"""Metadata of rows for the page, read on a thread: it is shown while a cell runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np

from feder_widget.media import Media
from feder_widget.session.messages.to_kernel import RowValuesRequest
from feder_widget.session.messages.to_page import RowValues
from feder_widget.session.outbox import Outbox
from feder_widget.session.runner import Runner


class RowValueReader:
    """Answers requests for the values of rows. It reads the caller's table, and no index.

    Parameters
    ----------
    media
        Holds the table.
    runner
        Says whether something works beside the caller.
    outbox
        Takes the messages.
    in_thread
        Has a thread call a function.
    """

    def __init__(
        self, media: Media, runner: Runner, outbox: Outbox, in_thread: Callable[..., Future[Any]]
    ) -> None:
        self._media = media
        self._runner = runner
        self._outbox = outbox
        self._in_thread = in_thread

    def ask(self, asked: RowValuesRequest) -> None:
        """Answer a request; from any thread."""
        if self._runner.is_driven:
            self._in_thread(self._answer, asked)
        else:
            self._answer(asked)

    def _answer(self, asked: RowValuesRequest) -> None:
        table = self._media.table
        try:
            ids = [int(row_id) for row_id in asked.ids]
            values = [[] for _ in ids] if table is None else table.texts(ids)
            rows = np.array(ids, np.int64)
            numbers = np.empty((len(ids), 0)) if table is None else table.all_numbers(rows)
            answer = RowValues(request=asked.request, ids=asked.ids, values=values, numbers=numbers)
            self._outbox.deliver(answer)
        except Exception as error:
            self._outbox.fail(asked.request, error)
