"""The `images` to embed: how many there are, what each is called, and its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from feder_widget.media import BadImage, IdRange, Lookup, file_of, is_missing, open_images, shrink
from feder_widget.media.label_sources import label_source

PICTURE_SIDE = 1024
"""Longest side of the pictures that an embedder gets, in pixels. Models scale them to a few hundred."""

_GROUND = (255, 255, 255)


@dataclass(frozen=True)
class _Lengths(IdRange):
    """Accepts any number of images, and keeps it."""

    found: list[int] = field(default_factory=list)

    def check_length(self, argument: str, length: int) -> None:  # noqa: ARG002
        self.found.append(length)


class Pictures:
    """A sequence of pictures; the i-th belongs to row id i.

    Parameters
    ----------
    images : glob, array or sequence
        As for :class:`feder_widget.FederWidget`. A glob is expanded once.

    Raises
    ------
    TypeError
        If their number is unknown: a mapping, a function, or no images at all.
    ValueError
        If a glob matches nothing, or an array has not the shape of images.
    """

    def __init__(self, images: object) -> None:
        wanted = "images must be a glob, a list of paths or pictures, or an array of pictures"
        if images is None:
            raise TypeError(f"{wanted}, got None")
        lengths = _Lengths(0, lambda: -1)
        lookup = None if isinstance(images, Mapping) else open_images(images, lengths)
        if lookup is None or not lengths.found:
            raise TypeError(f"{wanted}, got a {type(images).__name__}, whose number is not known")
        self._lookup: Lookup = lookup
        self._labels: Lookup | None = label_source(None, images)
        self._count = lengths.found[-1]
        # Of a list, every entry may be a file. The items of other sequences may cost a decoding each.
        self._has_files = isinstance(images, (list, tuple)) or self._first_file() is not None

    def __len__(self) -> int:
        return self._count

    def entry(self, row: int) -> Any:
        """Return a row's entry: a path, bytes, an array, a PIL image or None."""
        return self._lookup(row)

    def file(self, row: int) -> Path | None:
        """Return the file of a row, None where it is no file or cannot be told."""
        return self._file_of_entry(row) if self._has_files else None

    def file_name(self, row: int) -> str | None:
        """Return the name of a row's file, without folders."""
        path = self.file(row)
        return None if path is None else path.name

    @property
    def labels(self) -> Lookup | None:
        """Row → the label beside its picture, else the name of its file; None without either."""
        if self._labels is not None:
            return self._labels
        return self.file_name if self.are_files() else None

    def are_files(self) -> bool:
        """Return whether the first picture is a file."""
        return self._first_file() is not None

    def _first_file(self) -> Path | None:
        return self._file_of_entry(0) if self._count > 0 else None

    def _file_of_entry(self, row: int) -> Path | None:
        try:
            return file_of(self._lookup(row))
        except Exception:  # a caller's sequence may raise anything
            return None


def read_picture(entry: object, side: int = PICTURE_SIDE) -> Image.Image:
    """Decode one picture as embedders get it: RGB, upright, no larger than `side` pixels.

    Transparent pictures are laid on white.

    Raises
    ------
    BadImage
        If it cannot be read, with the reason.
    """
    if is_missing(entry):
        raise BadImage("no picture")
    image = shrink(entry, side).image
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, _GROUND)
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    return image if image.mode == "RGB" else image.convert("RGB")
