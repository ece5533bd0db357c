"""The widget of a graph: traits on one side, a session on the other."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from feder_widget.engines import GraphIndex, open_index
from feder_widget.errors import IndexChangedError, UnsupportedIndexError
from feder_widget.export import (
    HARDEST_SAVED,
    K_MAX,
    GraphReport,
    GraphView,
    PageWish,
    as_png,
    as_svg,
    neighbour_columns,
    queries_in,
    saved_graph_page,
    srcdoc_frame,
    write_whole,
)
from feder_widget.figures.cell_output.graph_view import static_graph_view
from feder_widget.figures.graph_walk.shown_walk import shown_walk
from feder_widget.figures.row_pictures import MOST_PIXELS, RowPictures
from feder_widget.index_widget import FIGURE_PIXELS, K_LIMIT, IndexWidget
from feder_widget.media import IdRange
from feder_widget.media.media_arguments import opened_media
from feder_widget.model.arguments import as_bool, as_int
from feder_widget.model.graph_trace import GraphTrace
from feder_widget.model.work_pieces import Steps, drain
from feder_widget.projection import resolve_method
from feder_widget.session.cell_end import at_cell_end
from feder_widget.session.graph.graph_session import GraphSession
from feder_widget.session.graph.graph_summary import GRAPH_VIEWS, ef_limit, graph_summary_of
from feder_widget.session.messages.to_kernel import WalkFigureRequest, WalkPageRequest
from feder_widget.synced_traits import Checked, bundled, one_of
from feder_widget.truth import evaluate
from feder_widget.truth.graph.graph_explanation import GraphExplanation
from feder_widget.truth.graph.graph_workload import GraphWorkload
from feder_widget.truth.workloads.evaluation import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure


SAVED_TRAITS = ("selection", "view", "theme")
"""Traits that a saved page begins with, besides ef_search, k and include_self."""


class GraphWidget(IndexWidget):
    """Shows how an HNSW graph answers a query: the descent, the walk, what was compared, the results.

    Parameters
    ----------
    index
        An opened graph (:func:`open_index`, :func:`open_hnswlib`), or what the first opens: a Faiss HNSW
        index in memory or a path to one, or an hnswlib index. It is not changed, and read as
        :class:`FederWidget` reads one.
    images, labels, data, id, columns, label, image
        Pictures, texts and metadata of the rows, as for :class:`FederWidget`.
    ef_search
        efSearch at first; None takes the index's own.
    k
        Results to show at first.
    k_max
        The largest ``k`` that can be chosen; at least ``k``.
    include_self
        Whether a query that is a row counts among its own results and true neighbours.
    projection
        The second picture of the visited nodes, as for :class:`FederWidget`.
    executor
        A ``concurrent.futures.Executor`` whose workers compare vectors when many queries are evaluated,
        here and on the page, as for :meth:`GraphIndex.evaluate`. It is not shut down.
    theme
        ``"auto"`` follows the host; ``"light"`` and ``"dark"`` do not.
    static
        Whether the output of a cell holds some lines of text and, once there is a search, a picture (PNG, at
        most 120 kB) beside the widget, for places where no widget runs, as for :class:`FederWidget`.

    Attributes
    ----------
    ef_search, k, include_self, query_id, selection, view, theme
        Traits that ``ipywidgets.link`` and ``observe`` work with. ``query_id`` is the row being searched
        (None for a free vector; setting it starts a search), ``selection`` the selected row ids.

    Raises
    ------
    ValueError, TypeError, OSError
        With the argument, what came and what is wanted.
    """

    _session: GraphSession

    _esm = bundled("graph_widget.js")
    _css = bundled("graph_widget.css")

    ef_search = Checked(16)
    view = Checked("walk")
    _graph = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        index: GraphIndex | object,
        *,
        images: object = None,
        labels: object = None,
        data: object = None,
        id: str | None = None,  # noqa: A002
        columns: Sequence[str] | None = None,
        label: str | None = None,
        image: str | None = None,
        ef_search: int | None = None,
        k: int = 9,
        k_max: int = K_MAX,
        include_self: bool = False,
        projection: str | Callable[[NDArray[np.float32]], ArrayLike] = "auto",
        executor: Executor | None = None,
        theme: str = "auto",
        static: bool = True,
    ) -> None:
        opened = index if isinstance(index, GraphIndex) else open_index(index)
        if not isinstance(opened, GraphIndex):
            raise UnsupportedIndexError(
                f"index must be a graph (HNSW) for a GraphWidget, got {opened.family}: use FederWidget"
            )
        self._index = opened
        self._method = resolve_method(projection)
        self._static = as_bool(static, "static")
        self._reported: int | None = None
        k_max = as_int(k_max, "k_max", most=K_LIMIT, most_name="the limit")
        k = as_int(k, "k", most=K_LIMIT, most_name="the limit")
        self._k_max = max(k, k_max)
        self._executor = executor
        opened.workers(executor)
        if ef_search is None:
            ef_search = min(opened.stored_ef, ef_limit(opened))
        rows = IdRange(opened.ntotal, lambda: (opened.graph_file.extremes() or (0, -1))[1])
        self._media = opened_media(
            rows, images=images, labels=labels, data=data, id=id, columns=columns, label=label, image=image
        )
        super().__init__(
            ef_search=ef_search,
            k=k,
            include_self=include_self,
            theme=theme,
            _view_count=0,
            _graph=self._described(0),
        )

    def open(self) -> None:
        """Open the comm, with a session behind it that answers."""
        if not hasattr(self, "_session"):
            self._session = GraphSession(
                self._index,
                self._media,
                self._post,
                k_max=self._k_max,
                projection=self._method,
                executor=self._executor,
                changed=self._tell_of_change,
                figures=self._figure_on_screen,
                pages=self._page_on_screen,
            )
            self._end_of_watch = at_cell_end(self._session.after_cell)
            self.on_msg(self._on_request)
        super().open()

    @property
    def index(self) -> GraphIndex:
        """The opened index."""
        return self._index

    def search(self, query: Any) -> None:
        """Search and show the answer, at the present ``ef_search``, ``k`` and ``include_self``.

        Parameters
        ----------
        query : int or array_like (dim,)
            A row id or a vector.

        Raises
        ------
        ValueError, TypeError
            If the id is not in the index, or it is no vector of ``dim`` finite numbers. The answer on screen
            stays.
        RuntimeError
            If the widget is closed, or on a thread that may not read the index.
        """
        self._check_thread("search")
        self._session.search(query, self.ef_search, self.k, self.include_self)
        found = self._session.query
        self.query_id = None if found is None else found.row_id

    def trace(self) -> GraphTrace | None:
        """Trace the query on screen at the present ``ef_search`` and ``k``; None before the first search.

        Raises
        ------
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        self._check_thread("trace")
        query = self._session.query
        return None if query is None else self._index.trace(query, self.k, self.ef_search)

    def explain(self) -> GraphExplanation | None:
        """Explain the query on screen at the present ``k``, or return None, as ``trace`` does."""
        self._check_thread("explain")
        query = self._session.query
        if query is None:
            return None
        return self._index.explain(query, self.k, include_self=self.include_self)

    def evaluate(
        self,
        queries: Any,
        *,
        k: int | None = None,
        ef_max: int | None = None,
        seed: int = 0,
        include_self: bool | None = None,
        progress: bool | Progress = True,
        executor: Executor | None = None,
    ) -> GraphWorkload:
        """Evaluate many queries at every efSearch, and show what comes out, as it comes.

        Parameters
        ----------
        queries, ef_max, seed, progress
            As for :meth:`GraphIndex.evaluate`.
        k : int, optional
            Neighbours of each query; the present ``k`` unless given.
        include_self : bool, optional
            Whether a row counts among its own neighbours; the present ``include_self`` unless given.
        executor : concurrent.futures.Executor, optional
            Its workers compare the vectors; the widget's own ``executor`` unless given.

        Raises
        ------
        TypeError, ValueError
            As :meth:`GraphIndex.evaluate`.
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        self._check_thread("evaluate")
        wanted = self.k if k is None else as_int(k, "k", most=self._k_max, most_name="k_max")
        counts = self.include_self if include_self is None else as_bool(include_self, "include_self")
        working = self._executor if executor is None else executor
        evaluation = self._index.evaluation(
            queries, wanted, ef_max=ef_max, seed=seed, include_self=counts, executor=working
        )
        return evaluate(evaluation, progress, self._session.evaluate)

    def save_html(
        self,
        path: str | os.PathLike[str],
        *,
        queries: Any = (),
        hardest: int = HARDEST_SAVED,
        max_bytes: int | None = None,
        title: str | None = None,
    ) -> Path:
        """Save the widget as one page that works from a file, without a network and without a kernel.

        It is the widget, and answers from a recording: for the query on screen and for ``queries``, at every
        efSearch up to 512 (or twice the present one) and every k up to 30 (or the present one). Where
        distances tie, it shows efSearch 1, 2, 4, 8, … at the present k, and so it does results of a second
        pass, at every efSearch. What a recording does not hold, it says. The pictures that come first in view
        are in it, as far as ``max_bytes`` goes. No name of a file or folder is.

        Parameters
        ----------
        path
            The file to write. An older one stays whole until the new one is.
        queries : int array_like (n,) or array_like (n, dim)
            Row ids or vectors, besides the query on screen.
        hardest
            Hardest queries of the last workload that are saved besides, where there is one.
        max_bytes
            The page at most; by default 1.5 MB, and 225 kB more for each query beyond the first, unless the
            search itself takes more.
        title
            The page's heading.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ValueError
            If there is no query, or ``max_bytes`` is too few for the queries without any picture.
        OSError
            If the folder does not exist or cannot be written.
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        return write_whole(path, self._page("save_html", queries, hardest, max_bytes, title))

    def to_html(
        self,
        *,
        queries: Any = (),
        hardest: int = HARDEST_SAVED,
        max_bytes: int | None = None,
        title: str | None = None,
        height: int = 760,
    ) -> str:
        """Return the page of :meth:`save_html` as a fragment for another page: an ``iframe`` that holds it.

        ``height`` is that of the frame in CSS pixels; all else as for ``save_html``.
        """
        document = self._page("to_html", queries, hardest, max_bytes, title)
        return srcdoc_frame(document, title or "A search of a graph, explained", as_int(height, "height"))

    def _page(self, name: str, queries: Any, hardest: int, max_bytes: int | None, title: str | None) -> str:
        self._check_thread(name)
        view = GraphView(self.ef_search, self.k, self.include_self)
        asked = queries_in(self._index, queries)
        return drain(self._page_steps(view, asked, hardest, max_bytes, title))

    def _page_on_screen(self, asked: WalkPageRequest) -> Steps[str]:
        at = GraphView(asked.ef_search, asked.k, asked.include_self)
        return self._page_steps(at, [], HARDEST_SAVED, None, None)

    def _page_steps(
        self, view: GraphView, queries: list[Any], hardest: int, max_bytes: int | None, title: str | None
    ) -> Steps[str]:
        shown, version = self._session.query, self._index.version()
        wish = PageWish(
            queries=[*queries, *([] if shown is None else [shown])],
            hardest=hardest,
            max_bytes=max_bytes,
            title=title or f"A search of {self._index.family}, explained",
        )
        page = yield from saved_graph_page(
            self._index,
            self._media,
            view,
            wish,
            k_max=self._k_max,
            projection=self._method,
            workload=self._session.workloads.last,
            traits={name: self.get_state(name)[name] for name in SAVED_TRAITS},
            summary=self._described(0),
        )
        if self._index.version() != version:
            raise IndexChangedError("the index has changed while the page was made; save it again")
        return page

    def report(self) -> GraphReport:
        """Return what the search on screen returned and missed, at the present ``ef_search`` and ``k``.

        Its ``markdown()`` is for an issue or a pull request, its ``as_json()`` for programs.

        Raises
        ------
        ValueError
            Before the first search.
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        query = self._searched("report")
        search = shown_walk(self._index, query, self.ef_search, self.k, include_self=self.include_self)
        return GraphReport.of(search, self._media.label)

    def results(self) -> Any:
        """Return the results on screen as a table.

        Its columns are ``id``, ``place`` (1 = nearest), ``distance`` (as the index reports it) and ``label``.
        A pandas.DataFrame; without pandas, a dict of columns; with ``data``, the caller's kind of table.
        Raises as :meth:`report`.
        """
        return self._as_table(neighbour_columns(self.report().results))

    def missed(self) -> Any:
        """Return the true neighbours that did not come back as a table, as :meth:`results` does.

        Further columns are ``ef_needed``, the smallest efSearch that returns each (0 where none does, or only
        a search tells), and ``lost_to``: ``"early"`` (the walk ended before it came to it), ``"few"``
        (visited, but a search keeps no more than efSearch), ``"code"`` (its code made it look farther),
        ``"rerank"`` (the second pass found others nearer), ``"unreached"`` (no path leads to it) or
        ``"tied"`` (distances tie, so that only a search at each efSearch tells which one finds it).
        """
        return self._as_table(neighbour_columns(self.report().missed, has_losses=True))

    def figure(
        self, view: str | None = None, *, style: str | None = None, pixels: int = FIGURE_PIXELS
    ) -> Figure:
        """Return a matplotlib figure of what the widget shows, at the present ``ef_search`` and ``k``.

        Parameters
        ----------
        view : str, optional
            ``"map"``, ``"walk"``, ``"recall"``, ``"workload"`` (the last one evaluated) or ``"results"``. By
            default, the walk beside the results.
        style : "light", "dark" or "print", optional
            By default as ``theme``, light for ``"auto"``. "print" is 3.3 inches wide, in text of 8 pt.
        pixels : int
            Longest side of the pictures of rows, up to 1,024.

        Returns
        -------
        matplotlib.figure.Figure
            Without pyplot; a notebook shows it. ``figure.savefig("figure.pdf")`` keeps text as text.

        Raises
        ------
        ValueError
            If there is no such view; if it needs a search, or a workload, and there is none yet.
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        self._check_thread("figure")
        self._session.notice_changes()
        return self._drawn(view, self.ef_search, self.k, self.include_self, style or self._mode, pixels)

    def _figure_on_screen(self, asked: WalkFigureRequest) -> Steps[bytes]:
        yield
        # Matplotlib has settings that hold for all of a program, so drawing is no work for a thread.
        figure = self._drawn("walk", asked.ef_search, asked.k, asked.include_self, asked.style, FIGURE_PIXELS)
        return as_png(figure) if asked.format == "png" else as_svg(figure)

    def _drawn(
        self, view: str | None, ef_search: int, k: int, include_self: bool, style: str, pixels: int
    ) -> Figure:
        pixels = as_int(pixels, "pixels", most=MOST_PIXELS, most_name="the largest thumbnail")
        graph_figure = importlib.import_module("feder_widget.figures.graph_walk.graph_figure")
        figure: Figure = graph_figure.graph_figure(
            self._index,
            self._session.query,
            ef_search,
            k,
            view=view,
            include_self=include_self,
            workload=self._session.workloads.last,
            pictures=RowPictures(self._media, pixels, self._index.vectors_of),
            drawn=self._session.drawn_map,
            style=style,
        )
        return figure

    def _static_view(self) -> dict[str, str]:
        return static_graph_view(
            self._index,
            self._session.query,
            self.ef_search,
            self.k,
            include_self=self.include_self,
            media=self._media,
            mode=self._mode,
        )

    def _check_ef_search(self, value: object) -> int:
        return as_int(value, "ef_search", most=ef_limit(self._index), most_name="the limit")

    def _check_row(self, row_id: int) -> None:
        self._index.node_of(row_id)

    def _check_view(self, value: object) -> str:
        return one_of(value, "view", GRAPH_VIEWS)

    def _tell_of_change(self) -> None:
        """Describe the index anew to the page."""
        self._graph = self._described(self._session.index_version)

    def _described(self, version: int) -> dict[str, Any]:
        return graph_summary_of(
            self._index,
            k_max=self._k_max,
            images=self._media.has_images,
            labels=self._media.has_labels,
            columns=self._media.columns,
            version=version,
        )

    def _post(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(message, buffers)
