"""How a search leaves the notebook: a page that works without a kernel, a report, tables."""

from feder_widget.export.atomic_file import write_whole
from feder_widget.export.figure_file import as_png, as_svg, svg_of
from feder_widget.export.graph_report import GraphReport
from feder_widget.export.html_document import srcdoc_frame
from feder_widget.export.page_assembly import HARDEST_SAVED, K_MAX, PageWish, queries_in
from feder_widget.export.report import Report
from feder_widget.export.reported_neighbours import neighbour_columns
from feder_widget.export.reported_rows import columns_of
from feder_widget.export.saved_answer import frame_of_answer, save_answer
from feder_widget.export.saved_graph_page import saved_graph_page
from feder_widget.export.saved_page import saved_page
from feder_widget.export.saved_query import GraphView, View
from feder_widget.export.search_report import SearchReport

__all__ = [
    "HARDEST_SAVED",
    "K_MAX",
    "GraphReport",
    "GraphView",
    "PageWish",
    "Report",
    "SearchReport",
    "View",
    "as_png",
    "as_svg",
    "columns_of",
    "frame_of_answer",
    "neighbour_columns",
    "queries_in",
    "save_answer",
    "saved_graph_page",
    "saved_page",
    "srcdoc_frame",
    "svg_of",
    "write_whole",
]
