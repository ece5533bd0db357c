"""Formats that need a plugin of Pillow: recognised by their first bytes, so that a message can name it."""

from __future__ import annotations

from dataclasses import dataclass


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
