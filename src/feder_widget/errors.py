"""The errors a caller can tell apart; every other bad argument is a plain ``ValueError`` or ``TypeError``."""


class FederError(Exception):
    """Base of this package's own errors."""


class UnsupportedIndexError(FederError, TypeError):
    """The object is no index that a search can be traced through."""


class IndexFileError(FederError, OSError):
    """The file is there but holds no index that can be read."""


class UnknownIdError(FederError, ValueError):
    """The row id is not stored in the index."""


class BrokenIdMapError(FederError, ValueError):
    """A vector inside an id map has no id: the map and the lists have parted."""


class IndexChangedError(FederError, RuntimeError):
    """The index changed after a search or a stepped read began; begin it anew."""


class EmbedderError(FederError, ValueError):
    """What embeds pictures or words raised, or returned anything but one vector for each."""
