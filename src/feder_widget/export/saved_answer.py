"""``save_html`` of an explanation and of a workload: the page of their index, without a widget."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from feder_widget.engines import IvfIndex
from feder_widget.export.atomic_file import write_whole
from feder_widget.export.html_document import srcdoc_frame
from feder_widget.export.page_assembly import HARDEST_SAVED, K_MAX, PageWish
from feder_widget.export.saved_page import saved_page
from feder_widget.export.saved_query import View
from feder_widget.media import IdRange
from feder_widget.media.media_arguments import opened_media
from feder_widget.model.arguments import as_int
from feder_widget.model.work_pieces import drain
from feder_widget.projection import resolve_method
from feder_widget.session.summary import summary_of_rows
from feder_widget.truth import Explanation, Workload


def save_answer(answer: Explanation | Workload, path: str | os.PathLike[str], **options: Any) -> Path:
    """Write the page of an answer; see ``Explanation.save_html``."""
    return write_whole(path, answer_page(answer, **options))


def frame_of_answer(answer: Explanation | Workload, height: int, **options: Any) -> str:
    """Return the page of an answer as a frame for another page."""
    height = as_int(height, "height")
    return srcdoc_frame(answer_page(answer, **options), options.get("title") or _title(answer), height)


def answer_page(
    answer: Explanation | Workload,
    *,
    nprobe: int | None = None,
    title: str | None = None,
    max_bytes: int | None = None,
    hardest: int | None = None,
    **rows: Any,
) -> str:
    """Return the page of an answer; the calling thread reads the index.

    ``rows`` are the arguments of ``FederWidget`` that say what rows look like.

    Raises
    ------
    IndexChangedError, TypeError, ValueError
        As ``Explanation.save_html``.
    """
    if answer.origin is None:
        raise ValueError("this was computed in another process, where its index is: save the page there")
    index: IvfIndex = answer.origin.unchanged_index()
    if isinstance(answer, Workload):
        workload, k, queries = answer, answer.k, []
        hardest = HARDEST_SAVED if hardest is None else as_int(hardest, "hardest")
    elif hardest is not None:
        raise TypeError("hardest is for the page of a workload")
    else:
        workload, k, queries, hardest = None, max(1, len(answer)), [answer.origin.query(0)], 0
    at = min(index.stored_nprobe, index.nlist) if nprobe is None else nprobe
    view = View(as_int(at, "nprobe", most=index.nlist, most_name="nlist"), k, answer.origin.include_self)
    media = opened_media(IdRange(index.ntotal, lambda: index.max_id), **rows)
    k_max = max(k, K_MAX)
    wish = PageWish(queries, hardest, max_bytes, title or _title(answer))
    return drain(
        saved_page(
            index,
            media,
            view,
            wish,
            k_max=k_max,
            projection=resolve_method("auto"),
            workload=workload,
            traits={"cluster": None, "selection": [], "view": "clusters", "theme": "auto"},
            summary=summary_of_rows(index, media, k_max=k_max),
        )
    )


def _title(answer: Explanation | Workload) -> str:
    if isinstance(answer, Workload):
        return f"{len(answer):,} queries, evaluated"
    return "A search, explained"
