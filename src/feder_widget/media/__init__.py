"""Row id → thumbnail, or a placeholder with the reason, label, and metadata.

Everything is made on demand: building a `Media` reads no image, no label and no entry of its arguments.
"""

from feder_widget.media.entries import IdRange, Lookup, is_missing
from feder_widget.media.errors import BadImage
from feder_widget.media.images_argument import open_images
from feder_widget.media.labels import LabelError
from feder_widget.media.media import Media
from feder_widget.media.row_table import RowTable
from feder_widget.media.thumbnail import SIZES, Thumbnail, bucket, file_of, shrink

__all__ = [
    "SIZES",
    "BadImage",
    "IdRange",
    "LabelError",
    "Lookup",
    "Media",
    "RowTable",
    "Thumbnail",
    "bucket",
    "file_of",
    "is_missing",
    "open_images",
    "shrink",
]
