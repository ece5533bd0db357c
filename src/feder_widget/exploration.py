"""``explore``: from pictures to the widget in one line."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from feder_widget.embedders import colours_and_edges
from feder_widget.embedding import (
    BATCH_SIZE,
    Pictures,
    PicturesLeftOutWarning,
    as_embedder,
    embed_pictures,
)
from feder_widget.engines import build_index, plan_index
from feder_widget.widget import FederWidget, check_options


def explore(
    images: object,
    embed: Any = None,
    *,
    embed_text: Any = None,
    batch_size: int = BATCH_SIZE,
    cache: object = None,
    metric: str = "cosine",
    nlist: int | None = None,
    factory: str | None = None,
    progress: bool = True,
    **options: Any,
) -> FederWidget:
    """Embed pictures, build an index of them, and show it: ``fw.explore("photos/**/*.jpg", embed=model)``.

    It is the same as :func:`embed`, :func:`build_index` and :class:`FederWidget` in turn. Row id i is picture
    i, whatever is left out.

    Parameters
    ----------
    images : glob, list of paths or pictures, array
        As for :func:`embed`. A glob is expanded once, in natural order.
    embed : optional
        What embeds pictures, as for :func:`embed`; without one, the descriptor
        :func:`embedders.colours_and_edges`, which is no model.
    embed_text : optional
        What embeds words into the same space, as for :func:`embedders.embedder`.
    batch_size, cache, progress
        As for :func:`embed`.
    metric, nlist, factory
        As for :func:`build_index`.
    **options
        As for :class:`FederWidget`; ``labels`` are those beside the pictures, else the names of the files,
        unless given.

    Returns
    -------
    FederWidget
        It keeps the embedder, so that pictures are queries: ``w.search("query.jpg")``.

    Raises
    ------
    TypeError, ValueError, OSError
        As these.

    Warns
    -----
    PicturesLeftOutWarning
        If pictures could not be read; its ``reasons`` say why for each row.
    """
    allowed = set(inspect.signature(FederWidget.__init__).parameters) - {"self", "index", "images"}
    unknown = sorted(set(options) - allowed)
    if unknown:
        raise TypeError(
            f"explore takes no {', '.join(unknown)}; FederWidget takes {', '.join(sorted(allowed))}"
        )
    embedder = as_embedder(colours_and_edges() if embed is None else embed, embed_text)
    pictures = Pictures(images)
    # Bad choices are refused before an hour of embedding.
    plan_index(max(1, len(pictures)), 0, metric, nlist, factory)
    check_options(len(pictures), options)
    vectors, reasons = embed_pictures(pictures, embedder, batch_size, cache, progress)
    if embedder.find_width() != vectors.shape[1]:
        # All came from the cache, by an embedder of the same name. Now that the width is known, they do not.
        vectors, reasons = embed_pictures(pictures, embedder, batch_size, cache, progress)
    if reasons:
        warnings.warn(PicturesLeftOutWarning(reasons, len(vectors)), stacklevel=2)
    index = build_index(vectors, metric=metric, nlist=nlist, factory=factory, explain=progress)
    if not {"label", "labels"} & set(options):
        options["labels"] = pictures.labels
    return FederWidget(index, images=pictures.entry, embed=embedder, **options)
