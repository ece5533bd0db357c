"""Text that may go to the page: short, on one line, and always encodable."""

from __future__ import annotations


def one_line(text: str, limit: int) -> str:
    """Collapse white space, replace what UTF-8 cannot carry, and cap the length.

    File names that are not UTF-8 reach Python as lone surrogates, and those break the JSON of a message.

    Parameters
    ----------
    text : str
        Any text; HTML stays what it is, text.
    limit : int
        Most characters of the answer, the ellipsis of a cut one included.
    """
    # Far more than the limit, so that white space can collapse, and far less than a text of megabytes.
    head = " ".join(text[: 16 * limit].split())
    head = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in head[: limit + 1])
    return head if len(head) <= limit and len(text) <= 16 * limit else head[: limit - 1] + "…"
