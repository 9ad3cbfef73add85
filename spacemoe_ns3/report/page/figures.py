"""The figures that ``spacemoe-ns3 plot`` draws, as pictures in the page."""

from __future__ import annotations

import base64
from html import escape
from importlib import import_module, util

from spacemoe_ns3.errors import SpacemoeError
from spacemoe_ns3.report.style import rendered
from spacemoe_ns3.run_results import Results

_FIGURES = "spacemoe_ns3.report.figures"
# With what one sees. Latency and breakdown are missing: they are charts of the page's own.
_SHOWN = {
    "ring": "The ring on a map: gateways in their order, experts, and the traffic on the links",
    "utilisation": "How busy the busiest links are, slot by slot",
    "scatter": "The latency of each token by the formula and by the packets",
    "matching": "How often an expert is activated, against how long the way to it takes",
}
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
    HTML, the pictures in it; empty where no figure is known.
    """
    if util.find_spec(_FIGURES) is None:
        return ""
    figures = "".join(_figure(results, name, words) for name, words in _SHOWN.items())
    return (
        "<section id='figures' aria-labelledby='figures-title'><h2 id='figures-title'>Figures</h2>"
        f"<div class='pictures'>{figures}</div></section>"
    )


def _figure(results: Results, name: str, words: str) -> str:
    draw = import_module(f"{_FIGURES}.{name}").draw
    try:
        figure = draw(results)
    except SpacemoeError as error:
        return f"<p class='notes'>{escape(words)}: not drawn. {escape(str(error))}</p>"
    suffix = "svg"
    picture = rendered(figure, suffix)
    if len(picture) > _MOST_SVG_BYTES:
        suffix = "png"
        picture = rendered(figure, suffix)
    source = f"data:{_TYPES[suffix]};base64,{base64.b64encode(picture).decode()}"
    caption = f"<figcaption>{escape(words)}.</figcaption>"
    return f"<figure><img src='{source}' alt='{escape(words)}'>{caption}</figure>"
