"""``spacemoe-ns3 sky``: what it prints, explains, draws and refuses."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from spacemoe_ns3.cli.common import EXIT_INPUT

SECONDS_OF_AN_ORBIT_AT_1000_KM = 6307  # 2 pi sqrt(a^3 / mu), to a second
SHARES_SUM_TO_ONE = 1e-12


def sky(root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command on a scenario of the project."""
    command = [sys.executable, "-m", "spacemoe_ns3", "sky", *map(str, arguments)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


@pytest.fixture(scope="module")
def first_ring() -> dict[str, object]:
    """Return what the command says of first_ring.py, as JSON, with two satellites explained."""
    root = Path(__file__).parents[1]
    done = sky(root, "scenarios/first_ring.py", "--json", "--why", "0", "shell-3-07")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_it_counts_satellites_links_and_slots(first_ring):
    assert (first_ring["satellites"], first_ring["links"], first_ring["slots"]) == (72, 144, 200)
    assert first_ring["slots"] * first_ring["slot_s"] == pytest.approx(SECONDS_OF_AN_ORBIT_AT_1000_KM, abs=2)


def test_the_shares_of_each_kind_sum_to_one(first_ring):
    for kind in first_ring["kinds"]:
        assert sum(kind["share"].values()) == pytest.approx(1, abs=SHARES_SUM_TO_ONE)


def test_satellites_are_named_by_number_and_by_name(first_ring):
    assert (first_ring["why"]["from"], first_ring["why"]["to"]) == (0, 3 * 12 + 7)


def test_the_path_is_unbroken_and_its_delay_the_sum_of_its_hops(first_ring):
    hops = first_ring["why"]["hops"]

    assert hops[0]["from"] == 0
    assert hops[-1]["to"] == 43
    assert all(one["to"] == other["from"] for one, other in itertools.pairwise(hops))
    assert first_ring["why"]["delay_s"] == pytest.approx(sum(hop["delay_s"] for hop in hops))


def test_the_spells_through_time_cover_every_slot_once(first_ring):
    spells = first_ring["why"]["through_time"]

    assert spells[0]["first_slot"] == 0
    assert spells[-1]["last_slot"] == 199
    assert all(one["last_slot"] + 1 == other["first_slot"] for one, other in itertools.pairwise(spells))


def test_the_table_says_what_the_json_says(root, first_ring):
    printed = sky(root, "scenarios/first_ring.py").stdout

    assert "72 satellites, 144 laser links, 200 slots" in printed
    for kind in first_ring["kinds"]:
        row = next(line for line in printed.splitlines() if line.startswith(kind["kind"]))
        assert f"{kind['length_m'][2] / 1e3:.1f}" in row
        assert f"{kind['share']['up'] * 100:.2f}" in row


def test_a_real_shell_is_explained_with_all_that_did_not_fit(root):
    done = sky(root, "scenarios/real_shell.py", "--json")

    found = json.loads(done.stdout)
    in_planes, nowhere = found["shells"]
    assert in_planes["satellites"] + nowhere["satellites"] == found["satellites"] == 720
    named = " ".join(found["remarks"])
    assert "SYN RAISING 1, SYN RAISING 2" in named
    assert "SYN P07 S03 SPARE" in named


def test_figures_are_drawn_as_svg_and_png(root, tmp_path):
    done = sky(root, "scenarios/first_ring.py", "--plot", tmp_path / "figures", "--slot", "7")

    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == [
        "first-ring-lengths.png",
        "first-ring-lengths.svg",
        "first-ring-map.png",
        "first-ring-map.svg",
    ]
    assert "first-ring-map.svg" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--why", "0", "72"], "--why: 72 given, satellites are numbered 0 to 71"),
        (["--why", "0", "shell-3-77"], "--why: 'shell-3-77' is not known; did you mean shell-3-07"),
        (["--why", "4", "4"], "names one satellite twice"),
        (["--slot", "200"], "there are 200 slots, numbered from 0"),
    ],
)
def test_what_does_not_exist_is_refused_with_a_sentence(root, arguments, words):
    done = sky(root, "scenarios/first_ring.py", *arguments)

    assert done.returncode == EXIT_INPUT
    assert words in done.stderr
    assert done.stdout == ""


def test_a_figure_folder_that_cannot_be_made_is_refused(root, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("a file")

    done = sky(root, "scenarios/first_ring.py", "--plot", taken)

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert str(taken) in done.stderr
