"""The labels of a data set that gives them only together with its pictures."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from cachetools import LRUCache

from feder_widget.media.image_entry import is_pair

KEPT = 1 << 18
"""Labels kept: more than are counted at once."""


class PairLabels:
    """A lookup of labels in a torch data set whose items are ``(picture, label)`` pairs.

    To look a label up reads its picture too, unless one of them has been read before.

    Parameters
    ----------
    pairs : torch.utils.data.Dataset
        Items that are pairs. ``classes``, its own or those of the data set that it is a subset of, name
        integers.
    """

    def __init__(self, pairs: Any) -> None:
        self._pairs = pairs
        classes = getattr(pairs, "classes", getattr(getattr(pairs, "dataset", None), "classes", None))
        self._names = classes if isinstance(classes, (list, tuple)) else ()
        self._known: LRUCache[int, Any] = LRUCache(KEPT)
        self._lock = threading.Lock()

    def __call__(self, row_id: int) -> Any:
        """Return the label of a row, None where there is none. Exceptions of the data set pass through."""
        with self._lock:
            if row_id in self._known:
                return self._known[row_id]
        return self.note(row_id, self._pairs[row_id]) if 0 <= row_id < len(self._pairs) else None

    def note(self, row_id: int, entry: Any) -> Any:
        """Keep the label of an item that has been read, and return it."""
        label = plain_label(entry[1]) if is_pair(entry) else None
        if type(label) is int and 0 <= label < len(self._names):
            label = self._names[label]
        with self._lock:
            self._known[row_id] = label
        return label


def pair_labels(images: Any) -> PairLabels | None:
    """Return the labels in the items of a torch data set, by its first item; None where that has no label.

    Other objects are not read: an item of theirs may be anything.
    """
    if not _is_torch_data_set(images):
        return None
    try:
        first = images[0] if len(images) else None
    except Exception:  # the caller's data set may raise anything: each picture will say so
        return None
    if not isinstance(first, tuple) or not is_pair(first):
        return None
    if not isinstance(plain_label(first[1]), (str, bytes, int, float, np.generic)):
        return None
    labels = PairLabels(images)
    labels.note(0, first)
    return labels


def plain_label(label: Any) -> Any:
    """Return a number out of a tensor or a NumPy scalar."""
    return label.item() if hasattr(label, "item") and getattr(label, "shape", None) == () else label


def _is_torch_data_set(images: Any) -> bool:
    return any(
        base.__name__ == "Dataset" and base.__module__.startswith("torch.utils.data")
        for base in type(images).__mro__
    )
