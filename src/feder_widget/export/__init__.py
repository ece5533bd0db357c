"""How a search leaves the notebook: a page that works without a kernel, a report, tables."""

from feder_widget.export.one_page import srcdoc_frame
from feder_widget.export.page_contents import View
from feder_widget.export.saved_page import PageWish, queries_in, saved_page
from feder_widget.export.search_report import SearchReport, columns_of
from feder_widget.export.svg_figure import svg_of
from feder_widget.export.whole_file import write_whole

__all__ = [
    "PageWish",
    "SearchReport",
    "View",
    "columns_of",
    "queries_in",
    "saved_page",
    "srcdoc_frame",
    "svg_of",
    "write_whole",
]
