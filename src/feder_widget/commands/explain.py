"""``feder-widget explain``: one query, or a workload, explained in a shell and in continuous integration."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from feder_widget.engines import IvfIndex, open_ivf
from feder_widget.errors import FederError
from feder_widget.export import SearchReport, write_whole
from feder_widget.model.shares import NO_BREAK, percent, recall_number
from feder_widget.truth import Workload
from feder_widget.widget import FederWidget

SHARES = (0.5, 0.95, 0.99)
"""Shares of the queries whose recall is told."""

ROUNDING = 1e-9
"""By so much a mean of recalls may be below what it is."""

WRONG = 2
"""Exit status where an argument is wrong, as argparse's own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("index", type=Path, help="a file that faiss.write_index has written")
    parser.add_argument(
        "--query", help="a row id, or a .npy file that holds a vector (default: none, or row 0)"
    )
    parser.add_argument("-k", type=int, default=10, help="neighbours (default %(default)s)")
    parser.add_argument("--nprobe", type=int, help="clusters to probe (default: the index's own)")
    parser.add_argument("--include-self", action="store_true", help="count a row among its own neighbours")
    parser.add_argument(
        "--vectors", type=Path, help="a .npy file of the original vectors, row i for row id i"
    )
    parser.add_argument("--images", help="a glob of pictures, in natural order, for --html")
    parser.add_argument(
        "--labels", type=Path, help="labels: a .txt file, one a line, a .json list or a .npy array of text"
    )
    parser.add_argument("--workload", type=int, metavar="N", help="evaluate N rows of the index as queries")
    parser.add_argument("--seed", type=int, default=0, help="draws the workload (default %(default)s)")
    parser.add_argument("--html", type=Path, help="write a page that works without a network")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write JSON (docs/EXPLAIN.md); - prints it")
    parser.add_argument("--markdown", action="store_true", help="print Markdown instead of plain lines")
    parser.add_argument(
        "--fail-under",
        type=float,
        metavar="RECALL",
        help="exit with 1 where the recall, of the workload where there is one, is below this",
    )


def explain_index(options: argparse.Namespace) -> int:
    """Do what the arguments say, and return the exit status."""
    try:
        return _explain(options)
    except BrokenPipeError:
        # Whoever read the lines has read enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (FederError, ValueError, TypeError, OSError) as error:
        sys.stderr.write(f"feder-widget: {error}\n")
        return WRONG


def _explain(options: argparse.Namespace) -> int:
    if options.fail_under is not None and not 0 <= options.fail_under <= 1:
        raise ValueError(f"--fail-under must be between 0 and 1, got {options.fail_under:g}")
    if options.query is None and options.workload is None:
        raise ValueError("say what to explain: --query, --workload, or both")
    if options.html is not None and options.json is not None and options.html == options.json:
        raise ValueError(f"--html and --json must be two files, got {str(options.html)!r} for both")
    vectors = None if options.vectors is None else np.load(options.vectors, mmap_mode="r")
    with warnings.catch_warnings(record=True):
        # Findings say the same, and are printed.
        warnings.simplefilter("always")
        opened = open_ivf(options.index, vectors=vectors)
    nprobe = min(opened.stored_nprobe, opened.nlist) if options.nprobe is None else options.nprobe
    widget = FederWidget(
        opened,
        images=options.images,
        labels=None if options.labels is None else read_labels(options.labels),
        nprobe=nprobe,
        k=options.k,
        include_self=options.include_self,
    )
    try:
        report = None
        if options.query is not None:
            widget.search(read_query(options.query))
            report = widget.report()
        workload = None
        if options.workload is not None:
            workload = widget.evaluate(options.workload, seed=options.seed, progress=sys.stderr.isatty())
        if options.html is not None:
            widget.save_html(options.html)
    finally:
        widget.close()
    said = as_json(opened, report, workload, nprobe)
    if options.json is not None and str(options.json) != "-":
        write_whole(options.json, json.dumps(said, indent=2, allow_nan=False) + "\n")
    if str(options.json) == "-":
        print(json.dumps(said, indent=2, allow_nan=False))  # noqa: T201
    else:
        _print(opened, report, workload, nprobe, is_markdown=options.markdown)
    recall = said["workload"]["recall"] if workload is not None else said["search"]["recall"]
    if options.fail_under is None:
        return 0
    if recall is None:
        raise ValueError(f"--fail-under needs true neighbours, which are not known: {opened.why_unexplained}")
    if recall < options.fail_under - ROUNDING:
        sys.stderr.write(f"feder-widget: recall {recall:.4g} is below {options.fail_under:g}\n")
        return 1
    return 0


def read_query(text: str) -> Any:
    """Return a row id, or the vector in a file.

    Raises
    ------
    ValueError, OSError
        If it is neither.
    """
    if text.lstrip("+-").isdigit():
        return int(text)
    if not text.endswith(".npy"):
        raise ValueError(f"--query must be a row id or a .npy file that holds a vector, got {text!r}")
    return np.load(text)


def read_labels(path: Path) -> Any:
    """Return the labels in a file, one for each row.

    Raises
    ------
    ValueError, OSError
        If it cannot be read as labels.
    """
    if path.suffix == ".npy":
        return np.load(path)
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix != ".json":
        # Not by splitlines, which ends lines within labels too.
        return text.removesuffix("\n").replace("\r\n", "\n").split("\n")
    labels = json.loads(text)
    if not isinstance(labels, list):
        raise ValueError(f"--labels must hold a list, got {type(labels).__name__} in {path.name}")
    return labels


def as_json(
    index: IvfIndex, report: SearchReport | None, workload: Workload | None, nprobe: int
) -> dict[str, Any]:
    """Return what was found as an object of JSON; ``docs/EXPLAIN.md`` says what each field means."""
    return {
        "schema": 1,
        "search": None if report is None else report.as_json(),
        "workload": None if workload is None else workload_json(index, workload, nprobe),
    }


def workload_json(index: IvfIndex, workload: Workload, nprobe: int) -> dict[str, Any]:
    """Return a workload at an nprobe as an object of JSON."""
    at = workload.evaluated_below(nprobe)
    hardest = workload.hardest(10, nprobe=at)
    recalls = workload.recall_of(at)
    return {
        "queries": len(workload),
        "source": workload.source,
        "seed": workload.seed,
        "k": int(workload.found_at.shape[1]),
        "include_self": workload.include_self,
        "nprobe": at,
        "recall": float(workload.recall[at - 1]),
        "reached": {f"{share:g}": float(workload.reached(share)[at - 1]) for share in SHARES},
        "without_any": float(workload.zero_recall[at - 1]),
        "compared": float(workload.scanned[at - 1]),
        "nprobe_for": {
            f"{recall:g}": workload.nprobe_for(recall=recall) for recall in (0.9, 0.95, 0.99, 1.0)
        },
        "hardest": [
            {
                "place": place,
                "row": None if workload.ids is None else int(workload.ids[place]),
                "recall": float(recalls[place]),
                "nprobe_needed": needed if needed <= index.nlist else None,
            }
            for place, needed in zip(hardest.tolist(), workload.nprobe_needed[hardest].tolist(), strict=True)
        ],
    }


def _print(
    index: IvfIndex, report: SearchReport | None, workload: Workload | None, nprobe: int, *, is_markdown: bool
) -> None:
    parts: list[str] = []
    if report is not None:
        parts.append(report.markdown() if is_markdown else "\n".join(report.lines()))
    if workload is not None:
        said = workload_json(index, workload, nprobe)
        reached = ", ".join(
            f"{float(share):.0%} of them reach {recall_number(recall)}"
            for share, recall in said["reached"].items()
        )
        needed = said["nprobe_for"]["0.95"]
        parts.append(
            f"{said['queries']:,} queries (seed {said['seed']}) at nprobe {said['nprobe']:,}: mean "
            f"recall@{said['k']} {recall_number(said['recall'], 3)}; {reached}; "
            f"{percent(said['compared']).replace(NO_BREAK, ' ')} of the "
            "vectors compared. "
            + ("No nprobe reaches" if needed is None else f"nprobe {needed:,} reaches")
            + " a mean of 0.95."
        )
    print("\n\n".join(parts))  # noqa: T201
