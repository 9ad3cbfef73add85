"""A placement as a notebook shows it: a table of who hosts what, by layer.

It uses the page's own colours and font, so that it is read in light and dark, and loads nothing.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spacemoe_ns3.placement.base import Placement

_MOST_COLUMNS = 16  # experts of a layer that get a column each; more share a cell
_FRAME = "max-height:28em;overflow:auto"
_CELL = "text-align:right;vertical-align:top;padding:.15em .6em;white-space:nowrap"
_WIDE_CELL = "text-align:left;padding:.15em .6em;white-space:normal"


def placement_html(placement: Placement) -> str:
    """Return a placement as HTML.

    Parameters
    ----------
    placement
        The placement.

    Returns
    -------
    A ``div``: its name, how many satellites host what, remarks, and a row a layer with the satellites of the
    gateway and of the experts.
    """
    said = [f"<strong>Placement {escape(placement.name)}</strong>: {escape(_in_words(placement))}"]
    said += [escape(remark) for remark in placement.remarks]
    paragraphs = "".join(f"<p>{words}</p>" for words in said)
    frame = f'style="{_FRAME}" tabindex="0" role="region" aria-label="Satellites by layer"'
    return f"<div>{paragraphs}<div {frame}>{_table(placement)}</div></div>"


def _in_words(placement: Placement) -> str:
    """Return how much is hosted by how many, and whether it moves."""
    layers, experts = placement.experts.shape
    hosts = placement.hosts()
    words = [
        f"{layers} gateways and {layers} × {experts} experts on {len(hosts)} satellites",
        "any number of hosts a satellite"
        if placement.hosts_per_satellite is None
        else f"at most {placement.hosts_per_satellite} a satellite",
    ]
    if placement.dispatch is not None:
        each = len(placement.residents()) / placement.experts.size
        words.append(
            f"who serves an expert changes from slot to slot, {each:.2f} satellites an expert; below is "
            "where they live at first"
        )
    if placement.moves is not None:
        words.append(f"{placement.moves.count} moves")
    return "; ".join(words) + "."


def _table(placement: Placement) -> str:
    experts = placement.experts.shape[1]
    are_columns = experts <= _MOST_COLUMNS
    heads = (
        [f"expert {expert}" for expert in range(experts)] if are_columns else [f"experts 0 to {experts - 1}"]
    )
    head = "".join(f'<th scope="col" style="{_CELL}">{words}</th>' for words in ("layer", "gateway"))
    head += "".join(
        f'<th scope="col" style="{_CELL if are_columns else _WIDE_CELL}">{words}</th>' for words in heads
    )
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL}">{layer}</th><td style="{_CELL}">{gateway}</td>'
        f"{_experts(hosts, are_columns=are_columns)}</tr>"
        for layer, (gateway, hosts) in enumerate(zip(placement.gateways, placement.experts, strict=True))
    )
    caption = '<caption style="text-align:left">Satellites</caption>'
    return (
        f'<table style="border-collapse:collapse">{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _experts(satellites: np.ndarray, *, are_columns: bool) -> str:
    """Return the cells of a layer's experts: one each, or one for all, in order."""
    if are_columns:
        return "".join(f'<td style="{_CELL}">{satellite}</td>' for satellite in satellites)
    return f'<td style="{_WIDE_CELL}">{" ".join(map(str, satellites))}</td>'
