"""Load-aware paths, against networkx on a directed graph, and what they read of a run."""

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import network, random_network

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import LeastDelay, LoadAware
from spacemoe_ns3.links.paths import follow

BITS = 12_000
RELATIVE = 1e-12


def md1_wait(load):
    """Mean wait of an M/D/1 queue in services (Kleinrock 1975, Queueing Systems I, 5.6)."""
    return load / (2 * (1 - load))


def graph_of(sky, loads):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(sky.satellites))
    for link, (a, b) in enumerate(sky.ends.tolist()):
        service_s = BITS / int(sky.rate_bps[link])
        for near, far in ((a, b), (b, a)):
            wait = md1_wait(min(loads.get((near, far), 0.0), 0.99))
            graph.add_edge(near, far, weight=float(sky.delay_s[link]) + service_s * (1 + wait))
    return graph


@pytest.mark.parametrize("seed", range(6))
def test_paths_are_the_shortest_of_networkx_with_the_mean_wait_of_each_direction(seed):
    sky = random_network(seed, density=0.15).network(0)
    random = np.random.default_rng(seed)
    directions = [pair for a, b in sky.ends.tolist() for pair in ((a, b), (b, a))]
    loads = {pair: float(load) for pair, load in zip(directions, random.random(len(directions)), strict=True)}
    loads[directions[0]] = 1.0  # counts as 0.99
    del loads[directions[1]]  # counts as idle
    graph, everyone = graph_of(sky, loads), np.arange(sky.satellites)

    next_hop = LoadAware(utilisation=loads).next_hops(sky, destinations=everyone, packet_bits=BITS)

    for goal in everyone.tolist():
        shortest_s = nx.single_source_dijkstra_path_length(graph.reverse(), goal)
        assert set(np.flatnonzero(next_hop[goal] != -1).tolist()) == set(shortest_s) - {goal}
        for source in set(shortest_s) - {goal}:
            hop = int(next_hop[goal, source])
            onward_s = graph.edges[source, hop]["weight"] + shortest_s[hop]
            assert onward_s == pytest.approx(shortest_s[source], rel=RELATIVE)


def test_without_load_paths_are_those_of_least_delay():
    sky = random_network(3, density=0.15).network(0)
    everyone = np.arange(sky.satellites)

    loaded, plain = (
        follow(sky, router.next_hops(sky, destinations=everyone, packet_bits=BITS), hop_s=sky.hop_s(BITS))
        for router in (LoadAware(utilisation={}), LeastDelay())
    )

    assert loaded.total_s == pytest.approx(plain.total_s, rel=RELATIVE)


@pytest.mark.parametrize(("load", "way_there", "way_back"), [(0.0, 3, 0), (0.9, 1, 0)])
def test_a_busy_direction_is_avoided_and_the_other_is_not(load, way_there, way_back):
    """Straight on 3.3 ms of light and 1.2 ms of transmission; around by 1 one millisecond and 1.2 ms more."""
    sky = network(
        positions_m=[[0, 0, 0], [0.5e6, 0.415e6, 0], [9e6, 0, 0], [1e6, 0, 0]],
        ends=[(0, 1), (0, 3), (1, 3)],
        rate_bps=10**7,
    ).network(0)
    router = LoadAware(utilisation={(0, 3): load})

    next_hop = router.next_hops(sky, destinations=np.array([0, 3]), packet_bits=BITS)

    assert next_hop[1, 0] == way_there
    assert next_hop[0, 3] == way_back
    assert not router.is_symmetric


def write(path, rows):
    names = ("placement", "engine", "from_satellite", "to_satellite", "utilisation")
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), path)
    return path


@pytest.fixture
def of_one_placement(tmp_path):
    return write(tmp_path / "links.parquet", [("near", "packet", 0, 3, 0.5), ("near", "packet", 3, 0, 0.25)])


@pytest.fixture
def of_two_placements(tmp_path):
    rows = [("near", "packet", 0, 3, 0.5), ("far", "packet", 0, 3, 0.75)]
    return write(tmp_path / "links.parquet", rows)


@pytest.mark.parametrize("as_text", [True, False])
def test_the_loads_of_a_run_are_read_from_its_table(of_one_placement, as_text):
    router = LoadAware(utilisation=str(of_one_placement) if as_text else of_one_placement)

    assert router.utilisation == {(0, 3): 0.5, (3, 0): 0.25}


@pytest.mark.parametrize(("placement", "load"), [("near", 0.5), ("far", 0.75)])
def test_of_a_run_of_several_placements_one_is_chosen(of_two_placements, placement, load):
    assert LoadAware(utilisation=of_two_placements, placement=placement).utilisation == {(0, 3): load}


@pytest.mark.parametrize("placement", [None, "nowhere"])
def test_a_run_of_several_placements_needs_one_that_it_has(of_two_placements, placement):
    with pytest.raises(ScenarioError) as caught:
        LoadAware(utilisation=of_two_placements, placement=placement)

    assert str(caught.value) == (
        f"links.routing.placement: {placement!r} given, but {of_two_placements} has far, near; name one of "
        "them"
    )


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "links.parquet"

    with pytest.raises(
        ScenarioError,
        match=rf"^links\.routing\.utilisation: {path} cannot be read .*; name the links\.parquet of",
    ):
        LoadAware(utilisation=path)


@pytest.mark.parametrize("content", [b"", b"no parquet at all"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "links.parquet"
    path.write_bytes(content)

    with pytest.raises(ScenarioError, match=rf"^links\.routing\.utilisation: {path} cannot be read"):
        LoadAware(utilisation=path)


def test_a_table_without_utilisation_is_refused(tmp_path):
    path = tmp_path / "tokens.parquet"
    pq.write_table(pa.table({"placement": ["near"], "latency_ns": [1]}), path)

    with pytest.raises(ScenarioError, match=rf"^links\.routing\.utilisation: {path} cannot be read"):
        LoadAware(utilisation=path)


@pytest.mark.parametrize(
    ("utilisation", "message"),
    [
        ({(0, 1): 1.5}, "links.routing.utilisation[(0, 1)]: 1.5 given, must be at least 0 and at most 1"),
        ({(0, 1): -0.1}, "links.routing.utilisation[(0, 1)]: -0.1 given, must be at least 0 and at most 1"),
        ({0: 0.5}, "links.routing.utilisation: 0 given, must be from pairs of satellites to shares"),
        (3, "links.routing.utilisation: 3 given, must be a mapping, or the path of a file"),
    ],
)
def test_a_share_that_makes_no_sense_is_refused(utilisation, message):
    with pytest.raises(ScenarioError) as caught:
        LoadAware(utilisation=utilisation)

    assert str(caught.value) == message
