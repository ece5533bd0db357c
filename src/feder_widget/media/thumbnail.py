"""One image, in any accepted form → a `Thumbnail`."""

from __future__ import annotations

import base64
import io
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PIL import Image

from feder_widget.media.errors import BadImage
from feder_widget.media.image_decoder import check_pixels, shrink_bytes, shrink_file
from feder_widget.media.image_entry import array_pixels, bare_image
from feder_widget.media.image_fit import FittedImage, fit
from feder_widget.media.text import one_line
from feder_widget.model.array_like import is_tensor

SIZES = (64, 128, 256, 512, 1024)
"""Longest sides that are made: few, so that all screens and zooms share the cache."""

EXACT_SIDE = 64
JPEG_QUALITY = 85
MAX_URL = 8 << 10
MAX_DATA_URL = 64 << 10
"""Most characters of a data URL that is passed on; longer ones are decoded here, to keep messages short."""

REASON_LIMIT = 200

# Two letters at least: "C:" is a drive.
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]+):", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|jpg|gif|webp|avif|bmp)[;,]", re.IGNORECASE)

# Decoding a lazily opened PIL image changes it, and two threads may ask for the same image.
_given_images = threading.Lock()


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An image for the page, the reason for its absence, or word that the label stands for it.

    Exactly one of `data`, `url`, `reason`, `is_label` is set.

    Attributes
    ----------
    mime : str or None
        Type of `data`: image/png or image/jpeg.
    data : bytes or None
        Encoded image.
    url : str or None
        http(s) or data:image URL that the browser loads itself.
    reason : str or None
        Reason for the absence, in plain words without folder names: text, never HTML.
    is_label : bool
        Whether the row has a label and no image: its label is shown.
    width, height : int
        Pixels of `data`; 0 when unknown.
    note : str or None
        What is to be known of the picture: that it is the first frame of an animation.
    """

    mime: str | None = None
    data: bytes | None = None
    url: str | None = None
    reason: str | None = None
    is_label: bool = False
    width: int = 0
    height: int = 0
    note: str | None = None

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.data, self.url, self.reason)) + self.is_label != 1:
            raise ValueError("Thumbnail takes exactly one of data, url, reason and is_label")


LABEL = Thumbnail(is_label=True)


def placeholder(reason: str) -> Thumbnail:
    """Return a thumbnail without an image, with the reason."""
    return Thumbnail(reason=one_line(reason, REASON_LIMIT))


def bucket(size: int) -> int:
    """Return the smallest of `SIZES` that is at least `size` pixels, else the largest.

    Raises
    ------
    ValueError
        If `size` is below 1.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel, got {size}")
    return next((side for side in SIZES if side >= size), SIZES[-1])


def render(entry: object, size: int) -> Thumbnail:
    """Make the thumbnail of one image.

    Parameters
    ----------
    entry : path, URL, encoded bytes, array, tensor or PIL image
        A `str` with a scheme is a URL, any other a path; an `os.PathLike` is always a path. Also a dict or a
        tuple that holds one of these: see `bare_image`.
    size : int
        Longest side at most, in pixels.

    Raises
    ------
    BadImage
        If it cannot be shown.
    """
    entry = bare_image(entry)
    if isinstance(entry, str) and (scheme := _SCHEME.match(entry)):
        return _from_url(entry.strip(), scheme.group(1).lower(), size)
    return _encode(shrink(entry, size))


def shrink(entry: object, size: int) -> FittedImage:
    """Decode one image that is at hand, no larger than asked.

    Parameters
    ----------
    entry : path, data URL, encoded bytes, array, tensor or PIL image
        Or a dict or a tuple that holds one of these.
    size : int
        Longest side at most, in pixels.

    Raises
    ------
    BadImage
        If it cannot be read, or is a URL that only browsers load.
    """
    entry = bare_image(entry)
    if isinstance(entry, Image.Image):
        return _shrink_given(entry, size)
    if isinstance(entry, (bytes, bytearray, memoryview)):
        return shrink_bytes(entry, size)
    if isinstance(entry, str) and (scheme := _SCHEME.match(entry)):
        if _DATA_IMAGE.match(entry.strip()):
            return shrink_bytes(_decode_data_url(entry.strip()), size)
        raise BadImage(f"{one_line(scheme.group(1), 20)}: addresses are not read; pass a file or its bytes")
    if isinstance(entry, (str, os.PathLike)):
        return shrink_file(expanded(Path(os.fsdecode(entry))), size)
    if hasattr(entry, "__array__") or is_tensor(entry):
        pixels = array_pixels(entry)
        check_pixels((pixels.shape[1], pixels.shape[0]), "the array")
        return fit(Image.fromarray(pixels), size, own=True)
    raise BadImage(
        f"got {type(entry).__name__}; wanted a path, a URL, encoded bytes, an array or a PIL image"
    )


def file_of(entry: object) -> Path | None:
    """Return the path that an image is read from, None where it is no file."""
    entry = bare_image(entry)
    if isinstance(entry, str) and _SCHEME.match(entry):
        return None
    return expanded(Path(os.fsdecode(entry))) if isinstance(entry, (str, os.PathLike)) else None


def expanded(path: Path) -> Path:
    """Return a path with its user's folder in place of a tilde."""
    try:
        return path.expanduser()
    except RuntimeError:  # no such user: then the tilde is part of the name
        return path


def _shrink_given(image: Image.Image, size: int) -> FittedImage:
    check_pixels(image.size, "the PIL image")
    if 0 in image.size:
        raise BadImage("the PIL image has no pixels")
    try:
        with _given_images:
            return fit(image, size, own=False)
    except Exception as error:  # a closed or damaged file behind the image
        raise BadImage(f"the PIL image cannot be read ({type(error).__name__})") from None


def _from_url(url: str, scheme: str, size: int) -> Thumbnail:
    # Browsers drop line breaks and control characters: the loaded URL would not be the checked one.
    printable = url.isprintable()
    if scheme == "data" and _DATA_IMAGE.match(url):
        if printable and len(url) <= MAX_DATA_URL:
            return Thumbnail(url=url)
        return _encode(shrink_bytes(_decode_data_url(url), size))
    if scheme in ("http", "https"):
        if not printable or url[len(scheme) : len(scheme) + 3] != "://":
            raise BadImage("the URL is malformed")
        if len(url) > MAX_URL:
            raise BadImage(f"the URL is too long: {len(url):,} characters, the limit is {MAX_URL:,}")
        return Thumbnail(url=url)
    hint = "pass the path itself" if scheme == "file" else "wanted a path, http(s) or data:image of a bitmap"
    raise BadImage(f"{one_line(scheme, 20)}: addresses are not shown; {hint}")


def _decode_data_url(url: str) -> bytes:
    header, _, payload = url.partition(",")
    try:
        raw = unquote_to_bytes(payload)
        return base64.b64decode(raw) if header.lower().endswith(";base64") else raw
    except ValueError:
        raise BadImage("the data URL is damaged") from None


def _encode(fitted: FittedImage) -> Thumbnail:
    """Encode as PNG if the image is tiny and exact or has transparency, else as JPEG."""
    image = fitted.image
    stream = io.BytesIO()
    if image.mode == "RGBA" or (fitted.exact and max(image.size) <= EXACT_SIDE):
        mime = "image/png"
        image.save(stream, "PNG")
    else:
        mime = "image/jpeg"
        image.save(stream, "JPEG", quality=JPEG_QUALITY)
    return Thumbnail(mime, stream.getvalue(), width=image.width, height=image.height, note=fitted.note)
