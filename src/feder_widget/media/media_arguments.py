"""The arguments of a widget that say what its rows look like → `Media`."""

from __future__ import annotations

from collections.abc import Sequence

from feder_widget.media.entries import IdRange
from feder_widget.media.media import Media
from feder_widget.media.row_table import RowTable


def opened_media(
    index_ids: IdRange,
    *,
    images: object = None,
    labels: object = None,
    data: object = None,
    id: str | None = None,  # noqa: A002
    columns: Sequence[str] | None = None,
    label: str | None = None,
    image: str | None = None,
) -> Media:
    """Check the arguments against each other and open them; see `FederWidget`.

    Raises
    ------
    TypeError, ValueError
        As `Media` and `RowTable`; if a column is named and no ``data`` given, or if the same is given twice.
    """
    if data is None:
        named = {"id": id, "columns": columns, "label": label, "image": image}
        for argument, given in named.items():
            if given is not None:
                raise ValueError(f"{argument} names a column of data, got {given!r} and no data")
        return Media(images, labels, index_ids)
    for one, other, argument in ((label, labels, "label"), (image, images, "image")):
        if one is not None and other is not None:
            raise ValueError(
                f"{argument} names a column of data, and {argument}s were given as well; pass one"
            )
    table = RowTable(data, index_ids, id_column=id, columns=columns, others=(label, image))
    return Media(
        images if image is None else table.column(image, "image"),
        labels if label is None else table.column(label, "label"),
        index_ids,
        table=table,
    )
