"""Make every number and figure of the README and of the docs anew.

    .venv/bin/python docs/regenerate.py            # all but the benchmark: about two minutes
    .venv/bin/python docs/regenerate.py --write    # the texts and the first figure only, from docs/data

Runs ``spacemoe-ns3 run scenarios/ring32.py``, the formula for ten seeds, and ``spacemoe-ns3 sky`` for two
scenarios; keeps what they say in ``docs/data``, draws the figures, and puts the tables between their markers
in the pages. ``docs/data/sky.benchmark.json`` is made by ``benchmarks/sky.py --json``.
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from spacemoe_ns3 import load, pipeline
from spacemoe_ns3.progress import silent

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / "ring32.py"
SUMMARY = ROOT / "docs" / "data" / "ring32.summary.json"
SEEDS = ROOT / "docs" / "data" / "ring32.seeds.json"
FIGURE = ROOT / "docs" / "figures" / "ring32.svg"
LIVING = ROOT / "scenarios" / "living_links.py"
SKY = ROOT / "docs" / "data" / "living_links.sky.txt"
WHY = ROOT / "docs" / "data" / "living_links.why.txt"
WHY_NOT = ("--slot", "150", "--why", "30", "100")  # satellite 30 has failed in this slot
BENCHMARK = ROOT / "docs" / "data" / "sky.benchmark.json"
SEED_COUNT = 10

# Seconds a token over eight data sets: arXiv 2605.00515, the table of its evaluation.
PAPER = {
    "spacemoe": (1.02, 1.07),
    "rand-place": (5.28, 5.30),
    "rand-intra": (4.13, 4.16),
    "rand-intra-cg": (3.34, 3.37),
}
PARTS = ("compute", "propagation", "serialisation", "queueing", "waiting")
MILLISECONDS = 1e3
MICROSECONDS = 1e6


def run_summary() -> None:
    """Run the scenario and keep its summary."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "spacemoe_ns3", "run", str(SCENARIO), "--out", str(out)]
        subprocess.run(command, check=True)
        SUMMARY.write_bytes((out / "summary.json").read_bytes())


def run_seeds() -> None:
    """Evaluate the expected latency for other seeds: other placements, outages and weights."""
    scenario, _ = load(SCENARIO)
    rows: dict[str, list[float]] = {}
    for seed in range(1, SEED_COUNT + 1):
        experiment = pipeline.prepare(dataclasses.replace(scenario, seed=seed), progress=silent())
        for placement in experiment.placements:
            expected = pipeline.expected_s_per_token(
                workload=experiment.workload,
                placement=placement,
                sets=experiment.sets,
                delays=experiment.gateway_delays(placement.gateways),
            )
            rows.setdefault(placement.name, []).append(expected)
    SEEDS.write_text(json.dumps({"seeds": SEED_COUNT, "expected_s_per_token": rows}, indent=1) + "\n")


def run_skies() -> None:
    """Look at two skies: keep what is printed of one, and a figure of each."""
    for path, options in ((SKY, ()), (WHY, WHY_NOT)):
        command = [sys.executable, "-m", "spacemoe_ns3", "sky", str(LIVING), *options]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        path.write_text("".join(f"{line.rstrip()}\n" for line in printed.splitlines()))
    for scenario, figure in ((SCENARIO, "ring32-map.svg"), (LIVING, "living-links-lengths.svg")):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "spacemoe_ns3", "sky", str(scenario), "--plot", folder, "--json"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            (FIGURE.parent / figure).write_bytes((Path(folder) / figure).read_bytes())


def printed(path: Path, *, skip_until: str = "") -> str:
    """Return what a command printed as a block of Markdown, from a line that begins as said."""
    lines = path.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(skip_until))
    return "\n".join(["```text", *lines[first:], "```"])


def benchmark_table(found: dict[str, Any]) -> str:
    """Return the benchmark of a large sky in Markdown."""
    lines = [
        f"{found['satellites']:,} satellites, {found['links']:,} links, {found['slots']} slots, every rule "
        f"of feasibility, tables towards {found['destinations']} destinations, on one core "
        "(`benchmarks/sky.py`):",
        "",
        "| step | seconds | share |",
        "|---|---:|---:|",
    ]
    for step, seconds in found["steps_s"].items():
        lines.append(f"| {step} | {seconds:.1f} | {seconds / found['total_s']:.0%} |")
    ratio = found["networkx_over_ours"]
    lines += [
        f"| all | {found['total_s']:.1f} | |",
        "",
        f"Peak memory is {found['peak_mb']:,} MB, of which {found['tables_mb']} MB are forwarding tables and "
        f"{found['positions_mb']} MB the ephemeris. Routing dominates: {found['routes_ms_a_slot']:.0f} ms a "
        f"slot. networkx takes {ratio['median']:.0f} times as long for the same shortest paths in the same "
        f"run ({ratio['min']:.0f} to {ratio['max']:.0f}).",
    ]
    return "\n".join(lines)


def result_table(summary: dict[str, Any]) -> str:
    """Return the table of a run in Markdown."""
    first = summary["placements"][0]
    lines = [
        "| placement | formula, s | packets, s | difference, µs | "
        + " | ".join(f"{part}, ms" for part in PARTS)
        + f" | speed-up of {first['name']} |",
        "|---|" + "---:|" * (4 + len(PARTS)),
    ]
    for row in summary["placements"]:
        difference = row["packet_s_per_token"] - row["analytic_s_per_token"]
        lines.append(
            f"| {row['name']} | {row['analytic_s_per_token']:.4f} | {row['packet_s_per_token']:.4f} | "
            f"{difference * MICROSECONDS:+.2f} | "
            + " | ".join(f"{row['breakdown_s'][part] * MILLISECONDS:.3f}" for part in PARTS)
            + f" | {row['packet_s_per_token'] / first['packet_s_per_token']:.2f} × |"
        )
    return "\n".join(lines)


def paper_table(seeds: dict[str, Any]) -> str:
    """Return the paper's table beside ours in Markdown."""
    lines = [
        f"| placement | paper, s | ours, s (mean of {seeds['seeds']} seeds) | standard deviation, s "
        "| difference from the paper's middle |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, (low, high) in PAPER.items():
        values = np.array(seeds["expected_s_per_token"][name])
        difference = values.mean() / ((low + high) / 2) - 1
        lines.append(
            f"| {name} | {low:.2f}–{high:.2f} | {values.mean():.3f} | {values.std(ddof=1):.3f} | "
            f"{difference:+.1%} |"
        )
    near = np.array(seeds["expected_s_per_token"]["near-random"])
    lines.append(f"| near-random | – | {near.mean():.3f} | {near.std(ddof=1):.3f} | – |")
    return "\n".join(lines)


def draw(summary: dict[str, Any]) -> None:
    """Draw where the time of a token goes, beside what the paper reports."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "spacemoe-ns3"  # or ids in the file differ from run to run
    import matplotlib.pyplot as plt

    rows = summary["placements"]
    height = np.arange(len(rows))[::-1]
    figure, axes = plt.subplots(figsize=(7.2, 2.9), layout="constrained")
    left = np.zeros(len(rows))
    shown = (("compute", "compute", "#0072B2"), ("propagation", "light time", "#E69F00"))
    for part, label, colour in shown:
        width = np.array([row["breakdown_s"][part] for row in rows])
        axes.barh(height, width, left=left, height=0.6, color=colour, label=label)
        left += width
    for y, row in zip(height, rows, strict=True):
        end = row["packet_s_per_token"]
        if row["name"] in PAPER:
            low, high = PAPER[row["name"]]
            axes.plot([(low + high) / 2] * 2, [y - 0.4, y + 0.4], color="black", lw=2)
            end = max(end, high)
        axes.text(end + 0.08, y, f"{row['packet_s_per_token']:.2f} s", va="center")
    axes.plot([], [], color="black", lw=2, label="paper (arXiv 2605.00515)")
    axes.set_yticks(height, [row["name"] for row in rows])
    axes.set_xlim(0, 6.6)
    axes.set_xlabel("latency of one token, seconds (packets)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(FIGURE, metadata={"Date": None})


def put(page: Path, marker: str, text: str) -> None:
    """Replace what stands between a pair of markers in a page."""
    begin, end = f"<!-- begin {marker} -->", f"<!-- end {marker} -->"
    old = page.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(old):
        raise SystemExit(f"{page}: no {begin} ... {end}; put the markers back")
    page.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", old), encoding="utf-8")


def main() -> None:
    """Make everything anew, or the texts only."""
    if "--write" not in sys.argv:
        run_summary()
        run_seeds()
        run_skies()
    summary, seeds = json.loads(SUMMARY.read_text()), json.loads(SEEDS.read_text())
    draw(summary)
    put(ROOT / "README.md", "ring32", result_table(summary))
    put(ROOT / "docs" / "paper.md", "paper", paper_table(seeds))
    put(ROOT / "docs" / "sky.md", "sky", printed(SKY))
    put(ROOT / "docs" / "sky.md", "why", printed(WHY, skip_until="From "))
    put(ROOT / "docs" / "sky.md", "benchmark", benchmark_table(json.loads(BENCHMARK.read_text())))


if __name__ == "__main__":
    main()
