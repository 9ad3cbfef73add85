"""What the pages show of studies: kept in docs/data, drawn, and set in tables.

``regenerate.py`` puts it in its place.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from spacemoe_ns3.report.study_figures import draw_study
from spacemoe_ns3.report.study_files import STUDY_FILE
from spacemoe_ns3.report.style import rendered
from spacemoe_ns3.results import PARTS, ExpectedLatency
from spacemoe_ns3.studies import Study, load_either
from spacemoe_ns3.studies.evaluate import study_results
from spacemoe_ns3.study_results import Evaluation, StudyResults

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "figures"
STUDIES = (
    "paper_table",
    "trend_altitude",
    "trend_size",
    "trend_size_square",
    "trend_survival",
    "trend_tracking",
)
TRENDS = STUDIES[1:]
PERCENT = 1e2
NONE = "–"


def study_data(name: str) -> Path:
    """Return where the numbers of a study are kept."""
    return ROOT / "docs" / "data" / f"{name}.study.json"


def run_study(name: str) -> None:
    """Run a study, and keep its rows, its section of the summary, the packets of its run, its figures."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        scenario = f"scenarios/{name}.py"
        command = [sys.executable, "-m", "spacemoe_ns3", "run", scenario, "--out", str(out)]
        subprocess.run(command, check=True, cwd=ROOT)
        summary = json.loads((out / "summary.json").read_text())
        keys = ("name", "tokens", "expected_s_per_token", "analytic_s_per_token", "packet_s_per_token")
        kept = {
            "command": f"spacemoe-ns3 run {scenario}",
            "run": [{key: row[key] for key in keys} for row in summary["placements"]],
            "study": summary["study"],
        }
        study_data(name).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
        study_data(name).with_suffix(".parquet").write_bytes((out / STUDY_FILE).read_bytes())
        for figure in sorted((out / "figures").glob("*.svg")):
            (FIGURES / f"{name.replace('_', '-')}-{figure.name}").write_bytes(figure.read_bytes())


def results_of(name: str) -> StudyResults:
    """Return the results of a study from its committed rows."""
    study, _ = load_either(ROOT / "scenarios" / f"{name}.py")
    assert isinstance(study, Study)
    rows = pq.read_table(study_data(name).with_suffix(".parquet")).to_pylist()
    evaluations = tuple(
        Evaluation(
            variant=row["variant"],
            seed=row["seed"],
            placement=row["placement"],
            expected=ExpectedLatency(
                parts_s={part: row[f"{part}_s"] for part in PARTS},
                layers_s=np.empty(0),  # not in the rows
                half_width_s=row["half_width_95_s"],
                quantiles_s={},
                waiting_probability=row["waiting_probability"],
            ),
        )
        for row in rows
    )
    return study_results(study, evaluations=evaluations)


def draw_figures(name: str) -> None:
    """Draw the figures of a study from its committed rows."""
    found = results_of(name)
    for kind, figure in draw_study(found, title=found.name).items():
        place = FIGURES / f"{name.replace('_', '-')}-{kind}.svg"
        place.write_bytes(rendered(figure, "svg"))


def row_of(variant: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a variant of a study says of a placement."""
    return next(row for row in variant["placements"] if row["name"] == name)


def signed(share: float | None) -> str:
    """Return a share in per cent, with its sign."""
    return NONE if share is None else f"{share * PERCENT:+.1f} %"


def paper_table(data: dict[str, Any]) -> str:
    """Return the published table beside ours in Markdown."""
    study, run = data["study"], {row["name"]: row for row in data["run"]}
    lines = [
        f"| placement | paper, s | ours, s (mean of {len(study['seeds'])} seeds) | standard deviation, s "
        f"| off the paper's middle | packets, s ({data['run'][0]['tokens']} tokens, seed 1) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name in study["placements"]:
        row = row_of(study["variants"][0], name)
        low, high = study["published"]["s_per_token"][name]
        lines.append(
            f"| {name} | {low:.2f}–{high:.2f} | {row['mean_s']:.3f} | {row['deviation_s']:.3f} | "
            f"{signed(row['difference'])} | {run[name]['packet_s_per_token']:.3f} |"
        )
    return "\n".join(lines)


def gains_table(data: dict[str, Any]) -> str:
    """Return how many times faster SpaceMoE is in Markdown."""
    lines = ["| SpaceMoE against | paper, total | ours, total | ours, propagation |", "|---|---:|---:|---:|"]
    for gain in data["study"]["gains"]:
        values = (gain[key] for key in ("published", "total", "propagation"))
        lines.append(f"| {gain['over']} | " + " | ".join(f"{value:.2f} ×" for value in values) + " |")
    return "\n".join(lines)


def sensitivity_table(data: dict[str, Any]) -> str:
    """Return every reading with its differences from the paper in Markdown."""
    study = data["study"]
    names = study["placements"]
    lines = [
        f"| open point | reading | {' | '.join(names)} | worst |",
        "|---|---|" + "---:|" * (len(names) + 1),
    ]
    previous = None
    for variant in study["variants"]:
        assumption = variant["assumption"]
        if assumption is None:
            words = "| *as chosen* | |"
        else:
            first = "" if assumption == previous else f"{assumption} (chosen: {variant['chosen']})"
            words = f"| {first} | {variant['reading']} |"
        previous = assumption
        rows = [row_of(variant, name) for name in names]
        cells = [f"{row['mean_s']:.2f} ({signed(row['difference'])})" for row in rows]
        lines.append(f"{words} {' | '.join(cells)} | {variant['worst_difference'] * PERCENT:.1f} % |")
    return "\n".join(lines)


def trend_table(data: dict[str, Any]) -> str:
    """Return the seconds along a sweep, and what becomes of what is reported, in Markdown."""
    study = data["study"]
    points = sorted(
        (variant for variant in study["variants"] if variant["point"] is not None),
        key=lambda variant: variant["point"],
    )
    places = " | ".join(f"{point['point']:g}" for point in points)
    lines = [
        f"| {study['axis']} | {places} | change, total | change, light time | the paper | here |",
        "|---|" + "---:|" * (len(points) + 2) + "---|---|",
    ]
    for trend in study["trends"]:
        seconds = " | ".join(f"{row_of(point, trend['name'])['mean_s']:.3f}" for point in points)
        parts = [trend["total"], trend["propagation"]]
        changes = [f"{signed(part['change'])} ± {part['standard_error'] * PERCENT:.1f}" for part in parts]
        words = f"{trend['reported'] or NONE} | {trend['total']['verdict'] or NONE}"
        lines.append(f"| {trend['name']} | {seconds} | {' | '.join(changes)} | {words} |")
    return "\n".join(lines)
