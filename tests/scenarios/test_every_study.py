"""Every study of the project runs at smoke size: all its variants, formula and packets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
STUDIES = sorted(path.stem for path in (ROOT / "scenarios").glob("*.py") if "Study(" in path.read_text())
SMOKE = """
from dataclasses import replace

from spacemoe_ns3 import Slots

import {name}

whole = {name}.study.base
small = {name}.study.with_base(
    replace(
        whole,
        slots=Slots(count=6),
        decoding=replace(whole.decoding, tokens=2),
    ),
    seeds=(2,),
)
"""


@pytest.mark.packet
@pytest.mark.parametrize("name", STUDIES)
def test_every_study_runs(name: str, tmp_path: Path) -> None:
    path = tmp_path / "small.py"
    path.write_text(SMOKE.format(name=name))
    command = [
        sys.executable,
        "-m",
        "spacemoe_ns3",
        "run",
        str(path),
        "--out",
        str(tmp_path / "run"),
        "--json",
    ]
    paths = {**os.environ, "PYTHONPATH": str(ROOT / "scenarios")}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=paths)
    assert done.returncode == 0, done.stderr

    summary = json.loads(done.stdout)
    study = summary["study"]
    rows = pq.read_table(tmp_path / "run" / "study.parquet")
    assert len(rows) == len(study["variants"]) * len(study["placements"])
    assert study["failures"] == []
    for placement in summary["placements"]:
        packets, formula = placement["packet_s_per_token"], placement["analytic_s_per_token"]
        assert packets == formula  # an idle network: to the nanosecond
    assert list((tmp_path / "run" / "figures").glob("*.svg"))


def test_there_are_the_studies_that_the_documentation_names() -> None:
    page = (ROOT / "docs" / "studies.md").read_text()

    assert STUDIES
    for name in STUDIES:
        assert f"scenarios/{name}.py" in page
