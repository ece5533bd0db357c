"""The formats of pictures that are read, and those that need a plugin of Pillow, which a message can name."""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass
from functools import cache

from PIL import Image

_PLUGINS = {
    "PNG": "PngImagePlugin",
    "JPEG": "JpegImagePlugin",
    "MPO": "MpoImagePlugin",
    "GIF": "GifImagePlugin",
    "WEBP": "WebPImagePlugin",
    "AVIF": "AvifImagePlugin",
    "BMP": "BmpImagePlugin",
    "TIFF": "TiffImagePlugin",
    "PPM": "PpmImagePlugin",
}

_REGISTERED = ("HEIF", "JXL")
"""Formats that Pillow reads once the caller has registered a plugin."""


def decoders() -> tuple[str, ...]:
    """Return the formats to try, as far as this Pillow has them; rare and risky ones are excluded."""
    _load_plugins()
    return tuple(name for name in (*_PLUGINS, *_REGISTERED) if name in Image.OPEN)


@cache
def _load_plugins() -> None:
    for plugin in _PLUGINS.values():
        with contextlib.suppress(ImportError):  # AVIF came with Pillow 11.3
            importlib.import_module(f"PIL.{plugin}")


@dataclass(frozen=True, slots=True)
class PluginFormat:
    """A format that not every Pillow reads.

    Attributes
    ----------
    name : str
        As people know it.
    format : str
        As Pillow registers it.
    remedy : str
        What to install and call.
    """

    name: str
    format: str
    remedy: str


_HEIC = PluginFormat(
    "HEIC", "HEIF", "pip install pillow-heif, then call pillow_heif.register_heif_opener() once"
)
_AVIF = PluginFormat("AVIF", "AVIF", "pip install 'pillow>=11.3', whose wheels read it")
_JXL = PluginFormat("JPEG XL", "JXL", "pip install pillow-jxl-plugin, then import pillow_jxl once")

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}
_JXL_STARTS = (b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n")


def missing_plugin(start: bytes) -> PluginFormat | None:
    """Return the format of a file by its first bytes; None for one that Pillow reads by itself.

    HEIC and AVIF are both ISO media files (ISO/IEC 14496-12): a box ``ftyp`` names the major brand, a version
    and compatible brands, of four bytes each. A file of the general brand ``mif1`` names a special one too.
    """
    if start.startswith(_JXL_STARTS):
        return _JXL
    if start[4:8] != b"ftyp":
        return None
    length = min(int.from_bytes(start[:4], "big"), len(start), 256)
    brands = {start[at : at + 4] for at in range(8, length - 3, 4) if at != 12}
    if brands & _AVIF_BRANDS:
        return _AVIF
    return _HEIC if brands & (_HEIC_BRANDS | {b"mif1", b"msf1"}) else None
