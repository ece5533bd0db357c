"""Find the colours of ranks and missed neighbours, of labels, and of recalls, which stay apart for all eyes.

    python -m scripts.palette_colours

prints the lists that stand in ``feder_widget/palette.py``. Two colours count as told apart when their
CIEDE2000 difference is at least ``APART`` to normal eyes and in every simulation of a dichromat's: Machado,
Oliveira & Fernandes 2009 at severity 1.0, Viénot, Brettel & Mollon 1999, and Brettel, Viénot & Mollon 1997.
The search begins at the colours wished for, and leaves them no farther than these conditions and contrasts
ask. Its seed is fixed. ``js/tests/palette.test.ts`` measures the palette by an implementation of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]
"""(..., 3): sRGB from 0 to 255, unless said otherwise."""

SEED = 12
STEPS = 40_000
APART = 10.4
"""The least CIEDE2000 difference that is searched for; 10 is wanted."""
FIRST_APART = 12.0
"""The same between the first four ranks, which are seen most."""
FILLS_APART = 5.0
"""The same between the fills of two cells, whose outlines have the colours themselves."""
OUTLINE = 3.05
"""The least contrast of a colour with every ground that it may lie on; 3 is wanted."""
TEXT = 4.6
"""The least contrast of text, on fills too; 4.5 is wanted."""


@dataclass(frozen=True)
class Wanted:
    """Colours wished for, and what they must stand out from.

    The first eight also fill cells, at the share ``fill``. The last one of ten, missed neighbours', is for
    text as well, on the first two grounds.
    """

    name: str
    background: tuple[int, int, int]
    text: tuple[int, int, int]
    fill: float
    grounds: tuple[tuple[int, int, int], ...]
    wishes: tuple[tuple[int, int, int], ...]


WANTED = (
    Wanted(
        "light, ranks",
        background=(255, 255, 255),
        text=(27, 31, 39),
        fill=0.6,
        grounds=((255, 255, 255), (246, 247, 249), (246, 248, 251), (206, 221, 243), (228, 234, 243)),
        wishes=(
            (57, 126, 202),
            (10, 110, 76),
            (201, 64, 141),
            (152, 119, 0),
            (96, 130, 114),
            (128, 62, 40),
            (83, 53, 158),
            (79, 49, 50),
            (94, 96, 110),
            (174, 20, 6),
        ),
    ),
    Wanted(
        "dark, ranks",
        background=(20, 23, 28),
        text=(232, 235, 240),
        fill=0.5,
        grounds=((20, 23, 28), (29, 33, 40), (25, 29, 36), (38, 62, 94), (36, 43, 54)),
        wishes=(
            (106, 174, 250),
            (42, 162, 90),
            (204, 110, 176),
            (222, 184, 60),
            (152, 200, 178),
            (222, 104, 20),
            (146, 122, 236),
            (168, 146, 146),
            (172, 174, 190),
            (255, 128, 122),
        ),
    ),
    Wanted(
        "light, labels",
        background=(255, 255, 255),
        text=(27, 31, 39),
        fill=0.6,
        grounds=((255, 255, 255), (246, 247, 249)),
        wishes=(
            (60, 134, 216),
            (190, 80, 0),
            (104, 154, 80),
            (214, 80, 158),
            (166, 128, 0),
            (0, 120, 130),
            (100, 64, 172),
            (104, 60, 40),
            (110, 112, 120),
        ),
    ),
    Wanted(
        "dark, labels",
        background=(20, 23, 28),
        text=(232, 235, 240),
        fill=0.5,
        grounds=((20, 23, 28), (29, 33, 40)),
        wishes=(
            (70, 158, 244),
            (200, 102, 10),
            (118, 178, 92),
            (230, 122, 176),
            (226, 188, 40),
            (98, 204, 216),
            (124, 96, 212),
            (166, 126, 102),
            (184, 180, 174),
        ),
    ),
)
NAMES = (*map(str, range(1, 9)), "further", "missed")
RECALLS = {
    "light": ((158, 76, 140), (250, 226, 160)),
    "dark": ((215, 100, 70), (62, 50, 80)),
}
"""The colours of recall 0 and of recall 1."""
STOPS = 9
"""Colours named of a scale."""
FINE = 2000
"""Colours that it is measured by."""

WEIGHTS = np.array([4, 2, 2, 2, 1, 1, 1, 1, 0.5, 6])
"""How much each wish counts."""
AXES = np.array([0.3, 3, 3])
"""How much lightness counts, and the two axes of hue and chroma, which make the look."""

MACHADO = np.array(
    [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ]
)
"""Protanopia, deuteranopia, tritanopia; on linear sRGB."""

VIENOT = np.array(
    [
        [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
        [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    ]
)
"""Protanopia and deuteranopia, which the paper is about; for sRGB as libDaltonLens derives it."""

BRETTEL = np.array(
    [
        [
            [[0.14980, 1.19548, -0.34528], [0.10764, 0.84864, 0.04372], [0.00384, -0.00540, 1.00156]],
            [[0.14570, 1.16172, -0.30742], [0.10816, 0.85291, 0.03892], [0.00386, -0.00524, 1.00139]],
        ],
        [
            [[0.36477, 0.86381, -0.22858], [0.26294, 0.64245, 0.09462], [-0.02006, 0.02728, 0.99278]],
            [[0.37298, 0.88166, -0.25464], [0.25954, 0.63506, 0.10540], [-0.01980, 0.02784, 0.99196]],
        ],
        [
            [[1.01277, 0.13548, -0.14826], [-0.01243, 0.86812, 0.14431], [0.07589, 0.80500, 0.11911]],
            [[0.93678, 0.18979, -0.12657], [0.06154, 0.81526, 0.12320], [-0.37562, 1.12767, 0.24796]],
        ],
    ]
)
"""Two half planes for each of the three; for sRGB as libDaltonLens derives them."""

BRETTEL_NORMALS = np.array(
    [[0.00048, 0.00393, -0.00441], [-0.00281, -0.00611, 0.00892], [0.03901, -0.02788, -0.01113]]
)
"""Of the plane between the halves; its positive side takes the first."""

XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)

OKLAB_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""Björn Ottosson, "A perceptual color space for image processing", 2020: distances from the wishes."""


def linear(colours: Colours) -> Colours:
    """Return linear light from 0 to 1."""
    share = np.asarray(colours) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def encoded(light: Colours) -> Colours:
    """Return sRGB of linear light."""
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def seen(colours: Colours) -> Colours:
    """Return linear light as each vision has it, (9, ..., 3): normal first."""
    light = linear(colours)
    sides = np.einsum("vj,...j->v...", BRETTEL_NORMALS, light)[..., None] >= 0
    first, second = np.einsum("vsij,...j->sv...i", BRETTEL, light)
    planes = np.where(sides, first, second)
    visions = [
        light[None],
        np.einsum("vij,...j->v...i", MACHADO, light),
        np.einsum("vij,...j->v...i", VIENOT, light),
        planes,
    ]
    return np.clip(np.concatenate(visions), 0, 1)


def lab(light: Colours) -> Colours:
    """Return CIELAB of linear light, white D65."""
    share = light @ XYZ.T / WHITE
    root = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(one: Colours, other: Colours) -> Colours:
    """Return the differences of CIELAB colours, (...): Sharma, Wu & Dalal 2005."""
    l1, a1, b1 = np.moveaxis(one, -1, 0)
    l2, a2, b2 = np.moveaxis(other, -1, 0)
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(mean_c7 / (mean_c7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1) % (2 * np.pi), np.arctan2(b2, a2) % (2 * np.pi)
    is_grey = c1 * c2 == 0
    turn = np.where(is_grey, 0, (h2 - h1 + np.pi) % (2 * np.pi) - np.pi)
    lightness, chroma = l2 - l1, c2 - c1
    hue = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(is_grey, h1 + h2, h1 + turn / 2)
    t = (
        1
        - 0.17 * np.cos(mean_h - np.pi / 6)
        + 0.24 * np.cos(2 * mean_h)
        + 0.32 * np.cos(3 * mean_h + np.pi / 30)
        - 0.20 * np.cos(4 * mean_h - np.radians(63))
    )
    squared = (mean_l - 50) ** 2
    s_l = 1 + 0.015 * squared / np.sqrt(20 + squared)
    s_c = 1 + 0.045 * mean_c
    s_h = 1 + 0.015 * mean_c * t
    degrees = np.degrees(mean_h) % 360
    around = np.radians(30) * np.exp(-(((degrees - 275) / 25) ** 2))
    r_t = -np.sin(2 * around) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25**7))
    return np.sqrt(
        (lightness / s_l) ** 2 + (chroma / s_c) ** 2 + (hue / s_h) ** 2 + r_t * (chroma / s_c) * (hue / s_h)
    )


def differences(colours: Colours) -> Colours:
    """Return for each pair of colours, (n, n), the difference to the eyes that tell them apart least."""
    labs = lab(seen(colours))
    return ciede2000(labs[:, :, None], labs[:, None]).min(axis=0)


def luminance(colours: Colours) -> Colours:
    """Return the relative luminance of WCAG 2."""
    return linear(colours) @ XYZ[1]


def contrast(one: Colours, other: Colours) -> Colours:
    """Return the contrast ratios of WCAG 2."""
    first, second = luminance(np.asarray(one)), luminance(np.asarray(other))
    return (np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05)


def oklab(colours: Colours) -> Colours:
    """Return the colours in Oklab."""
    return np.cbrt(linear(colours) @ OKLAB_LMS.T) @ OKLAB.T


def from_oklab(colours: Colours) -> Colours:
    """Return Oklab colours in sRGB."""
    light = (colours @ np.linalg.inv(OKLAB).T) ** 3 @ np.linalg.inv(OKLAB_LMS).T
    return encoded(light)


def fills(wanted: Wanted, colours: Colours) -> Colours:
    """Return the fills of cells in these colours."""
    background = np.array(wanted.background)
    return np.rint(background + (colours - background) * wanted.fill)


class Palette:
    """Colours, and what each of them costs: its distance from the wish, and the conditions missed."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._wishes = oklab(np.array(wanted.wishes))
        self._apart = np.full((len(wanted.wishes), len(wanted.wishes)), APART)
        self._apart[:4, :4] = FIRST_APART
        self.colours = np.array(wanted.wishes, float)
        self._labs = lab(seen(self.colours))
        self._fill_labs = lab(seen(fills(wanted, self.colours)))

    def cost(self, which: int, colour: Colours) -> float:
        """Return the cost of a colour beside all others."""
        away = oklab(colour) - self._wishes[which]
        missed = [(self._apart[which] - self._beside(which, colour, self._labs)) * 2]
        if which < 8:
            filled = self._beside(which, fills(self._wanted, colour), self._fill_labs)
            missed.append((FILLS_APART - filled[:8]) * 2)
        missed.append(self._contrasts_missed(which, colour) * 20)
        others = np.concatenate(missed).clip(min=0)
        return float(1000 * WEIGHTS[which] * (AXES @ away**2) + (others**2).sum())

    def put(self, which: int, colour: Colours) -> None:
        """Take a colour."""
        self.colours[which] = colour
        self._labs[:, which] = lab(seen(colour))
        self._fill_labs[:, which] = lab(seen(fills(self._wanted, colour)))

    def _beside(self, which: int, colour: Colours, labs: Colours) -> Colours:
        apart = ciede2000(lab(seen(colour))[:, None], labs).min(axis=0)
        apart[which] = np.inf
        return apart

    def _contrasts_missed(self, which: int, colour: Colours) -> Colours:
        wanted = self._wanted
        missed = [OUTLINE - contrast(colour, np.array(wanted.grounds))]
        if which < 8:
            missed.append(TEXT - contrast(fills(wanted, colour), np.array([wanted.text])))
        if which == 9:
            missed.append(TEXT - contrast(colour, np.array(wanted.grounds[:2])))
        return np.concatenate(missed)


def search(wanted: Wanted, steps: int) -> Colours:
    """Return the colours found, (n, 3), by simulated annealing."""
    random = np.random.default_rng(SEED)
    palette = Palette(wanted)
    best, best_cost, cost = palette.colours.copy(), np.inf, 0.0
    for step in range(steps):
        heat = (1 - step / steps) ** 2
        which = int(random.integers(len(palette.colours)))
        now = palette.colours[which].copy()
        tried = np.rint(from_oklab(oklab(now) + random.normal(0, 0.003 + 0.03 * heat, 3)))
        more = palette.cost(which, tried) - palette.cost(which, now)
        if more < 0 or random.random() < np.exp(-more / (8 * heat + 1e-6)):
            palette.put(which, tried)
            cost += more
            if cost < best_cost:
                best, best_cost = palette.colours.copy(), cost
    return best


def even_scale(ends: Sequence[tuple[int, int, int]]) -> Colours:
    """Return ``STOPS`` colours from one to another, in even steps to the best and the worst eyes together."""
    first, last = oklab(np.array(ends, float))
    way = first + np.linspace(0, 1, FINE)[:, None] * (last - first)
    labs = lab(seen(from_oklab(way)))
    steps = ciede2000(labs[:, 1:], labs[:, :-1])
    covered = np.append(0, np.cumsum(steps.min(axis=0) + steps.max(axis=0)))
    at = np.interp(np.linspace(0, covered[-1], STOPS), covered, np.arange(FINE))
    return np.rint(from_oklab(way[np.rint(at).astype(int)]))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=STEPS, help="moves that are tried")
    options = parser.parse_args(argv)
    for wanted in WANTED:
        found = search(wanted, options.steps)
        nearest = differences(found)[np.triu_indices(len(found), 1)].min()
        print(f"{wanted.name}: the nearest two differ by {nearest:.2f}")
        for name, colour in zip(NAMES, found.astype(int), strict=False):
            print(
                f"  {name:>8}  [{', '.join(map(str, colour))}]  #{''.join(f'{part:02x}' for part in colour)}"
            )
    for theme, ends in RECALLS.items():
        scale = even_scale(ends)
        print(f"{theme}, recalls: the ends differ by {differences(scale)[0, -1]:.1f}")
        for colour in scale.astype(int):
            print(f"  [{', '.join(map(str, colour))}]")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
