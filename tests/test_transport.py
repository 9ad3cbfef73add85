"""What a scenario says of its transport."""

import pytest

from spacemoe_ns3 import SelectiveRepeat, Tcp, Udp
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.transport import check_transport


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"timeout_s": 0}, "transport.recovery.timeout_s: 0 given, must be at least 1e-09"),
        (
            {"timeout_s": 1, "ask_s": 2},
            "transport.recovery.ask_s: 2 given, must be at least 1e-09 and at most 1",
        ),
        ({"timeout_s": 3, "give_up_s": 2}, "transport.recovery.give_up_s: 2 given, must be at least 3"),
        ({"give_up_s": float("inf")}, "transport.recovery.give_up_s: inf given, must be"),
    ],
)
def test_times_that_make_no_sense_are_refused(values, message):
    with pytest.raises(ScenarioError) as caught:
        SelectiveRepeat(**values)

    assert str(caught.value).startswith(message)


def test_a_receiver_asks_after_half_the_timeout_if_nothing_is_said():
    assert SelectiveRepeat(timeout_s=3).asks_after_s == 1.5
    assert SelectiveRepeat(timeout_s=3, ask_s=1).asks_after_s == 1


@pytest.mark.parametrize("recovery", [True, "selective-repeat", 1.0])
def test_recovery_that_is_none_is_refused(recovery):
    with pytest.raises(ScenarioError, match=r"^transport\.recovery: .* given, must be SelectiveRepeat\(\)"):
        Udp(recovery=recovery)


@pytest.mark.parametrize("transport", ["udp", None, Udp])
def test_what_is_no_transport_is_refused(transport):
    with pytest.raises(ScenarioError, match=r"^transport: .* given, must be Udp\(\)"):
        check_transport(transport)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"congestion_control": "TcpCubik"},
            "transport.congestion_control: 'TcpCubik' is not known; did you mean TcpCubic",
        ),
        (
            {"buffer_bytes": 1000},
            "transport.buffer_bytes: 1000 given, must be a whole number, at least 65536",
        ),
        ({"initial_window": 0}, "transport.initial_window: 0 given, must be a whole number, at least 1"),
        ({"minimum_timeout_s": 0.2}, "transport.minimum_timeout_s: 0.2 given, must be above 0.2"),
        ({"retries": 0}, "transport.retries: 0 given, must be a whole number, at least 1"),
        ({"detection_s": -1}, "transport.detection_s: -1 given, must be at least 0"),
    ],
)
def test_settings_of_tcp_that_make_no_sense_are_refused(values, message):
    with pytest.raises(ScenarioError) as caught:
        Tcp(**values)

    assert str(caught.value).startswith(message)


def test_a_failure_must_be_detected_before_messages_are_given_up():
    recovery = SelectiveRepeat(timeout_s=1, give_up_s=10)

    assert Udp(recovery=recovery, detection_s=9.9).detection_s == 9.9
    with pytest.raises(ScenarioError, match=r"^transport\.detection_s: 10 given, must be less than recovery"):
        Udp(recovery=recovery, detection_s=10)
