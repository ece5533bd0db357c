"""Row id → thumbnail (or a placeholder that says why not) and label.

Everything is made on demand: building a `Media` reads no image, no label and no entry of what it was given.
"""

from feder_widget.media.entries import IdRange
from feder_widget.media.media import Media
from feder_widget.media.thumbnail import SIZES, Thumbnail, bucket

__all__ = ["SIZES", "IdRange", "Media", "Thumbnail", "bucket"]
