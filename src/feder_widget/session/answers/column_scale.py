"""A column of numbers: its scale, the values of every cluster, and levels row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.engines import IvfIndex
from feder_widget.media import Media
from feder_widget.media.row_table import RowTable
from feder_widget.model.list_runs import runs
from feder_widget.session.answers.counted_labels import LIST_ROWS, ROWS, SEED, TOGETHER, drawn_rows
from feder_widget.session.answers.value_tally import (
    ClusterValues,
    ScaleEnds,
    cluster_values,
    levels,
    scale_ends,
)
from feder_widget.session.messages.parse import BadRequestError
from feder_widget.session.messages.to_kernel import RowLevelsRequest, ScaleRequest
from feder_widget.session.messages.to_page import RowLevels, Scale

ON_MAP = 2_000_000
"""Rows whose values are read for the map, unless the least number of each cluster exceeds it."""

LEAST_OF_CLUSTER = 8
"""The least number of rows that are read of each cluster."""

PART = 16_384
"""Clusters in one ``Scale``: 28 bytes each, so a message stays under 1 MiB."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What has been found out about a column."""

    ends: ScaleEnds
    clusters: ClusterValues
    counted: int
    limit: int
    missing: int
    infinite: int


class ColumnScales:
    """Reads columns of numbers, on a thread of its own, once they are asked about.

    Parameters
    ----------
    index, media
        The rows, and their metadata.
    in_thread
        Has a thread call a function.
    """

    def __init__(self, index: IvfIndex, media: Media, in_thread: Callable[..., Future[Any]]) -> None:
        self._index = index
        self._media = media
        self._in_thread = in_thread
        self._known: dict[int, _Known] = {}

    def forget(self) -> None:
        """Drop what is kept: the index has changed."""
        self._known.clear()

    def scale(self, asked: ScaleRequest, index_version: int) -> Iterator[Scale | Future[Any] | None]:
        """Tell the scale of a column, and its values in every cluster.

        Raises
        ------
        BadRequestError
            If there is no such column, or its values have no place on a scale.
        """
        table = self._table(asked.column)
        if asked.column not in self._known:
            limit = max(LEAST_OF_CLUSTER, ON_MAP // self._index.nlist)
            drawn: list[NDArray[np.int64]] = []
            homes: list[NDArray[np.int64]] = []
            random = np.random.default_rng(SEED)
            for begin, end in runs(self._index.list_sizes + LIST_ROWS, TOGETHER):
                ids, clusters = self._index.ids_by_list(begin, end)
                chosen = drawn_rows(clusters, limit, random, 0, limit)
                drawn.append(ids[chosen])
                homes.append(clusters[chosen].astype(np.int64))
                yield None
            sizes = np.array(self._index.list_sizes, np.int64)
            reading = self._in_thread(_read, table, asked.column, drawn, homes, sizes, limit)
            yield reading
            self._known[asked.column] = reading.result()
        yield from self._parts(asked, index_version, self._known[asked.column])

    def row_levels(self, asked: RowLevelsRequest) -> Iterator[RowLevels | Future[Any] | None]:
        """Tell the levels of the rows of some clusters, as many as fit.

        Raises
        ------
        BadRequestError
            If ``scale`` has not read the column.
        """
        table = self._table(asked.column)
        if (known := self._known.get(asked.column)) is None:
            raise BadRequestError(f"the scale of column {asked.column} has not been asked for")
        told: list[NDArray[np.int64]] = []
        room = ROWS
        clusters = list(dict.fromkeys(asked.clusters))
        for cluster in clusters:
            ids = self._index.list_ids(cluster)
            if told and ids.size > room:
                break
            told.append(ids[:room])
            room -= told[-1].size
            yield None
        rows = np.concatenate([np.empty(0, np.int64), *told])
        reading = self._in_thread(table.numbers, rows, asked.column)
        yield reading
        yield RowLevels(
            request=asked.request,
            column=asked.column,
            low=known.ends.low,
            high=known.ends.high,
            clusters=np.array(clusters[: len(told)], np.int32),
            counts=np.array([some.size for some in told], np.int32),
            ids=rows,
            levels=levels(reading.result(), known.ends),
        )

    def _table(self, column: int) -> RowTable:
        table = self._media.table
        if table is None or column not in table.scales:
            raise BadRequestError(f"column {column} of the metadata has no scale")
        return table

    def _parts(self, asked: ScaleRequest, index_version: int, known: _Known) -> Iterator[Scale]:
        table = self._table(asked.column)
        clusters = known.clusters
        for offset in range(0, clusters.valued.size, PART):
            part = slice(offset, offset + PART)
            yield Scale(
                request=asked.request,
                column=asked.column,
                index_version=index_version,
                unit=table.units[asked.column] or "number",
                low=known.ends.low,
                high=known.ends.high,
                least=known.ends.least,
                greatest=known.ends.greatest,
                counted=known.counted,
                total=self._index.ntotal,
                limit=known.limit,
                missing=known.missing,
                infinite=known.infinite,
                rows=clusters.valued.size,
                offset=offset,
                valued=clusters.valued[part],
                means=clusters.means[part],
                least_values=clusters.least[part],
                greatest_values=clusters.greatest[part],
            )


def _read(
    table: RowTable,
    column: int,
    drawn: list[NDArray[np.int64]],
    homes: list[NDArray[np.int64]],
    sizes: NDArray[np.int64],
    limit: int,
) -> _Known:
    clusters = np.concatenate([np.empty(0, np.int64), *homes])
    values = table.numbers(np.concatenate([np.empty(0, np.int64), *drawn]), column)
    return _Known(
        ends=scale_ends(values, clusters, sizes),
        clusters=cluster_values(values, clusters, sizes.size),
        counted=values.size,
        limit=limit,
        missing=int(np.isnan(values).sum()),
        infinite=int(np.isinf(values).sum()),
    )
