"""The functions behind ``plot``: data name what draws them; it is imported when asked for, as in pandas.

No room below imports ``figures``, which stands above all of them and needs matplotlib.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot(figure: str, shown: object, ax: Axes | None, options: dict[str, Any]) -> Axes:
    """Draw something by the function of ``feder_widget.figures`` with this name."""
    axes: Axes = getattr(importlib.import_module("feder_widget.figures"), figure)(shown, ax=ax, **options)
    return axes
