"""The error of an image that cannot be shown."""


class BadImage(Exception):  # noqa: N818  (it becomes a placeholder)
    """An image that becomes a placeholder. The page shows its message: plain words, no folder names."""
