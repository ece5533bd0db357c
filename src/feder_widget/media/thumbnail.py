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
from feder_widget.media.one_line import one_line
from feder_widget.model.array_like import is_tensor

SIZES = (64, 128, 256, 512, 1024)
"""Longest sides that are made: few, so that all screens and zooms share the cache."""

EXACT_SIDE = 64
JPEG_QUALITY = 85
FEW_BYTES_QUALITY = 82
"""Of pictures in few bytes: at the sizes of tiles, nothing is to be seen of it. WebP takes ten times as
long."""

FEW_COLOURS = 64
"""An image of no more colours is a drawing: as PNG it is sharper, and as small."""

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


def render(entry: object, size: int, *, few_bytes: bool = False) -> Thumbnail:
    """Make the thumbnail of one image.

    Parameters
    ----------
    entry : path, URL, encoded bytes, array, tensor or PIL image
        A `str` with a scheme is a URL, any other a path; an `os.PathLike` is always a path. Also a dict or a
        tuple that holds one of these: see `bare_image`.
    size : int
        Longest side at most, in pixels.
    few_bytes : bool
        Whether a tiny image may lose detail to be encoded in few bytes.

    Raises
    ------
    BadImage
        If it cannot be shown.
    """
    entry = bare_image(entry)
    if isinstance(entry, str) and (scheme := _SCHEME.match(entry)):
        found = _from_url(entry.strip(), scheme.group(1).lower(), size)
    else:
        found = shrink(entry, size)
    return found if isinstance(found, Thumbnail) else (_in_few_bytes if few_bytes else _encode)(found)


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


def _from_url(url: str, scheme: str, size: int) -> Thumbnail | FittedImage:
    # Browsers drop line breaks and control characters: the loaded URL would not be the checked one.
    printable = url.isprintable()
    if scheme == "data" and _DATA_IMAGE.match(url):
        if printable and len(url) <= MAX_DATA_URL:
            return Thumbnail(url=url)
        return shrink_bytes(_decode_data_url(url), size)
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
    if image.mode == "RGBA" or (fitted.exact and max(image.size) <= EXACT_SIDE):
        return _as_png(fitted)
    return _as_jpeg(fitted, JPEG_QUALITY)


def _in_few_bytes(fitted: FittedImage) -> Thumbnail:
    """Encode as PNG if the image has few colours or transparency, else as JPEG."""
    image = fitted.image
    if image.mode == "RGBA" or image.getcolors(FEW_COLOURS) is not None:
        return _as_png(fitted)
    return _as_jpeg(fitted, FEW_BYTES_QUALITY)


def _as_png(fitted: FittedImage) -> Thumbnail:
    stream = io.BytesIO()
    fitted.image.save(stream, "PNG")
    return _encoded("image/png", stream, fitted)


def _as_jpeg(fitted: FittedImage, quality: int) -> Thumbnail:
    stream = io.BytesIO()
    fitted.image.save(stream, "JPEG", quality=quality)
    return _encoded("image/jpeg", stream, fitted)


def _encoded(mime: str, stream: io.BytesIO, fitted: FittedImage) -> Thumbnail:
    width, height = fitted.image.size
    return Thumbnail(mime, stream.getvalue(), width=width, height=height, note=fitted.note)
