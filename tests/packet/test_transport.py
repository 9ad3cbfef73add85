"""Messages that get through although packets are lost: recovery of our own, over UDP."""

from __future__ import annotations

import numpy as np
import pytest
from packet_circle import (
    LAYERS,
    LINKS,
    LOSS,
    TOKENS,
    TOP_K,
    circle,
    column,
    cut_off,
    outputs,
    plan_over,
    record_all,
    result_of,
)

from spacemoe_ns3 import Udp
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.packet.plan import DISPATCH, LINK_COLUMNS, MESSAGE_COLUMNS
from spacemoe_ns3.results import LEG_PARTS

pytestmark = pytest.mark.packet

PLANS = {
    "lossless": lambda: plan_over(circle(), transport=Udp()),
    "lossless, recovering": lambda: plan_over(circle()),
    "lossy": lambda: plan_over(circle(packet_error_rate=LOSS)),
    "lossy again": lambda: plan_over(circle(packet_error_rate=LOSS)),
    "lossy, other seed": lambda: plan_over(circle(packet_error_rate=LOSS), seed=2),
    "very lossy": lambda: plan_over(circle(packet_error_rate=0.3)),
    **{
        f"lossy, seed {seed}": lambda seed=seed: plan_over(circle(packet_error_rate=LOSS), seed=seed)
        for seed in range(3, 21)
    },
    "lossy, not recovering": lambda: plan_over(circle(packet_error_rate=LOSS), transport=Udp()),
    "all corrupted": lambda: plan_over(circle(packet_error_rate=1.0)),
    "cut off": lambda: plan_over(cut_off()),
    **{
        f"without {a}-{b}": lambda link=link: plan_over(circle(gone=link), busy=True)
        for link, (a, b) in enumerate(LINKS)
    },
}
SURVIVORS = [name for name in PLANS if name.startswith(("lossless", "without", "very lossy"))]
SURVIVORS += [name for name in PLANS if name.startswith("lossy, seed")] + ["lossy", "lossy, other seed"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What ns-3 recorded of each plan."""
    return record_all(PLANS, tmp_path_factory.mktemp("transport"))


def test_a_lossless_network_makes_no_copies(recorded):
    records = recorded["lossless, recovering"]
    again, control, duplicates = records.extras.tolist()

    assert again == duplicates == [0, 0]
    # An acknowledgement for each message that left its satellite.
    leaves = column(records.messages, MESSAGE_COLUMNS, "from_satellite") != column(
        records.messages, MESSAGE_COLUMNS, "to_satellite"
    )
    assert control == [leaves.sum(), 36 * leaves.sum()]
    assert recorded["lossless"].extras.tolist() == [[0, 0]] * 3


@pytest.mark.parametrize("name", SURVIVORS)
def test_all_tokens_finish_with_the_same_outputs_each_once(recorded, name):
    result = result_of(PLANS[name](), recorded[name])

    assert len(result.tokens["latency_ns"]) == TOKENS
    assert outputs(recorded[name]) == outputs(recorded["lossless"])
    # Of a sequence, the next token begins when the one before is done, whatever was lost.
    emitted = result.tokens["start_ns"] + result.tokens["latency_ns"]
    within = result.tokens["token"][1:] > 0
    assert (result.tokens["start_ns"][1:][within] == emitted[:-1][within]).all()


@pytest.mark.parametrize("name", SURVIVORS)
def test_the_account_balances_with_copies_and_each_link_agrees(recorded, name):
    account = result_of(PLANS[name](), recorded[name]).account.as_dict()
    lost = [column for column in LINK_COLUMNS if column.startswith("lost_")]
    of_links = recorded[name].links[..., [LINK_COLUMNS.index(each) for each in lost]].sum()

    assert account["messages"]["dropped"] == account["messages"]["in_flight"] == 0
    assert account["segments"]["dropped"] == of_links
    assert account["segments"]["sent_first"] == recorded["lossless"].account[0][1]
    assert account["bytes"]["sent_first"] == recorded["lossless"].account[0][2]
    for side in account.values():
        assert side["sent"] == side["received"] + side["dropped"] + side["in_flight"]


@pytest.mark.parametrize("name", SURVIVORS)
def test_each_message_is_the_sum_of_its_parts(recorded, name):
    trace = trace_from_records(recorded[name], workload=PLANS[name]().workload)
    for legs in (trace.dispatch, trace.result, trace.residual):
        parts = sum(getattr(legs, part) for part in LEG_PARTS)
        np.testing.assert_array_equal(legs.arrived - legs.sent, parts)
        assert all((getattr(legs, part) >= 0).all() for part in LEG_PARTS)
        # Light over one to four links of the circle, or across it.
        assert (legs.propagation > 0).all()


def test_what_loss_costs_is_retransmission(recorded):
    lossy, lossless = (result_of(PLANS[name](), recorded[name]) for name in ("very lossy", "lossless"))

    assert lossy.breakdown_s()["retransmission"] > 0
    assert lossless.breakdown_s()["retransmission"] == 0
    # A copy is sent a timeout after, or when asked for: not before a receiver has waited for its time.
    retransmission = column(recorded["very lossy"].messages, MESSAGE_COLUMNS, "retransmission")
    assert retransmission[retransmission > 0].min() >= 30_000_000


def test_links_corrupt_packets_at_their_rate(recorded):
    links = recorded["very lossy"].links
    packets, corrupted = (
        links[..., LINK_COLUMNS.index(name)].sum() for name in ("packets", "lost_corrupted")
    )
    sigma = np.sqrt(packets * 0.3 * 0.7)
    assert abs(corrupted - 0.3 * packets) < 4 * sigma


def test_the_seed_fixes_what_is_lost(recorded):
    one, same, other = (recorded[f"lossy{words}"] for words in ("", " again", ", other seed"))

    np.testing.assert_array_equal(one.messages, same.messages)
    np.testing.assert_array_equal(one.links, same.links)
    assert not np.array_equal(one.links, other.links)


def test_without_recovery_a_corrupted_packet_fails_the_placement_and_is_named(recorded):
    with pytest.raises(UndeliveredError, match=r"a laser link of satellite \d corrupted it") as caught:
        result_of(PLANS["lossy, not recovering"](), recorded["lossy, not recovering"])
    assert "nothing is sent again" in str(caught.value)
    assert set(caught.value.account["segments"]["dropped_by_reason"]) == {"corrupted"}


def test_what_never_gets_through_is_given_up_and_named(recorded):
    with pytest.raises(UndeliveredError) as caught:
        result_of(PLANS["all corrupted"](), recorded["all corrupted"])

    for words in (
        "request 0, token 0, layer 0, dispatch of expert",
        "from satellite 0 to satellite",
        "given up 5000000000 ns after it was sent",
        "corrupted it",
    ):
        assert words in str(caught.value)
    account = caught.value.account
    assert account["messages"]["dropped_by_reason"]["given up"] == account["messages"]["dropped"] > 0
    assert account["messages"]["received"] == 0


def test_when_no_path_is_left_the_run_says_what_it_waited_for(recorded):
    records = recorded["cut off"]

    with pytest.raises(UndeliveredError) as caught:
        result_of(PLANS["cut off"](), records)
    assert "layer 0, dispatch of expert 2, " in str(caught.value)
    assert "to satellite 3, sent at" in str(caught.value)


def test_a_message_is_received_once_however_many_copies_arrive(recorded):
    records = recorded["very lossy"]
    names = ("request", "token", "layer", "kind", "expert")
    keys = np.stack([column(records.messages, MESSAGE_COLUMNS, name) for name in names], axis=1)

    assert records.extras[2][0] > 0  # duplicates there were
    assert len(np.unique(keys, axis=0)) == len(keys)
    dispatches = (column(records.messages, MESSAGE_COLUMNS, "kind") == DISPATCH).sum()
    assert dispatches == TOKENS * LAYERS * TOP_K
