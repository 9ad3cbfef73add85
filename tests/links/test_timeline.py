"""The links through time: ports, changes, and the network of one slot."""

import dataclasses

import networkx as nx
import numpy as np
import pytest
from builders import network, random_network, timeline_of

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import SlotGrid, WalkerShell
from spacemoe_ns3.links import DownReason, LaserLinks, PlusGrid

SLOTS = SlotGrid(count=4, slot_ns=60 * 10**9)
A_MILLIMETRE_M = 1e-3


def shell(**changes):
    settings = {"planes": 5, "satellites_per_plane": 12, "altitude_km": 550, "inclination_deg": 87}
    return WalkerShell(**{**settings, **changes})


def sky(some_shell, *, seam=False):
    return timeline_of(some_shell, links=LaserLinks(topology=PlusGrid(seam=seam)), slots=SLOTS)


@pytest.fixture(scope="module")
def clear():
    return sky(shell(), seam=True)


def test_a_port_leads_over_its_link_to_its_neighbour(clear):
    neighbour, link = clear.ports()
    seen = []
    for satellite in range(clear.satellites):
        links = [number for number in link[satellite] if number >= 0]
        assert links == sorted(links)  # ports are links in the order of the ends
        for port, number in enumerate(links):
            assert sorted([satellite, neighbour[satellite, port]]) == clear.ends[number].tolist()
            seen.append(number)

    assert sorted(seen) == sorted(2 * list(range(len(clear.ends))))


def test_satellites_with_fewer_links_have_empty_ports():
    neighbour, link = sky(shell(planes=2)).ports()
    assert neighbour.shape == link.shape == (24, 3)
    assert (neighbour >= 0).all()

    neighbour, link = sky(shell(planes=3)).ports()
    assert (neighbour[:12, 3] == -1).all()
    assert (link[:12, 3] == -1).all()
    assert (neighbour[12:24] >= 0).all()


def test_satellites_without_links_have_no_ports():
    neighbour, link = network(positions_m=np.eye(3), ends=[(0, 2)]).ports()

    assert neighbour.tolist() == [[2], [-1], [0]]
    assert link.tolist() == [[0], [-1], [0]]


def drawn(seed, *, slots=9, links=6):
    random = np.random.default_rng(seed)
    up = random.random((slots, links)) < 0.6
    up[4] = up[3]  # a slot like the one before
    ends = [(0, other) for other in range(1, links + 1)]
    return network(positions_m=random.uniform(-1e6, 1e6, (links + 1, 3)), ends=ends, up=up), up


@pytest.mark.parametrize("seed", range(5))
def test_a_link_goes_down_in_the_first_later_slot_in_which_it_is_down(seed):
    timeline, up = drawn(seed)

    found = timeline.goes_down()

    for slot in range(9):
        for link in range(6):
            later = [each for each in range(slot + 1, 9) if not up[each, link]]
            assert found[slot, link] == (later[0] if later else 9)


@pytest.mark.parametrize("seed", range(5))
def test_an_epoch_begins_with_the_first_slot_of_the_same_links(seed):
    timeline, up = drawn(seed)

    found = timeline.topology_epochs().tolist()

    for slot in range(9):
        first = slot
        while first > 0 and up[first - 1].tolist() == up[slot].tolist():
            first -= 1
        assert found[slot] == first
    assert found[4] < 4


def test_another_reason_to_be_down_begins_no_epoch():
    timeline, _ = drawn(1)
    down = np.full(timeline.reason.shape, DownReason.OUTAGE, np.uint8)
    down[3:] = DownReason.SUN

    assert dataclasses.replace(timeline, reason=down).topology_epochs().tolist() == [0] * 9


def test_the_network_of_a_slot_has_the_links_that_are_up():
    timeline = random_network(3)
    for slot in range(3):
        here = timeline.network(slot)
        up = np.flatnonzero(timeline.reason[slot] == DownReason.UP)

        assert here.slot == slot
        assert here.satellites == 30
        assert here.ends.tolist() == timeline.ends[up].tolist()
        assert here.delay_s.tolist() == timeline.delay_s[slot, up].tolist()
        assert here.rate_bps.tolist() == timeline.rate_bps[slot, up].tolist()


def test_a_hop_takes_its_light_and_the_transmission_of_a_packet():
    here = random_network(3).network(0)

    expected = [
        delay_s + 12_000 / rate
        for delay_s, rate in zip(here.delay_s.tolist(), here.rate_bps.tolist(), strict=True)
    ]
    assert here.hop_s(12_000).tolist() == expected


def test_a_matrix_of_weights_has_one_for_each_direction():
    here = random_network(3).network(0)
    there, back = np.random.default_rng(1).random((2, len(here.ends)))

    both = here.matrix(there, back).toarray()

    for link, (a, b) in enumerate(here.ends.tolist()):
        assert (both[a, b], both[b, a]) == (there[link], back[link])
    assert np.count_nonzero(both) == 2 * len(here.ends)
    assert np.array_equal(here.matrix(there).toarray(), here.matrix(there, there).toarray())


@pytest.mark.parametrize("reason", list(DownReason))
def test_a_reason_has_its_words(reason):
    assert reason.words == reason.name.lower().replace("_", " ")


def test_a_graph_has_all_satellites_and_all_links_with_their_states():
    timeline = sky(shell(planes=3, satellites_per_plane=4, altitude_km=2000), seam=True)
    reason = timeline.reason.copy()
    reason[2, 5] = DownReason.ANGULAR_RATE
    reason[2, 6] = DownReason.UP
    timeline = dataclasses.replace(timeline, reason=reason)

    graph = timeline.to_networkx(2)

    assert list(graph.nodes) == list(range(12))
    assert graph.nodes[7] == {
        "name": "shell-1-3",
        "shell": 0,
        "plane": 1,
        "place": 3,
        "position_m": graph.nodes[7]["position_m"],
    }
    assert [tuple(sorted(edge)) for edge in graph.edges] == [tuple(pair) for pair in timeline.ends.tolist()]
    edge = graph.edges[tuple(timeline.ends[5].tolist())]
    assert (edge["is_up"], edge["reason"]) == (False, "angular rate")
    edge = graph.edges[tuple(timeline.ends[6].tolist())]
    assert (edge["is_up"], edge["reason"]) == (True, "up")
    for link, pair in enumerate(timeline.ends.tolist()):
        edge = graph.edges[tuple(pair)]
        assert set(edge) == {"is_up", "reason", "kind", "delay_s", "length_m", "rate_bps"}
        assert edge["kind"] == ("intra-plane", "cross-plane", "seam")[timeline.kind[link]]
        assert edge["delay_s"] == timeline.delay_s[2, link]
        assert edge["rate_bps"] == 100 * 10**9
        a_m, b_m = (np.array(graph.nodes[end]["position_m"]) for end in pair)
        assert abs(np.linalg.norm(a_m - b_m) - edge["length_m"]) < A_MILLIMETRE_M
        assert edge["length_m"] == pytest.approx(edge["delay_s"] * SPEED_OF_LIGHT_M_S, rel=1e-15)


def test_networkx_finds_the_same_parts_in_a_graph_as_the_network_has():
    """The values are Python's own, so that networkx's writers take them."""
    graph = random_network(2).to_networkx(1)
    up = nx.Graph(edge[:2] for edge in graph.edges(data=True) if edge[2]["is_up"])

    assert sorted(map(sorted, up.edges)) == random_network(2).network(1).ends.tolist()
    for _, _, data in graph.edges(data=True):
        assert {type(value) for value in data.values()} <= {bool, str, float, int}


@pytest.mark.parametrize("slot", [-1, 3, 100])
def test_a_graph_of_a_slot_that_there_is_not_is_refused(slot):
    with pytest.raises(IndexError, match=rf"^slot {slot}: there are 3 slots, from 0$"):
        random_network(1).to_networkx(slot)
