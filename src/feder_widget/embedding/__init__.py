"""Pictures and words → vectors: embedders of any kind, a cache, a descriptor that needs no model."""

from feder_widget.embedding.embedded_query import (
    EmbeddedQuery,
    embed_query,
    embedded_row,
    is_embeddable,
    rows_that_show,
    words_query,
)
from feder_widget.embedding.embedder import Embedder, as_embedder
from feder_widget.embedding.embedding_run import BATCH_SIZE, embed, embed_pictures
from feder_widget.embedding.errors import PicturesLeftOutWarning
from feder_widget.embedding.pictures import Pictures, read_picture

__all__ = [
    "BATCH_SIZE",
    "EmbeddedQuery",
    "Embedder",
    "Pictures",
    "PicturesLeftOutWarning",
    "as_embedder",
    "embed",
    "embed_pictures",
    "embed_query",
    "embedded_row",
    "is_embeddable",
    "read_picture",
    "rows_that_show",
    "words_query",
]
