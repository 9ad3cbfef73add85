"""What the fabric's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from exact.traces import Traces


@pytest.fixture(scope="session")
def traces() -> Iterator[Traces]:
    """Return the program that runs small networks."""
    with Traces() as running:
        yield running
