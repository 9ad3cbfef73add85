"""What the page on performance shows: kept in docs/data, and set in tables.

``regenerate.py`` puts it in its place.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DATA = ROOT / "docs" / "data"
RUNS = ("fabric.benchmark.json", "fabric.benchmark.again.json")  # measured twice
GOALS = {  # of benchmarks/fabric.py: what a figure says, and what it is to be
    "stock_over_nix": ("stock UDP sockets on the fabric: packet-hops a second over nix vectors", "≥ 20"),
    "stock_over_peer": ("the same over the peer's way", "≥ 50"),
    "lean_over_nix": ("lean endpoints on the fabric over nix vectors", "≥ 80"),
    "lean_over_peer": ("the same over the peer's way", "≥ 200"),
    "transit_hop_instructions": ("instructions of a transit hop", "≤ 150"),
    "tcp_over_reference": ("TCP, 60 flows at 1 Gb/s: over the reference engine", "≥ 5"),
    "tcp_over_peer": ("the same over the peer's way", "≥ 11"),
    "build_12000_s": ("building 12,000 satellites, seconds", "≤ 1"),
    "build_12000_mb": ("the same, MB", "≤ 150"),
    "routes_over_flat_dijkstra": ("routes for a slot over a flat C++ Dijkstra", "≤ 1.5"),
    "hops_4000_over_1056": ("packet-hops a second with 4,000 satellites over 1,056", "≥ 0.9"),
    "hops_12000_over_1056": ("the same with 12,000", "≥ 0.8"),
}
ENGINES = {  # of benchmarks/engines.py
    "packet_over_analytic_cpu": ("packets over the formula on the same tokens, processor time", "half"),
    "packet_cpu_s": ("the packets, seconds of processor time", ""),
    "analytic_cpu_s": ("the formula, the same", ""),
    "packet_over_analytic": ("packets over the formula, wall time", ""),
    "start_up_s": ("start-up of five simulations in a row, seconds", ""),
    "simulation_s": ("the simulations in a row, seconds", ""),
    "help_all_s": ("`spacemoe-ns3 --help`, seconds", "≤ 0.3"),
    "first_packet_s": ("from the start of `run` to its first packet, seconds", "≤ 1.5"),
}


def _load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / name).read_text())
    return found


def _words(figure: dict[str, float]) -> str:
    """Return a figure with its spread."""
    digits = 0 if figure["median"] >= 20 else 2
    median, low, high = (f"{figure[name]:,.{digits}f}" for name in ("median", "min", "max"))
    return median if low == high else f"{median} ({low} to {high})"


def _is_met(figure: dict[str, float], goal: str) -> str:
    """Return whether a figure's median meets a goal."""
    if not goal:
        return ""
    sign, number = goal.split()
    value, limit = figure["median"], float(number)
    return "yes" if (value >= limit if sign == "≥" else value <= limit) else "**no**"


def fabric_table() -> str:
    """Return the figures of the fabric, measured twice, in Markdown."""
    first, again = (_load(name) for name in RUNS)
    lines = ["| figure | goal | measured | again | met |", "|---|---:|---:|---:|---|"]
    for key, (text, goal) in GOALS.items():
        met = {_is_met(run[key], goal) for run in (first, again)}
        words = met.pop() if len(met) == 1 else "once"
        lines.append(f"| {text} | {goal} | {_words(first[key])} | {_words(again[key])} | {words} |")
    return "\n".join(lines)


def profile_table() -> str:
    """Return where instructions go, in Markdown."""
    found = _load("fabric.profile.json")
    lines = ["| instructions a packet-hop | lean endpoints | stock sockets |", "|---|---:|---:|"]
    for part, count in found["lean"].items():
        lines.append(f"| {part} | {count:,.0f} | {found['stock'][part]:,.0f} |")
    return "\n".join(lines)


def engines_table() -> str:
    """Return what a run takes, before and now, in Markdown."""
    now, before = _load("engines.benchmark.json"), _load("engines.before.json")
    lines = ["| figure | goal | before the fabric | now |", "|---|---:|---:|---:|"]
    for key, (text, goal) in ENGINES.items():
        then = _words(before[key]) if key in before else "–"
        lines.append(f"| {text} | {goal} | {then} | {_words(now[key])} |")
    return "\n".join(lines)


def exactness_words() -> str:
    """Return what the comparison with the reference found, in words and a table."""
    found = _load("exactness.json")
    compared, same = found["compared"], found["identical"]
    lines = ["| engine, endpoints | networks | identical |", "|---|---:|---:|"]
    lines += [f"| {name} | {count:,} | {same[name]:,} |" for name, count in compared.items()]
    counts = ", ".join(f"{name} {count:,}" for name, count in found["reference"].items())
    return "\n".join([*lines, "", f"In the reference: {counts}."])
