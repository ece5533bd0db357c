"""The widget: traits on one side, a session on the other."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from feder_widget.embedding import Embedder, as_embedder, embedded_row, is_embeddable
from feder_widget.engines import FlatIndex, GraphIndex, IvfIndex, open_index
from feder_widget.errors import IndexChangedError, UnsupportedIndexError
from feder_widget.export import (
    HARDEST_SAVED,
    K_MAX,
    PageWish,
    SearchReport,
    View,
    columns_of,
    queries_in,
    saved_page,
    srcdoc_frame,
    svg_of,
    write_whole,
)
from feder_widget.figures.cell_output.view import static_view
from feder_widget.figures.row_pictures import RowPictures
from feder_widget.figures.shown_search import shown_search
from feder_widget.graph_widget import GraphWidget
from feder_widget.index_widget import FIGURE_PIXELS, K_LIMIT, IndexWidget
from feder_widget.map import ClusterMap
from feder_widget.media import IdRange
from feder_widget.media.media_arguments import opened_media
from feder_widget.model.arguments import as_bool, as_int
from feder_widget.model.pieces import Steps, drain
from feder_widget.model.search_trace import SearchTrace
from feder_widget.projection import resolve_method
from feder_widget.session.cell_end import at_cell_end
from feder_widget.session.messages.to_kernel import FigureRequest, PageRequest
from feder_widget.session.past_queries import PastQuery
from feder_widget.session.selected_rows import described
from feder_widget.session.session import Session
from feder_widget.session.snapshot_check import checked_snapshot
from feder_widget.session.summary import VIEWS, summary_of_rows
from feder_widget.synced_traits import THEMES, Checked, bundled, id_to_json, one_of
from feder_widget.truth import Workload, evaluate
from feder_widget.truth.evaluation import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAVED_TRAITS = ("cluster", "selection", "view", "theme")
"""Traits that a saved page begins with, besides nprobe, k and include_self."""


MAP_PATIENCE = 60.0
"""Seconds that a figure waits for the map that a thread draws, before it draws one itself."""

_OF_ROWS = ("labels", "data", "id", "columns", "label", "image")
"""Options that say what rows look like."""


def _embedder_for(index: IvfIndex, embed: Any, embed_text: Any) -> Embedder | None:
    """Return what embeds queries, or raise where its vectors are not as wide as those of the index."""
    if embed is None:
        if embed_text is not None:
            raise TypeError("embed_text embeds words beside pictures: pass embed= too")
        return None
    embedder = as_embedder(embed, embed_text)
    width = embedder.find_width()
    if width != index.dim:
        raise ValueError(
            f"embed must make vectors as wide as those of the index, {index.dim} numbers, got {width}: "
            "pass the embedder that the index was built with"
        )
    return embedder


def check_options(count: int, options: Mapping[str, Any]) -> None:
    """Raise what a widget would raise of its options, for ``count`` rows that have no index yet."""
    rows = IdRange(count, lambda: count - 1)
    opened_media(rows, images=lambda _: None, **{name: options[name] for name in _OF_ROWS if name in options})
    for name in ("nprobe", "k", "k_max"):
        if options.get(name) is not None:
            as_int(options[name], name, most=count if name == "nprobe" else K_LIMIT)
    for name in ("include_self", "static"):
        as_bool(options.get(name, True), name)
    one_of(options.get("theme", THEMES[0]), "theme", THEMES)
    resolve_method(options.get("projection", "auto"))


class FederWidget(IndexWidget):
    """Shows how a Faiss IVF index answers a query: the clusters probed, the vectors compared, the results.

    Of an HNSW index, ``FederWidget(index)`` is a :class:`GraphWidget`.

    Parameters
    ----------
    index
        An opened index (:func:`open_index`), or what that opens: a Faiss index in memory, a path to one, a
        vector store that holds one. It is not changed.
        Only the thread that runs cells reads it, in the calls below and between cells, so cells may add to
        it and remove from it at any time; the page notices. Do not change it on another thread. An index
        opened from a path or with ``frozen=True`` is read on a thread of its own, while cells run.
    images
        The picture of each row: a list or glob of paths (in natural order), an array or tensor
        (n, h, w[, 1 | 3 | 4]) or (n, 1 | 3 | 4, h, w), PIL images, encoded bytes, http(s) or data:image URLs
        (loaded by the browser only), a Hugging Face column, a torchvision data set, or a mapping or function
        of the row id. A function is called from worker threads. Without pictures the vector itself is drawn.
    labels
        The text of each row: a sequence, a column, a mapping or a function of the row id. Without them, those
        that stand beside the pictures: in ``(picture, label)`` pairs, in a torchvision data set. A torch data
        set without a list of them (``targets``, ``labels``) gives each with its picture: to count labels
        reads pictures then.
    embed
        What embeds pictures as those of the index were embedded, as for :func:`feder_widget.embed`: pictures
        are queries then. The width of its vectors is checked; where it is not known yet, by a grey picture.
    embed_text
        What embeds words into the same space, as for :func:`feder_widget.embedders.embedder`.
    data
        Metadata: a pandas or polars ``DataFrame`` or a pyarrow ``Table``, whose row i belongs to row id i, or
        to the row id in the column that ``id`` names. Rows are looked up as they are shown. The map and the
        candidates can be coloured by a column: text, bools and integers of at most 20 different values
        (among 200 at even distances) are categories; other integers, floats, decimals, dates and times have
        a scale from the 2nd to the 98th percentile, and values beyond these the colour of the end. NaN and
        nulls are no value; infinite values count in no mean. To have integers as categories, pass text.
    id
        The column of ``data`` that holds row ids.
    columns
        The columns of ``data`` to show, at most 32; by default those of scalars.
    label, image
        The columns of ``data`` that take the place of ``labels`` and ``images``.
    nprobe
        Clusters to probe at first; None takes the index's own ``nprobe``.
    k
        Results to show at first.
    k_max
        The largest ``k`` that can be chosen; at least ``k``.
    include_self
        Whether a query that is a row counts among its own results and true neighbours. False shows the k best
        other rows: what a search for k + 1 returns, without that row.
    projection
        How the candidates are laid out in the plane, after the linear picture that is always shown first:
        ``"auto"`` or ``"neighbours"`` (t-SNE), ``"linear"`` (principal components only) or a function that
        takes float32 (n, dim), the query last, and returns (n, 2). It gets 2,000 candidates at most and is
        called from a worker thread. With the inner product, all but a function of yours compare directions.
    executor
        A ``concurrent.futures.Executor`` whose workers compare vectors when many queries are evaluated,
        here and on the page, as for :meth:`IvfIndex.evaluate`. It is not shut down.
    theme
        ``"auto"`` follows the host; ``"light"`` and ``"dark"`` do not.
    static
        Whether the output of a cell holds a picture (PNG, at most 120 kB) and some lines of text beside the
        widget, for places where no widget runs: code hosts, notebook viewers, terminals. Both show the search
        at the time of the display.

    Attributes
    ----------
    nprobe, k, include_self, query_id, cluster, selection, view, theme
        Traits that ``ipywidgets.link`` and ``observe`` work with. ``query_id`` is the row being searched
        (None for a free vector; setting it starts a search), ``cluster`` the pinned cluster or None,
        ``selection`` the selected row ids, which the page clears when another query is searched for.

    Raises
    ------
    ValueError, TypeError, OSError
        With the argument, what came and what is wanted.
    """

    _index: IvfIndex
    _session: Session

    _esm = bundled("widget.js")
    _css = bundled("widget.css")

    nprobe = Checked(1)
    cluster = Checked(None)
    view = Checked(VIEWS[0])
    _summary = traitlets.Dict().tag(sync=True)
    _snapshot = Checked((), echo_update=False)

    def __new__(cls, index: IvfIndex | GraphIndex | object, **options: Any) -> Any:
        """Open the index; of a graph, make a :class:`GraphWidget`."""
        is_open = isinstance(index, (IvfIndex, GraphIndex, FlatIndex))
        opened = index if is_open else open_index(index)
        if isinstance(opened, FlatIndex):
            raise UnsupportedIndexError(
                f"index must have clusters or a graph to be shown, got {opened.family}: it compares every "
                "vector, so that there is no way to watch. open_index(index) tells its answers and, with "
                "vectors=, what its codes lose; build_index(vectors) makes an index with clusters"
            )
        if isinstance(opened, GraphIndex):
            return GraphWidget(opened, **options)
        widget = super().__new__(cls)
        widget._index = opened
        return widget

    def __init__(
        self,
        index: IvfIndex | object,
        *,
        images: object = None,
        labels: object = None,
        embed: Any = None,
        embed_text: Any = None,
        data: object = None,
        id: str | None = None,  # noqa: A002
        columns: Sequence[str] | None = None,
        label: str | None = None,
        image: str | None = None,
        nprobe: int | None = None,
        k: int = 9,
        k_max: int = K_MAX,
        include_self: bool = False,
        projection: str | Callable[[NDArray[np.float32]], ArrayLike] = "auto",
        executor: Executor | None = None,
        theme: str = "auto",
        static: bool = True,
    ) -> None:
        # As ``__new__`` has opened it.
        opened = self._index
        del index
        if nprobe is None:
            nprobe = min(opened.stored_nprobe, opened.nlist)
        nprobe = as_int(nprobe, "nprobe", most=opened.nlist, most_name="nlist")
        k_max = as_int(k_max, "k_max", most=K_LIMIT, most_name="the limit")
        k = as_int(k, "k", most=K_LIMIT, most_name="the limit")
        k_max = max(k, k_max)
        method = resolve_method(projection)
        self._static = as_bool(static, "static")
        self._embedder = _embedder_for(opened, embed, embed_text)
        self._reported: int | None = None
        self._has_held_query_id = False
        self._method = method
        self._k_max = k_max
        self._executor = executor
        opened.workers(executor)
        rows = IdRange(opened.ntotal, lambda: opened.max_id)
        self._media = opened_media(
            rows, images=images, labels=labels, data=data, id=id, columns=columns, label=label, image=image
        )
        super().__init__(
            nprobe=nprobe,
            k=k,
            include_self=include_self,
            theme=theme,
            _view_count=0,
            _summary=self._described(embedder=self._embedder),
        )

    def open(self) -> None:
        """Open the comm, with a session behind it that answers."""
        if not hasattr(self, "_session"):
            self._session = Session(
                self._index,
                self._media,
                self._post,
                k_max=self._k_max,
                projection=self._method,
                executor=self._executor,
                embedder=self._embedder,
                changed=self._tell_of_change,
                files=self._file_on_screen,
            )
            self._end_of_watch = at_cell_end(self._session.after_cell)
            self.on_msg(self._on_request)
        super().open()

    @property
    def index(self) -> IvfIndex:
        """The opened index."""
        return self._index

    @property
    def embedder(self) -> Embedder | None:
        """What embeds pictures and words for queries; None where ``embed`` was not given."""
        return self._embedder

    def image_source(self, row_id: int) -> Any:
        """Return what a row's picture is read from, as ``images`` gives it: a path, bytes, an array, ….

        None where the row has none. Exceptions of a mapping or function pass through.
        """
        return self._media.entry(as_int(row_id, "row_id", least=None))

    def check_images(self, rows: int | Sequence[int] = 8, *, seed: int = 0) -> list[int]:
        """Check that the pictures of some rows are those that the index was built of.

        Their pictures are embedded and compared with what the index holds for these rows.

        Parameters
        ----------
        rows : int or sequence of int
            A sample size, or row ids.
        seed : int
            Draws the sample.

        Returns
        -------
        list of int
            The rows whose picture cannot be read, or to whose vector more than 1 % of all rows are nearer
            than the row itself: ``images`` has another order, or belongs to another index. Empty where all
            is well.

        Raises
        ------
        TypeError
            If ``embed`` or ``images`` were not given.
        ValueError
            If a row id is not in the index.
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        self._check_thread("check_images")
        if self._embedder is None or not self._media.has_images:
            missing = "embed" if self._embedder is None else "images"
            raise TypeError(f"check_images needs {missing}=, which FederWidget was not given")
        if isinstance(rows, (int, np.integer)):
            drawn = self._index.sample_ids(as_int(rows, "rows"), np.random.default_rng(seed))
            rows = [int(row) for row in drawn]
        most_nearer = self._index.ntotal // 100
        wrong = []
        for row in rows:
            self._index.locate(row)
            vector = embedded_row(self._embedder, self._media.entry, row)
            if vector is None or (self._index.verdict(vector, row).position or 1) > 1 + most_nearer:
                wrong.append(row)
        return wrong

    def search(self, query: int | ArrayLike | Image.Image | str | bytes | os.PathLike[str]) -> str | None:
        """Search and show the answer, at the present ``nprobe``, ``k`` and ``include_self``.

        Parameters
        ----------
        query
            A row id (an integer); a vector of shape (dim,) or (1, dim), also as a tensor or a column; or,
            with ``embed``, a picture (PIL image, path or encoded bytes) or words (a str that is no path;
            where words can be embedded).

        Returns
        -------
        str or None
            For a picture that rows of the index have too, pixel by pixel or nearly (scaled, compressed or
            very similar), a sentence that says which.

        Raises
        ------
        ValueError, TypeError
            If the id is not in the index, or the vector has another dimension, NaN or infinite values; if the
            picture cannot be read, or nothing embeds it. The answer on screen stays.
        RuntimeError
            If the widget is closed.

        Notes
        -----
        The results are sent before the call returns, unless calls come faster than the page can show them or
        the probed clusters fill more messages than may leave at once; then they follow. On another thread
        than the one that runs cells, the search is handed over to that one, and an error is shown on the
        page.
        """
        embedded = self._session.embedded_queries
        made = embedded.embed(query) if is_embeddable(query) else None
        asked = query if made is None else made
        if not self._session.may_read:
            self._session.hand_over(lambda: self._search_in_call(asked))
            return None
        self._search_in_call(asked)
        found = None if made is None else embedded.same_picture(made, self.nprobe)
        return None if found is None else found.sentence

    def _search_in_call(self, query: Any) -> None:
        self._session.search(query, self.nprobe, self.k, include_self=self.include_self)
        found = self._session.query
        self.query_id = None if found is None else found.row_id

    @property
    def history(self) -> list[PastQuery]:
        """The last 100 queries that were searched for, oldest first, the one on screen last.

        Each has ``row_id`` (None for a vector from elsewhere), ``vector``, and the ``nprobe`` and ``k`` that
        it was searched for with last.
        """
        return self._session.past_queries

    def trace(self) -> SearchTrace | None:
        """Trace the query on screen at the present ``nprobe`` and ``k``; None before the first search.

        ``ids`` (int64) and ``distances`` (float32, as Faiss reports them: squared for L2) equal what the
        index's own ``search`` for k returns: the row searched for is among them, whatever ``include_self``
        says.

        Raises
        ------
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        self._check_thread("trace")
        query = self._session.query
        return None if query is None else self._index.trace(query.vector, self.nprobe, self.k)

    def evaluate(
        self,
        queries: Any,
        *,
        k: int | None = None,
        seed: int = 0,
        include_self: bool | None = None,
        progress: bool | Progress = True,
        executor: Executor | None = None,
    ) -> Workload:
        """Evaluate many queries and show what comes out, as it comes.

        Parameters
        ----------
        queries : int, int array_like (n,) or array_like (n, dim)
            A sample size (rows drawn from the index), row ids, or vectors.
        k : int, optional
            Neighbours of each query; the present ``k`` unless given.
        include_self : bool, optional
            Whether a row counts among its own neighbours; the present ``include_self`` unless given.
        executor : concurrent.futures.Executor, optional
            Its workers compare the vectors; the widget's own ``executor`` unless given.
        seed, progress
            As for :meth:`IvfIndex.evaluate`.

        Returns
        -------
        Workload
            When interrupted from the keyboard, what was computed by then, with a ``RuntimeWarning``.

        Raises
        ------
        TypeError, ValueError
            As :meth:`IvfIndex.evaluate`.
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        self._check_thread("evaluate")
        wanted = self.k if k is None else as_int(k, "k", most=self._k_max, most_name="k_max")
        counts = self.include_self if include_self is None else as_bool(include_self, "include_self")
        working = self._executor if executor is None else executor
        evaluation = self._index.evaluation(queries, wanted, seed=seed, include_self=counts, executor=working)
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
        nprobe and k. What a recording does not hold, it says. The pictures that come first in view are in
        it, as far as ``max_bytes`` goes. No name of a file or folder is.

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
        return srcdoc_frame(document, title or "A search, explained", as_int(height, "height"))

    def report(self) -> SearchReport:
        """Return what the search on screen returned and missed, at the present ``nprobe`` and ``k``.

        Its ``markdown()`` is for an issue or a pull request, its ``as_json()`` for programs.

        Raises
        ------
        ValueError
            Before the first search.
        RuntimeError
            On a thread that may not read the index: another than the one that runs cells.
        """
        query = self._searched("report")
        search = shown_search(self._index, query, self.nprobe, self.k, include_self=self.include_self)
        return SearchReport.of(search, self._media.label)

    def results(self) -> Any:
        """Return the results on screen as a table.

        Its columns are ``id``, ``place`` (1 = nearest), ``distance`` (as the index reports it), ``cluster``,
        ``rank`` and ``label``. A pandas.DataFrame; without pandas, a dict of columns; with ``data``, the
        caller's kind of table. Raises as :meth:`report`.
        """
        return self._as_table(columns_of(self.report().results))

    def missed(self) -> Any:
        """Return the true neighbours that did not come back as a table, as :meth:`results` does.

        A further column, ``lost_to``, is the stage at which each was lost: ``"coarse"`` (its cluster was not
        probed), ``"ranking"`` (the coarse quantizer ranked its cluster wrongly), ``"limit"`` (the search
        stopped before it), ``"unreached"`` (the coarse search does not come to its cluster), ``"code"`` or
        ``"rerank"``.

        Raises
        ------
        ValueError
            Before the first search, or where true neighbours are not known, with the reason.
        """
        report = self.report()
        if report.neighbours is None:
            raise ValueError(f"true neighbours are not known: {report.unexplained}")
        return self._as_table(columns_of(report.missed, has_losses=True))

    def _page(self, name: str, queries: Any, hardest: int, max_bytes: int | None, title: str | None) -> str:
        self._check_thread(name)
        view = View(self.nprobe, self.k, self.include_self)
        asked = queries_in(self._index, queries)
        return drain(self._page_steps(view, asked, hardest, max_bytes, title))

    def _file_on_screen(self, asked: PageRequest | FigureRequest) -> Steps[str]:
        at = View(asked.nprobe, asked.k, asked.include_self)
        if isinstance(asked, PageRequest):
            return self._page_steps(at, [], HARDEST_SAVED, None, None)
        return svg_of(
            lambda drawn: self._drawn(asked.view, at, asked.style, FIGURE_PIXELS, drawn),
            self._session.map_within,
            MAP_PATIENCE,
        )

    def _page_steps(
        self, view: View, queries: list[Any], hardest: int, max_bytes: int | None, title: str | None
    ) -> Steps[str]:
        shown, version = self._session.query, self._index.version()
        wish = PageWish(
            queries=[*queries, *([] if shown is None else [shown])],
            hardest=hardest,
            max_bytes=max_bytes,
            title=title or f"A search of {self._index.family}, explained",
        )
        traits = {name: self.get_state(name)[name] for name in SAVED_TRAITS}
        page = yield from saved_page(
            self._index,
            self._media,
            view,
            wish,
            k_max=self._k_max,
            projection=self._method,
            workload=self._session.workloads.last,
            traits=traits,
            summary=self._described(),
        )
        if self._index.version() != version:
            raise IndexChangedError("the index has changed while the page was made; save it again")
        return page

    def figure(
        self, view: str | None = None, *, style: str | None = None, pixels: int = FIGURE_PIXELS
    ) -> Figure:
        """Return a matplotlib figure of what the widget shows, at the present ``nprobe`` and ``k``.

        Parameters
        ----------
        view : str, optional
            ``"clusters"``, ``"distances"``, ``"projection"`` (by principal components), ``"recall"``,
            ``"workload"`` (the last one evaluated) or ``"results"``. By default, the map beside the results;
            before the first search, the map alone.
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
        at = View(self.nprobe, self.k, self.include_self)
        drawn = self._session.map_within(MAP_PATIENCE)
        return self._drawn(view, at, style or self._mode, pixels, drawn)

    def _drawn(self, view: str | None, at: View, style: str, pixels: int, drawn: ClusterMap | None) -> Figure:
        widget_figure = importlib.import_module("feder_widget.figures.widget_figure")
        figure: Figure = widget_figure.widget_figure(
            self._index,
            self._session.query,
            at.nprobe,
            at.k,
            view=view,
            include_self=at.include_self,
            workload=self._session.workloads.last,
            drawn=drawn,
            pictures=RowPictures(self._media, pixels, self._index.vectors_of),
            style=style,
        )
        return figure

    def _static_view(self) -> dict[str, str]:
        return static_view(
            self._index,
            self._session.query,
            self.nprobe,
            self.k,
            include_self=self.include_self,
            map_within=self._session.map_within,
            media=self._media,
            mode=self._mode,
        )

    def selected(self) -> Any:
        """Describe the selected rows, in the order in which they were selected.

        Returns
        -------
        pandas.DataFrame
            Columns ``id``, ``cluster``, ``rank`` (of the cluster, 1 = nearest; 0 before a search),
            ``distance`` (to the query, as Faiss reports it; NaN before a search) and ``label``. Without
            pandas, a dict of the same columns. With ``data``, the caller's kind of table, with the columns
            shown after these; a name that is taken ends in ``_data``.
        """
        self._check_thread("selected")
        search = self._session.newest_search(self.nprobe)
        return self._as_table(described(self._index, self._media, self.selection, search))

    def _should_send_property(self, key: str, value: Any) -> bool:
        """Hold a ``query_id`` back until its search begins: searches may come faster than the page shows."""
        if key == "query_id" and hasattr(self, "_session"):
            # Set first: a search on a thread may begin meanwhile.
            self._has_held_query_id = True
            begins = value is not None and value != self._reported and not self._is_current(value)
            if begins or self._session.is_about_to_search:
                return False
            self._has_held_query_id = False
        return bool(super()._should_send_property(key, value))

    def _check_nprobe(self, value: object) -> int:
        return as_int(value, "nprobe", most=self._index.nlist, most_name="nlist")

    def _check_cluster(self, value: object) -> int | None:
        if value is None:
            return None
        return as_int(value, "cluster", least=0, most=self._index.nlist - 1, most_name="nlist - 1")

    def _check_row(self, row_id: int) -> None:
        self._index.query_vector(row_id)

    def _check_view(self, value: object) -> str:
        return one_of(value, "view", VIEWS)

    def _check__snapshot(self, value: object) -> list[str]:
        return list(checked_snapshot(value))

    def _tell_of_change(self) -> None:
        """Describe the index anew to the page."""
        self._summary = self._described(version=self._session.index_version, embedder=self._embedder)

    def _described(self, **others: Any) -> dict[str, Any]:
        return summary_of_rows(self._index, self._media, k_max=self._k_max, **others)

    def _post(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(message, buffers)
        if self._has_held_query_id and message["kind"] == "coarse":
            self._has_held_query_id = False
            # The page itself reports the query of a search that it has asked for.
            if message["id"] == id_to_json(self.query_id, self):
                self.send_state("query_id")
