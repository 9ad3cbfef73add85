"""The expected latency, against a plain loop and against drawn tokens."""

import itertools
import math

import numpy as np
import pytest
from builders import computers, hosts

from spacemoe_ns3.analytic import expected_latency, sample_tokens
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import GatewayDelays, MessageDelays
from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.placement.objective import expected_layers_s
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.streams import stream

SLOTS, LAYERS, EXPERTS, TOP_K, SATELLITES = 3, 3, 4, 2, 20
ROUNDING = 1e-12
FOUR_SIGMA = 4.0
COMPUTING_S = (10 + 20 + 30 + 1 + 2 + 3 + 5) / 1e3
EXPERT_S = (0.001, 0.002, 0.003)


def message_delays(random, *, waits=False):
    """Delays of a tenth of a second, half of them light, drawn for every slot, gateway and satellite."""
    shape = (SLOTS, LAYERS, SATELLITES)
    light_s = random.random(shape) / 20
    waiting_s = np.where(random.random(shape) < 0.2, 3.0, 0.0) if waits else None
    total_s = light_s + random.random(shape) / 20 + (waiting_s if waits else 0)
    return MessageDelays(total_s=total_s, propagation_s=light_s, waiting_s=waiting_s)


def make(*, chosen=None, dispatch=None, top_k=TOP_K, waits=False, hosts_per_satellite=1, **computing):
    """Return what an expectation is made of, with delays that differ in every slot and direction."""
    random = np.random.default_rng(5)
    apart = random.permutation(SATELLITES)[: LAYERS * (EXPERTS + 1)]
    experts = apart[LAYERS:].reshape(LAYERS, EXPERTS) if chosen is None else chosen
    gating = SuccessiveSampling(weights=random.dirichlet(np.full(EXPERTS, 1.0), size=LAYERS), top_k=top_k)
    times = {
        "gateway_ns": [10_000_000, 20_000_000, 30_000_000],
        "expert_ns": [1_000_000, 2_000_000, 3_000_000],
        "head_ns": 5_000_000,
        **computing,
    }
    return {
        "placement": hosts(
            gateways=apart[:LAYERS],
            experts=experts,
            dispatch=dispatch,
            hosts_per_satellite=hosts_per_satellite,
        ),
        "delays": GatewayDelays(
            outbound=message_delays(random, waits=waits), inbound=message_delays(random, waits=waits)
        ),
        "computing": computers(layers=LAYERS, **times),
        "gating": gating,
        "tokens": sample_tokens(gating, slots=SLOTS, random=stream(1, "test")),
    }


def way_s(instance, slot, layer, expert, part="total_s"):
    placement, delays = instance["placement"], instance["delays"]
    table = placement.experts if placement.dispatch is None else placement.dispatch[slot]
    host = table[layer, expert]
    there = getattr(delays.outbound, part)[slot, layer, host]
    return host, there + getattr(delays.inbound, part)[slot, (layer + 1) % LAYERS, host]


def by_loop(instance, *, top_k=TOP_K):
    """T = head + sum over layers of [gateway + mean over slots and sets of the slowest way + expert].

    The last of m experts on one satellite is ready m computing times after it has the hidden states.
    """
    total_s = (10 + 20 + 30 + 5) / 1e3
    weights = instance["gating"].weights
    for slot, layer in itertools.product(range(SLOTS), range(LAYERS)):
        for chosen in itertools.permutations(range(EXPERTS), top_k):
            left, probability = 1.0, 1.0
            for expert in chosen:
                probability *= weights[layer, expert] / left
                left -= weights[layer, expert]
            finishes = []
            for expert in chosen:
                host, way = way_s(instance, slot, layer, expert)
                on_it = sum(way_s(instance, slot, layer, other)[0] == host for other in chosen)
                finishes.append(way + on_it * EXPERT_S[layer])
            total_s += probability * max(finishes) / SLOTS
    return total_s


def random_hosts(seed, *shape):
    return np.random.default_rng(seed).integers(0, SATELLITES, shape)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="a satellite each"),
        pytest.param({"waits": True}, id="waiting for paths"),
        pytest.param({"top_k": 1}, id="one activated: no maximum is left"),
        pytest.param({"top_k": 3}, id="three activated"),
        pytest.param(
            {"chosen": random_hosts(1, LAYERS, EXPERTS) % 4, "hosts_per_satellite": None},
            id="several on a satellite",
        ),
        pytest.param({"chosen": np.full((LAYERS, EXPERTS), 7), "hosts_per_satellite": None}, id="all on one"),
        pytest.param(
            {
                "dispatch": random_hosts(2, SLOTS, LAYERS, EXPERTS),
                "hosts_per_satellite": None,
            },
            id="another host in every slot",
        ),
    ],
)
def test_the_expectation_is_the_sum_over_slots_layers_and_orders_of_selection(settings):
    instance = make(**settings)

    expected = expected_latency(**instance)

    assert expected.is_exact
    top_k = settings.get("top_k", TOP_K)
    assert expected.s_per_token == pytest.approx(by_loop(instance, top_k=top_k), rel=ROUNDING)
    sampled_s = np.diff([expected.quantiles_s[share] for share in (0.5, 0.95, 0.99)])
    assert (sampled_s >= 0).all()


def test_the_parts_sum_to_the_latency_and_so_do_the_layers():
    expected = expected_latency(**make(waits=True))

    assert set(expected.parts_s) == set(PARTS)
    assert sum(expected.parts_s.values()) == expected.s_per_token  # to the last bit
    assert expected.layers_s.sum() + 0.005 == pytest.approx(expected.s_per_token, rel=ROUNDING)


def test_the_parts_are_those_of_the_straggler():
    """With all experts activated the straggler is known: the slowest way of all."""
    instance = make(top_k=EXPERTS, waits=True)
    expected = expected_latency(**instance)

    parts = dict.fromkeys(("propagation_s", "waiting_s"), 0.0)
    for slot, layer in itertools.product(range(SLOTS), range(LAYERS)):
        last = max(range(EXPERTS), key=lambda expert: way_s(instance, slot, layer, expert)[1])
        for part in parts:
            parts[part] += way_s(instance, slot, layer, last, part)[1] / SLOTS
    assert expected.parts_s["propagation"] == pytest.approx(parts["propagation_s"], rel=ROUNDING)
    assert expected.parts_s["waiting"] == pytest.approx(parts["waiting_s"], rel=ROUNDING)
    assert expected.parts_s["compute"] == pytest.approx(COMPUTING_S, rel=ROUNDING)
    assert expected.parts_s["queueing"] == 0


def test_sharing_a_computer_is_queueing():
    """All four experts of a layer on one satellite and all activated: the last waits for three others."""
    chosen = np.full((LAYERS, EXPERTS), 7)
    expected = expected_latency(**make(chosen=chosen, top_k=EXPERTS, hosts_per_satellite=None))

    assert expected.parts_s["queueing"] == pytest.approx(3 * sum(EXPERT_S), rel=ROUNDING)


def test_the_probability_of_waiting_is_that_of_any_layer_waiting():
    """With all experts activated and the wait longer than all else, a layer waits if any way does."""
    instance = make(top_k=EXPERTS, waits=True)
    waits = np.zeros((SLOTS, LAYERS), bool)
    for slot, layer in itertools.product(range(SLOTS), range(LAYERS)):
        ways = [way_s(instance, slot, layer, expert, "waiting_s")[1] for expert in range(EXPERTS)]
        waits[slot, layer] = max(ways) > 0

    expected = expected_latency(**instance)

    assert expected.waiting_probability == pytest.approx(waits.any(axis=1).mean(), rel=ROUNDING)


def test_without_waits_nobody_waits():
    assert expected_latency(**make()).waiting_probability == 0


def test_a_satellite_with_a_computer_of_its_own_computes_as_fast_as_that_one():
    kind = np.full(SATELLITES, -1, np.int16)
    kind[7] = 2
    own = {
        "gateway_ns": [[10_000_000, 20_000_000, 30_000_000]] * 3,
        "expert_ns": [[1_000_000, 2_000_000, 3_000_000]] * 2 + [[500_000_000] * 3],
        "kind": kind,
    }
    chosen = np.full((LAYERS, EXPERTS), 7)
    plain = make(chosen=chosen, top_k=1, hosts_per_satellite=None)
    slow = make(chosen=chosen, top_k=1, hosts_per_satellite=None, **own)

    difference_s = expected_latency(**slow).s_per_token - expected_latency(**plain).s_per_token

    assert difference_s == pytest.approx(3 * 0.5 - sum(EXPERT_S), rel=1e-9)


def test_experts_beside_a_gateway_compute_on_its_computer():
    gateways = make()["placement"].gateways
    by_role = {"expert_ns": [[7_000_000] * 3, [1_000_000] * 3], "gateway_ns": [[0] * 3] * 2, "head_ns": 0}
    chosen = np.broadcast_to(gateways[:, np.newaxis], (LAYERS, EXPERTS))
    instance = make(chosen=chosen, top_k=1, hosts_per_satellite=None, **by_role)

    assert expected_latency(**instance).parts_s["compute"] == pytest.approx(0.021, rel=ROUNDING)


class Unlisted:
    """A gating with too many sets to list, which is another's otherwise."""

    def __init__(self, gating):
        self.gating = gating

    def __getattr__(self, name):
        return getattr(self.gating, name)

    def sets(self):
        return None


def test_where_sets_cannot_be_listed_tokens_are_sampled_and_the_interval_holds_the_truth():
    exact = make(chosen=random_hosts(1, LAYERS, EXPERTS) % 4, hosts_per_satellite=None)
    truth_s = expected_latency(**exact).s_per_token
    inside = 0
    for seed in range(40):
        tokens = sample_tokens(exact["gating"], slots=SLOTS, random=stream(seed, "test"))
        sampled = expected_latency(**{**exact, "gating": Unlisted(exact["gating"]), "tokens": tokens})
        assert not sampled.is_exact
        assert sum(sampled.parts_s.values()) == sampled.s_per_token
        inside += abs(sampled.s_per_token - truth_s) <= sampled.half_width_s

    # 95 % of 40, within four standard deviations of a binomial count.
    assert inside >= 38 - FOUR_SIGMA * math.sqrt(40 * 0.95 * 0.05)


def test_the_interval_is_as_narrow_as_the_spread_between_samples_says():
    exact = make(chosen=random_hosts(1, LAYERS, EXPERTS) % 4, hosts_per_satellite=None)
    means_s, widths_s = [], []
    for seed in range(60):
        tokens = sample_tokens(exact["gating"], slots=SLOTS, random=stream(seed, "test"))
        sampled = expected_latency(**{**exact, "gating": Unlisted(exact["gating"]), "tokens": tokens})
        means_s.append(sampled.s_per_token)
        widths_s.append(sampled.half_width_s)

    ratio = np.mean(widths_s) / (1.96 * np.std(means_s, ddof=1))
    assert abs(ratio - 1) < FOUR_SIGMA / math.sqrt(2 * 59)  # of a standard deviation of 60 values


def test_quantiles_are_those_of_tokens_drawn_one_by_one():
    instance = make()
    tokens = instance["tokens"]
    drawn_s = []
    for slot, activated in zip(tokens.slots.tolist(), tokens.activations.tolist(), strict=True):
        ways = [
            max(way_s(instance, slot, layer, expert)[1] for expert in activated[layer])
            for layer in range(LAYERS)
        ]
        drawn_s.append(sum(ways) + COMPUTING_S)

    expected = expected_latency(**instance)

    assert expected.quantiles_s[0.95] == pytest.approx(np.quantile(drawn_s, 0.95), rel=ROUNDING)
    four_sigma_s = FOUR_SIGMA * np.std(drawn_s) / math.sqrt(len(drawn_s))
    assert abs(np.mean(drawn_s) - expected.s_per_token) < four_sigma_s


def test_tokens_are_spread_evenly_over_the_slots():
    tokens = make()["tokens"]

    assert len(tokens.slots) >= 10_000
    assert len(set(np.bincount(tokens.slots).tolist())) == 1


def test_what_algorithms_minimise_is_what_the_engine_says():
    instance = make(chosen=random_hosts(1, LAYERS, EXPERTS) % 4, hosts_per_satellite=None)
    layers_s = expected_layers_s(
        instance["placement"],
        **{name: instance[name] for name in ("delays", "computing", "gating")},
    )

    gateways_s = np.array([0.010, 0.020, 0.030])
    assert expected_latency(**instance).layers_s == pytest.approx(layers_s + gateways_s, rel=ROUNDING)


def test_a_host_that_is_never_reached_is_named():
    instance = make()
    host = int(instance["placement"].experts[1, 2])
    instance["delays"].outbound.total_s[:, 1, host] = np.inf

    with pytest.raises(
        UndeliveredError, match=f"no slot has a path for expert 2 of layer 1 on satellite {host}"
    ):
        expected_latency(**instance)
