"""Every colour of the page and of the figures, declared once.

``python -m scripts.page_palette`` writes ``js/src/look/palettes.generated.ts`` from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["light", "dark"]
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """Every colour of the widget. The page's style sheet and the canvases read the same values.

    Attributes
    ----------
    far, near : Rgb
        Cells that are not probed, from the farthest centroid to the nearest.
    plain : Rgb
        Cells before any search.
    ranks : list of Rgb
        Probed clusters by rank; the last one serves all further ranks.
    labels : list of Rgb
        Labels, the commonest first; the last one serves all others.
    recalls : list of Rgb
        Recalls from 0 to 1 at even distances: low ones stand out from the background.
    values : list of Rgb
        Numbers of a column from the lower end of their scale to the upper one, at even distances.
    fill, value_fill : float
        How much of the rank's colour, or of a value's, fills its cell, over the background.
    """

    background: str
    raised: str
    text: str
    muted: str
    line: str
    control: str
    accent: str
    on_accent: str
    danger: str
    shade: str
    far: Rgb
    near: Rgb
    plain: Rgb
    ranks: tuple[Rgb, ...]
    labels: tuple[Rgb, ...]
    recalls: tuple[Rgb, ...]
    values: tuple[Rgb, ...]
    fill: float
    value_fill: float


VIRIDIS: tuple[Rgb, ...] = (
    (65, 68, 135),
    (53, 96, 141),
    (42, 120, 142),
    (33, 144, 140),
    (34, 168, 132),
    (67, 191, 113),
    (122, 209, 81),
    (187, 223, 39),
)
"""A part of viridis by Stéfan van der Walt and Nathaniel Smith (2015, https://bids.github.io/colormap),
tenths 2 to 9 of it: perceptually uniform, in order of lightness to dichromats too. Its ends would vanish on
a ground of their lightness.
"""

# The colours of ranks with those of missed neighbours (`danger`), and the colours of labels, are what
# `python -m scripts.palette_colours` prints: any two of either kind differ by a CIEDE2000 of at least 10, to
# dichromats too, and ranks, missed neighbours and text stand out on every ground named below.
# Along a scale of recalls lightness never turns and steps are even, to dichromats too. The same script prints
# them.

PALETTES: dict[Mode, Palette] = {
    "light": Palette(
        background="#ffffff",
        raised="#f6f7f9",
        text="#1b1f27",
        muted="#586174",
        line="#e2e5eb",
        control="#868f9f",
        accent="#1c66d8",
        on_accent="#ffffff",
        danger="#ae1400",
        shade="rgb(20 28 44 / 0.16)",
        far=(235, 241, 249),
        near=(206, 221, 243),
        plain=(228, 234, 243),
        ranks=(
            (57, 126, 202),
            (4, 109, 78),
            (201, 64, 141),
            (152, 119, 0),
            (97, 130, 112),
            (118, 52, 43),
            (82, 52, 157),
            (79, 48, 52),
            (96, 97, 109),
        ),
        labels=(
            (61, 136, 218),
            (173, 67, 0),
            (107, 155, 88),
            (215, 79, 158),
            (164, 126, 0),
            (0, 114, 122),
            (101, 65, 173),
            (104, 60, 40),
            (116, 117, 112),
        ),
        recalls=(
            (158, 76, 140),
            (170, 96, 144),
            (181, 114, 148),
            (192, 131, 151),
            (202, 148, 154),
            (213, 166, 156),
            (225, 184, 158),
            (236, 203, 159),
            (250, 226, 160),
        ),
        # The upper end stands out: people take what differs more from the ground for more (Schloss et al.
        # 2019, https://doi.org/10.1109/TVCG.2018.2865147).
        values=(*VIRIDIS[:-1][::-1], (72, 37, 118)),
        fill=0.6,
        value_fill=0.73,
    ),
    "dark": Palette(
        background="#14171c",
        raised="#1d2128",
        text="#e8ebf0",
        muted="#9ba5b5",
        line="#2c323c",
        control="#737d8c",
        accent="#6cb0ff",
        on_accent="#0c1320",
        danger="#ff837e",
        shade="rgb(0 0 0 / 0.5)",
        far=(28, 34, 44),
        near=(36, 58, 88),
        plain=(36, 43, 54),
        ranks=(
            (108, 178, 254),
            (39, 158, 83),
            (194, 109, 172),
            (221, 183, 59),
            (154, 198, 174),
            (225, 96, 0),
            (144, 117, 232),
            (166, 144, 146),
            (174, 173, 188),
        ),
        labels=(
            (64, 156, 242),
            (195, 97, 0),
            (119, 177, 93),
            (230, 122, 175),
            (225, 186, 20),
            (96, 203, 215),
            (124, 96, 212),
            (163, 124, 101),
            (188, 183, 174),
        ),
        recalls=(
            (215, 100, 70),
            (191, 94, 75),
            (169, 88, 78),
            (148, 81, 80),
            (129, 75, 82),
            (112, 69, 82),
            (96, 63, 82),
            (78, 57, 81),
            (62, 50, 80),
        ),
        values=VIRIDIS,
        fill=0.5,
        value_fill=0.6,
    ),
}


def rank_colour(palette: Palette, rank: int) -> Rgb:
    """Return the colour of a probed cluster. Beyond the palette, the rank itself tells clusters apart."""
    return palette.ranks[min(rank, len(palette.ranks)) - 1]


def mix(start: Rgb, end: Rgb, share: float) -> Rgb:
    """Return the colour at a share of the way from one to another, rounded as the page rounds."""
    red, green, blue = (int(a + (b - a) * share + 0.5) for a, b in zip(start, end, strict=True))
    return red, green, blue


def rgb_of(colour: str) -> Rgb:
    """Return the numbers of ``#rrggbb``."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def hex_of(colour: Rgb) -> str:
    """Return a colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def ramp_colour(palette: Palette, share: float) -> Rgb:
    """Return the colour of a cell that is not probed, from the farthest shade, 0, to the nearest, 1."""
    return mix(palette.far, palette.near, share)
