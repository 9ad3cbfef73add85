"""``spacemoe-ns3 path``: a token's time, piece by piece, of a folder made by hand and of a real run."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from spacemoe_ns3.cli.common import EXIT_INPUT
from spacemoe_ns3.report.path import read_path, render_path_pieces
from spacemoe_ns3.results import PARTS

ROOT = Path(__file__).parents[1]
MS = 10**6  # nanoseconds
STEP = {"placement": "near", "engine": "packet", "sequence": 2, "token": 1}
START_NS, LATENCY_NS = 5 * MS, 3_250_007
# A layer: the gateway computes for 1 ms, a hop takes 1.5 ms and 7 ns, and the expert 0.5 ms, on the same
# satellite as the next gateway; then the head, for a quarter.
PIECES = [
    {"layer": 0, "piece": "gateway", "kind": "compute", "satellite": 4, "start": 0, "compute": MS},
    {
        **{"layer": 0, "piece": "dispatch", "kind": "hop", "satellite": 4, "to_satellite": 9, "link": 12},
        **{"expert": 3, "start": MS, "propagation": 1_400_000, "serialisation": 100_007, "queueing": 0},
    },
    {
        **{"layer": 0, "piece": "expert", "kind": "compute", "satellite": 9, "expert": 3},
        **{"start": 2_500_007, "compute": 500_000},
    },
    {"piece": "head", "kind": "compute", "satellite": 9, "start": 3_000_007, "compute": 250_000},
]
LINES = [
    "layer piece kind satellite link expert start duration compute propagation serialisation",
    "0 gateway compute 4 - - 0.000000 1.000000 1.000000 - -",
    "0 dispatch hop 4 to 9 12 3 1.000000 1.500007 - 1.400000 0.100007",
    "0 expert compute 9 - 3 2.500007 0.500000 0.500000 - -",
    "0 sum 3.000007 1.500000 1.400000 0.100007",
    "head head compute 9 - - 3.000007 0.250000 0.250000 - -",
    "head sum 0.250000 0.250000 0.000000 0.000000",
    "total 3.250007 1.750000 1.400000 0.100007",
]


def path(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command in the project's folder."""
    command = [sys.executable, "-m", "spacemoe_ns3", "path", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def printed(*arguments: str | Path) -> str:
    done = path(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    """Return the folder of a run with one token."""
    rows = []
    for piece in PIECES:
        parts = {f"{part}_ns": piece.get(part, 0) for part in PARTS}
        start_ns = START_NS + int(piece["start"])
        where = {
            name: piece.get(name, -1) for name in ("layer", "satellite", "to_satellite", "link", "expert")
        }
        times = {"start_ns": start_ns, "end_ns": start_ns + sum(parts.values())}
        rows.append({**STEP, "piece": piece["piece"], "kind": piece["kind"], **where, **times, **parts})
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "critical_path.parquet")
    token = {**STEP, "start_ns": START_NS, "latency_ns": LATENCY_NS}
    pq.write_table(pa.Table.from_pylist([token]), tmp_path / "tokens.parquet")
    return tmp_path


def test_every_digit_of_a_path_by_hand(by_hand: Path) -> None:
    lines = printed(by_hand, "--sequence", "2", "--token", "1").splitlines()

    title = "Critical path of token 1 of sequence 2, placement near, packets: 3.250007 ms"
    assert lines[0] == title
    assert [" ".join(line.split()) for line in lines[1:-1] if line] == LINES


def test_one_layer_alone_has_its_sum_and_no_total(by_hand: Path) -> None:
    lines = printed(by_hand, "--sequence", "2", "--token", "1", "--layer", "0").splitlines()

    assert lines[0].endswith("packets: 3.250007 ms, of which layer 0")
    assert [" ".join(line.split()) for line in lines[1:-1] if line] == LINES[:5]


def test_json_has_the_same_in_nanoseconds(by_hand: Path) -> None:
    found = json.loads(printed(by_hand, "--sequence", "2", "--token", "1", "--json"))

    assert {key: found[key] for key in STEP} == STEP
    assert (found["start_ns"], found["latency_ns"]) == (START_NS, LATENCY_NS)
    assert [layer["layer"] for layer in found["layers"]] == [0, -1]
    assert [layer["duration_ns"] for layer in found["layers"]] == [3_000_007, 250_000]
    assert found["total"]["duration_ns"] == LATENCY_NS
    assert found["total"]["compute_ns"] == 1_750_000
    assert [piece["start_ns"] - START_NS for piece in found["pieces"]] == [piece["start"] for piece in PIECES]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--placement", "far"], "--placement: 'far' given, run FOLDER has near; name one of them"),
        (["--engine", "analytic"], "--engine: 'analytic' given, run FOLDER has packet; name one of them"),
        (["--sequence", "3"], "--sequence: 3 given, run FOLDER has 2 to 2; name one of them"),
        (["--sequence", "2"], "--token: 0 given, run FOLDER has 1 to 1 in sequence 2; name one of them"),
        (
            ["--sequence", "2", "--token", "1", "--layer", "1"],
            "--layer: 1 given, the model has 0 to 0; name one of them",
        ),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(by_hand: Path, arguments: list[str], words: str) -> None:
    done = path(by_hand, *arguments)

    assert done.returncode == EXIT_INPUT
    assert done.stderr == f"error: {words.replace('FOLDER', str(by_hand))}\n"
    assert done.stdout == ""


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    for folder, words in ((tmp_path / "none", "is not a folder"), (tmp_path, "holds no tokens.parquet")):
        done = path(folder)
        assert done.returncode == EXIT_INPUT
        assert f"error: {folder}: {words}" in done.stderr


def test_a_table_that_is_none_is_refused(by_hand: Path) -> None:
    (by_hand / "critical_path.parquet").write_text("not a table")

    done = path(by_hand, "--sequence", "2", "--token", "1")

    assert done.returncode == EXIT_INPUT
    assert "critical_path.parquet: cannot be read" in done.stderr


def test_pieces_that_do_not_sum_to_the_latency_are_refused(by_hand: Path) -> None:
    token = {**STEP, "start_ns": START_NS, "latency_ns": LATENCY_NS + 1}
    pq.write_table(pa.Table.from_pylist([token]), by_hand / "tokens.parquet")

    done = path(by_hand, "--sequence", "2", "--token", "1")

    assert done.returncode == EXIT_INPUT
    assert f"sum to {LATENCY_NS} ns, its latency is {LATENCY_NS + 1} ns" in done.stderr


@pytest.fixture(scope="module")
def first_ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of the scenario to learn from."""
    folder = tmp_path_factory.mktemp("path") / "first-ring"
    run = [sys.executable, "-m", "spacemoe_ns3", "run", "scenarios/first_ring.py", "--out", str(folder)]
    options = ["--placement", "spacemoe", "--placement", "rand-place", "--quiet"]
    subprocess.run([*run, *options], cwd=ROOT, check=True)
    return folder


@pytest.mark.packet
def test_the_path_of_a_run_sums_to_its_latency_in_either_engine(first_ring: Path) -> None:
    tokens = pq.read_table(first_ring / "tokens.parquet").to_pylist()
    seen = [token for token in tokens if (token["sequence"], token["token"]) in {(0, 0), (7, 3)}]
    assert len(seen) == 8  # two tokens, two placements, two engines
    for token in seen:
        which = [f"--{name}={token[name]}" for name in ("placement", "engine", "sequence", "token")]
        found = json.loads(printed(first_ring, *which, "--json"))

        assert found["total"]["duration_ns"] == found["latency_ns"] == token["latency_ns"]
        assert {part: found["total"][f"{part}_ns"] for part in PARTS} == {
            part: token[f"{part}_ns"] for part in PARTS
        }
        assert [layer["layer"] for layer in found["layers"]] == [*range(6), -1]
        now_ns = found["start_ns"]
        for layer in found["layers"]:
            assert layer["start_ns"] == now_ns
            now_ns += layer["duration_ns"]
        assert now_ns - found["start_ns"] == found["latency_ns"]
    assert "placement: not given" in path(first_ring).stderr


@pytest.mark.packet
def test_the_page_shows_what_the_command_prints(first_ring: Path) -> None:
    page = (ROOT / "docs" / "accounting.md").read_text()

    assert printed(first_ring, "--placement", "spacemoe", "--layer", "5") in page


@pytest.mark.parametrize("width", [80, 200])
def test_on_a_narrow_terminal_the_parts_stand_below_their_piece(by_hand: Path, width: int) -> None:
    to = io.StringIO()
    found = read_path(by_hand, sequence=2, token=1)
    render_path_pieces(found, console=Console(file=to, width=width))
    _, *lines, _ = to.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    below = [line.strip() for line in lines if line.strip().startswith(("compute", "propagation"))]
    if width == 80:
        assert below[0] == "propagation 1.400000, serialisation 0.100007"  # of the hop
        assert below[-1] == "compute 1.750000, propagation 1.400000, serialisation 0.100007"
    else:
        assert below == []
