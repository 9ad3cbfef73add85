"""How figures look: one style, safe for the colour-blind, legible in print and the same on any machine."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.constants import METRES_PER_KILOMETRE
from spacemoe_ns3.constellation.base import NOWHERE
from spacemoe_ns3.errors import InstallationError
from spacemoe_ns3.links.topology import LinkKind

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN = 6.7  # the text of an A4 page, 17 cm
PNG_DOTS_PER_INCH = 200
MARGIN_IN, LINE_IN = 0.1, 0.165  # around everything; from one line of text to the next
TITLE_PT, TEXT_PT = 9.0, 8.0
_TITLE_LETTERS_A_LINE = 75

# Okabe & Ito 2008, Color universal design; links and shells share none.
BLUE, ORANGE, PURPLE, GREEN = "#0072B2", "#E69F00", "#CC79A7", "#009E73"
BLACK, VERMILLION, SKY_BLUE, YELLOW = "#000000", "#D55E00", "#56B4E9", "#F0E442"
GREY, LIGHT_GREY, PALE_GREY = "#555555", "#8C8C8C", "#DDDDDD"

#: Colour of links by kind.
LINK_COLOURS: Mapping[LinkKind, str] = MappingProxyType(
    {
        LinkKind.INTRA_PLANE: BLUE,
        LinkKind.CROSS_PLANE: ORANGE,
        LinkKind.SEAM: PURPLE,
        LinkKind.INTER_SHELL: GREEN,
    }
)
#: Dashes of links by kind: where two lines lie on each other, both show.
LINK_DASHES: Mapping[LinkKind, str] = MappingProxyType(
    {
        LinkKind.INTRA_PLANE: "-",
        LinkKind.CROSS_PLANE: "--",
        LinkKind.SEAM: "-.",
        LinkKind.INTER_SHELL: ":",
    }
)
_SHELL_COLOURS = (BLACK, VERMILLION, SKY_BLUE, YELLOW, LIGHT_GREY)
_SHELL_MARKERS = "osD^v"
_LONGEST_NAME = 20  # characters that fit into a legend

_SETTINGS = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": TEXT_PT,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.formatter.useoffset": False,
    "axes.axisbelow": True,
    "grid.color": PALE_GREY,
    "grid.linewidth": 0.5,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "legend.frameon": False,
    "svg.hashsalt": "spacemoe-ns3",  # or ids in the file differ from run to run
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw or save figures in the style, whatever matplotlib's settings; they are as before afterwards.

    Raises
    ------
    InstallationError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import style
    except ImportError as error:
        raise InstallationError(
            "figures: matplotlib is not installed; install it by python -m pip install matplotlib"
        ) from error
    with style.context(["default", _SETTINGS]):
        yield


def rendered(figure: Figure, suffix: str) -> bytes:
    """Return the bytes of a figure's file, the same whenever it is saved.

    Parameters
    ----------
    figure
        What to save.
    suffix
        ``"svg"``, ``"pdf"`` or ``"png"``, which has 200 dots an inch.
    """
    buffer = io.BytesIO()
    clock = {"svg": "Date", "pdf": "CreationDate"}.get(suffix)  # these would have the time of day in them
    metadata = {clock: None} if clock else None
    with figure_style():
        figure.savefig(buffer, format=suffix, dpi=PNG_DOTS_PER_INCH, metadata=metadata)
    return buffer.getvalue()


def link_width_pt(links: int) -> float:
    """Return how wide to draw each of a number of lines on a map, so that they stay apart, in points."""
    return float(np.clip(20.0 / max(links, 1) ** 0.5, 0.25, 1.0))


def dot_size_pt2(satellites: int) -> float:
    """Return how large to draw each of a number of dots on a map, as an area in square points."""
    return float(np.clip(6000.0 / max(satellites, 1), 1.8, 12.0))


def shell_look(shell: int) -> tuple[str, str]:
    """Return colour and marker of a shell; after five shells the colours come again with another marker."""
    turn, place = divmod(shell, len(_SHELL_COLOURS))
    return _SHELL_COLOURS[place], _SHELL_MARKERS[turn % len(_SHELL_MARKERS)]


def dot_look(shell: int) -> dict[str, Any]:
    """Return how matplotlib's scatter is to draw the satellites of a shell, or of none."""
    if shell == NOWHERE:
        return {"marker": "o", "facecolors": "white", "edgecolors": BLACK, "linewidths": 0.4}
    colour, marker = shell_look(shell)
    return {"marker": marker, "facecolors": colour, "edgecolors": GREY, "linewidths": 0.1}


def legend_dot(shell: int) -> Artist:
    """Return a satellite of a shell, or of none, as a legend shows it."""
    from matplotlib.lines import Line2D

    look = dot_look(shell)
    return Line2D(
        [],
        [],
        linestyle="",
        markersize=4,
        marker=look["marker"],
        markerfacecolor=look["facecolors"],
        markeredgecolor=look["edgecolors"],
        markeredgewidth=look["linewidths"],
    )


def short_names(names: Sequence[str]) -> list[str]:
    """Return names that fit into a legend: of those too long, the words that all begin with are left out.

    What is too long even so, or has no such words, loses its middle.

    Parameters
    ----------
    names
        Of all shells.

    Examples
    --------
    >>> short_names(["starlink-gen1-550", "starlink-gen1-560-6x58"])
    ['starlink-gen1-550', '…560-6x58']
    """
    columns = zip(*names, strict=False) if len(names) > 1 else ()
    shared = "".join(letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, columns))
    words = shared[: 1 + max(shared.rfind(end) for end in " -_")]
    found = []
    for name in names:
        short = name
        if len(short) > _LONGEST_NAME and words and name != words:
            short = f"…{name[len(words) :]}"
        if len(short) > _LONGEST_NAME:
            tail = _LONGEST_NAME // 2
            short = f"{name[: _LONGEST_NAME - tail - 1]}…{name[-tail:]}"
        found.append(short)
    return found


def in_metres(length_m: float) -> str:
    """Return a length in words, to three digits.

    Examples
    --------
    >>> in_metres(0.1836), in_metres(40_000.0)
    ('0.184 m', '40 km')
    """
    unit, unit_m = ("m", 1.0) if length_m < METRES_PER_KILOMETRE else ("km", METRES_PER_KILOMETRE)
    return f"{float(f'{length_m / unit_m:.3g}'):,g} {unit}"


def align_ylabel(axes: Axes, *, from_axes_in: float, width_in: float) -> None:
    """Put the label of axes at its place whatever the ticks: matplotlib would push it off the figure."""
    axes.yaxis.set_label_coords(-from_axes_in / width_in, 0.5)
    axes.yaxis.label.set_verticalalignment("center")


def new_figure(body_in: float, *, title: str, subtitle: str | None, left_in: float) -> tuple[Figure, float]:
    """Return a figure as wide as a page with its title, which wraps.

    Parameters
    ----------
    body_in
        Height of what comes below the title, in inches.
    title, subtitle
        What to write above, the title in bold; the subtitle may have several lines.
    left_in
        Where they begin, from the left edge, in inches.

    Returns
    -------
    The figure, and how far from its upper edge the rest may begin, in inches.
    """
    from matplotlib.figure import Figure

    bold = textwrap.wrap(title, _TITLE_LETTERS_A_LINE)
    lines = [*bold, *subtitle.split("\n")] if subtitle else bold
    top_in = 2 * MARGIN_IN + len(lines) * LINE_IN
    height_in = top_in + body_in + MARGIN_IN
    figure = Figure(figsize=(WIDTH_IN, height_in))
    for number, words in enumerate(lines):
        figure.text(
            left_in / WIDTH_IN,
            1 - (MARGIN_IN + number * LINE_IN) / height_in,
            words,
            va="top",
            parse_math=False,  # a dollar sign is one
            size=TITLE_PT if number < len(bold) else TEXT_PT,
            weight="bold" if number < len(bold) else "normal",
        )
    return figure, top_in


def add_axes(figure: Figure, *, left_in: float, top_in: float, width_in: float, height_in: float) -> Axes:
    """Add axes to a figure, their place from its left and upper edges, and their size, in inches."""
    whole_in = float(figure.get_figheight())
    place = (
        left_in / WIDTH_IN,
        1 - (top_in + height_in) / whole_in,
        width_in / WIDTH_IN,
        height_in / whole_in,
    )
    return figure.add_axes(place)


def add_legend(
    figure: Figure,
    entries: Sequence[tuple[Artist | tuple[Artist, ...], str]],
    *,
    left_in: float,
    top_in: float,
    title: str | None = None,
    columns: int = 1,
    handle_em: float = 2.2,
) -> None:
    """Add a legend to a figure, its place from the left and upper edges in inches."""
    look: dict[str, Any] = {
        "title_fontproperties": {"weight": "bold", "size": TEXT_PT},
        "borderaxespad": 0.0,
        "borderpad": 0.0,
        "labelspacing": 0.3,
        "handlelength": handle_em,
        "alignment": "left",
    }
    handles: list[Any] = [handle for handle, _ in entries]  # those of a tuple are laid on each other
    figure.legend(
        handles,
        [words for _, words in entries],
        title=title,
        loc="upper left",
        bbox_to_anchor=(left_in / WIDTH_IN, 1 - top_in / float(figure.get_figheight())),
        ncols=columns,
        **look,
    )
