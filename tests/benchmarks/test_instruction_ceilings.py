"""A gate without noise: what a packet-hop costs, counted in instructions, stays below committed ceilings.

The ceilings lie above what was counted when they were committed by as much as compilers and C libraries
differ. Who makes a hop dearer on purpose raises them in the same commit; who makes it cheaper lowers them,
with the output of ``.venv/bin/python tests/benchmarks/test_instruction_ceilings.py``.
"""

import json
import sys
from pathlib import Path

import pytest

WAYS = ("reference", "stock", "lean")
CEILINGS = Path(__file__).with_name("instruction_ceilings.json")
# 48 satellites, 400 datagrams.
CASE = {"planes": 6, "per_plane": 8, "phasing": 3, "flows": 10, "milliseconds": 4, "seed": 1}
FEWER_HOPS, MORE_HOPS = 2, 7
BUSY = 40  # flows, enough for the fabric's windows
COMPILERS_DIFFER_BY = 1.1


def instructions_a_hop(programs, way):
    run = programs.count_instructions(way=way, **CASE)
    assert run["received"] == run["sent"] == 400
    return run["instructions"] / run["hops"]


@pytest.mark.parametrize("way", WAYS)
def test_a_hop_costs_no_more_instructions_than_its_ceiling(programs, tool, way):
    tool("valgrind")

    counted = instructions_a_hop(programs, way)

    assert counted <= json.loads(CEILINGS.read_text())[way]


def instructions_of_a_transit_hop(programs):
    fewer, more = (
        programs.count_instructions(way="lean", hops=hops, **{**CASE, "flows": BUSY})
        for hops in (FEWER_HOPS, MORE_HOPS)
    )
    assert more["hops"] - fewer["hops"] == fewer["sent"] * (MORE_HOPS - FEWER_HOPS) == 1600 * 5
    return (more["instructions"] - fewer["instructions"]) / (more["hops"] - fewer["hops"])


def test_a_transit_hop_costs_no_more_instructions_than_its_ceiling(programs, tool):
    tool("valgrind")

    assert instructions_of_a_transit_hop(programs) <= json.loads(CEILINGS.read_text())["transit"]


def main():
    """Print ceilings for what is counted now."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    import fabric_programs

    fabric_programs.build()
    counted = {way: instructions_a_hop(fabric_programs, way) for way in WAYS}
    counted["transit"] = instructions_of_a_transit_hop(fabric_programs)
    json.dump({way: round(of * COMPILERS_DIFFER_BY) for way, of in counted.items()}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
