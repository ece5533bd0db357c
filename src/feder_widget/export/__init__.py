"""How a search leaves the notebook: a page that works without a kernel."""

from feder_widget.export.one_page import srcdoc_frame
from feder_widget.export.page_contents import View
from feder_widget.export.saved_page import PageWish, queries_in, saved_page
from feder_widget.export.whole_file import write_whole

__all__ = ["PageWish", "View", "queries_in", "saved_page", "srcdoc_frame", "write_whole"]
