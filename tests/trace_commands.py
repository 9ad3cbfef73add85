"""The command line, run as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def command(*arguments: str | Path, code: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``spacemoe-ns3`` in the project's folder, or code that takes its place."""
    program = ["-m", "spacemoe_ns3"] if code is None else ["-c", code]
    line = [sys.executable, *program, *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
