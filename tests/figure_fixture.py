"""Places, radii, sectors and colours of figures, which the page must have too.

``python tests/figure_fixture.py`` writes ``fixtures/figures.json`` anew.
"""

import json
from pathlib import Path

import numpy as np

from feder_widget.figures.cluster_map.cell_colours import cell_colours
from feder_widget.figures.distance_rings.distance_domain import domain_of, nearest_first
from feder_widget.figures.distance_rings.distance_layout import (
    circle_in,
    dot_radius,
    layout_distances,
    room_in,
)
from feder_widget.figures.distance_rings.picture_places import place_pictures
from feder_widget.figures.distance_rings.radial_scale import RadialScale
from feder_widget.figures.distance_rings.sectors import sectors_of
from feder_widget.figures.graph_walk.height_scale import HeightScale
from feder_widget.figures.graph_walk.tray import TrayItem, tray_places
from feder_widget.palette import PALETTES, hex_of

PATH = Path(__file__).parent / "fixtures" / "figures.json"


def distances_of(count, seed=5):
    """Return multiples of 1/8, which both languages read alike: float32 (count,)."""
    return (np.random.default_rng(seed).integers(40, 400, size=count) / 8).astype(np.float32)


def cases():
    """Yield name, size, clusters, if missed neighbours follow, distances, similarity, own place, found."""
    plain = distances_of(60)
    yield "some candidates", (800, 560), [30, 20, 0, 10], False, plain, False, -1, [3, 7, 31, 33, 52]
    yield "a narrow picture", (316, 253), [30, 20, 0, 10], False, plain, False, -1, [3, 7, 31, 33, 52]
    yield "missed neighbours", (800, 560), [30, 20, 10], True, distances_of(64), False, -1, [1, 40, 61, 62]
    outlier = distances_of(150)
    outlier[17] = 3000
    yield "an outlier", (640, 480), [100, 50], False, outlier, False, -1, [17, 20]
    own = distances_of(40)
    own[4] = 0
    yield "the query's own row", (640, 480), [25, 15], False, own, False, 4, [8, 9, 30]
    yield "inner products", (640, 480), [25, 15], False, distances_of(40) - 20, True, -1, [0, 26]
    yield "one distance", (640, 480), [3, 2], False, np.full(5, 7.25, np.float32), False, -1, [0, 4]
    crowd = np.full(20, 40, np.float32)
    crowd[10:] = distances_of(10)
    yield "pictures in a crowd", (500, 400), [12, 8], False, crowd, False, -1, list(range(14))
    missed = np.concatenate([distances_of(60), np.full(8, 20, np.float32)])
    yield "missed in a crowd", (500, 400), [40, 20], True, missed, False, -1, [3, 7, 41, *range(60, 68)]
    yield "many candidates", (640, 480), [3000, 1500, 37], False, distances_of(4537), False, -1, [5, 3100]


def drawn(size, sizes, has_beyond, distances, similarity, own, found):
    """Return what a figure draws of a case."""
    width, height = size
    counts = [*sizes, len(distances) - sum(sizes)] if has_beyond else sizes
    places = np.arange(len(counts)).repeat(counts)
    order = nearest_first(distances, similarity)
    circle = circle_in(width, height)
    scale = RadialScale(domain_of(distances, order, similarity, own), room_in(circle))
    sectors = sectors_of(sizes, has_beyond)
    dot = dot_radius(len(distances), width, height)
    layout = layout_distances(distances, places, order, scale, sectors, circle, dot)
    missed = [point >= sum(sizes) for point in found]
    pictures = place_pictures(found, missed, places, layout, sectors, circle)
    return {
        "circle": [circle.x, circle.y, circle.radius],
        "rings": [[rounded(ring.radius), ring.label, ring.is_compressed] for ring in scale.rings],
        "sectors": [rounded(sectors.start), rounded(sectors.end)],
        "radii": rounded(layout.radii),
        "positions": rounded(layout.positions),
        "pictures": [rounded(pictures.positions), pictures.sides.tolist()],
    }


def coloured():
    """Return the colours of the cells of a search, by theme."""
    order = np.random.default_rng(2).permutation(40)
    distances = np.sort(distances_of(40))
    probed = np.arange(1, 12)
    found = {}
    for mode, palette in PALETTES.items():
        colours = cell_colours(palette, 40, order, distances, probed)
        edges = {str(cell): hex_of(colour) for cell, colour in colours.edges.items()}
        found[mode] = {"fills": [hex_of(colour) for colour in colours.fills], "edges": edges}
    return {
        "order": order.tolist(),
        "distances": distances.tolist(),
        "nprobe": len(probed),
        "colours": found,
    }


def heights():
    """Return the heights of distances in pictures of walks."""
    some = np.sort(distances_of(50)).tolist()
    cases = {
        "far ones above": ([*some[:20], 90, 200, 5000], some[15]),
        "the query's own row": ([0, *some], some[30]),
        "inner products": ([-value for value in reversed(some)], -some[20]),
        "all below the bar": (some, some[-1]),
        "one distance": ([7.25] * 4, 7.25),
        "two": ([1, 2], 1),
        "a stop at the nearest": ([-31.31, -29.29, -29.29, -28.28, -2.02], -31.31),
        "large ones": ([value * 1e6 for value in some], some[9] * 1e6),
    }
    found = []
    for name, (keys, bar) in cases.items():
        scale = HeightScale.of(keys, bar, 40, 400)
        found.append(
            {
                "name": name,
                "keys": keys,
                "bar": bar,
                "heights": rounded(scale.y(keys)),
                "ticks": [[float(f"{tick.key:.9g}"), tick.is_compressed] for tick in scale.ticks],
                "isBroken": scale.is_broken,
            }
        )
    return found


def trays():
    """Return where pictures below walks stand."""
    rng = np.random.default_rng(7)
    found = []
    for count in (1, 5, 12, 30):
        items = [
            TrayItem(i, int(x) / 4, (i + 1) % 9, bool(i % 4 == 3))
            for i, x in enumerate(rng.integers(240, 2600, count))
        ]
        placed = tray_places(items, 60, 640, 48)
        found.append(
            {
                "items": [[item.id, item.x, item.place, item.is_missed] for item in items],
                "placed": [[item.id, round(x, 6)] for item, x in placed],
            }
        )
    return found


def rounded(values):
    """Return numbers to a millionth of a pixel."""
    return np.round(values, 6).tolist()


def recorded():
    """Return the fixture."""
    found = []
    for name, size, sizes, has_beyond, distances, similarity, own, points in cases():
        given = {
            "name": name, "width": size[0], "height": size[1], "sizes": sizes, "hasBeyond": has_beyond,
            "distances": distances.tolist(), "similarity": similarity, "own": own, "found": points,
        }  # fmt: skip
        made = drawn(size, sizes, has_beyond, distances, similarity, own, points)
        every = 1 + len(distances) // 500
        made["every"] = every
        made["radii"], made["positions"] = made["radii"][::every], made["positions"][::every]
        found.append({**given, **made})
    return {"distances": found, "cells": coloured(), "heights": heights(), "trays": trays()}


if __name__ == "__main__":
    PATH.write_text(json.dumps(recorded(), separators=(",", ":")) + "\n", encoding="utf-8")
