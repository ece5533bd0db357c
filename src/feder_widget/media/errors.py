"""Why an image cannot be shown."""


class BadImage(Exception):  # noqa: N818  (it ends as a placeholder, not as an error)
    """An image that ends as a placeholder. People read its message: plain words, and no folder names."""
