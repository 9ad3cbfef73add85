"""The programs of the fabric's benchmark."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="session")
def programs():
    """Build the programs if need be, and return the module that runs them."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import fabric_programs
    finally:
        sys.path.remove(str(BENCHMARKS))
    fabric_programs.build()
    return fabric_programs
