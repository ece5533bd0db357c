"""Text for the page: short, on one line, valid UTF-8."""

from __future__ import annotations


def one_line(text: str, limit: int) -> str:
    """Collapse white space, replace unprintable characters, and cap the length.

    File names that are not UTF-8 reach Python as lone surrogates, which break the JSON of a message.

    Parameters
    ----------
    text : str
        Any text; HTML stays text.
    limit : int
        Most characters returned, with the ellipsis of a cut text.
    """
    # A bounded head: white space may collapse, but a text of megabytes must not take its time.
    head = " ".join(text[: 16 * limit].split())
    head = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in head[: limit + 1])
    return head if len(head) <= limit and len(text) <= 16 * limit else head[: limit - 1] + "…"
