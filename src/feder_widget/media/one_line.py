"""Text for the page: short, on one line, valid UTF-8."""

from __future__ import annotations

JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Invisible, yet part of a text: they join emoji into one, and keep Persian letters apart."""


def one_line(text: str, limit: int) -> str:
    """Collapse white space, replace unprintable characters, and cap the length.

    A joiner stays where it follows a visible character. Controls, and marks that turn the direction of text,
    are replaced. File names that are not UTF-8 reach Python as lone surrogates, which break the JSON of a
    message.

    Parameters
    ----------
    text : str
        Any text; HTML stays text.
    limit : int
        Most characters returned, with the ellipsis of a cut text.
    """
    # A bounded head: white space may collapse, but a text of megabytes must not take its time.
    head = " ".join(text[: 16 * limit].split())
    shown = head[: limit + 1]
    if not shown.isprintable():
        shown = "".join(
            c if c.isprintable() or (c in JOINERS and _is_visible(before)) else "\N{REPLACEMENT CHARACTER}"
            for before, c in zip(" " + shown, shown, strict=False)
        )
    if len(shown) <= limit and len(text) <= 16 * limit:
        return shown
    return shown[: limit - 1].rstrip(JOINERS) + "…"


def _is_visible(character: str) -> bool:
    return character.isprintable() and character != " "
