"""A run as the page has it: one object for JSON."""

from __future__ import annotations

from typing import Any

from spacemoe_ns3.report.page.latency_data import latency_data
from spacemoe_ns3.report.page.packing import pack
from spacemoe_ns3.report.page.rows import count_rows
from spacemoe_ns3.report.page.sky_data import sky_data
from spacemoe_ns3.report.page.token_data import KINDS, MOST_PIECES, PIECES, token_data
from spacemoe_ns3.report.page.use_data import MOST_ROWS, use_data
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.run_results import Results


def run_data(results: Results) -> dict[str, Any]:
    """Return what the page's scripts need of a run, an object for JSON.

    Parameters
    ----------
    results
        The run.

    Returns
    -------
    Names and times of the run, ``sky`` (:func:`~spacemoe_ns3.report.page.sky_data.sky_data`), and of each of
    ``placements`` its ``hosts``, ``latency``, ``use`` of links and ``tokens``, as the functions of these
    names say.
    """
    summary, names = results.summary, results.placements
    most_rows = MOST_ROWS // max(1, len(names))
    share = _share_of_tokens(results)
    return {
        "name": results.name,
        "epoch": summary.get("epoch"),
        "endNs": summary.get("end_ns", 0),
        "slotNs": summary.get("slot_ns", 0),
        "parts": list(PARTS),
        "pieces": list(PIECES),
        "kinds": list(KINDS),
        "sky": sky_data(results),
        "placements": [
            {
                "name": name,
                "hosts": _hosts(results, name),
                "latency": latency_data(results, name),
                "use": use_data(results, name, most_rows=most_rows),
                "tokens": token_data(results, name, share=share),
            }
            for name in names
        ],
    }


def _share_of_tokens(results: Results) -> float:
    """Return which share of the tokens have at most so many pieces as the page may hold."""
    if "critical_path" not in results.table_names:
        return 0.0
    engines = {results.engines(name)[-1] for name in results.placements if results.engines(name)}
    rows = sum(count_rows(results, "critical_path", engine=engine) for engine in engines)
    return min(1.0, MOST_PIECES / max(rows, 1))


def _hosts(results: Results, placement: str) -> dict[str, Any] | None:
    """Return the hosts of a placement; None without the table."""
    if "hosts" not in results.table_names:
        return None
    table = results.columns("hosts", placement=placement)
    return {
        **{name: pack(table[name]) for name in ("layer", "expert", "satellite")},
        "probability": pack(table["activation_probability"].astype("f4")),
    }
