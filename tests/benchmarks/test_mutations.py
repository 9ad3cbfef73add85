"""The mutations of the engine: each can still be made, and each was caught."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mutations(monkeypatch):
    """Import the benchmark, which has its list beside it."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    spec = importlib.util.spec_from_file_location("mutations", ROOT / "benchmarks" / "mutations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("mutants", None)


def test_each_mutation_replaces_one_text_of_its_file(mutations):
    for mutation in mutations.MUTATIONS:
        assert (ROOT / mutation.file).read_text().count(mutation.search) == 1, mutation.name
        assert mutation.search != mutation.replace
    assert len({mutation.name for mutation in mutations.MUTATIONS}) == len(mutations.MUTATIONS) >= 13


def test_each_mutation_was_caught(mutations):
    rows = json.loads(mutations.DATA.read_text())["mutations"]

    assert [row["name"] for row in rows] == [mutation.name for mutation in mutations.MUTATIONS]
    assert all(row["caught_by"] for row in rows)


def test_the_page_is_made_from_the_committed_data(mutations):
    found = json.loads(mutations.DATA.read_text())

    assert mutations.PAGE.read_text() == mutations.page(found)
