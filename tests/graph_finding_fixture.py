"""Searches of graphs and their text as Markdown, by which the page is held to write the same as Python.

``python tests/graph_finding_fixture.py`` writes ``fixtures/graph_findings.json`` anew.
"""

import json
from dataclasses import replace
from pathlib import Path

from finding_fixture import HOSTILE

from feder_widget.export.graph_report import GraphReport
from feder_widget.export.reported_neighbours import ReportedNeighbour
from feder_widget.figures.graph_text import loss_text
from feder_widget.model.finding import Finding

PATH = Path(__file__).parent / "fixtures" / "graph_findings.json"
NTOTAL = 6716
NEVER = NTOTAL + 1
LOSSES = ("early", "few", "code", "rerank", "unreached", "tied")
EF = 1234


def neighbour(place, *, lost_to=None, needs=None, label=None, handed_over=0):
    """Return a true neighbour."""
    why = "" if lost_to is None else loss_text(lost_to, EF, handed_over)
    return ReportedNeighbour(place, 2**53 + place, 0.1 * place, label, needs, lost_to, why)


def neighbours(total, lost=()):
    """Return true neighbours, those at some places lost for the walk ended before them."""
    return [
        neighbour(place, lost_to="early", needs=1400 + place) if place in lost else neighbour(place, needs=3)
        for place in range(1, total + 1)
    ]


def plain():
    """Return a search that misses two of twelve."""
    return GraphReport(
        family="HNSW8,Flat",
        metric="L2",
        distance="squared L2 distance",
        ntotal=NTOTAL,
        row=42,
        title=None,
        ef_search=EF,
        ef_used=EF,
        k=12,
        include_self=False,
        distances=316,
        results=neighbours(12),
        neighbours=neighbours(12, lost=(4, 9)),
        unexplained=None,
        has_vectors=False,
        found_at=[1] * 8 + [2, 3, 1404, 1409],
        is_tied=False,
        handed_over=0,
        findings=[],
    )


def reports():
    """Return searches by name: every sentence is in some of them."""
    said = plain()
    warning = Finding("unreached", "warning", "No search finds 3 rows, 1 of them *twice*.")
    every = [
        neighbour(i, lost_to=loss, label=HOSTILE, needs=1300 if loss in ("early", "few") else None)
        for i, loss in enumerate(LOSSES, 1)
    ]
    again = replace(said, handed_over=48, family="HNSW8,SQ4,RFlat")
    reranked = [neighbour(i, lost_to=loss, handed_over=48) for i, loss in enumerate(LOSSES, 1)]
    return {
        "two are missed": said,
        "all came back": replace(said, neighbours=neighbours(12), found_at=[1] * 12),
        "one of one was missed": replace(said, k=1, neighbours=neighbours(1, (1,)), found_at=[1401]),
        "nothing is stored": replace(said, ntotal=0, neighbours=[], found_at=[], results=[], distances=0),
        "a smaller efSearch would do": replace(said, found_at=[1] * 12, has_vectors=True),
        "no efSearch finds all": replace(said, found_at=[1] * 10 + [1404, NEVER]),
        "no efSearch finds more": replace(said, found_at=[1] * 10 + [NEVER] * 2),
        "distances tie": replace(said, found_at=[1] * 10 + [NEVER] * 2, is_tied=True),
        "distances tie beyond what helps": replace(said, found_at=[1] * 10 + [1404, NEVER], is_tied=True),
        "a smaller one would do where distances tie": replace(said, found_at=[1] * 12, is_tied=True),
        "every reason": replace(said, neighbours=every, found_at=[NEVER] * len(every)),
        "the engine uses a larger efSearch": replace(said, ef_search=4, ef_used=13),
        "every reason of a re-ranked graph": replace(again, neighbours=reranked, found_at=[NEVER] * 6),
        "a re-ranked graph loses some": replace(again, found_at=[1] * 12),
        "a re-ranked graph is searched to know": replace(
            again, found_at=[1] * 10 + [NEVER] * 2, is_tied=True
        ),
        "a re-ranked graph may lose some": replace(again, found_at=[1] * 12, is_tied=True),
        "a vector": replace(said, row=None, include_self=True, k=1000, distances=1),
        "words": replace(said, row=None, title=HOSTILE, findings=[warning]),
    }


def shared(report):
    """Return a report as the page knows it: a ``SharedWalk``, its row ids as strings."""
    return {
        "query": report.query_name,
        "row": None if report.row is None else str(report.row),
        "soFar": None,
        "returned": len(report.results),
        "found": report.found,
        "total": len(report.neighbours),
        "foundAt": [at for at in report.found_at if at <= report.ntotal],
        "isTied": report.is_tied,
        "handedOver": report.handed_over,
        "family": report.family,
        "metric": report.metric,
        "ntotal": report.ntotal,
        "efSearch": report.ef_search,
        "efUsed": report.ef_used,
        "k": report.k,
        "distances": report.distances,
        "includeSelf": report.include_self,
        "given": report.has_vectors,
        "missed": [
            {
                "place": one.place,
                "id": str(one.id),
                "distance": one.distance,
                "label": one.label,
                "why": None,
                "needs": one.ef_needed,
                "lostTo": one.lost_to,
            }
            for one in report.missed
        ],
        "findings": [one.sentence for one in report.findings],
    }


def build():
    """Return the fixture as JSON."""
    return {
        "reasons": {loss: loss_text(loss, EF) for loss in LOSSES},
        "findings": {
            name: {"shared": shared(report), "markdown": report.markdown()}
            for name, report in reports().items()
        },
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(build(), indent=1) + "\n", encoding="utf-8")
