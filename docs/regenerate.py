"""Make every number and figure of the README and of the docs anew.

    .venv/bin/python docs/regenerate.py            # all but the studies and the benchmark: about two minutes
    .venv/bin/python docs/regenerate.py --studies  # the studies: half an hour or more on two processors
    .venv/bin/python docs/regenerate.py --studies trend_size  # one of them
    .venv/bin/python docs/regenerate.py --validation  # the validations: some five minutes
    .venv/bin/python docs/regenerate.py --write    # texts and figures anew from docs/data, nothing run

Runs ``spacemoe-ns3 run scenarios/ring32.py``, ``plot`` for it and for ``busy_ring.py``, and ``spacemoe-ns3
sky`` for two scenarios, or ``spacemoe-ns3 run`` for studies; keeps what they say in ``docs/data``, draws the
figures, and puts the tables between their markers in the pages. ``docs/data/sky.benchmark.json`` is made by
``benchmarks/sky.py --json``, ``placement.benchmark.json`` by ``benchmarks/placement.py --json``,
``best_placement.json`` by ``benchmarks/best_placement.py --json``, ``optimality.json`` by
``benchmarks/optimality.py --json``, ``knee.json`` by ``benchmarks/knee.py --json``, ``mutations.json`` by
``benchmarks/mutations.py --json``, ``fabric.benchmark.json`` and ``fabric.benchmark.again.json`` by
``benchmarks/fabric.py --json``, ``fabric.profile.json`` by ``benchmarks/fabric_profile.py --json``,
``exactness.json`` by ``benchmarks/exactness.py --json``, ``engines.benchmark.json`` by
``benchmarks/engines.py --json``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from command_pages import COMMAND_TABLES
from figure_pages import keep_figures, run_and_keep
from performance_pages import engines_table, exactness_words, fabric_table, profile_table
from results_pages import columns_tables, files_table, keys_table, memory_table
from study_pages import (
    STUDIES,
    TRENDS,
    draw_figures,
    gains_table,
    paper_table,
    run_study,
    sensitivity_table,
    study_data,
    trend_table,
)
from validation_pages import SCENARIOS as VALIDATED
from validation_pages import (
    draw_knees,
    idle_table,
    knee_table,
    loaded_table,
    lossy_table,
    random_words,
    run_validation,
)

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / "ring32.py"
SUMMARY = ROOT / "docs" / "data" / "ring32.summary.json"
FIGURE = ROOT / "docs" / "figures" / "ring32.svg"
LIVING = ROOT / "scenarios" / "living_links.py"
SKY = ROOT / "docs" / "data" / "living_links.sky.txt"
WHY = ROOT / "docs" / "data" / "living_links.why.txt"
WHY_NOT = ("--slot", "150", "--why", "30", "100")  # satellite 30 has failed in this slot
COMPARED = ROOT / "docs" / "data" / "first_ring.compare.txt"
FIRST = ROOT / "scenarios" / "first_ring.py"
BENCHMARK = ROOT / "docs" / "data" / "sky.benchmark.json"
BEST = ROOT / "docs" / "data" / "best_placement.json"
PLACEMENT_TIMES = ROOT / "docs" / "data" / "placement.benchmark.json"
PARTS = ("compute", "propagation", "serialisation", "queueing", "waiting")
MILLISECONDS = 1e3
MICROSECONDS = 1e6
VALIDATION_TABLES = {
    "idle": idle_table,
    "loaded": loaded_table,
    "lossy": lossy_table,
    "knee": knee_table,
    "random": random_words,
}


PERFORMANCE_TABLES = {
    "fabric": fabric_table,
    "profile": profile_table,
    "engines": engines_table,
    "exact": exactness_words,
}


RESULTS_TABLES = {
    "memory": memory_table(),
    "files": files_table(),
    "columns": columns_tables(),
    "summary": keys_table("summary"),
    "manifest": keys_table("manifest"),
}


def run_summary() -> None:
    """Run the scenario and keep its summary and its figures."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "spacemoe_ns3", "run", str(SCENARIO), "--out", str(out)]
        subprocess.run(command, check=True)
        SUMMARY.write_bytes((out / "summary.json").read_bytes())
        keep_figures(out, "ring32")


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


def run_comparison() -> None:
    """Run a small scenario, compare its placements, and keep what is printed."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "first-ring"
        command = [sys.executable, "-m", "spacemoe_ns3"]
        subprocess.run([*command, "run", str(FIRST), "--out", str(run), "--quiet"], check=True)
        compare = [*command, "compare", str(run)]
        said = subprocess.run(compare, check=True, capture_output=True, text=True).stdout
        COMPARED.write_text("".join(f"{line.rstrip()}\n" for line in said.splitlines()))


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
        "| placement | expected, s | over the bound | formula, s | packets, s | difference, µs | "
        + " | ".join(f"{part}, ms" for part in PARTS)
        + f" | speed-up of {first['name']} |",
        "|---|" + "---:|" * (6 + len(PARTS)),
    ]
    for row in summary["placements"]:
        difference = row["packet_s_per_token"] - row["analytic_s_per_token"]
        lines.append(
            f"| {row['name']} | {row['expected_s_per_token']:.4f} | "
            f"{row['expected_s_per_token'] / row['bound_s'] - 1:.0%} | "
            f"{row['analytic_s_per_token']:.4f} | {row['packet_s_per_token']:.4f} | "
            f"{difference * MICROSECONDS:+.2f} | "
            + " | ".join(f"{row['breakdown_s'][part] * MILLISECONDS:.3f}" for part in PARTS)
            + f" | {row['packet_s_per_token'] / first['packet_s_per_token']:.2f} × |"
        )
    return "\n".join(lines)


def draw(summary: dict[str, Any]) -> None:
    """Draw where the time of a token goes, beside what the paper reports."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "spacemoe-ns3"  # or ids in the file differ from run to run
    import matplotlib.pyplot as plt

    paper = json.loads(study_data("paper_table").read_text())["study"]["published"]["s_per_token"]
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
        if row["name"] in paper:
            low, high = paper[row["name"]]
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


def best_table(found: dict[str, Any]) -> str:
    """Return the best placements beside the paper's in Markdown."""
    lines = [
        "| constellation | model | hosts a satellite | bound, s | spacemoe, s | over bound | joint, s "
        "| over bound | less than spacemoe | packed, s | on satellites |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in found["rows"]:
        each = {name: row[name] for name in ("spacemoe", "joint", "packed")}
        seconds = {name: f"{cell['s'][0]:.3f} ± {cell['s'][1]:.3f}" for name, cell in each.items()}
        gain, half = each["joint"]["less_than_spacemoe"]
        lines.append(
            f"| {row['sky']} | {row['model']} | {row['hosts_per_satellite']} | {row['bound_s']:.3f} | "
            f"{seconds['spacemoe']} | {each['spacemoe']['over_bound']:.0%} | {seconds['joint']} | "
            f"{each['joint']['over_bound']:.0%} | {gain:.1%} ± {half:.1%} | {seconds['packed']} | "
            f"{each['packed']['satellites']} |"
        )
    return "\n".join(lines)


def placement_times(found: dict[str, Any]) -> str:
    """Return how long placements take, in a sentence or two of Markdown."""
    parts = []
    for kind, row in found["evaluation"].items():
        parts.append(
            f"with {kind}, {row['ours_s_a_placement'] * MILLISECONDS:.0f} ms a placement, where networkx and "
            f"loops take {row['baseline_s_a_placement']:.1f} s: {row['ratio_median']:,.0f} times as long "
            f"({row['ratio_min']:,.0f} to {row['ratio_max']:,.0f})"
        )
    making = "; ".join(
        f"{seconds:.1f} s on {int(satellites):,} satellites"
        for satellites, seconds in found["spacemoe_s"].items()
    )
    return (
        f"Evaluating {found['placements']} placements of 32 x 8 experts over {found['slots']} slots and "
        f"{found['tokens']:,} tokens takes, {'; '.join(parts)}. One SpaceMoE placement takes {making}, the "
        "paths around its gateways in all slots included (`benchmarks/placement.py`)."
    )


def put(page: Path, marker: str, text: str) -> None:
    """Replace what stands between a pair of markers in a page."""
    begin, end = f"<!-- begin {marker} -->", f"<!-- end {marker} -->"
    old = page.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(old):
        raise SystemExit(f"{page}: no {begin} ... {end}; put the markers back")
    page.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", old), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Make everything anew, or the studies, or the texts only."""
    if "--studies" in arguments:
        for name in [each for each in arguments if each != "--studies"] or STUDIES:
            run_study(name)
    elif "--validation" in arguments:
        for name in [each for each in arguments if each != "--validation"] or VALIDATED:
            run_validation(name)
    elif "--write" not in arguments:
        run_summary()
        run_and_keep("busy_ring")
        run_skies()
        run_comparison()
    summary, paper = json.loads(SUMMARY.read_text()), json.loads(study_data("paper_table").read_text())
    draw(summary)
    put(ROOT / "README.md", "ring32", result_table(summary))
    page = ROOT / "docs" / "paper.md"
    put(page, "paper", paper_table(paper))
    put(page, "gains", gains_table(paper))
    put(page, "sensitivity", sensitivity_table(paper))
    for name in STUDIES:
        if study_data(name).with_suffix(".parquet").exists():
            draw_figures(name)
    for name in TRENDS:
        put(page, name, trend_table(json.loads(study_data(name).read_text())))
    best = json.loads(BEST.read_text())
    put(ROOT / "README.md", "best", best_table(best))
    put(ROOT / "docs" / "placement_beyond.md", "best", best_table(best))
    put(ROOT / "docs" / "placement.md", "times", placement_times(json.loads(PLACEMENT_TIMES.read_text())))
    page = ROOT / "docs" / "validation.md"
    for marker, table in VALIDATION_TABLES.items():
        put(page, marker, table())
    for marker, table in PERFORMANCE_TABLES.items():
        put(ROOT / "docs" / "performance.md", marker, table())
    for marker, table in COMMAND_TABLES.items():
        put(ROOT / "docs" / "command_line.md", marker, table())
    for marker, text in RESULTS_TABLES.items():
        put(ROOT / "docs" / "results.md", marker, text)
    draw_knees()
    put(ROOT / "docs" / "compare.md", "compare", printed(COMPARED))
    put(ROOT / "docs" / "sky.md", "sky", printed(SKY))
    put(ROOT / "docs" / "sky.md", "why", printed(WHY, skip_until="From "))
    put(ROOT / "docs" / "sky.md", "benchmark", benchmark_table(json.loads(BENCHMARK.read_text())))


if __name__ == "__main__":
    main(sys.argv[1:])
