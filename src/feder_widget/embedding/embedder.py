"""``Embedder``: pictures, and words where it can, to vectors, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from feder_widget.embedding.calls import ImageCall, TextCall, image_call, stated_width, text_call
from feder_widget.embedding.naming.embedder_name import EmbedderName, name_of
from feder_widget.embedding.pictures import PICTURE_SIDE
from feder_widget.embedding.vectors import BadVectorsError, as_vectors
from feder_widget.errors import EmbedderError
from feder_widget.media.one_line import one_line

MOST_NAMED = 5
"""Pictures that an error names."""

TITLE_LIMIT = 200
"""Most characters of the name of a picture, or of words, in an error."""

Vectors = NDArray[np.float32]


class Embedder:
    """Embeds pictures, and words where it can.

    Parameters
    ----------
    call
        Pictures and their files → vectors in any form.
    name : str
        Names what the vectors depend on; caches are kept by it.
    width : int, optional
        Numbers in a vector, where known before the first.
    texts : callable, optional
        A list of str → vectors in any form.
    side : int
        Longest side of the pictures it gets, in pixels.
    unread : sequence of str, optional
        What it holds that its name says nothing of. With any, no cache is kept.
    is_named : bool
        Whether the user has given it its name, which may then be that of another one.
    """

    def __init__(
        self,
        call: ImageCall,
        *,
        name: str,
        width: int | None = None,
        texts: TextCall | None = None,
        side: int = PICTURE_SIDE,
        unread: Sequence[str] = (),
        is_named: bool = False,
    ) -> None:
        self._call = call
        self._texts = texts
        self.name = name
        self.unread = tuple(unread)
        self.is_named = is_named
        self.width = width
        self.side = side

    def __repr__(self) -> str:
        return f"<Embedder {self.name}, width {self.width or 'unknown'}>"

    def images(
        self,
        images: Sequence[Image.Image],
        *,
        paths: Sequence[Path | None] | None = None,
        titles: Sequence[str] | None = None,
    ) -> Vectors:
        """Embed pictures.

        Parameters
        ----------
        images : sequence of PIL.Image.Image
            RGB, upright.
        paths : sequence of Path or None, optional
            The file of each, for embedders that read files.
        titles : sequence of str, optional
            Words for each in errors.

        Returns
        -------
        float32 array (n, width)

        Raises
        ------
        EmbedderError
            If the embedder raises, or returns anything but one finite vector for each, all of one width.
        """
        if not images:
            return np.empty((0, self.width or 0), np.float32)
        named = list(titles or (f"picture {place + 1}" for place in range(len(images))))
        files = list(paths or [None] * len(images))
        return self._checked(lambda: self._call(list(images), files), "embed", named)

    @property
    def texts(self) -> Callable[[Sequence[str]], Vectors] | None:
        """The function that embeds words, list of str → float32 (n, width); None where there is none."""
        return None if self._texts is None else self._embed_texts

    def _embed_texts(self, texts: Sequence[str]) -> Vectors:
        call = self._texts
        assert call is not None
        return self._checked(lambda: call(list(texts)), "embed_text", [repr(text) for text in texts])

    def find_width(self) -> int:
        """Return the width of the vectors; embeds a grey picture where it is not known yet."""
        if self.width is None:
            self.images([Image.new("RGB", (64, 64), (128, 128, 128))], titles=["a plain grey picture"])
        assert self.width is not None
        return self.width

    def _checked(self, call: Callable[[], Any], argument: str, titles: Sequence[str]) -> Vectors:
        try:
            vectors = as_vectors(call(), len(titles))
        except BadVectorsError as error:
            faulty = [titles[place] for place in error.places] or titles
            raise EmbedderError(f"{argument}: {error}; for {_listed(faulty)}") from error
        except Exception as error:
            raise EmbedderError(
                f"{argument} raised {type(error).__name__}: {error}; for {_listed(titles)}"
            ) from error
        if self.width is not None and vectors.shape[1] != self.width:
            raise EmbedderError(
                f"{argument}: it returned vectors of {vectors.shape[1]} numbers, wanted {self.width}; "
                f"for {_listed(titles)}"
            )
        self.width = vectors.shape[1]
        return vectors


def as_embedder(embed: Any, embed_text: Any = None, *, name: str | None = None) -> Embedder:
    """Make an embedder of what people have; see :func:`feder_widget.embedders.embedder`.

    Raises
    ------
    TypeError
        If it cannot embed pictures, or ``embed_text`` no words.
    """
    if isinstance(embed, Embedder) and embed_text is None and name is None:
        return embed
    if isinstance(embed_text, Embedder):
        texts = embed_text._texts
        if texts is None:
            raise TypeError(f"embed_text must embed words, and {embed_text!r} embeds pictures only")
    elif isinstance(embed, Embedder) and embed_text is None:
        texts = embed._texts
    else:
        texts = text_call(embed, embed_text)
    if isinstance(embed, Embedder):
        return Embedder(
            embed._call,
            name=name or embed.name,
            width=embed.width,
            texts=texts,
            side=embed.side,
            unread=() if name else embed.unread,
            is_named=embed.is_named or name is not None,
        )
    call = image_call(embed)
    known = EmbedderName(name) if name else name_of(embed)
    return Embedder(
        call,
        name=known.text,
        width=stated_width(embed),
        texts=texts,
        unread=known.unread,
        is_named=name is not None,
    )


def _listed(titles: Sequence[str]) -> str:
    shown = ", ".join(one_line(title, TITLE_LIMIT) for title in titles[:MOST_NAMED])
    more = f" and {len(titles) - MOST_NAMED:,} more" if len(titles) > MOST_NAMED else ""
    return f"{shown}{more}"
