"""Labels counted, and the values of columns of the metadata as if they were labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from feder_widget.engines import IvfIndex
from feder_widget.media import Media
from feder_widget.session.answers.counted_labels import CountedLabels
from feder_widget.session.messages.parse import BadRequestError
from feder_widget.session.messages.to_kernel import LabelsRequest
from feder_widget.session.messages.to_page import Labels


class LabelsByColumn:
    """Has a ``CountedLabels`` for the labels, and one for each column that is asked about.

    Parameters
    ----------
    index, media
        The rows, their labels and their metadata.
    in_thread
        Has a thread call a function.
    """

    def __init__(self, index: IvfIndex, media: Media, in_thread: Callable[..., Future[Any]]) -> None:
        self._index = index
        self._media = media
        self._in_thread = in_thread
        self._counted: dict[int | None, CountedLabels] = {}

    def of(self, column: int | None) -> CountedLabels:
        """Return what counts the labels, or the values of a column.

        Raises
        ------
        BadRequestError
            If there is no such column.
        """
        if column is not None and column >= len(self._media.columns):
            raise BadRequestError(
                f"column {column} is not among the {len(self._media.columns)} of the metadata"
            )
        if column not in self._counted:
            media = self._media if column is None else self._media.by_column(column)
            self._counted[column] = CountedLabels(self._index, media, self._in_thread)
        return self._counted[column]

    def labels(self, asked: LabelsRequest, index_version: int) -> Iterator[Labels | Future[Any] | None]:
        """Answer a request for the commonest labels."""
        for step in self.of(asked.column).labels(asked.request, index_version):
            yield replace(step, column=asked.column) if isinstance(step, Labels) else step

    def forget(self) -> None:
        """Drop what is kept: the index has changed."""
        for counted in self._counted.values():
            counted.forget()
