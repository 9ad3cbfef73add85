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


def main():
    """Print ceilings for what is counted now."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    import fabric_programs

    fabric_programs.build()
    counted = {way: instructions_a_hop(fabric_programs, way) for way in WAYS}
    json.dump({way: round(of * COMPILERS_DIFFER_BY) for way, of in counted.items()}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
