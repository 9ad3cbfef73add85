"""The pages say what is so: their code runs, their tables are the data's, their links lead somewhere."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md"))]


def regenerate() -> ModuleType:
    """Return the module that makes the pages' tables."""
    spec = importlib.util.spec_from_file_location("regenerate", ROOT / "docs" / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    exec(compile("\n".join(blocks), str(page), "exec"), {"__name__": "page"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_tables_are_made_from_the_committed_data() -> None:
    module = regenerate()
    summary, seeds = json.loads(module.SUMMARY.read_text()), json.loads(module.SEEDS.read_text())
    assert module.result_table(summary) in (ROOT / "README.md").read_text()
    assert module.paper_table(seeds) in (ROOT / "docs" / "paper.md").read_text()
    benchmark = json.loads(module.BENCHMARK.read_text())
    assert module.benchmark_table(benchmark) in (ROOT / "docs" / "sky.md").read_text()
    assert module.printed(module.SKY) in (ROOT / "docs" / "sky.md").read_text()


def test_what_the_paper_page_claims_holds_in_the_data() -> None:
    module = regenerate()
    seeds = json.loads(module.SEEDS.read_text())["expected_s_per_token"]
    for name, (low, high) in module.PAPER.items():
        mean = sum(seeds[name]) / len(seeds[name])
        assert 0.9 < mean / ((low + high) / 2) < 1.1  # "within 10 %"
    assert min(seeds["spacemoe"]) > module.PAPER["spacemoe"][1]  # "above the paper's whole range"


def test_the_picture_of_the_tree_is_the_tree() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "spacemoe_ns3"
    named = set(re.findall(r"[├└]─ (\w+\.py|\w+/) ", text.split("ns3-modules/\n")[0]))
    there = {f"{path.name}/" if path.is_dir() else path.name for path in package.iterdir()}
    private = {name for name in there if name.startswith("_")}
    assert named == there - private - {"py.typed"}
    for folder, files in re.findall(r"[├└]─ (\w+)/ +(.*)", text.split("ns3-modules/\n")[0]):
        for file in re.findall(r"\w+\.py", files):
            assert (package / folder / file).exists(), f"{folder}/{file}"
