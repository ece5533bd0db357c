"""What the widgets of all kinds of index have in common: traits of a search, and the way to its session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Protocol

import anywidget
import numpy as np
import traitlets

from feder_widget.export import Report
from feder_widget.media import Media
from feder_widget.model.arguments import as_bool, as_int
from feder_widget.model.query import Query
from feder_widget.session.selected_table import selected_table
from feder_widget.synced_traits import (
    THEMES,
    Checked,
    id_from_json,
    id_to_json,
    ids_from_json,
    ids_to_json,
    one_of,
)

K_LIMIT = 10_000
"""A screen cannot show more results."""

FIGURE_PIXELS = 128
"""Longest side of the pictures of rows in a figure, unless the caller says otherwise."""


class Conversation(Protocol):
    """A session, as far as a widget needs it, whatever the index is."""

    @property
    def query(self) -> Query | None:
        """The query on screen."""
        ...

    @property
    def may_read(self) -> bool:
        """Whether the calling thread may read the index."""
        ...

    def handle(self, content: object, buffers: Sequence[Any] = ()) -> None:
        """Take one request of the page."""
        ...

    def show(self, is_shown: bool) -> None:
        """Look for changes only while a page shows the widget."""
        ...

    def close(self) -> None:
        """Stop all work."""
        ...


class IndexWidget(anywidget.AnyWidget):
    """A widget over an index: what does not depend on how the index searches."""

    k = Checked(9)
    include_self = Checked(False)
    query_id = Checked(None, to_json=id_to_json, from_json=id_from_json)
    selection = Checked((), to_json=ids_to_json, from_json=ids_from_json)
    theme = Checked(THEMES[0])

    # Set by the kinds of widgets: the session in ``open``, the others before traits are.
    _session: Conversation
    _end_of_watch: Callable[[], None]
    _media: Media
    _k_max: int
    _reported: int | None
    _static: bool

    def search(self, query: Any) -> Any:
        """Search and show the answer."""
        raise NotImplementedError

    def report(self) -> Report[Any]:
        """Return what the search on screen returned and missed."""
        raise NotImplementedError

    def _static_view(self) -> dict[str, str]:
        """Return ``text/plain`` and ``image/png`` (base64) of what is shown, for where no widget runs."""
        raise NotImplementedError

    def _check_row(self, row_id: int) -> None:
        """Raise unless a row is in the index."""
        raise NotImplementedError

    @property
    def query(self) -> int | np.ndarray[Any, Any] | None:
        """The query on screen: its row id, or its vector, float32 (dim,); None before the first search."""
        found = self._session.query
        if found is None:
            return None
        return found.vector.copy() if found.row_id is None else found.row_id

    def finding(self) -> str:
        """Return the search on screen as Markdown: the answer, its numbers, what is missed, the remedy, code.

        Raises as :meth:`report`.
        """
        return self.report().markdown()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the widget, and a picture and text for where no widget runs."""
        bundle: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**kwargs)
        if bundle is None or not self._static or not self._session.may_read:
            return bundle
        return {**bundle[0], **self._static_view()}, bundle[1]

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page says, except for a ``query_id`` that is no longer being searched.

        The page asks for searches itself and then reports, later, which one it shows. Taken for a wish, a
        late report would undo a newer search.
        """
        query = self._session.query
        searched = None if query is None else id_to_json(query.row_id, self)
        if sync_data.get("query_id", searched) != searched:
            sync_data = {name: value for name, value in sync_data.items() if name != "query_id"}
        self._reported = None if query is None else query.row_id
        try:
            super().set_state(sync_data)
        finally:
            self._reported = None

    def close(self) -> None:
        """Stop all work, drop the caches and remove the widget from the page."""
        # Neither exists where __init__ raised, and ipywidgets closes what is dropped.
        if hasattr(self, "_session"):
            self._end_of_watch()
            self._session.close()
            self._media.clear()
            # A page that counts its views would report the last one's end to a comm that is closed, and fail.
            self._view_count = None
        super().close()

    def _check_k(self, value: object) -> int:
        return as_int(value, "k", most=self._k_max, most_name="k_max")

    def _check_include_self(self, value: object) -> bool:
        return as_bool(value, "include_self")

    def _check_query_id(self, value: object) -> int | None:
        if value is None:
            return None
        row_id = as_int(value, "query_id", least=None)
        if row_id != self._reported and not self._is_current(row_id) and self._session.may_read:
            self._check_row(row_id)
        return row_id

    def _check_selection(self, value: object) -> list[int]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise TypeError(f"selection must be a list of row ids, got {value!r}")
        extremes = np.iinfo(np.int64)
        return [as_int(row_id, "selection", least=extremes.min, most=extremes.max) for row_id in value]

    def _check_theme(self, value: object) -> str:
        return one_of(value, "theme", THEMES)

    @traitlets.observe("query_id")
    def _search_query_id(self, change: Any) -> None:
        row_id = change["new"]
        if row_id is not None and row_id != self._reported and not self._is_current(row_id):
            self.search(row_id)

    @traitlets.observe("_view_count")
    def _note_views(self, change: Any) -> None:
        if hasattr(self, "_session"):
            self._session.show(change["new"] != 0)

    def _check_thread(self, name: str) -> None:
        if not self._session.may_read:
            raise RuntimeError(
                f"{name}() reads the index, which only the thread that runs cells may do, for it may change "
                "there; call it there, or pass open_index(index, frozen=True) if nothing changes the index"
            )

    @property
    def _mode(self) -> Literal["light", "dark"]:
        """The colours of pictures that leave the widget."""
        return "dark" if self.theme == "dark" else "light"

    def _searched(self, name: str) -> Query:
        """Return the query on screen for a method that needs one."""
        self._check_thread(name)
        query = self._session.query
        if query is None:
            raise ValueError("there is no search to report on: search first")
        return query

    def _as_table(self, columns: dict[str, Any]) -> Any:
        if self._media.table is not None:
            return selected_table(columns, self._media.table)
        try:
            import pandas
        except ImportError:
            return columns
        return pandas.DataFrame(columns)

    def _is_current(self, row_id: object) -> bool:
        query = self._session.query if hasattr(self, "_session") else None
        return query is not None and query.row_id is not None and query.row_id == row_id

    def _on_request(self, _: object, content: object, buffers: list[Any]) -> None:
        self._session.handle(content, buffers)
