"""What figures of a run are made of: pages whose words wrap, tables that are the legend, colours by size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.report import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

LEFT_IN = 0.62  # of axes, from the figure's edge
WIDTH_IN = style.WIDTH_IN - LEFT_IN - 2 * style.MARGIN_IN  # half a tick label is to their right
YLABEL_IN = 0.5  # from the axes to the middle of their label
LABELS_IN = 0.5  # below axes: tick labels and what the axis is
SWATCH_IN = 0.26
DECADES = 20.0  # greatest over least value on a linear axis
LEAST_SPAN = 0.01  # of an axis, over the greatest value: tick labels of less would have many digits
_SWATCH_GAP_IN, _COLUMN_GAP_IN = 0.07, 0.1
_HINTED = 0.97  # letters are put on whole dots, and words are wider for it
_BASE = 0.75  # of a line of a table: what its words stand on
_POINTS_PER_INCH = 72.0
_LONG = 1e5  # numbers from here on are powers of ten
_PALEST, _DARKEST = 0.28, 1.0  # of the map of colours: what is least is still no paper

Mark = Callable[["Figure", float, float], None]
"""Draws a sign of a width of :data:`SWATCH_IN`, its left end and middle in inches from left and above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    cells
        The words, the first flush left.
    mark
        What is drawn before them; None: nothing.
    """

    cells: Sequence[str]
    mark: Mark | None = None


def page(body_in: float, *, title: str, about: str) -> tuple[Figure, float]:
    """Return a figure as wide as a page with its title and what it shows, which wrap.

    Parameters
    ----------
    body_in
        Height of what comes below, in inches.
    title, about
        What to write above, the title in bold.

    Returns
    -------
    The figure, and how far from its upper edge the rest may begin, in inches.
    """
    lines = wrapped(about, width_in=_HINTED * (style.WIDTH_IN - 2 * style.MARGIN_IN))
    figure, top_in = style.new_figure(
        body_in, title=title, subtitle="\n".join(lines), left_in=style.MARGIN_IN
    )
    return figure, top_in


def text_width_in(words: str, *, size_pt: float = style.TEXT_PT) -> float:
    """Return how wide words are in the figures' font, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size_pt)
    width_pt, *_ = text_to_path.get_text_width_height_descent(words, font, ismath=False)
    return float(width_pt) / _POINTS_PER_INCH


def wrapped(words: str, *, width_in: float, size_pt: float = style.TEXT_PT) -> list[str]:
    """Return words as lines that are not wider than said, in inches."""
    lines: list[str] = []
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width_in(longer, size_pt=size_pt) <= width_in:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def table_height_in(heads: Sequence[str], rows: int) -> float:
    """Return the height of a table, in inches."""
    return style.LINE_IN * (rows + max(head.count("\n") + 1 for head in heads)) + 0.05


def add_table(
    figure: Figure,
    heads: Sequence[str],
    rows: Sequence[Row],
    *,
    top_in: float,
    head_marks: Sequence[Mark | None] = (),
) -> None:
    """Add a table as wide as a page, which is the legend too.

    Parameters
    ----------
    figure
        Where to.
    heads
        Of the columns; may have two lines.
    rows
        What there is.
    top_in
        From the figure's upper edge, in inches.
    head_marks
        What is drawn before the heads, one a column; none without.
    """
    marks = head_marks or [None] * len(heads)
    columns = _columns(heads, rows, marks)
    lines = max(head.count("\n") + 1 for head in heads)
    for place, (head, mark) in enumerate(zip(heads, marks, strict=True)):
        words = head.split("\n")
        for line, each in enumerate(words, start=lines - len(words)):
            columns.write(figure, each, place, top_in + style.LINE_IN * line)
        if mark is not None:
            longest_in = max(text_width_in(each, size_pt=columns.size_pt) for each in words)
            left_in = columns.rights_in[place] - longest_in - _SWATCH_GAP_IN - SWATCH_IN / 2
            mark(figure, left_in, top_in + style.LINE_IN * (lines - 0.55))
    rule_in = top_in + style.LINE_IN * lines
    _rule(figure, rule_in, columns.rights_in[-1])
    for number, row in enumerate(rows):
        row_in = rule_in + 0.03 + style.LINE_IN * number
        if row.mark is not None:
            row.mark(figure, style.MARGIN_IN, row_in + 0.5 * style.LINE_IN)
        for place, cell in enumerate(row.cells):
            columns.write(figure, cell, place, row_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Where the columns of a table are: left edge of the first, right edges, and the size of letters."""

    left_in: float
    rights_in: Sequence[float]
    size_pt: float

    def write(self, figure: Figure, words: str, place: int, top_in: float) -> None:
        """Write words into a column's line that begins as far from the figure's upper edge as said."""
        figure.text(
            (self.rights_in[place] if place else self.left_in) / style.WIDTH_IN,
            1 - (top_in + _BASE * style.LINE_IN) / float(figure.get_figheight()),
            words,
            ha="right" if place else "left",
            va="baseline",
            parse_math=False,
            size=self.size_pt,
        )


def _columns(heads: Sequence[str], rows: Sequence[Row], marks: Sequence[Mark | None]) -> _Columns:
    """Return columns as wide as their words, with letters small enough that all fit."""
    left_in = SWATCH_IN + _SWATCH_GAP_IN if any(row.mark for row in rows) else 0.0
    widths_in = []
    for place, (head, mark) in enumerate(zip(heads, marks, strict=True)):
        head_in = max(map(text_width_in, head.split("\n")))
        if mark is not None:
            head_in += SWATCH_IN / 2 + _SWATCH_GAP_IN
        widths_in.append(max([head_in, *(text_width_in(row.cells[place]) for row in rows)]))
    gaps = max(len(heads) - 1, 1)
    free_in = style.WIDTH_IN - 2 * style.MARGIN_IN - left_in
    shrink = min(1.0, _HINTED * (free_in - gaps * _COLUMN_GAP_IN) / sum(widths_in))
    gap_in = min((free_in - shrink * sum(widths_in)) / gaps, 4 * _COLUMN_GAP_IN)
    rights_in = [style.MARGIN_IN + left_in + shrink * widths_in[0]]
    for width_in in widths_in[1:]:
        rights_in.append(rights_in[-1] + gap_in + shrink * width_in)
    return _Columns(left_in=style.MARGIN_IN + left_in, rights_in=rights_in, size_pt=shrink * style.TEXT_PT)


def line_mark(colour: str, marker: str | None, dashes: Any, *, is_open: bool = False) -> Mark:
    """Return a line, with a marker on it that may be open, as a table shows it."""

    def draw(figure: Figure, left_in: float, middle_in: float) -> None:
        from matplotlib.lines import Line2D

        x = [left_in, left_in + SWATCH_IN / 2, left_in + SWATCH_IN]
        look: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": dashes, "markevery": [1]}
        if is_open:
            look["markerfacecolor"] = "none"
        figure.add_artist(
            Line2D(
                [each / style.WIDTH_IN for each in x],
                [1 - middle_in / float(figure.get_figheight())] * 3,
                linewidth=1.2,
                markersize=4,
                transform=figure.transFigure,
                **look,
            )
        )

    return draw


def box_mark(colour: str, hatch: str | None) -> Mark:
    """Return a box of a colour, half as wide as a line, as a table shows it."""

    def draw(figure: Figure, left_in: float, middle_in: float) -> None:
        from matplotlib.patches import Rectangle

        height_in, whole_in = 0.1, float(figure.get_figheight())
        corner = (left_in / style.WIDTH_IN, 1 - (middle_in + height_in / 2) / whole_in)
        figure.add_artist(
            Rectangle(
                corner,
                SWATCH_IN / 2 / style.WIDTH_IN,
                height_in / whole_in,
                facecolor=colour,
                edgecolor=style.GREY,
                linewidth=0.4,
                hatch=hatch,
                transform=figure.transFigure,
            )
        )

    return draw


def sequential() -> Colormap:
    """Return colours from little to much: ever darker, so that they are in order in grey print as well."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap

    return ListedColormap(mpl.colormaps["YlGnBu"](np.linspace(_PALEST, _DARKEST, 256)))


def tidy(axes: Axes) -> None:
    """Take the frame's right and upper side off axes, and give them a grid."""
    axes.grid(True)
    axes.spines[["top", "right"]].set_visible(False)


def plain_log(axis: Any) -> None:
    """Label a logarithmic axis by 1, 2, 5, 10 and so on, or by powers of ten if it is long."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = axis.get_view_interval()
    decades = np.log10(high / low)
    subs = (1.0, 2.0, 5.0) if decades < 2 else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_power_words))


def _power_words(value: float, _: int | None) -> str:
    return f"{value:g}" if value < _LONG else f"$10^{{{int(np.log10(value) + 0.5)}}}$"


def _rule(figure: Figure, top_in: float, right_in: float) -> None:
    from matplotlib.lines import Line2D

    y = 1 - top_in / float(figure.get_figheight())
    ends = [style.MARGIN_IN / style.WIDTH_IN, right_in / style.WIDTH_IN]
    figure.add_artist(Line2D(ends, [y, y], color=style.GREY, linewidth=0.5, transform=figure.transFigure))
