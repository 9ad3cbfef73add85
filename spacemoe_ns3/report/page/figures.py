"""The figures that ``spacemoe-ns3 plot`` draws, as pictures in the page."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.report.figures import FIGURES, draw_figures
from spacemoe_ns3.report.style import rendered
from spacemoe_ns3.run_results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = ("ring", "utilisation", "scatter", "matching")
"""Figures by name; latency and breakdown are missing: they are charts of the page's own."""

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_MOST_SVG_BYTES = 200_000  # beyond, it is a picture of dots


def figures_html(results: Results) -> str:
    """Return the figures of a run as a section of the page, and why others cannot be drawn.

    Parameters
    ----------
    results
        The run.

    Returns
    -------
    HTML, the pictures in it.

    Raises
    ------
    InstallationError
        If matplotlib is not installed.
    """
    figures: Mapping[str, Figure] = {}
    try:
        drawn = draw_figures(results, SHOWN)
        figures, missing = drawn.figures, list(drawn.not_drawn.values())
    except InputError as error:
        missing = [str(error)]
    pictures = "".join(_picture(name, figure) for name, figure in figures.items())
    notes = "".join(f"<p class='notes'>Not drawn: {escape(sentence)}</p>" for sentence in missing)
    return (
        "<section id='figures' aria-labelledby='figures-title'><h2 id='figures-title'>Figures</h2>"
        f"<div class='pictures'>{pictures}</div>{notes}</section>"
    )


def _picture(name: str, figure: Figure) -> str:
    """Return a figure with its caption, as vectors unless there are too many."""
    suffix = "svg"
    picture = rendered(figure, suffix)
    if len(picture) > _MOST_SVG_BYTES:
        suffix = "png"
        picture = rendered(figure, suffix)
    kind, _, placement = name.partition("-")
    shows = FIGURES[kind].shows
    words = escape(f"{shows[0].upper()}{shows[1:]}{f': {placement}' if placement else ''}")
    source = f"data:{_TYPES[suffix]};base64,{base64.b64encode(picture).decode()}"
    return f"<figure><img src='{source}' alt='{words}'><figcaption>{words}.</figcaption></figure>"
