"""Searches and their text as Markdown, by which the page is held to write the same as Python.

``python tests/finding_fixture.py`` writes ``fixtures/findings.json`` anew.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from feder_widget.export.reported_rows import ReportedRow
from feder_widget.export.search_report import SearchReport
from feder_widget.model.finding import Finding

PATH = Path(__file__).parent / "fixtures" / "findings.json"
HOSTILE = 'a|b *c* <img onerror=x> "d", $e$ `f` [g](h) ~i~ #j & k!'
STAGES = ("coarse", "ranking", "limit", "unreached", "both", "code", "rerank")
NLIST = 64


def row(place, *, lost_to=None, distance=0.1, row_id=None, rank=7, label=None):
    """Return a true neighbour."""
    rank = None if lost_to == "unreached" else rank
    return ReportedRow(place, 2**53 + place if row_id is None else row_id, distance, 3, rank, label, lost_to)


def neighbours(total, lost=()):
    """Return true neighbours, those at some places lost."""
    return [row(place, lost_to="coarse" if place in lost else None) for place in range(1, total + 1)]


def plain():
    """Return a search that misses two of twelve."""
    return SearchReport(
        family="IVF64,Flat",
        metric="L2",
        distance="squared L2 distance",
        ntotal=6716,
        nlist=NLIST,
        row=42,
        title=None,
        nprobe=4,
        k=12,
        include_self=False,
        distances=316,
        coarse_exact=True,
        results=neighbours(12),
        neighbours=neighbours(12, lost=(4, 9)),
        unexplained=None,
        has_vectors=False,
        found_at=[1] * 8 + [2, 3, 6, 8],
        no_curve=None,
        findings=[],
    )


def distances():
    """Return float32 of every size, and ones that are written in few digits."""
    bits = np.random.default_rng(3).integers(0, 2**31, 300, dtype=np.uint32)
    drawn = bits.view(np.float32)
    drawn = drawn[np.isfinite(drawn)]
    tens = np.float32(10.0) ** np.arange(-12, 30, dtype=np.float32)
    few = np.float32([0, -0.0, 0.1, -0.5, 1e-6, 9.9999997e-7, 1234565, 16777216, 123456.5, 1e20, 1e21, 3e38])
    return np.concatenate([drawn, -drawn[:20], tens, few]).astype(np.float32).tolist()


def reports():
    """Return searches by name: every sentence is in some of them."""
    said = plain()
    never = NLIST + 1
    warning = Finding("empty", "warning", "19 of 64 clusters are empty, 1 of them *twice*.")
    stages = [row(i, lost_to=stage, label=HOSTILE, rank=1000 * i) for i, stage in enumerate(STAGES, 1)]
    every = distances()
    return {
        "two are missed": said,
        "all came back": replace(said, neighbours=neighbours(12)),
        "one of one came back": replace(said, k=1, neighbours=neighbours(1), found_at=[1]),
        "one of one was missed": replace(said, k=1, neighbours=neighbours(1, (1,)), found_at=[9]),
        "true neighbours are unknown": replace(
            said, neighbours=None, found_at=None, unexplained="it re-ranks", results=neighbours(1)
        ),
        "nothing is stored": replace(said, ntotal=0, neighbours=[], found_at=[], results=[], distances=64),
        "a smaller nprobe would do": replace(said, nprobe=32, has_vectors=True),
        "no nprobe finds all": replace(said, found_at=[1] * 10 + [9, never], has_vectors=True),
        "no nprobe finds more": replace(said, found_at=[1] * 10 + [never] * 2, has_vectors=True),
        "each nprobe takes a search": replace(
            said, found_at=None, no_curve="an approximate coarse search (HNSW) ranks anew", coarse_exact=False
        ),
        "every stage loses one": replace(
            said, neighbours=stages, found_at=[never] * len(stages), nprobe=1234, nlist=65536, ntotal=10**9
        ),
        "a vector": replace(said, row=None, include_self=True, k=1000, distances=1),
        "words": replace(said, row=None, title=HOSTILE, findings=[warning]),
        "a recall just below 1": replace(
            said, k=4096, neighbours=neighbours(4096, (1,)), found_at=[6] * 4096
        ),
        "numbers of every size": replace(
            said,
            neighbours=[row(i, lost_to="coarse", distance=far) for i, far in enumerate(every, 1)],
            found_at=[8] * len(every),
        ),
        **{
            f"{found} of 16 at {cost}": replace(
                said,
                neighbours=neighbours(16, range(found + 1, 17)),
                found_at=[8] * 16,
                distances=cost,
                ntotal=8000,
            )
            for found, cost in ((1, 44), (3, 45), (13, 500), (15, 8000))
        },
    }


def shared(report):
    """Return a report as the page knows it: a ``SharedSearch``, its row ids as strings."""
    found_at = report.found_at
    return {
        "query": report.query_name,
        "row": None if report.row is None else str(report.row),
        "soFar": None,
        "returned": len(report.results),
        "found": report.found,
        "total": None if report.neighbours is None else len(report.neighbours),
        "foundAt": None if found_at is None else [at for at in found_at if at <= report.nlist],
        "noCurve": report.no_curve,
        "family": report.family,
        "metric": report.metric,
        "ntotal": report.ntotal,
        "nlist": report.nlist,
        "nprobe": report.nprobe,
        "k": report.k,
        "distances": report.distances,
        "coarseExact": report.coarse_exact,
        "includeSelf": report.include_self,
        "given": report.has_vectors,
        "missed": [
            {
                "place": one.place,
                "id": str(one.id),
                "distance": one.distance,
                "cluster": one.cluster,
                "rank": report.nlist + 1 if one.rank is None else one.rank,
                "label": one.label,
                "why": None,
                "lostTo": "refine" if one.lost_to == "rerank" else one.lost_to,
            }
            for one in report.missed
        ],
        "findings": [one.sentence for one in report.findings],
    }


def build():
    """Return the fixture as JSON."""
    return {
        name: {"shared": shared(report), "markdown": report.markdown()} for name, report in reports().items()
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(build(), indent=1) + "\n", encoding="utf-8")
