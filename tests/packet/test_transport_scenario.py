"""Transport as a scenario states it, through the whole pipeline to the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spacemoe_ns3 import Scenario, SelectiveRepeat, Tcp, Udp, pipeline, running
from spacemoe_ns3.packet import LocalExecutor
from spacemoe_ns3.report.tables import write_tables
from spacemoe_ns3.results import PARTS

pytestmark = pytest.mark.packet

LOSS = 0.05
TRANSPORTS = {
    "udp": (Udp(recovery=SelectiveRepeat(timeout_s=0.5, give_up_s=60)), "retransmission"),
    "tcp": (Tcp(congestion_control="TcpNewReno", minimum_timeout_s=0.5), "transport"),
}


@pytest.mark.parametrize("name", TRANSPORTS)
def test_with_loss_all_tokens_finish_and_what_it_costs_is_a_part_in_every_table(
    name: str,
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
) -> None:
    transport, part = TRANSPORTS[name]
    scenario = small_ring(slots=10)
    lossy = replace(scenario, transport=transport, links=replace(scenario.links, packet_error_rate=LOSS))
    outcome = running.run(
        pipeline.prepare(lossy, progress=silent),
        engine="both",
        captures=(),
        executor=LocalExecutor(workers=2),
        folder=tmp_path,
        progress=silent,
    )
    assert not outcome.failures
    results = list(outcome.results.values())
    assert [result.placement.name for result in results] == ["spacemoe", "rand-place"]
    write_tables(tmp_path, results)

    for table in ("tokens", "layers"):
        rows = pq.read_table(tmp_path / f"{table}.parquet").to_pylist()
        for row in rows:
            assert row["latency_ns"] == sum(row[f"{each}_ns"] for each in PARTS)
        assert any(row[f"{part}_ns"] > 0 for row in rows if row["engine"] == "packet")
        assert not any(row[f"{part}_ns"] for row in rows if row["engine"] == "analytic")
    links = pq.read_table(tmp_path / "links.parquet").to_pydict()
    dropped = sum(
        result.packet.account.as_dict()["segments"]["dropped_by_reason"]["corrupted"]
        for result in results
        if result.packet and result.packet.account
    )
    assert sum(links["lost_corrupted"]) == dropped > 0
