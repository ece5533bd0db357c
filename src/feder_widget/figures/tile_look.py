"""The frame of a row's picture, and the line below it."""

from __future__ import annotations

import math

from feder_widget.palette import Palette, Rgb, rank_colour, rgb_of
from feder_widget.wording.numbers import distance_text


def tile_edge(palette: Palette, rank: int, is_missed: bool) -> Rgb:
    """Return the colour of a frame: by the rank of the row's cluster, where it has one."""
    if is_missed:
        return rgb_of(palette.danger)
    return rank_colour(palette, rank) if rank >= 1 else rgb_of(palette.accent)


def tile_caption(distance: float) -> str:
    """Return the line below a picture."""
    return distance_text(distance, 3) if math.isfinite(distance) else ""
