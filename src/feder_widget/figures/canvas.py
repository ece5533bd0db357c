"""The axes that a figure draws on: the caller's, or those of a figure of its own, without pyplot."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from feder_widget.figures.fonts import measured, text_options
from feder_widget.palette import PALETTES, Palette, Rgb

PX = 0.75
"""Points of a CSS pixel, the unit of the page's geometry."""

TEXT_IN_VECTORS: dict[Any, Any] = {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "none"}
"""Settings that keep text as text, while a figure is saved."""

SHOWN_DPI = 144
"""Resolution of a figure in a notebook, whose screen is likely to have two pixels for each of CSS's."""

Style = str
Ink = str | Rgb


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and sizes of a style.

    Attributes
    ----------
    width : float
        Inches of a figure.
    size, small, badge : float
        Points of texts, of lesser texts, and of ranks.
    line : float
        Factor for the lines of charts.
    has_title : bool
        Whether a figure has one, and the width for it.
    """

    palette: Palette
    width: float
    size: float
    small: float
    badge: float
    line: float
    has_title: bool


LOOKS = {
    "light": Look(PALETTES["light"], 6.4, 9, 8, 7.5, 1, True),
    "dark": Look(PALETTES["dark"], 6.4, 9, 8, 7.5, 1, True),
    # One column of a paper, at its final size: 8 pt stay 8 pt. The caption takes the title's place.
    "print": Look(PALETTES["light"], 3.3, 8, 7, 6, 0.75, False),
}


class WidgetFigure(Figure):
    """A matplotlib figure that a notebook shows by itself, and whose text stays text in PDF and SVG."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save the figure as matplotlib does, with text as text."""
        with mpl.rc_context(TEXT_IN_VECTORS):
            super().savefig(fname, **options)

    def _repr_png_(self) -> bytes:
        target = io.BytesIO()
        self.savefig(target, format="png", dpi=SHOWN_DPI)
        return target.getvalue()


class WidgetAxes(Axes):
    """Axes of a ``WidgetFigure``: a notebook shows the figure."""

    def _repr_png_(self) -> bytes | None:
        shown = getattr(root_of(self), "_repr_png_", None)
        return None if shown is None else shown()


def look_of(style: str) -> Look:
    """Return the look of a style.

    Raises
    ------
    ValueError
        If there is no such style.
    """
    if not isinstance(style, str) or style not in LOOKS:
        raise ValueError(f"style must be one of {', '.join(LOOKS)}, got {style!r}")
    return LOOKS[style]


def new_figure(look: Look, height: float, width: float | None = None) -> WidgetFigure:
    """Return an empty figure of a height in inches."""
    figure = WidgetFigure(figsize=(width or look.width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.set_facecolor(look.palette.background)
    return figure


def two_parts(look: Look, tall: float, shares: tuple[float, float]) -> tuple[WidgetFigure, list[Axes]]:
    """Return a figure of two parts side by side; one above the other in a style of one column's width.

    ``tall`` is the height of the latter in inches, ``shares`` are those of its height.
    """
    if look.has_title:
        figure = new_figure(look, 4.0, width=9.6)
        parts = figure.add_gridspec(1, 2, width_ratios=(1.62, 1))
    else:
        figure = new_figure(look, tall)
        parts = figure.add_gridspec(2, 1, height_ratios=shares)
    axes = [figure.add_subplot(parts[i], axes_class=WidgetAxes) for i in range(2)]
    # Places are known once the figure is laid out.
    if look.has_title:
        axes[0].set_title(" ", fontsize=look.size)
    figure.draw_without_rendering()
    return figure, axes


def root_of(ax: Axes) -> Figure:
    """Return the whole figure of some axes.

    Raises
    ------
    ValueError
        If the axes were removed from theirs.
    """
    figure = ax.get_figure()
    while figure is not None and not isinstance(figure, Figure):
        figure = figure.get_figure()
    if figure is None:
        raise ValueError("ax must be matplotlib Axes of a figure, these were removed from theirs")
    return figure


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Axes to draw on, in CSS pixels or in data.

    Attributes
    ----------
    axes : Axes
        The axes.
    look : Look
        Colours and sizes.
    width, height : float
        Room of the axes in CSS pixels.
    """

    axes: Axes
    look: Look
    width: float
    height: float

    @classmethod
    def open(
        cls, ax: Axes | None, style: str, ratio: float, narrow: float | None = None, *, has_title: bool = True
    ) -> Canvas:
        """Open the axes given, or those of a new figure.

        Parameters
        ----------
        ratio, narrow : float
            The figure's height as a share of its width; ``narrow`` where it has the width of one column.
        has_title : bool
            Whether a title takes room in a style that has one.
        """
        look = look_of(style)
        if narrow is not None and not look.has_title:
            ratio = narrow
        if ax is None:
            figure = new_figure(look, ratio * look.width)
            ax = figure.add_subplot(axes_class=WidgetAxes)
            width, height = (
                96 * look.width - 8,
                96 * ratio * look.width - (30 if look.has_title and has_title else 8),
            )
            return cls(ax, look, width, height)
        if not isinstance(ax, Axes):
            raise TypeError(f"ax must be matplotlib Axes, got {type(ax).__name__}")
        box, dpi = ax.get_window_extent(), root_of(ax).dpi
        return cls(ax, look, max(40.0, box.width / dpi * 96), max(40.0, box.height / dpi * 96))

    @property
    def palette(self) -> Palette:
        """The colours."""
        return self.look.palette

    def shaped(self, aspect: float) -> Canvas:
        """Return the canvas cut down to a width / height."""
        width = min(self.width, self.height * aspect)
        return replace(self, width=width, height=width / aspect)

    def in_pixels(self) -> None:
        """Make CSS pixels the unit of the axes, y pointing down, and hide the axes themselves."""
        axes = self.axes
        axes.set(xlim=(0, self.width), ylim=(self.height, 0), aspect="equal", xticks=[], yticks=[])
        axes.set_facecolor(self.palette.background)
        axes.spines[:].set_visible(False)
        axes.set_autoscale_on(False)

    def with_axes(self, x_name: str, y_name: str) -> None:
        """Show axes for a chart: light lines, ticks and names in the colours of the page."""
        axes, palette, look = self.axes, self.palette, self.look
        axes.set_facecolor(palette.background)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(palette.control)
        axes.tick_params(colors=palette.muted, labelsize=look.small, width=0.8 * look.line, which="both")
        axes.grid(axis="y", color=palette.line, linewidth=0.8 * look.line)
        axes.set_axisbelow(True)
        for put, name in ((axes.set_xlabel, x_name), (axes.set_ylabel, y_name)):
            put(name, color=palette.text, fontsize=look.size, **text_options())

    def title(self, text: str) -> None:
        """Write a title, in a style that has one."""
        if self.look.has_title:
            self.axes.set_title(
                text, loc="left", color=self.palette.text, fontsize=self.look.size, **text_options()
            )

    def remark(self, text: str) -> None:
        """Write a sentence in the middle, where there is nothing to draw."""
        self.axes.text(
            0.5, 0.5, text, transform=self.axes.transAxes, color=self.palette.muted,
            ha="center", va="center", fontsize=self.look.size, wrap=True, **text_options(),
        )  # fmt: skip

    def pixels(self, points: float) -> float:
        """Return CSS pixels of a size in points."""
        return points / PX

    def text_width(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return the width of a text in CSS pixels."""
        return measured(text, size, bold) / PX

    def write(
        self, x: float, y: float, text: str, *, colour: Ink | None = None, size: float | None = None,
        bold: bool = False, halo: bool = False, across: str = "center", down: str = "center",
        order: float = 6, alpha: float | None = None,
    ) -> None:  # fmt: skip
        """Write a text on its place, perhaps with an edge in the colour of the page."""
        written = self.axes.text(
            x, y, text, color=ink(colour or self.palette.text), fontsize=size or self.look.size,
            fontweight="bold" if bold else "normal", ha=across, zorder=order, clip_on=False, alpha=alpha,
            va="center_baseline" if down == "center" else down, **text_options(),
        )  # fmt: skip
        # Labels among marks have no bearing on the layout of the figure.
        written.set_in_layout(False)
        if halo:
            written.set_path_effects([withStroke(linewidth=3 * PX, foreground=self.palette.background)])

    def paths(
        self, paths: Sequence[Path], *, fill: Any = "none", edge: Any = "none", width: Any = 1,
        dash: tuple[float, float] | None = None, alpha: float | None = None, order: float = 1,
    ) -> None:  # fmt: skip
        """Draw shapes in one collection.

        Colours are one for all shapes, or one for each; so are widths. Widths and dashes are CSS pixels.
        """
        if not paths:
            return
        widths = np.asarray(width, float) * PX
        drawn = PathCollection(
            list(paths), facecolors=inks(fill), edgecolors=inks(edge), linewidths=np.atleast_1d(widths),
            linestyles="-" if dash is None else [self.dash(dash, float(np.max(width)))],
            alpha=alpha, zorder=order, joinstyle="round",
        )  # fmt: skip
        drawn.set_in_layout(False)
        self.axes.add_collection(drawn, autolim=False)

    def dash(self, lengths: tuple[float, float], width: float) -> tuple[float, tuple[float, float]]:
        """Return dashes of these lengths on a line of this width, all in CSS pixels."""
        on, off = lengths
        # Matplotlib takes them in widths of the line, unless it was told not to.
        scale = 1 / width if mpl.rcParams["lines.scale_dashes"] else PX
        return 0, (on * scale, off * scale)


def ink(colour: Ink) -> Any:
    """Return a colour as matplotlib takes it."""
    return colour if isinstance(colour, str) else tuple(part / 255 for part in colour)


def inks(colours: Any) -> Any:
    """Return one colour, or a list of colours, as matplotlib takes them."""
    if isinstance(colours, str):
        return colours
    listed = list(colours)
    if listed and isinstance(listed[0], (int, np.integer)):
        return ink(tuple(listed))
    return [ink(one) for one in listed]
