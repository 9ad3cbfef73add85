"""`spacemoe-ns3 plot` draws every figure of a run, legibly, and the same bytes every time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from report.hand_run import hand_run, steps
from report.legible import illegible

from spacemoe_ns3 import load
from spacemoe_ns3.report.figure_files import FORMATS, save_figures
from spacemoe_ns3.report.figures import FIGURES, draw_figures

ROOT = Path(__file__).parents[1]
NAMES = ["breakdown", "latency", "matching", "ring-spacemoe", "scatter", "utilisation-spacemoe"]
THREE_HUNDRED_KILOBYTES = 300_000
pytestmark = pytest.mark.packet


def spacemoe(*arguments, check=True, **options):
    command = [sys.executable, "-m", "spacemoe_ns3", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=check, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of `first_ring.py`, all placements, both engines."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    spacemoe("run", "scenarios/first_ring.py", "--tokens", 12, "--out", folder, "--quiet")
    return folder


@pytest.fixture(scope="module")
def drawn(run):
    return draw_figures(load(run))


def test_every_figure_of_a_run_is_drawn(drawn):
    assert sorted(drawn.figures) == NAMES
    assert not drawn.not_drawn


@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_figure_nor_covers_another(drawn, name):
    assert illegible(drawn.figures[name]) == []


def test_long_names_and_many_placements_are_legible(tmp_path):
    names = tuple(f"a-placement-with-quite-a-long-name-{number}" for number in range(9))
    parts = {"retransmission": [5, 5], "transport": [5, 5], "waiting": [10**11] * 2, "compute": [9, 9]}

    def tokens(name, engine):
        late_ns = 10 ** (4 + names.index(name)) if engine == "packet" else 0
        return steps([10**12, 10**12 + late_ns], **parts)

    def layers(name, engine):
        return {**tokens(name, engine), "layer": [0, 0]}

    hosts = {
        "layer": [0] * 4,
        "expert": [-1, 0, 1, 2],
        "satellite": range(4),
        "activation_probability": [1.0, 0.1, 0.2, 0.3],
        "path_s": [float("nan"), 1.0, 50.0, 1000.0],
    }
    tables = {"tokens": tokens, "layers": layers, "hosts": hosts}

    figures = draw_figures(hand_run(tmp_path / "run", tables=tables, placements=names)).figures

    assert set(figures) == {"breakdown", "latency", "matching", "scatter"}
    assert {name: illegible(figure) for name, figure in figures.items()} == {name: [] for name in figures}


def test_a_single_token_is_legible(tmp_path):
    latency_ns = {"analytic": [447_031_234], "packet": [447_031_235]}
    tables = {"tokens": lambda _, engine: steps(latency_ns[engine])}

    figures = draw_figures(hand_run(tmp_path / "run", tables=tables), ["latency", "scatter"]).figures

    assert {name: illegible(figure) for name, figure in figures.items()} == {"latency": [], "scatter": []}


def test_files_are_the_same_bytes_in_every_process(run, drawn, tmp_path):
    spacemoe("plot", run, "--out", tmp_path / "one", "--format", "svg,png,pdf")
    save_figures(drawn.figures, tmp_path / "two", formats=FORMATS)

    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(f"{name}.{suffix}" for name in NAMES for suffix in ("svg", "png", "pdf"))
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_figures_land_in_the_run_and_json_tells_which(run):
    told = json.loads(spacemoe("plot", run, "--figure", "scatter", "--format", "png", "--json").stdout)

    assert told == {"figures": {"scatter": [str(run / "figures" / "scatter.png")]}, "not_drawn": {}}
    assert (run / "figures" / "scatter.png").read_bytes().startswith(b"\x89PNG")


def test_a_figure_of_one_placement_is_drawn_for_each_that_is_named(run, tmp_path):
    options = ["--figure", "utilisation", "--placement", "rand-place", "--placement", "spacemoe"]
    spacemoe("plot", run, "--out", tmp_path, "--format", "svg", *options)

    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["utilisation-rand-place.svg", "utilisation-spacemoe.svg"]


def test_what_cannot_be_drawn_is_told_and_is_no_failure(run, tmp_path):
    options = ["--figure", "latency", "--figure", "utilisation", "--engine", "analytic"]
    done = spacemoe("plot", run, "--out", tmp_path, "--format", "svg", *options)

    assert "Not drawn: figure utilisation: placement 'spacemoe'" in done.stdout
    assert (tmp_path / "latency.svg").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--figure", "latncy"], "--figure: 'latncy' is not known; did you mean latency?"),
        (["--placement", "rand-palce"], "did you mean rand-place"),
        (["--format", "svg,pngs"], "--format: 'pngs' is not known; did you mean png"),
        (
            ["--figure", "ring", "--time", "1e9"],
            "--time: 1e+09 s given, the run knows its satellites from 0 to",
        ),
    ],
)
def test_wrong_options_get_a_sentence_and_nothing_is_written(run, tmp_path, options, words):
    done = spacemoe("plot", run, "--out", tmp_path / "figures", *options, check=False)

    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "figures").exists()


def test_a_folder_without_a_run_is_refused(tmp_path):
    done = spacemoe("plot", tmp_path, check=False)

    assert done.returncode == 2
    assert "name the folder of a run" in done.stderr


def test_the_figures_of_the_pages_are_small_and_shown():
    pages = (ROOT / "docs" / "figures_of_a_run.md").read_text(encoding="utf-8")
    shown = re.findall(r"\]\(figures/([^)]+)\)", pages)

    assert len(shown) == len(FIGURES)
    for name in shown:
        assert (ROOT / "docs" / "figures" / name).stat().st_size < THREE_HUNDRED_KILOBYTES


def test_the_help_names_every_figure():
    told = spacemoe("plot", "--help").stdout

    for name, kind in FIGURES.items():
        assert f"{name} " in told
        assert kind.shows in told


def test_importing_the_figures_loads_no_matplotlib():
    modules = [f"spacemoe_ns3.report.figures.{name}" for name in FIGURES]
    code = f"import sys, {', '.join(modules)}; assert not {{'matplotlib', 'astropy'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
