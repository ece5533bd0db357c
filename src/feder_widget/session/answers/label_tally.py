"""Labels as they are read, and how often each occurs in each cluster."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feder_widget.media import LabelError, Media, is_missing

AT_ONCE = 0.05
"""Seconds after which a call that reads labels returns, unless the first label alone takes longer."""

NO_LABEL = -1
FAILED = -2

REMEMBERED = (str, int)
"""Types of entries whose text is made once. Equal ones have the same text; True is no int here."""

_SIMPLE = frozenset({*REMEMBERED, type(None)})

TAKEN = 4096
"""Rows whose labels are taken at once: some milliseconds, so that few are taken in vain."""

TEXT_ROWS = 5000
"""Rows after which labels that hardly ever repeat are taken for texts."""

TEXT_SHARE = 0.9
"""Different labels among as many rows, from which on they are taken for texts."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelCounts:
    """How often labels occur in clusters.

    Attributes
    ----------
    names : list of str
        The commonest labels, the commonest first.
    counts : array of shape (clusters, names + 1), int32
        By name, then of all other labels together.
    commonest : array of shape (clusters,), uint8
        The place of each cluster's commonest label among the names; the number of names for another label,
        one more for none.
    most : array of shape (clusters,), int32
        How often that occurs.
    distinct, counted, unlabelled, failed : int
        Different labels, rows read, rows without a label, rows whose label could not be read.
    limit : int
        Rows read of each cluster at most.
    """

    names: list[str]
    counts: NDArray[np.int32]
    commonest: NDArray[np.uint8]
    most: NDArray[np.int32]
    distinct: int
    counted: int
    unlabelled: int
    failed: int
    limit: int


class LabelTally:
    """Reads labels and numbers them; one call at a time, on any thread.

    Parameters
    ----------
    media
        Gives the labels.
    seconds
        Time for reading, after which it is over.
    texts_too
        Whether it goes on where labels turn out to be texts, whose counts tell nothing.
    """

    def __init__(self, media: Media, seconds: float, *, texts_too: bool = False) -> None:
        self._media = media
        self._left = seconds
        self._texts_too = texts_too
        self._numbers: dict[str, int] = {}
        self._numbers_of_entries: dict[Any, int] = {None: NO_LABEL}
        self._read: list[NDArray[np.int64]] = []
        self._clusters: list[NDArray[np.int32]] = []
        self._rows = 0

    @property
    def read_rows(self) -> int:
        """Rows whose labels were read."""
        return self._rows

    @property
    def is_over(self) -> bool:
        """Whether the time is up, or labels have turned out to be texts."""
        return self._left <= 0 or (self._are_texts and not self._texts_too)

    @property
    def _are_texts(self) -> bool:
        return self._rows >= TEXT_ROWS and len(self._numbers) > TEXT_SHARE * self._rows

    def read(self, ids: NDArray[np.int64], clusters: NDArray[np.int32]) -> int:
        """Read labels until it is time to return; return how many.

        Parameters
        ----------
        ids : array of shape (n,), int64
            Row ids.
        clusters : array of shape (n,), int32
            The cluster of each.
        """
        begin = time.monotonic()
        numbers: list[int] = []
        while len(numbers) < len(ids):
            some = ids[len(numbers) : len(numbers) + TAKEN]
            read = self._read_piece(some, begin + AT_ONCE)
            numbers += read
            if len(read) < len(some) or time.monotonic() - begin > AT_ONCE:
                break
        self._read.append(np.array(numbers, np.int64))
        self._clusters.append(clusters[: len(numbers)])
        self._rows += len(numbers)
        self._left -= time.monotonic() - begin
        return len(numbers)

    def _read_piece(self, ids: NDArray[np.int64], end: float) -> list[int]:
        """Return the numbers of the labels of rows, of one at least, until it is time to return."""
        entries = self._media.label_entries(ids)
        if entries is not None and set(map(type, entries)) <= _SIMPLE:
            known = self._numbers_of_entries
            for place, entry in enumerate(entries):
                if entry not in known:
                    known[entry] = self._number(int(ids[place]))
                    if time.monotonic() > end:
                        return [known[each] for each in entries[: place + 1]]
            return [known[entry] for entry in entries]
        numbers: list[int] = []
        for place, row_id in enumerate(ids.tolist()):
            if entries is not None and (number := self._known(entries[place])) is not None:
                numbers.append(number)
                continue
            numbers.append(self._number(row_id))
            if entries is not None:
                self._remember(entries[place], numbers[-1])
            if time.monotonic() > end:
                break
        return numbers

    def _known(self, entry: Any) -> int | None:
        """Return the number of an entry that was read before; None where its text has to be made."""
        if is_missing(entry):
            return NO_LABEL
        return self._numbers_of_entries.get(entry) if type(entry) in REMEMBERED else None

    def _remember(self, entry: Any, number: int) -> None:
        if type(entry) in REMEMBERED:
            self._numbers_of_entries[entry] = number

    def _number(self, row_id: int) -> int:
        try:
            label = self._media.read_label(row_id)
        except LabelError:
            return FAILED
        return NO_LABEL if label is None else self._numbers.setdefault(label, len(self._numbers))

    def _all_read(self) -> NDArray[np.int64]:
        """Return the number of each row's label, in the order in which they were read: int64 (rows,)."""
        return np.concatenate([np.empty(0, np.int64), *self._read])

    def counts(self, clusters: int, named: int, limit: int) -> LabelCounts:
        """Count the labels read, in ``clusters`` clusters, and name the ``named`` commonest at most."""
        numbers = self._all_read()
        homes = np.concatenate([np.empty(0, np.int32), *self._clusters]).astype(np.int64)
        homes = homes[numbers >= 0]
        labels = list(self._numbers)
        place = self._places(numbers, named)
        size = min(named, len(labels))
        width = size + 1
        known = numbers[numbers >= 0]
        by_name = np.bincount(homes * width + place[known], minlength=clusters * width)
        # Each label of each cluster; of equally common ones, the commoner in all clusters comes first.
        pairs, often = np.unique(homes * max(1, len(labels)) + known, return_counts=True)
        where, which = pairs // max(1, len(labels)), pairs % max(1, len(labels))
        order = np.lexsort((which, place[which], -often, where))
        where, first = np.unique(where[order], return_index=True)
        commonest = np.full(clusters, size + 1, np.uint8)
        most = np.zeros(clusters, np.int32)
        commonest[where] = place[which[order][first]]
        most[where] = often[order][first]
        return LabelCounts(
            names=[labels[number] for number in np.argsort(place, kind="stable")[:size]],
            counts=by_name.reshape(clusters, width).astype(np.int32),
            commonest=commonest,
            most=most,
            distinct=len(labels),
            counted=numbers.size,
            unlabelled=int((numbers == NO_LABEL).sum()),
            failed=int((numbers == FAILED).sum()),
            limit=limit,
        )

    def codes(self, names: list[str]) -> NDArray[np.uint8]:
        """Return the place of each label read among some names.

        The number of names stands for another label, one more for none.
        """
        place = np.full(len(self._numbers) + 2, len(names), np.uint8)
        # Negative numbers, of rows without a label, count from the end.
        place[-2:] = len(names) + 1
        for i, name in enumerate(names):
            if (number := self._numbers.get(name)) is not None:
                place[number] = i
        return place[self._all_read()]

    def _places(self, numbers: NDArray[np.int64], named: int) -> NDArray[np.int64]:
        """Return the place of each label among the ``named`` commonest, their number for all others."""
        totals = np.bincount(numbers[numbers >= 0], minlength=len(self._numbers))
        size = min(named, totals.size)
        place = np.full(totals.size, size)
        place[np.argsort(-totals, kind="stable")[:size]] = np.arange(size)
        return place
