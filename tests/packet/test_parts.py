"""Tables written in parts are those written at once, and a run that was killed has left its parts."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spacemoe_ns3 import Decoding, PoissonArrivals, SelectiveRepeat, Traffic, Udp, load, pipeline, running
from spacemoe_ns3.packet import LocalExecutor
from spacemoe_ns3.packet.occupancy import both_traffics
from spacemoe_ns3.recording import UNFINISHED
from spacemoe_ns3.schema import PARTS_FOLDER, TABLES

pytestmark = pytest.mark.packet
ROOT = Path(__file__).parents[2]
LONGEST_WAIT_S = 60.0
BYTES_A_TOKEN = 10_000  # of the run, on top of a part; of all tables at once, six times as many


class Collector:
    """Keeps what a run gives away, in the order in which it comes."""

    def __init__(self):
        self.rows = {}
        self.completed = []

    def write(self, name, columns, *, placement="", engine=""):
        self.rows.setdefault((placement, engine, name), []).append(columns)

    def complete(self, outcome):
        self.completed.append(tuple(outcome.results))

    def tables(self):
        return {
            key: {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            for key, parts in self.rows.items()
        }


def outcome_of(scenario, folder, silent, *, keeper):
    folder.mkdir()
    with LocalExecutor() as executor:
        _, outcome = running.run_scenario(
            scenario,
            pipeline.lay_out(scenario, progress=silent),
            engine="both",
            captures=(),
            executor=executor,
            folder=folder,
            progress=silent,
            keeper=keeper,
        )
    assert not outcome.failures
    return outcome


SCENARIOS = {
    "sequences one after the other": {},
    "links that go down, and messages again": {
        "survival": 0.8,
        "on_loss": "drop",
        "slots": 400,
        "transport": Udp(recovery=SelectiveRepeat()),
    },
    "batches, then nothing, then batches": {
        "traffic": Traffic(arrivals=PoissonArrivals(sequences_per_s=1.0), batch=2),
        "slots": 600,
    },
    "prompts": {"traffic": Traffic(prompt_tokens=5)},
}


def scenario_of(small_ring, changes):
    from dataclasses import replace

    settings = {name: changes[name] for name in ("survival", "on_loss", "slots") if name in changes}
    others = {name: value for name, value in changes.items() if name not in settings}
    ring = small_ring(tokens=12, **settings)
    return replace(ring, decoding=Decoding(tokens=12, tokens_per_sequence=2, context_tokens=64), **others)


@pytest.mark.parametrize("changes", SCENARIOS.values(), ids=SCENARIOS)
def test_tables_in_parts_are_the_tables_at_once(changes, small_ring, silent, tmp_path, monkeypatch):
    scenario = scenario_of(small_ring, changes)
    whole = outcome_of(scenario, tmp_path / "whole", silent, keeper=None)
    monkeypatch.setattr(running, "PART_MESSAGES", 1)
    collector = Collector()
    parted = outcome_of(scenario, tmp_path / "parts", silent, keeper=collector)

    found = collector.tables()
    for name, result in whole.results.items():
        for engine in ("analytic", "packet"):
            for table, columns in getattr(result, engine).tables().items():
                for column, values in columns.items():
                    given = found[name, engine, table][column]
                    np.testing.assert_array_equal(given, values, err_msg=f"{engine} {table}.{column}")
        for engine in ("analytic", "packet"):
            one, other = getattr(result, engine), getattr(parted.results[name], engine)
            assert one.s_per_token == other.s_per_token
            assert one.account == other.account
    assert set(collector.completed[-1]) == set(whole.results)


def test_parts_are_given_away_while_the_run_goes_on(small_ring, silent, tmp_path, monkeypatch):
    """Six sequences a hundred seconds apart, slots of fifteen: each is a part."""
    monkeypatch.setattr(running, "PART_MESSAGES", 1)
    collector = Collector()
    outcome_of(scenario_of(small_ring, {}), tmp_path / "run", silent, keeper=collector)

    parts = collector.rows["spacemoe", "packet", "tokens"]
    assert [part["sequence"].tolist() for part in parts] == [[number] * 2 for number in range(6)]


def test_the_traffic_of_two_parts_is_their_sum():
    one = {"from_satellite": [0, 3], "to_satellite": [1, 3], "kind": ["result", "dispatch"]}
    other = {"from_satellite": [3, 3], "to_satellite": [3, 3], "kind": ["dispatch", "residual"]}
    for columns, count in ((one, 1), (other, 10)):
        for number, name in enumerate(("messages", "tokens", "bytes"), 1):
            columns[name] = [count * number] * 2
    both = both_traffics(*({name: np.array(v) for name, v in each.items()} for each in (one, other)))

    assert both["from_satellite"].tolist() == [0, 3, 3]
    assert both["kind"].tolist() == ["result", "dispatch", "residual"]
    assert both["messages"].tolist() == [1, 11, 10]
    assert both["bytes"].tolist() == [3, 33, 30]


@pytest.fixture
def killed(tmp_path):
    """The folder that a run left which was killed after some of its tokens."""
    long = tmp_path / "long.py"
    long.write_text((ROOT / "scenarios" / "first_ring.py").read_text().replace("tokens=32", "tokens=3000"))
    command = [sys.executable, "-m", "spacemoe_ns3", "run", str(long), "--out", str(tmp_path / "run")]
    command += ["--placement", "spacemoe", "--placement", "rand-place", "--workers", "1", "--quiet"]
    parts = f".run.partial-*/{PARTS_FOLDER}/tokens/spacemoe.packet.*.parquet"
    with subprocess.Popen(command, start_new_session=True) as process:
        until_s = time.monotonic() + LONGEST_WAIT_S
        while not list(tmp_path.glob(parts)):
            assert process.poll() is None
            assert time.monotonic() < until_s
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    (folder,) = tmp_path.glob(".run.partial-*")
    yield folder
    shutil.rmtree(folder)


def test_a_run_that_was_killed_leaves_readable_what_it_had_finished(killed):
    results = load(killed)

    assert results.manifest["status"] == UNFINISHED
    tokens = results.columns("tokens", placement="spacemoe", engine="packet")
    layers = results.columns("layers", placement="spacemoe", engine="packet")
    assert 0 < len(tokens["token"]) <= 3000
    assert np.array_equal(tokens["sequence"], np.arange(len(tokens["sequence"])) // 4)
    assert len(layers["layer"]) % 6 == 0
    assert {"constellation", "ephemeris", "topology", "contacts"} <= set(results.table_names)
    assert results.constellation.num_rows == 72


def test_what_was_left_is_as_the_schemas_say(killed):
    import jsonschema

    for name in ("summary", "manifest"):
        schema = json.loads((ROOT / "spacemoe_ns3" / "json_schemas" / f"{name}.schema.json").read_text())
        jsonschema.validate(json.loads((killed / f"{name}.json").read_text()), schema)


def test_memory_does_not_grow_with_tokens():
    """From 1000 tokens to 4000 of the same time span: by a tenth of what their tables take."""
    spec = importlib.util.spec_from_file_location("memory", ROOT / "benchmarks" / "memory.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    fewer, more = (module.measure(tokens, "in parts") for tokens in (1000, 4000))

    assert (more["run_mb"] - fewer["run_mb"]) * 1e6 < 3000 * BYTES_A_TOKEN
    assert (more["simulation_mb"] - fewer["simulation_mb"]) * 1e6 < 3000 * BYTES_A_TOKEN


def test_every_table_of_an_engine_is_among_those_that_a_run_writes(small_ring, silent, tmp_path):
    collector = Collector()
    outcome_of(scenario_of(small_ring, {}), tmp_path / "run", silent, keeper=collector)

    engines = {table.name: set(table.engines) for table in TABLES.values() if table.engines}
    for name, due in engines.items():
        assert {engine for _, engine, table in collector.rows if table == name} == due
