"""The manifest: what is needed to repeat a run."""

import hashlib
import json
import platform
from importlib.metadata import version

import pytest

from spacemoe_ns3.report import manifest

SOURCE = 'scenario = "ä"\n'


@pytest.fixture
def made():
    return manifest(
        scenario_path="scenarios/small.py",
        scenario_source=SOURCE,
        declares="Scenario(name='small')",
        inputs={"shell.tle": "ab12"},
        options={"seed": 7, "tokens": 32},
        status="complete",
        started="2026-01-01T00:00:00+00:00",
        duration_s=1.23456,
        workers=2,
        packet_engine="auto",
        engine_use={"spacemoe": {"engine": "window", "fallbacks": 3}},
        files=["manifest.json", "summary.json"],
    )


def test_the_scenario_is_kept_whole_with_its_digest(made):
    assert made["scenario"] == {
        "path": "scenarios/small.py",
        "sha256": hashlib.sha256(SOURCE.encode("utf-8")).hexdigest(),
        "source": SOURCE,
        "declares": "Scenario(name='small')",
        "inputs": [{"path": "shell.tle", "sha256": "ab12"}],
    }


def test_the_versions_are_those_installed(made):
    assert made["versions"]["python"] == platform.python_version()
    for package in ("spacemoe-ns3", "ns3", "numpy", "scipy", "sgp4", "pyarrow"):
        assert made["versions"][package] == version(package)


def test_what_was_asked_for_and_what_came_of_it_are_there(made):
    assert made["options"] == {"seed": 7, "tokens": 32}
    assert made["status"] == "complete"
    assert made["started"] == "2026-01-01T00:00:00+00:00"
    assert made["duration_s"] == 1.235
    assert made["workers"] == 2
    assert made["files"] == ["manifest.json", "summary.json"]


def test_the_engine_that_was_asked_for_and_those_that_moved_the_packets_are_there(made):
    assert made["packet_engine"] == {
        "asked": "auto",
        "used": {"spacemoe": {"engine": "window", "fallbacks": 3}},
    }


def test_the_manifest_is_json(made):
    assert json.loads(json.dumps(made, allow_nan=False)) == made
