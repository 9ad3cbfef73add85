"""The figures of runs that the pages show: drawn by the command ``plot``, kept small.

``regenerate.py`` puts them in their place.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "figures"
# Figure and format by scenario; those of many marks are pictures.
KEPT = {
    "ring32": {
        "latency": "svg",
        "breakdown": "png",
        "ring-spacemoe": "png",
        "utilisation-spacemoe": "png",
        "matching": "png",
    },
    "busy_ring": {"scatter": "svg"},
}
COLOURS = 128  # of a picture that is kept


def keep_figures(run: Path, scenario: str) -> None:
    """Draw the figures of a run that a page shows.

    Parameters
    ----------
    run
        Its folder.
    scenario
        Which of :data:`KEPT`.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "spacemoe_ns3", "plot", str(run), "--out", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for name, suffix in KEPT[scenario].items():
            content = (Path(folder) / f"{name}.{suffix}").read_bytes()
            place = FIGURES / f"{scenario.replace('_', '-')}-{name}.{suffix}"
            place.write_bytes(small(content) if suffix == "png" else content)


def run_and_keep(scenario: str) -> None:
    """Run a scenario and draw the figures of it that a page shows."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "spacemoe_ns3", "run", f"scenarios/{scenario}.py", "--out", str(out)]
        subprocess.run([*command, "--quiet"], check=True, cwd=ROOT)
        keep_figures(out, scenario)


def small(picture: bytes) -> bytes:
    """Return a PNG with fewer colours, which is a third as long."""
    buffer = io.BytesIO()
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    whole.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).save(buffer, format="png", optimize=True)
    return buffer.getvalue()
