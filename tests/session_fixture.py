"""A recorded session for the tests of the page: a message of every kind, and Python's answers to hold it to.

``python tests/session_fixture.py`` writes ``fixtures/session.json`` anew. Codes stand for the vectors, which
are given, so that true neighbours are lost to the coarse search and to the codes; a second index re-ranks.
"""

import base64
import io
import json
from pathlib import Path

import faiss
import numpy as np
import pandas as pd
import pytest
from conversation import PATIENCE, Page, converse, slowly
from PIL import Image

from feder_widget.embedding import Embedder
from feder_widget.engines import open_index
from feder_widget.media import IdRange, RowTable
from feder_widget.session.summary import summary_of

PATH = Path(__file__).parent / "fixtures" / "session.json"
NLIST = 8
K = 5
ROW = 57
"""A query that misses neighbours at nprobe 2, one of them at any nprobe."""
PROGRESS = ({"progress"}, {"truth_progress"})
"""Kinds of which one in a row is kept."""
PLACED = ("map", "map_centres", "map_shapes", "projection")
"""Kinds whose positions come of long sums, so that another machine rounds them differently."""


def vectors():
    """Return integers, float32 (200, 4)."""
    return np.random.default_rng(7).integers(-20, 21, size=(200, 4)).astype(np.float32)


def coded():
    """Return an index of 4-bit codes around fixed centroids."""
    rows = vectors()
    quantizer = faiss.IndexFlatL2(4)
    quantizer.add(rows[:NLIST])
    index = faiss.IndexIVFScalarQuantizer(quantizer, 4, NLIST, faiss.ScalarQuantizer.QT_4bit)
    index.by_residual = False
    index.train(rows)
    index.add(rows)
    return index


def requests():
    """Yield what a page asks for, in turn; the search before them has serial 1."""
    yield {"kind": "search", "query": {"id": str(ROW), "cluster": None}, "nprobe": 2, "k": K}
    yield {"kind": "truth", "serial": 1, "nprobe": 2, "k": K}
    yield {"kind": "verdict", "serial": 1, "id": "77"}
    yield {"kind": "ranks", "serial": 1, "clusters": [5, 2]}
    yield {"kind": "members", "clusters": [1, 6], "offset": 0, "limit": 4}
    yield {"kind": "medoids", "clusters": [0, 1, 2]}
    yield {"kind": "candidates", "serial": 1, "first_rank": 3, "last_rank": 4}
    yield {"kind": "clusters", "serial": 1, "ranks": [6, 4]}
    yield {"kind": "thumbnails", "ids": ["5", "9"], "clusters": [0, 0], "size": 64}
    yield {
        "kind": "projection",
        "serial": 1,
        "ranks": 2,
        "flips": [],
        "k": K,
        "extra": [],
        "extra_clusters": [],
    }
    yield {"kind": "labels"}
    yield {"kind": "composition", "cluster": 1}
    yield {"kind": "row_labels", "clusters": [1, 2]}
    yield {"kind": "evaluate", "sample": 60, "seed": 3, "k": K}
    yield {"kind": "hardest", "order": "recall", "nprobe": 2}
    yield {"kind": "query_recalls"}
    yield {"kind": "map"}
    yield {"kind": "verdict", "serial": 1, "id": "100000"}
    yield {"kind": "row_values", "ids": ["5", "9", "100000"]}
    yield {"kind": "page", "nprobe": 2, "k": K}
    yield {"kind": "figure", "view": "distances", "nprobe": 2, "k": K, "style": "dark"}
    yield {"kind": "scale", "column": 1}
    yield {"kind": "row_levels", "clusters": [1, 2], "column": 1}


def label_of(row):
    """Return ten labels, the first of them the commonest, and none for row 9."""
    return None if row == 9 else f"kind {min(row % 13, 9)}"


def picture_of(row):
    """Return a small picture that no other row has, as PNG."""
    encoded = io.BytesIO()
    Image.new("RGB", (8, 8), (row, 255 - row, 90)).save(encoded, "PNG")
    return encoded.getvalue()


def embedder():
    """Return what embeds every picture as row ``ROW``."""
    return Embedder(lambda images, _files: vectors()[[ROW] * len(images)], name="the same for all", width=4)


def metadata():
    """Return two columns, the second of them without a value for row 9."""
    frame = pd.DataFrame({"name": [f"<b>{row}" for row in range(200)], "size": np.arange(200) / 4})
    frame.loc[9, "size"] = np.nan
    return RowTable(frame, IdRange(200, lambda: 199))


def saved(asked):
    """Make a page or a figure as a widget would, in one step."""
    yield
    if asked.kind == "figure":
        return f"<svg><title>{asked.view}, nprobe {asked.nprobe}, {asked.style}</title></svg>"
    return f"<!doctype html><title>nprobe {asked.nprobe}, k {asked.k}</title>"


def recorded(index, asked, *, images=None, embedder=None, buffers=(), **options):
    """Return the messages of a session that is asked, in the order in which they came."""
    page = Page()
    opened = open_index(index, **options)
    session = converse(
        opened,
        page,
        labels=label_of,
        table=metadata(),
        projection=None,
        images=images,
        embedder=embedder,
        files=saved,
    )
    try:
        for name, request in enumerate(asked):
            session.handle({**request, "request": f"r{name}"}, buffers)
            session.drain()
        for kind in {request["kind"] for request in asked} & {"map", "thumbnails"}:
            page.wait(kind=kind, **({"final": True} if kind == "map" else {}))
        session.drain()
    finally:
        session.close()
    # Threads answer when they are done, and progress is told as often as there is time.
    packets = sorted(page.packets, key=lambda packet: str(packet[0]["request"]))
    kept = [
        packet
        for packet, before in zip(packets, [None, *packets], strict=False)
        if before is None or {packet[0]["kind"], before[0]["kind"]} not in PROGRESS
    ]
    return [{"content": timeless(content), "buffers": list(map(text, buffers))} for content, buffers in kept]


def partial_map():
    """Return the messages of a final map without shapes, and of the shapes in one half of it."""
    page = Page()
    session = converse(coded(), page, most_whole=NLIST - 1)
    try:
        assert session.map_within(PATIENCE).is_final
        session.handle({"kind": "map", "request": "map"})
        (content, _), *_ = page.of("map")
        box = {"left": 0, "right": 32_768, "bottom": 0, "top": 65_536}
        session.handle({"kind": "map_shapes", "request": "shapes", "drawing": content["drawing"], **box})
    finally:
        session.close()
    return [
        {"content": content, "buffers": list(map(text, buffers))}
        for content, buffers in page.of("map") + page.of("shapes")
    ]


def build():
    """Return the fixture as JSON."""
    with pytest.MonkeyPatch.context() as patch:
        slowly(patch)
        patch.setattr("feder_widget.session.answers.workload.PUBLISHED", 1e9)
        index, rows = coded(), vectors()
        asked = list(requests())
        by_vectors = open_index(index, vectors=rows)
        explanation = by_vectors.explain(ROW, K)
        workload = by_vectors.evaluate(60, K, seed=3, progress=False)
        results = {"kind": "results", "serial": 1, "nprobe": 3, "k": K}
        return {
            "summary": plain(summary_of(by_vectors, k_max=100, images=False, labels=False)),
            "messages": recorded(index, asked, vectors=rows),
            "partial_map": {"messages": partial_map()},
            "truth": {
                "ids": [str(row) for row in explanation.ids],
                "missed": [
                    [str(row) for row in explanation.missed(nprobe)] for nprobe in range(1, NLIST + 1)
                ],
                "recall": explanation.recall(np.arange(1, NLIST + 1)).tolist(),
            },
            "workload": {
                "recall": workload.recall.tolist(),
                "worst": workload.reached(1.0).tolist(),
                "compared": workload.scanned.tolist(),
                "without_any": workload.zero_recall.tolist(),
                "nearest_clusters": workload.nearest_clusters.tolist(),
                "recall_of": [workload.recall_of(nprobe).tolist() for nprobe in range(1, NLIST + 1)],
                "hardest": workload.hardest(24, nprobe=2).tolist(),
            },
            "refined": {
                "messages": recorded(refining(rows), [asked[0], results]),
                "ids": [str(row) for row in searched(refining(rows), rows[ROW], 3) if row != ROW],
            },
            "picture": {
                "messages": recorded(
                    index,
                    [{"kind": "search", "query": {"picture": "A.png"}, "nprobe": 2, "k": K}],
                    images=picture_of,
                    embedder=embedder(),
                    buffers=[picture_of(ROW)],
                    vectors=rows,
                ),
            },
        }


def refining(rows):
    """Return an index that re-ranks by the vectors themselves."""
    base = coded()
    base.reset()
    index = faiss.IndexRefineFlat(base)
    index.add(rows)
    return index


def searched(index, vector, nprobe):
    """Return the ids that Faiss returns: of one row more, as the query's own does not count."""
    faiss.extract_index_ivf(index).nprobe = nprobe
    return index.search(vector[None], K + 1)[1][0]


def timeless(content):
    if content["kind"] != "done":
        return content
    return {**content, "seconds": dict.fromkeys(content["seconds"], 0.0)}


def plain(summary):
    return {name: text(value) if isinstance(value, bytes) else value for name, value in summary.items()}


def text(buffer):
    return base64.b64encode(bytes(buffer)).decode("ascii")


if __name__ == "__main__":
    PATH.write_text(json.dumps(build(), indent=1) + "\n", encoding="utf-8")
