"""Untrusted files and bytes → small images, within limits. Pillow's own settings stay as they are."""

from __future__ import annotations

import contextlib
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile, jpeg_factory

from feder_widget.media.errors import BadImage
from feder_widget.media.image_fit import FittedImage, fit
from feder_widget.media.image_formats import decoders, missing_plugin
from feder_widget.media.one_line import one_line

MAX_FILE_BYTES = 128 << 20
MAX_PIXELS = 64_000_000
"""64 megapixels decode to at most 256 MB. Pillow itself warns from 89 million."""

MAX_DRAFTED_PIXELS = 160_000_000
"""A JPEG of that size is decoded at an eighth of its width and height, line by line. A progressive one is
not: libjpeg holds all of it."""

NAME_LIMIT = 80


def shrink_file(path: Path, size: int) -> FittedImage:
    """Read an image file.

    Raises
    ------
    BadImage
        If it is missing, not a regular file, too large, damaged or no bitmap.
    """
    name = one_line(path.name or "the path", NAME_LIMIT)
    try:
        # By name first, because opening a device may act on it; then on the open file, which may be another.
        _check_regular(path.stat(), name)
        with open(path, "rb", opener=_open_without_waiting) as file:
            _check_regular(os.fstat(file.fileno()), name)
            return _shrink(file, name, size)
    except FileNotFoundError:
        raise BadImage(f"{name} was not found") from None
    except PermissionError:
        raise BadImage(f"{name} may not be read (permission denied)") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise BadImage(f"{name} cannot be opened ({type(error).__name__})") from None


def shrink_bytes(data: bytes | bytearray | memoryview, size: int) -> FittedImage:
    """Read an encoded image.

    Raises
    ------
    BadImage
        If it is empty, too large, damaged or no bitmap.
    """
    _check_bytes(memoryview(data).nbytes, "the encoded image")
    return _shrink(io.BytesIO(data), "the encoded image", size)


def check_pixels(size: tuple[int, int], name: str, most: int = MAX_PIXELS) -> None:
    """Raise BadImage for an image that would take too much memory."""
    width, height = size
    if width * height > most:
        limit = most // 10**6
        raise BadImage(
            f"{name} is too large: {width:,} by {height:,} pixels, the limit is {limit} megapixels"
        )


def _shrink(stream: BinaryIO, name: str, size: int) -> FittedImage:
    try:
        with _open(stream) as image:
            is_drafted = isinstance(image, JpegImageFile) and not image.info.get("progressive")
            check_pixels(image.size, name, MAX_DRAFTED_PIXELS if is_drafted else MAX_PIXELS)
            return fit(image, size, own=True)
    except BadImage:
        raise
    except UnidentifiedImageError:
        raise BadImage(_explain_unknown(stream, name)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadImage(f"{name} is too large: the limit is {MAX_PIXELS // 10**6} megapixels") from None
    except MemoryError:
        raise BadImage(f"{name} does not fit into memory") from None
    except (
        Exception
    ) as error:  # decoders raise anything on hostile input: OSError, SyntaxError, struct.error, ...
        if isinstance(error, EOFError) or "truncated" in str(error).lower():
            raise BadImage(f"{name} is truncated: it ends before the image does") from None
        raise BadImage(f"{name} is damaged ({type(error).__name__})") from None


def _open(stream: BinaryIO) -> Image.Image:
    is_jpeg = stream.read(3) == b"\xff\xd8\xff"
    stream.seek(0)
    if is_jpeg:
        # Image.open warns of 89 megapixels, of which a JPEG needs only a part here.
        with contextlib.suppress(SyntaxError):
            return jpeg_factory(stream)
        stream.seek(0)
    return Image.open(stream, formats=decoders())


def _explain_unknown(stream: BinaryIO, name: str) -> str:
    stream.seek(0)
    start = stream.read(4096)
    if (wanted := missing_plugin(start)) is not None and wanted.format not in Image.OPEN:
        return f"{name} is {wanted.name}, which this Pillow does not read; {wanted.remedy}"
    head = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if name.lower().endswith((".svg", ".svgz")) or (head.startswith(b"<") and b"<svg" in head):
        return f"{name}: SVG is not a bitmap; convert it to PNG"
    if head.startswith(b"<"):
        return f"{name} is HTML or XML, not an image"
    return f"{name} is no image in a known format ({', '.join(decoders())}), or is damaged"


def _open_without_waiting(path: str, flags: int) -> int:
    # A FIFO put in the file's place between the two checks would block for ever.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_regular(status: os.stat_result, name: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise BadImage(f"{name} is a directory, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise BadImage(f"{name} is not a regular file")
    _check_bytes(status.st_size, name)


def _check_bytes(count: int, name: str) -> None:
    if count == 0:
        raise BadImage(f"{name} is empty (0 bytes)")
    if count > MAX_FILE_BYTES:
        raise BadImage(
            f"{name} is too large: {-(-count >> 20):,} MiB, the limit is {MAX_FILE_BYTES >> 20} MiB"
        )
