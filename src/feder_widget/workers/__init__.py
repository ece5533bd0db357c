"""Parts of a pass over vectors, computed by the workers of a ``concurrent.futures.Executor``."""

from feder_widget.workers.part import Part
from feder_widget.workers.workers import Workers

__all__ = ["Part", "Workers"]
