"""A process that has rehearsed simulates as a fresh one does."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from packet_circle import LOSS, RECOVERY, circle, plan_over

from spacemoe_ns3 import Tcp
from spacemoe_ns3.packet import LINK_COLUMNS, Records
from spacemoe_ns3.packet.plan import PLAN_FILE, RECORDS_FILE

pytestmark = pytest.mark.packet
SIMULATE = """
import sys
from pathlib import Path
from spacemoe_ns3.packet.worker import run_task
{before}
run_task(Path(sys.argv[1]), report=lambda tokens: None)
"""
REHEARSE = "from spacemoe_ns3.packet.rehearsal import rehearse; rehearse()"


def records_of(plan, folder, *, before=""):
    """What a process of its own records, having done something before."""
    folder.mkdir()
    plan.save(folder / PLAN_FILE)
    subprocess.run([sys.executable, "-c", SIMULATE.format(before=before), str(folder)], check=True)
    return Records.load(folder / RECORDS_FILE)


@pytest.mark.parametrize("transport", [RECOVERY, Tcp(minimum_timeout_s=0.3)], ids=["udp", "tcp"])
def test_ns3_keeps_nothing_of_a_rehearsal(tmp_path, transport):
    """Not even of its random numbers: the same packets are corrupted."""
    plan = plan_over(circle(packet_error_rate=LOSS), transport=transport)

    fresh = records_of(plan, tmp_path / "fresh")
    rehearsed = records_of(plan, tmp_path / "rehearsed", before=REHEARSE)

    assert fresh.links[..., LINK_COLUMNS.index("lost_corrupted")].sum() > 0
    for field in dataclasses.fields(Records):
        assert np.array_equal(getattr(fresh, field.name), getattr(rehearsed, field.name)), field.name
