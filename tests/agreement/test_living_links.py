"""Both engines on links that live: that go down, change their rates, and are routed over in other ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from agreement.test_engines_agree import assert_equal
from builders import WithGaps

from spacemoe_ns3 import PlusGrid, SatelliteFailures, Scenario, pipeline
from spacemoe_ns3.analytic import replay
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.links import DimensionOrder, FewestHops, LeastDelay, LinkTimeline
from spacemoe_ns3.links.topology import Wiring
from spacemoe_ns3.links.topology.base import sorted_pairs
from spacemoe_ns3.packet import LocalExecutor, Plan, Records, result_from_records
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.packet.plan import LINK_COLUMNS, MESSAGE_COLUMNS

pytestmark = pytest.mark.packet

# Messages of a step meet: two dispatches and a residual set out at once, results and residual come together.
# A slot of 3 ms; a message of 4096 bytes takes 1.7 ms at 20 Mb/s, whole or in its three or eight packets.
# Hosts are anywhere: the paths are long.
LIVELY = {
    **{"top_k": 2, "sends_residual": True, "tokens": 4, "placements": ("rand-place",)},
    **{"span_s": 6.0, "slots": 2000, "rate_bps": 20e6, "survival": 0.8},
}
WHOLE, THREE, EIGHT = 9000, 1500, 600


def plan_of(
    scenario: Scenario, silent: pipeline.Progress, *, change: Callable[[LinkTimeline], LinkTimeline]
) -> Plan:
    """Return the plan of a scenario's first placement, over links that have been changed."""
    experiment = pipeline.prepare(scenario, progress=silent)
    sky = replace(experiment.sky, timeline=change(experiment.sky.timeline))
    placement = experiment.placements[0]
    routes = replace(experiment, sky=sky).routes_to(placement)
    return Plan(workload=experiment.workload, placement=placement, routes=routes)


def records_of(plan: Plan, folder: Path) -> Records:
    """Return what ns-3 records of a plan."""
    with LocalExecutor(workers=1) as executor:
        executor.submit("task", plan, folder / "task")
        (outcome,) = [event.outcome for event in executor.events(wait=True) if event.outcome]
    assert isinstance(outcome, Records), outcome
    return outcome


def column(records: Records, name: str) -> int:
    """Return the sum of a counter over all links and directions."""
    return int(records.links[..., LINK_COLUMNS.index(name)].sum())


def agree(plan: Plan, folder: Path) -> Records:
    """Run both engines, compare all they say, and return what ns-3 recorded."""
    records = records_of(plan, folder)
    workload, placement, routes = plan.workload, plan.placement, plan.routes
    formula = replay(workload=workload, placement=placement, routes=routes)
    assert_equal(formula, trace_from_records(records, workload=workload))
    # The account balances, or this raises.
    result = result_from_records(records, workload=workload, placement=placement, ends=routes.timeline.ends)
    assert result.account is not None
    assert result.account.sent == result.account.received
    return records


def as_it_is(timeline: LinkTimeline) -> LinkTimeline:
    """Change nothing."""
    return timeline


def with_drawn_rates(timeline: LinkTimeline) -> LinkTimeline:
    """Give each link in each slot a rate of its own."""
    drawn = np.random.default_rng(1).integers(13_000_000, 60_000_000, timeline.rate_bps.shape)
    return replace(timeline, rate_bps=drawn)


@pytest.mark.parametrize("mtu_bytes", [WHOLE, THREE, EIGHT])
@pytest.mark.parametrize("change", [as_it_is, with_drawn_rates])
def test_the_engines_agree_where_links_go_down_under_transmissions_and_rates_change(
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
    mtu_bytes: int,
    change: Callable[[LinkTimeline], LinkTimeline],
) -> None:
    plan = plan_of(small_ring(**LIVELY, mtu_bytes=mtu_bytes), silent, change=change)

    records = agree(plan, tmp_path)

    assert column(records, "rerouted") > 0
    assert column(records, "lost_cut") == column(records, "lost_queued") == 0
    # What was cut has cost its transmitter time, and does not count as a packet.
    hops = records.messages[:, 7].sum()
    if mtu_bytes == WHOLE:
        assert column(records, "packets") == hops


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("rate_bps", "mtu_bytes"), [(20e6, WHOLE), (20e6, EIGHT), (5e6, THREE), (5e6, 300)])
def test_the_engines_agree_where_four_messages_queue_behind_one_another_as_links_go_down(
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
    rate_bps: float,
    mtu_bytes: int,
    seed: int,
) -> None:
    """Equal packets: what links leave behind comes together in single nanoseconds, slot after slot."""
    crowd = {**LIVELY, "top_k": 3, "rate_bps": rate_bps, "span_s": 12.0, "slots": 4000, "seed": seed}
    plan = plan_of(small_ring(**crowd, mtu_bytes=mtu_bytes), silent, change=as_it_is)

    records = agree(plan, tmp_path)

    assert column(records, "rerouted") > 0
    assert records.messages[:, MESSAGE_COLUMNS.index("queueing")].any()


def test_the_engines_agree_where_a_message_queues_behind_itself_when_its_link_goes_down(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    """At most one packet is cut where a link goes down; the others that are re-routed were in its queue."""
    plan = plan_of(small_ring(**{**LIVELY, "rate_bps": 8e6}, mtu_bytes=EIGHT), silent, change=as_it_is)

    records = agree(plan, tmp_path)

    # 4.5 ms a message in pieces of 0.6 ms, in slots of 3 ms: of those re-routed at once, all but one queued.
    assert column(records, "rerouted") > 20


@pytest.mark.parametrize("routing", [FewestHops(), DimensionOrder(), LeastDelay(holds=True)], ids=repr)
def test_the_engines_agree_on_other_routing_protocols(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path, routing: object
) -> None:
    scenario = small_ring(**{**LIVELY, "survival": 0.9}, mtu_bytes=THREE, routing=routing)
    links = replace(scenario.links, grazing_altitude_km=-1e4, max_angular_rate_rad_s=None)

    records = agree(plan_of(replace(scenario, links=links), silent, change=with_drawn_rates), tmp_path)

    assert column(records, "rerouted") > 0


def test_the_engines_agree_on_a_protocol_of_ones_own(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    """A function of this file, which the child process does not import."""
    offset = 7

    def by_weights(network, *, destinations, packet_bits):
        from spacemoe_ns3.links.routing.base import search_back

        there, back = np.random.default_rng(offset).uniform(1, 2, (2, 200))[:, : len(network.ends)]
        return search_back(network, there=there, back=back, destinations=destinations)

    scenario = small_ring(**LIVELY, mtu_bytes=THREE, routing=by_weights)

    records = agree(plan_of(scenario, silent, change=as_it_is), tmp_path)

    assert column(records, "rerouted") > 0


def test_the_engines_agree_on_a_rate_for_each_kind_of_link(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    rates = {"intra-plane": 40e6, "cross-plane": 25e6, "seam": 15e6, (0, 1): 12e6}
    plan = plan_of(small_ring(**{**LIVELY, "rate_bps": rates}, mtu_bytes=THREE), silent, change=as_it_is)

    agree(plan, tmp_path)

    assert set(np.unique(plan.routes.timeline.rate_bps)) == {40e6, 25e6, 15e6, 12e6}


@pytest.mark.parametrize("slots", [40, 1200], ids=["slots of a minute", "slots of two seconds"])
def test_the_engines_agree_on_the_light_time_of_satellites_that_move(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path, slots: int
) -> None:
    """Over half an hour; light to a receiver that moves takes other than the distance over its speed."""
    scenario = small_ring(top_k=1, sends_residual=False, tokens=24, span_s=2400.0, slots=slots)
    plan = plan_of(scenario, silent, change=as_it_is)

    records = agree(plan, tmp_path)

    sky, messages = plan.routes.timeline.ephemeris, records.messages
    one_hop = messages[(messages[:, 7] == 1) & (messages[:, 5] != messages[:, 6])]
    at_ns = one_hop[:, 8]
    apart_m = np.linalg.norm(
        sky.positions_at(one_hop[:, 5], at_ns) - sky.positions_at(one_hop[:, 6], at_ns), axis=1
    )
    off_ns = one_hop[:, 10] - apart_m / 299_792_458 * 1e9
    assert len(one_hop) > 10
    assert np.abs(off_ns).max() > 20  # some 25 ppm of some ms


def test_the_engines_agree_where_places_are_vacant(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    """Three of 48 satellites are missing: rings reach over the gaps, cross links are left out."""
    scenario = small_ring(**LIVELY, mtu_bytes=THREE)
    gaps = replace(scenario, constellation=WithGaps(scenario.constellation, vacant=[10, 11, 30]))

    plan = plan_of(gaps, silent, change=as_it_is)
    agree(plan, tmp_path)

    timeline = plan.routes.timeline
    assert timeline.satellites == 45
    assert "cross-plane links are missing" in timeline.remarks[0]


class Alternating:
    """Two +Grids in turns, a hundred slots each; their rings are the same."""

    def wire(self, *, layout, ephemeris, slots):
        one, other = (
            PlusGrid(seam=True, phase_shift=shift).wire(layout=layout, ephemeris=None, slots=None).ends
            for shift in (0, 1)
        )
        ends = sorted_pairs(np.concatenate([one, other]))
        of_one, of_other = (
            np.array([pair in chosen.tolist() for pair in ends.tolist()]) for chosen in (one, other)
        )
        is_first = np.arange(slots.count) // 100 % 2 == 0
        return Wiring(ends=ends, assigned=np.where(is_first[:, np.newaxis], of_one, of_other))


def test_the_engines_agree_where_terminals_point_anew_and_satellites_fail(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    """Across planes, terminals point at other satellites every hundred slots, and need 10 ms to find them."""
    scenario = small_ring(**LIVELY, mtu_bytes=THREE)
    links = replace(
        scenario.links,
        topology=Alternating(),
        acquisition_s=0.01,
        outages=(
            *scenario.links.outages,
            SatelliteFailures(mean_time_between_failures_s=20.0, mean_time_to_repair_s=0.3),
        ),
    )

    plan = plan_of(replace(scenario, links=links), silent, change=as_it_is)
    agree(plan, tmp_path)

    assert {1, 2, 8, 11} <= set(np.unique(plan.routes.timeline.reason).tolist())


def named(text: str) -> tuple[str, ...]:
    """Return the message that an error names: who, from where to where, and when."""
    found = re.search(
        r"\((request \d+, token \d+, layer \d+, \w+(?: of expert \d+)?)(?:, segment \d+/\d+)?, "
        r"from satellite (\d+) to satellite (\d+), sent at (\d+) ns\)",
        text,
    )
    assert found, text
    return found.groups()


def place_and_time(text: str) -> tuple[str, ...]:
    """Return whose link took a message with it, and when: in the words of either engine."""
    found = re.search(r"the link from satellite (\d+) to \d+ went down at (\d+) ns", text) or re.search(
        r"a laser link of satellite (\d+) went down .*, at (\d+) ns", text
    )
    assert found, text
    return found.groups()


@pytest.mark.parametrize("policy", ["drop", "deliver"])
@pytest.mark.parametrize("mtu_bytes", [WHOLE, EIGHT])
def test_both_engines_lose_the_same_message(
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
    policy: str,
    mtu_bytes: int,
) -> None:
    """One message after the other, until one is lost, at the same link in the same nanosecond."""
    scenario = small_ring(**{**LIVELY, "survival": 0.9}, mtu_bytes=mtu_bytes, on_loss=policy)
    one_request = replace(scenario, decoding=replace(scenario.decoding, tokens_per_sequence=6))
    plan = plan_of(one_request, silent, change=as_it_is)
    workload, placement, routes = plan.workload, plan.placement, plan.routes

    with pytest.raises(UndeliveredError) as of_formula:
        replay(workload=workload, placement=placement, routes=routes)
    records = records_of(plan, tmp_path)
    with pytest.raises(UndeliveredError) as of_packets:
        result_from_records(records, workload=workload, placement=placement, ends=routes.timeline.ends)

    assert named(str(of_formula.value)) == named(str(of_packets.value))
    assert place_and_time(str(of_formula.value)) == place_and_time(str(of_packets.value))
    account = of_packets.value.account
    assert account is not None
    assert account["messages"]["dropped"] == 1
    for unit in account.values():
        assert unit["sent"] == unit["received"] + sum(unit["dropped_by_reason"].values()) + unit["in_flight"]
        assert unit["in_flight"] == 0
