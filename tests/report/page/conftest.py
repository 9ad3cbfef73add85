"""What tests of the page share: a real run and its page, and a browser without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from report.page.browser import Browser

from spacemoe_ns3 import load
from spacemoe_ns3.report.page import write_page

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """The folder of a run of `first_ring.py`, two placements, both engines."""
    folder = tmp_path_factory.mktemp("page") / "first"
    command = ["run", "scenarios/first_ring.py", "--tokens", "6", "--out", str(folder), "--quiet"]
    command += ["--placement", "spacemoe", "--placement", "rand-place"]
    subprocess.run([sys.executable, "-m", "spacemoe_ns3", *command], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def results(run):
    return load(run)


@pytest.fixture(scope="session")
def written(results, tmp_path_factory):
    """The page of that run."""
    place = tmp_path_factory.mktemp("page") / "report.html"
    write_page(results, place)
    return place


@pytest.fixture(scope="session")
def browser(tool):
    """Headless Chromium; skipped without it, or without selenium."""
    tool("chromium"), tool("chromedriver")
    if not os.environ.get("SPACEMOE_REQUIRE_TOOLS"):
        pytest.importorskip("selenium")
    with Browser() as browser:
        yield browser


@pytest.fixture
def shown(browser, written):
    """The browser with the page just opened, in the light, on a laptop."""
    browser.open(written)
    return browser


@pytest.fixture
def screenshots(tmp_path_factory):
    """Return where screenshots are kept: the folder of SPACEMOE_SCREENSHOTS, or pytest's."""
    place = os.environ.get("SPACEMOE_SCREENSHOTS")
    folder = Path(place) if place else tmp_path_factory.getbasetemp() / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
