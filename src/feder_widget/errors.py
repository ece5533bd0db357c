"""The errors a caller can tell apart; every other bad argument is a plain ``ValueError`` or ``TypeError``."""


class FederError(Exception):
    """Base of this package's own errors."""


class UnsupportedIndexError(FederError, TypeError):
    """The object is no index that a search can be traced through."""


class IndexFileError(FederError, OSError):
    """The file is there but holds no index that can be read."""


class ShardError(FederError, ValueError):
    """Shards are not parts of one index, or a manifest says of one what it is not; the shard is named."""


class VectorFileError(FederError, OSError):
    """A file of vectors is there but cannot be read as one: damaged, cut, or of another kind."""


class TruthFileError(FederError, OSError):
    """A file of ground truth is there but cannot be read as one: damaged, cut, or something else."""


class UnknownIdError(FederError, ValueError):
    """The row id is not stored in the index."""


class BrokenIdMapError(FederError, ValueError):
    """A vector inside an id map has no id: the map and the lists have parted."""


class IndexChangedError(FederError, RuntimeError):
    """The index, or a file that it or its vectors are read from, changed after a read began; begin anew."""


class WorkerError(FederError, RuntimeError):
    """An executor computes a part of a pass no more: the part failed again and again, or nothing is taken."""


class EmbedderError(FederError, ValueError):
    """What embeds pictures or words raised, or returned anything but one vector for each."""
