"""Row id → thumbnail, or a placeholder with the reason, label, and metadata.

Everything is made on demand: building a `Media` reads no image, no label and no entry of its arguments.
"""

from feder_widget.media.entries import IdRange
from feder_widget.media.labels import LabelError
from feder_widget.media.media import Media
from feder_widget.media.row_table import RowTable
from feder_widget.media.thumbnail import SIZES, Thumbnail, bucket

__all__ = ["SIZES", "IdRange", "LabelError", "Media", "RowTable", "Thumbnail", "bucket"]
