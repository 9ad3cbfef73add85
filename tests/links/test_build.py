"""From satellites and rules to the links through time: which are up, why others are down, and how fast."""

import dataclasses
import math

import numpy as np
import pytest
from builders import timeline_of
from hand_made import hand_made, reasons

from spacemoe_ns3.constants import EARTH_RADIUS_M, SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import SlotGrid, WalkerShell
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import (
    Bernoulli,
    DownReason,
    LaserLinks,
    LossPolicy,
    ModemTable,
    OpticalLinkBudget,
    PlusGrid,
)

SLOTS = SlotGrid(count=40, slot_ns=140 * 10**9)  # an orbit
A_PICOSECOND = 1e-12
FAST_ENOUGH_RAD_S = 1e3


def shell(**changes):
    settings = {"planes": 5, "satellites_per_plane": 12, "altitude_km": 550, "inclination_deg": 87}
    return WalkerShell(**{**settings, **changes})


def timeline(some_shell, *, seed=1, slots=SLOTS, seam=False, survival=1.0, **rules):
    links = LaserLinks(
        topology=PlusGrid(seam=seam), outages=(Bernoulli(survival_probability=survival),), **rules
    )
    return timeline_of(some_shell, links=links, slots=slots, seed=seed)


@pytest.fixture(scope="module")
def clear():
    """No outages, and terminals fast enough for anything."""
    return timeline(shell(), seam=True, max_angular_rate_rad_s=FAST_ENOUGH_RAD_S)


def test_links_are_up_if_nothing_stands_against_them(clear):
    within_planes = clear.ends[:, 0] // 12 == clear.ends[:, 1] // 12

    assert clear.up[:, within_planes].all()


def test_light_takes_the_length_of_a_link_at_the_middle_of_its_slot(clear):
    slot, link = 17, 23
    middle = np.array([SLOTS.slot_ns * slot + SLOTS.slot_ns // 2])
    one_m, other_m = (clear.ephemeris.positions_at(clear.ends[link, [end]], middle)[0] for end in (0, 1))

    assert abs(clear.delay_s[slot, link] - math.dist(one_m, other_m) / SPEED_OF_LIGHT_M_S) < A_PICOSECOND


def test_a_line_of_sight_through_the_earth_is_over_the_horizon():
    """Three satellites a plane, 120 degrees apart, see each other only from above 6500 km."""
    low = timeline(shell(satellites_per_plane=3))
    high = timeline(shell(satellites_per_plane=3, altitude_km=7000))
    within_planes = low.ends[:, 0] // 3 == low.ends[:, 1] // 3

    assert (low.reason[:, within_planes] == DownReason.HORIZON).all()
    assert (high.reason[:, within_planes] == DownReason.UP).all()


@pytest.mark.parametrize(
    ("grazing_altitude_km", "reason"), [(-1e4, DownReason.UP), (551, DownReason.HORIZON)]
)
def test_the_grazing_altitude_decides_what_is_hidden(grazing_altitude_km, reason):
    """With 12 satellites a plane the chord dips to 314 km: 6928 km times cos 15 degrees."""
    sky = timeline(shell(planes=1), grazing_altitude_km=grazing_altitude_km)

    assert (sky.reason == reason).all()


@pytest.mark.parametrize(("grazing_altitude_km", "is_up"), [(300, True), (328, False)])
def test_the_chord_of_twelve_satellites_grazes_at_314_km(grazing_altitude_km, is_up):
    """Within the 14 km by which the bulge of the Earth moves satellites up and down."""
    sky = timeline(shell(planes=1), grazing_altitude_km=grazing_altitude_km)

    assert sky.up.all() == is_up
    assert sky.up.any() == is_up


def test_a_terminal_that_turns_too_slowly_loses_the_neighbour_across():
    """Neighbours in the plane stand still; across, planes that meet near the poles swing past."""
    rules = {"max_angular_rate_rad_s": 1e-3, "grazing_altitude_km": -1e4}
    sky = timeline(shell(), **rules)
    within_planes = sky.ends[:, 0] // 12 == sky.ends[:, 1] // 12

    assert (sky.reason[:, within_planes] == DownReason.UP).all()
    assert set(np.unique(sky.reason[:, ~within_planes])) == {DownReason.UP, DownReason.ANGULAR_RATE}


def test_a_faster_terminal_never_loses_a_link(clear):
    slow, fast = (timeline(shell(), seam=True, max_angular_rate_rad_s=rate).up for rate in (1e-3, 3e-3))

    assert (slow <= fast).all()
    assert (fast <= clear.up).all()
    assert slow.sum() < fast.sum()


def test_terminals_of_no_limit_follow_whatever_they_must(clear):
    assert np.array_equal(timeline(shell(), seam=True, max_angular_rate_rad_s=None).reason, clear.reason)


def test_an_outage_takes_down_a_link_that_geometry_lets_be_up(clear):
    stormy = timeline(shell(), seam=True, max_angular_rate_rad_s=FAST_ENOUGH_RAD_S, survival=0.5)
    hidden = clear.reason == DownReason.HORIZON

    assert (stormy.reason[hidden] == DownReason.HORIZON).all()
    assert set(np.unique(stormy.reason[~hidden])) == {DownReason.UP, DownReason.OUTAGE}


def test_a_link_that_is_hidden_and_too_fast_and_out_counts_as_hidden():
    rules = {"survival": 1e-9, "max_angular_rate_rad_s": 1e-9}
    low = timeline(shell(satellites_per_plane=3), **rules)
    high = timeline(shell(satellites_per_plane=3, altitude_km=20_000), grazing_altitude_km=-1e5, **rules)
    within_planes = low.ends[:, 0] // 3 == low.ends[:, 1] // 3

    assert (low.reason[:, within_planes] == DownReason.HORIZON).all()
    assert (high.reason[:, ~within_planes] == DownReason.ANGULAR_RATE).all()


def test_the_same_seed_gives_the_same_links_and_another_seed_others():
    first, again, other = (timeline(shell(), survival=0.8, seed=seed).reason for seed in (3, 3, 4))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_seed_only_draws_outages(clear):
    other = timeline(shell(), seed=2, seam=True, max_angular_rate_rad_s=FAST_ENOUGH_RAD_S)

    assert np.array_equal(other.delay_s, clear.delay_s)
    assert np.array_equal(other.reason, clear.reason)


def test_the_timeline_has_the_links_of_the_grid(clear):
    layout = shell().build().layout

    assert np.array_equal(
        clear.ends, PlusGrid(seam=True).wire(layout=layout, ephemeris=None, slots=None).ends
    )
    assert (clear.rate_bps == 100 * 10**9).all()
    assert clear.rate_bps.shape == clear.reason.shape == clear.delay_s.shape == (40, len(clear.ends))
    assert clear.satellites == 60
    assert np.bincount(clear.kind).tolist() == [60, 48, 12]


def test_what_is_declared_of_the_links_is_handed_on():
    sky = timeline(shell(), mtu_bytes=1234, queue_packets=56, on_loss="deliver")

    assert (sky.mtu_bytes, sky.queue_packets, sky.policy) == (1234, 56, LossPolicy.DELIVER)


@pytest.mark.parametrize(("rate", "expected"), [(1e9, 10**9), (2.5, 2), (100e9, 10**11), (1, 1)])
def test_one_rate_is_that_of_all_links(rate, expected):
    sky = hand_made([[8e6, 0, 0], [8e6, 1e6, 0], [8e6, 2e6, 0]], ends=((0, 1), (1, 2)), rate_bps=rate)

    assert sky.rate_bps.dtype == np.int64
    assert np.unique(sky.rate_bps).tolist() == [expected]


def test_rates_go_by_kind_and_pairs_go_first():
    rates = {
        (2, 1): 5e6,
        "intra-plane": 1e9,
        "cross-plane": 2e9,
        "seam": 3e9,
        "inter-shell": 4e9,
        (0, 12): 7e6,
    }
    sky = timeline(shell(), seam=True, rate_bps=rates)

    for link, (a, b) in enumerate(sky.ends.tolist()):
        by_kind = [1e9, 2e9, 3e9][sky.kind[link]]
        expected = {(1, 2): 5e6, (0, 12): 7e6}.get((a, b), by_kind)
        assert (sky.rate_bps[:, link] == expected).all()


def test_pairs_that_cover_every_link_need_no_kinds():
    sky = hand_made(
        [[8e6, 0, 0], [8e6, 1e6, 0], [8e6, 2e6, 0]],
        ends=((0, 1), (1, 2)),
        rate_bps={(0, 1): 3e6, (2, 1): 4e6},
    )

    assert sky.rate_bps[5].tolist() == [3_000_000, 4_000_000]


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (
            {"intra-plane": 1e9},
            "links.rate_bps: gives no rate to the cross-plane link 0-12; add its kind, or the pair",
        ),
        (
            {"intra-plane": 1e9, "cross-plane": 1e9, (0, 5): 1e9},
            "links.rate_bps: (0, 5) given, but these two satellites have no link",
        ),
        ({}, "links.rate_bps: gives no rate to the intra-plane link 0-1; add its kind, or the pair"),
    ],
)
def test_rates_that_leave_a_link_out_or_name_none_are_refused(rates, message):
    with pytest.raises(ScenarioError) as caught:
        timeline(shell(), rate_bps=rates)

    assert str(caught.value) == message


def test_with_a_link_budget_the_rate_follows_the_range_and_too_little_light_is_no_link():
    """They part by 5000 km a slot; the budget itself, at the range in mid-slot, is the truth."""
    budget = OpticalLinkBudget(
        transmit_power_w=1.0,
        transmit_aperture_m=0.08,
        receive_aperture_m=0.08,
        modem=ModemTable(modes=((-35.5, 10e9), (-45.0, 1.25e9))),
    )
    sky = hand_made(
        [[8e6, 0, 0], [8e6, 1e6, 0]],
        moves_m_s=[[0, 0, 0], [0, 5e5, 0]],
        rate_bps=budget,
        max_angular_rate_rad_s=None,
    )

    range_m = 1e6 + 5e6 * (np.arange(12) + 0.5)
    rate_bps = budget.rate_bps(range_m)
    assert set(rate_bps.tolist()) == {10_000_000_000, 1_250_000_000, 0}
    assert sky.rate_bps[:, 0].tolist() == rate_bps.tolist()
    assert reasons(sky) == ["UP" if rate else "POWER" for rate in rate_bps.tolist()]


@pytest.mark.parametrize(("apart_m", "is_refused"), [(0.0, True), (0.9, True), (1.1, False)])
def test_two_satellites_at_one_place_are_refused(apart_m, is_refused):
    positions_m = [[8e6, 0, 0], [8e6, apart_m, 0]]
    if not is_refused:
        assert hand_made(positions_m).up.all()
        return

    with pytest.raises(ScenarioError) as caught:
        hand_made(positions_m)
    assert str(caught.value).startswith(
        f"links: satellites 0 and 1 are {apart_m:.3g} m apart in slot 0, linked ones must be at least "
    )


def test_terminals_too_few_for_the_grid_are_refused():
    with pytest.raises(
        ScenarioError, match=r"^links\.terminals: 3 given, but the topology gives satellite 12 4 "
    ):
        timeline(shell(), terminals=3)


def test_what_the_topology_remarks_is_handed_on():
    layout = shell(planes=3, satellites_per_plane=4).build().layout
    kept = np.arange(11)
    gap = dataclasses.replace(
        layout,
        names=layout.names[:11],
        shell=layout.shell[kept],
        plane=layout.plane[kept],
        place=layout.place[kept],
    )
    angle = 2 * np.pi * kept / 11
    positions_m = (EARTH_RADIUS_M + 1e6) * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)

    sky = hand_made(positions_m, layout=gap, topology=PlusGrid())

    assert sky.remarks == (
        "shell shell: 1 cross-plane links are missing, for want of a satellite at one end",
    )


def test_a_sky_may_have_no_links_at_all():
    sky = hand_made([[8e6, 0, 0], [8e6, 1e6, 0]], ends=())

    assert sky.reason.shape == (12, 0)
    assert sky.network(3).ends.shape == (0, 2)


def test_error_rates_go_by_kind_and_pairs_go_first_and_the_rest_has_none():
    rates = {(2, 1): 0.5, "seam": 0.25}
    sky = timeline(shell(), seam=True, packet_error_rate=rates)

    for link, (a, b) in enumerate(sky.ends.tolist()):
        by_kind = [0, 0, 0.25][sky.kind[link]]
        assert sky.packet_error_rate[link] == {(1, 2): 0.5}.get((a, b), by_kind)
    assert (timeline(shell(), seam=True, packet_error_rate=0.125).packet_error_rate == 0.125).all()


def test_links_without_errors_have_no_error_rates():
    assert timeline(shell(), seam=True).packet_error_rate is None


def test_an_error_rate_of_a_pair_without_link_is_refused():
    with pytest.raises(ScenarioError, match=r"^links\.packet_error_rate: \(0, 3\) given, but these two"):
        hand_made([[8e6, 0, 0], [8e6, 1e6, 0]], packet_error_rate={(0, 3): 0.1})
