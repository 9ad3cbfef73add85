"""What may be captured, and how long the files grow."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from captured_packets import read_pcap

from spacemoe_ns3 import Scenario, WalkerShell, pipeline
from spacemoe_ns3.errors import ScenarioError, WriteError
from spacemoe_ns3.packet import LocalExecutor
from spacemoe_ns3.packet.capture import MOST_CAPTURES, parse_captures, parse_size
from spacemoe_ns3.packet.capture_files import cut_sentences, read_captures, write_captures

FILE_HEADER_BYTES, RECORD_HEADER_BYTES = 24, 16  # of pcap
LASERS = 4  # of a satellite of the +Grid with its seam


@pytest.fixture
def placed(small_ring: Callable[..., Scenario], silent: Any) -> pipeline.Experiment:
    """Return an experiment of 3 layers x 3 experts on 48 satellites, one placement."""
    return pipeline.prepare(small_ring(placements=("spacemoe",)), progress=silent)


def wish(experiment: pipeline.Experiment, *words: str) -> Any:
    return parse_captures(words, placement=experiment.placements[0], timeline=experiment.sky.timeline)


def test_a_layer_is_its_gateway_its_experts_and_the_next_gateway(placed: pipeline.Experiment) -> None:
    placement = placed.placements[0]
    for layer in range(3):
        places = {placement.gateways[layer], *placement.experts[layer], placement.gateways[(layer + 1) % 3]}
        points = wish(placed, f"layer:{layer}")
        assert {point.satellite for point in points} == places
        assert len(points) == LASERS * len(places)


def test_all_is_every_end_of_every_link(placed: pipeline.Experiment) -> None:
    ends = {(point.satellite, point.peer) for point in wish(placed, "all")}
    links = placed.sky.timeline.ends.tolist()
    assert ends == {(a, b) for a, b in links} | {(b, a) for a, b in links}


def test_a_satellite_may_be_named(placed: pipeline.Experiment) -> None:
    name = placed.sky.timeline.layout.names[17]
    assert wish(placed, f"satellite:{name}") == wish(placed, "satellite:17")


def test_names_of_files_say_roles_satellites_and_laser(placed: pipeline.Experiment) -> None:
    gateway = int(placed.placements[0].gateways[1])
    names = placed.sky.timeline.layout.names
    neighbour, _ = placed.sky.timeline.ports()
    found = [point.file_name for point in wish(placed, "gateway:1")]
    assert found == [
        f"gateway-1_satellite-{gateway}_{names[gateway]}_laser-{port}_to-and-from_satellite-{peer}_{names[peer]}.pcap"
        for port, peer in enumerate(neighbour[gateway].tolist())
    ]


def test_the_same_end_is_captured_once(placed: pipeline.Experiment) -> None:
    assert wish(placed, "gateway:1", "all", "layer:1")[:LASERS] == wish(placed, "gateway:1")
    assert len(wish(placed, "gateway:1", "all", "layer:1")) == len(wish(placed, "all"))


@pytest.mark.parametrize(
    ("word", "sentences"),
    [
        ("gatway:0", ["must be layer:LAYER", "did you mean gateway:0?"]),
        ("gateway:3", ["there are 3 layers, numbered 0 to 2", "did you mean gateway:2?"]),
        ("expert:1:7", ["there are 3 experts a layer", "did you mean expert:1:2?"]),
        ("expert:1", ["did you mean expert:0:0?"]),
        ("layer:", ["did you mean layer:0?"]),
        ("all:1", ["did you mean all?"]),
        ("link:0-30", ["there is no such link", "did you mean one of link:0-"]),
        ("satellite:shell-0-8", ["is not known; did you mean shell-0-"]),
        ("satellite:48", ["satellites are numbered 0 to 47"]),
        ("", ["must be layer:LAYER"]),
    ],
)
def test_a_wish_that_cannot_be_granted_is_answered_by_the_nearest(
    placed: pipeline.Experiment, word: str, sentences: list[str]
) -> None:
    with pytest.raises(ScenarioError) as caught:
        wish(placed, word)
    for sentence in (f"--pcap {word}: ", *sentences):
        assert sentence in str(caught.value)


def test_more_captures_than_files_can_be_open_are_refused(
    small_ring: Callable[..., Scenario], silent: Any
) -> None:
    large = WalkerShell(planes=15, satellites_per_plane=16, altitude_km=1400, inclination_deg=70, phasing=1)
    scenario = replace(small_ring(placements=("rand-place",), slots=1), constellation=large)
    experiment = pipeline.prepare(scenario, progress=silent)
    assert 15 * 16 * LASERS > MOST_CAPTURES
    with pytest.raises(ScenarioError, match="960 captures, one for each end of a link; at most 900"):
        wish(experiment, "all")
    assert wish(experiment, "satellite:239")


@pytest.mark.packet
@pytest.mark.parametrize(("limit", "is_enough"), [("-S -n 200", True), ("-n 200", False)])
def test_where_few_files_may_be_open_the_limit_is_raised_or_named(
    limit: str, is_enough: bool, root: Path, tmp_path: Path
) -> None:
    """A soft limit is raised; below a hard one only so many captures are left, a hundred files fewer."""
    program, scenario = f"{sys.executable} -m spacemoe_ns3", root / "scenarios" / "late_token.py"
    line = f"{program} run {scenario} --out {tmp_path / 'run'} --tokens 1 --quiet --engine packet --pcap all"
    done = subprocess.run(["bash", "-c", f"ulimit {limit}; {line}"], capture_output=True, text=True)
    if is_enough:
        assert (done.returncode, done.stderr) == (0, "")
        assert len(list(tmp_path.glob("run/pcap/spacemoe/*.pcap"))) == 72 * LASERS
    else:
        assert done.returncode == 2
        assert f"{72 * LASERS} captures, one for each end of a link; at most 100 files" in done.stderr


@pytest.mark.parametrize(
    ("text", "size"),
    [("1000", 1000), ("64K", 64_000), ("1.5M", 1_500_000), ("2g", 2 * 10**9), ("10MB", 10**7)],
)
def test_a_size_is_a_number_and_a_power_of_a_thousand(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "999", "-5M", "5T", "M", "1e6", "1.5.5M"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="must be at least 1K"):
        parse_size(text)


def run(root: Path, out: Path, *options: str) -> tuple[dict[str, list[bytes]], list[dict[str, Any]], str]:
    """Run first_ring.py; return the records of its captures, what is said of them, and what the run said."""
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(root / "scenarios" / "first_ring.py")]
    command += ["--out", str(out), "--tokens", "8", "--placement", "spacemoe", "--engine", "packet", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    folder = out / "pcap" / "spacemoe"
    records = {}
    for path in folder.glob("*.pcap"):
        content, place, found = path.read_bytes(), FILE_HEADER_BYTES, []
        for packet in read_pcap(path):
            assert packet.number == len(found) + 1
            length = int.from_bytes(content[place + 8 : place + 12], "little")
            found.append(content[place : place + RECORD_HEADER_BYTES + length])
            place += RECORD_HEADER_BYTES + length
        assert place == len(content)
        records[path.name] = found
    return records, read_captures(folder), done.stdout + done.stderr


@pytest.mark.packet
def test_a_capture_ends_with_the_last_whole_packet_that_fits(root: Path, tmp_path: Path) -> None:
    whole, rows, said = run(root, tmp_path / "whole", "--pcap", "gateway:0")
    assert [row["left_out"] for row in rows] == [0] * LASERS
    assert "did not fit" not in said
    bound = 30_000
    cut, rows, said = run(root, tmp_path / "cut", "--pcap", "gateway:0", "--pcap-max-bytes", "30K")
    lacking = 0
    for row in rows:
        expected, length = [], FILE_HEADER_BYTES
        for record in whole[row["file"]]:
            length += len(record)
            if length > bound:
                break
            expected.append(record)
        assert cut[row["file"]] == expected
        assert row["packets"] == len(expected)
        assert row["bytes"] == FILE_HEADER_BYTES + sum(map(len, expected))
        assert row["left_out"] == len(whole[row["file"]]) - len(expected)
        if row["left_out"]:
            assert f"{row['file']} has the first {row['packets']} packets, {row['left_out']} more" in said
        lacking += row["left_out"] > 0
    assert lacking
    assert "raise --pcap-max-bytes" in said


@pytest.mark.packet
def test_both_engines_cut_captures_at_the_same_packet(root: Path, tmp_path: Path) -> None:
    text = (root / "scenarios" / "first_ring.py").read_text()
    (tmp_path / "scenarios").mkdir()
    found = []
    for engine in ("reference", "window", "per-hop"):
        (tmp_path / "scenarios" / "first_ring.py").write_text(
            text.replace("seed=7", f"seed=7, engine='{engine}'")
        )
        found.append(run(tmp_path, tmp_path / engine, "--pcap", "gateway:0", "--pcap-max-bytes", "30K")[:2])
    assert found[0] == found[1] == found[2]
    assert any(row["left_out"] for row in found[0][1])


def test_a_capture_that_is_not_whole_is_an_error(placed: pipeline.Experiment, tmp_path: Path) -> None:
    points = wish(placed, "gateway:0")
    counts = np.ones((len(points), 4), np.int64)
    names = placed.sky.timeline.layout.names
    write_captures(tmp_path, points, counts, names=names)
    kept = json.loads((tmp_path / "captures.json").read_text())["captures"]
    assert [row["file"] for row in kept] == [point.file_name for point in points]
    counts[2, 3] = 0
    with pytest.raises(WriteError, match="the capture could not be written; make room"):
        write_captures(tmp_path, points, counts, names=names)


def test_of_many_cut_captures_those_are_named_that_lack_most() -> None:
    rows = [{"file": f"{number}.pcap", "packets": 1, "left_out": number} for number in range(6)]
    said = cut_sentences(rows)
    assert [sentence.split()[0] for sentence in said[:3]] == ["5.pcap", "4.pcap", "3.pcap"]
    assert said[3] == "nor has any of 2 further captures all"


@pytest.mark.packet
@pytest.mark.parametrize("engine", ["window", "reference"])
def test_a_full_disk_is_an_error_that_names_the_capture(
    engine: str, placed: pipeline.Experiment, tmp_path: Path
) -> None:
    (point, *_) = wish(placed, "gateway:0")
    plan = replace(
        placed.plan(placed.placements[0], captures=(replace(point, file_name="/dev/full"),)), engine=engine
    )
    with LocalExecutor(workers=1) as executor:
        executor.submit("full", plan, tmp_path / "task")
        *_, last = executor.events(wait=True)
    assert isinstance(last.outcome, WriteError)
    assert "/dev/full: the capture could not be written; make room" in str(last.outcome)
