"""The labels that a data set of pictures holds beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feder_widget.media.columns import plain_column
from feder_widget.media.entries import Lookup
from feder_widget.media.image_entry import is_pair
from feder_widget.media.pair_labels import pair_labels, plain_label


def label_source(labels: Any, images: Any) -> Any:
    """Return what labels are read from: those given, else those that stand beside the pictures.

    Labels stand beside pictures in a list of ``(picture, label)`` pairs, and in a torchvision data set with
    ``targets`` or ``labels``, whose numbers are places among its ``classes``. No picture is read for these.
    A torch data set without them has its labels in its items, see ``pair_labels``: one is read.

    Returns
    -------
    object
        For ``open_labels``; None where there are none.
    """
    if labels is not None:
        return plain_column("labels", labels)
    if isinstance(images, (list, tuple)):
        return _of_pairs(images) if images and is_pair(images[0]) else None
    return _of_data_set(images) or pair_labels(images)


def _of_pairs(pairs: Sequence[Any]) -> Lookup:
    def label(row_id: int) -> Any:
        entry = pairs[row_id] if 0 <= row_id < len(pairs) else None
        return plain_label(entry[1]) if isinstance(entry, tuple) and is_pair(entry) else None

    return label


def _of_data_set(images: Any) -> Lookup | None:
    if not (hasattr(images, "__len__") and hasattr(images, "__getitem__")) or hasattr(images, "iloc"):
        return None
    if hasattr(images, "dataset") and hasattr(images, "indices"):  # torch.utils.data.Subset
        whole, indices = _of_data_set(images.dataset), images.indices
        if whole is None:
            return None
        return lambda row_id: whole(int(indices[row_id])) if 0 <= row_id < len(indices) else None
    numbers: Any = getattr(images, "targets", None)
    numbers = getattr(images, "labels", None) if numbers is None else numbers
    if not hasattr(numbers, "__getitem__") or not hasattr(numbers, "__len__") or len(numbers) != len(images):
        return None
    classes = getattr(images, "classes", None)
    names = classes if isinstance(classes, (list, tuple)) else None

    def label(row_id: int) -> Any:
        if not 0 <= row_id < len(numbers):
            return None
        number = plain_label(numbers[row_id])
        is_place = names is not None and isinstance(number, int) and 0 <= number < len(names)
        return names[number] if is_place and names is not None else number

    return label
