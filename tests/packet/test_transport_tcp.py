"""Messages over TCP: the same work as over UDP, whatever is lost."""

from __future__ import annotations

import numpy as np
import pytest
from packet_circle import (
    LINKS,
    LOSS,
    MESSAGE_BYTES,
    TOKENS,
    circle,
    column,
    cut_off,
    outputs,
    plan_over,
    record_all,
    result_of,
)

from spacemoe_ns3 import Tcp, Udp
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.packet.accounting import trace_from_records
from spacemoe_ns3.packet.plan import LINK_COLUMNS, MESSAGE_COLUMNS
from spacemoe_ns3.results import LEG_PARTS
from spacemoe_ns3.transport import CONGESTION_CONTROLS

pytestmark = pytest.mark.packet

QUICK = Tcp(minimum_timeout_s=0.3)
LONG = 4000  # slots: TCP waits for seconds where several copies are lost
SEEDS = range(2, 21)  # with that of "lossy", 20
VERY_LOSSY, VERY_LOSSY_SEEDS = 0.1, range(1, 4)
LARGE_BYTES = 200_000  # three times the buffer below
IMPATIENT = Tcp(minimum_timeout_s=0.3, retries=3)
SMALL_BUFFER = Tcp(buffer_bytes=65_536)
SENDING_NS = 1  # ns-3's TCP puts what it is given on its way in an event of its own, a nanosecond later

PLANS = {
    "udp": lambda: plan_over(circle(), transport=Udp()),
    **{
        f"lossless {name}": lambda name=name: plan_over(circle(), transport=Tcp(congestion_control=name))
        for name in CONGESTION_CONTROLS
    },
    "lossy": lambda: plan_over(circle(packet_error_rate=LOSS, slots=LONG), transport=QUICK),
    "lossy again": lambda: plan_over(circle(packet_error_rate=LOSS, slots=LONG), transport=QUICK),
    **{
        f"lossy, seed {seed}": lambda seed=seed: plan_over(
            circle(packet_error_rate=LOSS, slots=LONG), transport=QUICK, seed=seed
        )
        for seed in SEEDS
    },
    **{
        f"very lossy, seed {seed}": lambda seed=seed: plan_over(
            circle(packet_error_rate=VERY_LOSSY, slots=LONG), transport=QUICK, seed=seed
        )
        for seed in VERY_LOSSY_SEEDS
    },
    "large": lambda: plan_over(circle(), transport=SMALL_BUFFER, message_bytes=LARGE_BYTES),
    "cut off": lambda: plan_over(cut_off(), transport=IMPATIENT),
    **{
        f"without {a}-{b}": lambda link=link: plan_over(circle(gone=link), transport=QUICK, busy=True)
        for link, (a, b) in enumerate(LINKS)
    },
}
SURVIVORS = [name for name in PLANS if name.startswith(("lossless", "without", "lossy,", "very lossy"))]
SURVIVORS += ["lossy", "large"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What ns-3 recorded of each plan."""
    return record_all(PLANS, tmp_path_factory.mktemp("tcp"))


@pytest.mark.parametrize("name", SURVIVORS)
def test_all_tokens_finish_with_the_same_outputs_each_once(recorded, name):
    result = result_of(PLANS[name](), recorded[name])

    assert len(result.tokens["latency_ns"]) == TOKENS
    assert outputs(recorded[name]) == outputs(recorded["udp"])
    # Of a sequence, the next token begins when the one before is done, whatever was lost.
    emitted = result.tokens["start_ns"] + result.tokens["latency_ns"]
    within = result.tokens["token"][1:] > 0
    assert (result.tokens["start_ns"][1:][within] == emitted[:-1][within]).all()


@pytest.mark.parametrize("name", SURVIVORS)
def test_messages_of_a_connection_arrive_in_the_order_of_sending_each_once(recorded, name):
    messages = recorded[name].messages
    # An expert's endpoint, like a gateway's, has one connection to each other endpoint.
    names = ("layer", "kind", "expert", "from_satellite", "to_satellite")
    connections = np.stack([column(messages, MESSAGE_COLUMNS, each) for each in names], axis=1)
    sent, arrived = (column(messages, MESSAGE_COLUMNS, each) for each in ("sent", "arrived"))

    for connection in np.unique(connections, axis=0):
        on_it = np.flatnonzero((connections == connection).all(axis=1))
        in_order = on_it[np.argsort(sent[on_it], kind="stable")]
        assert (np.diff(arrived[in_order]) >= 0).all()
    keys = np.stack(
        [column(messages, MESSAGE_COLUMNS, each) for each in ("request", "token", *names[:3])], axis=1
    )
    assert len(np.unique(keys, axis=0)) == len(keys)


@pytest.mark.parametrize("name", SURVIVORS)
def test_the_account_balances_and_each_link_agrees(recorded, name):
    account = result_of(PLANS[name](), recorded[name]).account.as_dict()
    lost = [each for each in LINK_COLUMNS if each.startswith("lost_")]
    of_links = recorded[name].links[..., [LINK_COLUMNS.index(each) for each in lost]].sum()

    assert account["messages"]["dropped"] == account["messages"]["in_flight"] == 0
    assert account["segments"]["dropped"] == of_links
    for side in account.values():
        assert side["sent"] == side["received"] + side["dropped"] + side["in_flight"]
    if name.startswith("lossless"):
        assert account["segments"]["sent_again"] == account["segments"]["received_duplicates"] == 0
    # A packet sent again replaces one that was lost, or comes twice, or is under way.
    segments = account["segments"]
    replaced = segments["dropped"] + segments["received_duplicates"] + segments["in_flight"]
    assert segments["sent_again"] <= replaced


@pytest.mark.parametrize("name", SURVIVORS)
def test_each_message_is_the_sum_of_its_parts(recorded, name):
    trace = trace_from_records(recorded[name], workload=PLANS[name]().workload)
    for legs in (trace.dispatch, trace.result, trace.residual):
        parts = sum(getattr(legs, part) for part in LEG_PARTS)
        np.testing.assert_array_equal(legs.arrived - legs.sent, parts)
        assert all((getattr(legs, part) >= 0).all() for part in LEG_PARTS)
        assert not legs.retransmission.any()


def test_an_open_connection_costs_no_transport_while_windows_are_wide(recorded):
    """Of the second token on, the connections are open; a message is less than the initial window."""
    messages = recorded["lossless TcpNewReno"].messages
    transport = column(messages, MESSAGE_COLUMNS, "transport")
    token = column(messages, MESSAGE_COLUMNS, "token")

    assert MESSAGE_BYTES < 10 * (500 - 52)
    assert transport[token == 0].max() > 0
    assert transport[token > 0].max() == SENDING_NS


def test_what_is_larger_than_the_buffer_waits_for_room(recorded):
    messages = recorded["large"].messages
    transport = column(messages, MESSAGE_COLUMNS, "transport")
    away = column(messages, MESSAGE_COLUMNS, "hops") > 0

    assert (transport[away] > 0).all()
    account = result_of(PLANS["large"](), recorded["large"]).account.as_dict()
    # Every byte of a message and its header is sent, behind TCP's own headers of 32 bytes and more.
    assert account["bytes"]["sent_first"] >= away.sum() * (LARGE_BYTES + 36)


def test_the_seed_fixes_what_is_lost(recorded):
    np.testing.assert_array_equal(recorded["lossy"].messages, recorded["lossy again"].messages)
    np.testing.assert_array_equal(recorded["lossy"].links, recorded["lossy again"].links)
    assert recorded["lossy"].extras[0][0] > 0


def test_when_no_path_is_left_the_run_says_what_it_waited_for(recorded):
    with pytest.raises(UndeliveredError) as caught:
        result_of(PLANS["cut off"](), recorded["cut off"])

    for words in ("layer 0, ", " of expert 2, ", "satellite 3", "given up", "was on the wire"):
        assert words in str(caught.value)
