"""Text that cannot break a figure: never math, never TeX, only characters that some font has."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from feder_widget.media.one_line import one_line

LABEL_LIMIT = 60
"""Most characters of a label."""

TITLE_LIMIT = 90

FALLBACKS = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans JP", "Hiragino Sans", "Yu Gothic", "Microsoft YaHei",
    "PingFang SC", "Malgun Gothic", "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Arial Unicode MS",
    "DejaVu Sans",
)  # fmt: skip
"""Fonts with the letters that the caller's own font may lack, as far as they are installed."""

MISSING = "\N{REPLACEMENT CHARACTER}"


def text_options() -> dict[str, Any]:
    """Return the options of every text: untrusted text is neither math nor TeX."""
    return {"parse_math": False, "usetex": False, "fontfamily": list(families())}


def families() -> tuple[str, ...]:
    """Return the caller's own font families, then those that complete them."""
    own = tuple(FontProperties().get_family())
    return own + tuple(name for name in _installed() if name not in own)


def shown_text(text: str, limit: int = LABEL_LIMIT) -> str:
    """Return one short line of a text, without the characters that no font here can show."""
    line = one_line(text, limit)
    known = _characters(families())
    return "".join(letter if ord(letter) in known else MISSING for letter in line)


def measured(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a text in points."""
    return _measured(text, size, bold, tuple(FontProperties().get_family()))


@lru_cache(maxsize=4096)
def _measured(text: str, size: float, bold: bool, wanted: tuple[str, ...]) -> float:
    font = FontProperties(family=list(wanted), size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    names = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(name for name in FALLBACKS if name in names)


@lru_cache(maxsize=8)
def _characters(wanted: tuple[str, ...]) -> frozenset[int]:
    """Return the characters that at least one of these families has."""
    known: set[int] = set()
    for family in wanted:
        path = font_manager.findfont(FontProperties(family=[family]))
        known.update(font_manager.get_font(path).get_charmap())
    return frozenset(known)
