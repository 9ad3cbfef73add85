"""What the pages show of validations: kept in docs/data, drawn, and set in tables.

``regenerate.py`` puts it in its place.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from spacemoe_ns3.report.load_figure import draw_cases
from spacemoe_ns3.report.style import rendered

ROOT = Path(__file__).parents[1]
SCENARIOS = ("ring32", "first_ring", "starlink_550", "real_shell")
KNEE = ROOT / "docs" / "data" / "knee.json"
RANDOM = ROOT / "docs" / "data" / "random_scenarios.json"
KNEE_FIGURE = ROOT / "docs" / "figures" / "knee.svg"
MICROSECONDS, MILLISECONDS, NANOSECONDS = 1e6, 1e3, 1e9


def validation_data(name: str) -> Path:
    """Return where the numbers of a validation are kept."""
    return ROOT / "docs" / "data" / f"{name}.validation.json"


def run_validation(name: str) -> None:
    """Validate a scenario and keep what is found out."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = ["validate", f"scenarios/{name}.py"]
        subprocess.run(
            [sys.executable, "-m", "spacemoe_ns3", *command, "--out", str(out), "--quiet"],
            check=False,  # its verdict is kept
            cwd=ROOT,
        )
        found = json.loads((out / "validation.json").read_text())
    kept = {"command": f"spacemoe-ns3 {' '.join(command)}", **found}
    validation_data(name).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def _rows(regime: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the results of a regime, with the scenario of each."""
    found = [json.loads(validation_data(name).read_text()) for name in SCENARIOS]
    return [(each["scenario"], row) for each in found for row in each["regimes"] if row["regime"] == regime]


def idle_table() -> str:
    """Return how the engines agree in an idle network, in Markdown."""
    lines = [
        "| scenario | placement | tokens | packets, s | formula, s | worst token, ns | worst layer, ns "
        "| own messages, µs | freezing, mean µs | freezing, worst µs |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for scenario, row in _rows("idle"):
        of = row["figures"]
        lines.append(
            f"| {scenario} | {row['placement']} | {of['tokens']:.0f} | {of['packets_s']:.6f} "
            f"| {of['formula_s']:.6f} | {of['worst_token_s'] * NANOSECONDS:.0f} "
            f"| {of['worst_layer_s'] * NANOSECONDS:.0f} | {of['own_messages_s'] * MICROSECONDS:+.3f} "
            f"| {of['freezing_s'] * MICROSECONDS:+.2f} | {of['freezing_worst_s'] * MICROSECONDS:.2f} |"
        )
    return "\n".join(lines)


def loaded_table() -> str:
    """Return packets, formula and theory under load, in Markdown."""
    lines = [
        "| scenario | placement | load | packets, s | p99, s | formula, s "
        "| with theory's queues, s | theory's miss | difference, ms |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for scenario, row in _rows("loaded"):
        of = row["figures"]
        estimate = of.get("estimate_s")
        miss = "–" if estimate is None else f"{estimate / of['packets_s'] - 1:+.1%}"
        lines.append(
            f"| {scenario} | {row['placement']} | {of['load']:.2f} | {of['packets_s']:.4f} "
            f"| {of['packets_p99_s']:.4f} | {of['formula_s']:.4f} "
            f"| {'–' if estimate is None else f'{estimate:.4f}'} | {miss} "
            f"| {of['difference_s'] * MILLISECONDS:+.2f} |"
        )
    return "\n".join(lines)


def lossy_table() -> str:
    """Return availability, retransmission and tail under loss, in Markdown."""
    lines = [
        "| scenario | placement | tokens | finished | mean, s | p99, s | worst, s | packets sent first "
        "| sent again | dropped | duplicates |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for scenario, row in _rows("lossy"):
        of = row["figures"]
        if row["error"]:
            lines.append(f"| {scenario} | {row['placement']} | {of['tokens']:.0f} | {row['error']} |")
            continue
        lines.append(
            f"| {scenario} | {row['placement']} | {of['tokens']:.0f} | {of['availability']:.0%} "
            f"| {of['packets_s']:.4f} | {of['packets_p99_s']:.4f} | {of['packets_p100_s']:.4f} "
            f"| {of['sent_first']:.0f} | {of['sent_again']:.0f} | {of['dropped']:.0f} "
            f"| {of['received_duplicates']:.0f} |"
        )
    return "\n".join(lines)


def knee_table() -> str:
    """Return the knees of every case, in Markdown."""
    found = json.loads(KNEE.read_text())
    lines = [
        "| lasers and work | placement | formula, s | +10 %, steps/s | +100 %, steps/s | capacity, steps/s "
        "| saturates first |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for case in found["cases"]:
        for knee in case["knees"]:
            capacity = knee["capacity_per_s"]
            rates = [f"{rate:.4g}{'*' if rate >= capacity else ''}" for rate in knee["knees_per_s"].values()]
            lines.append(
                f"| {case['name']} | {knee['placement']} | {knee['formula_s']:.4f} | {' | '.join(rates)} "
                f"| {capacity:.4g} | {knee['busiest']} |"
            )
    return "\n".join(lines)


def draw_knees() -> None:
    """Draw latency over load for every case."""
    found = json.loads(KNEE.read_text())
    KNEE_FIGURE.write_bytes(rendered(draw_cases(found["cases"]), "svg"))


def random_words() -> str:
    """Return what became of scenarios at random, in Markdown."""
    found = json.loads(RANDOM.read_text())
    others = ", ".join(f"{count} `{name}`" for name, count in found["ended"].items() if name != "ran")
    return (
        f"Of {found['scenarios']} scenarios at random (shells, models, placements, traffic, transports, loss "
        f"policies, outages) none crashed or hung. {found['ended']['ran']} ran, with conservation and exact "
        f"sums in each, {found['with_losses']} of them with packets lost; in the "
        f"{found['held_to_the_formula']} in which no step met another, every array of both engines is equal. "
        f"The others ended in a sentence that says why ({others}). `benchmarks/random_scenarios.py --json`."
    )
