"""What a scenario says of its transport: how messages get through although packets are lost."""

from __future__ import annotations

from dataclasses import dataclass

from spacemoe_ns3.checks import check_kind, check_number, check_whole, look_up
from spacemoe_ns3.errors import require

_LEAST_S = 1e-9  # ns-3 counts nanoseconds
_MOST_S = 1e6
_DELAYED_ACK_S = 0.2  # ns-3's TcpSocket::DelAckTimeout; sooner, whatever is lost or not is sent again
_ASK_SHARE = 0.5  # of the timeout, until a receiver asks
_SMALLEST_BUFFER = 65_536  # a full packet fits
_LARGEST_BUFFER = 2**30 - 1  # what TCP's window can say (RFC 7323)
_MOST_RETRIES = 60  # the time until then doubles with each
CONGESTION_CONTROLS = (
    *("TcpBbr", "TcpBic", "TcpCubic", "TcpDctcp", "TcpHighSpeed", "TcpHtcp", "TcpHybla", "TcpIllinois"),
    *("TcpLedbat", "TcpLinuxReno", "TcpLp", "TcpNewReno", "TcpScalable", "TcpVegas", "TcpVeno"),
    *("TcpWestwoodPlus", "TcpYeah"),
)
"""Names of ns-3's congestion controls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectiveRepeat:
    """Recovery end to end: what is lost of a message is sent again.

    A receiver acknowledges whole messages, and asks for the segments that are missing. A sender without word
    of a message sends again what it does not know to be there. Copies of what is there are dropped and
    counted.

    Parameters
    ----------
    timeout_s
        Seconds without word of a message until its sender sends it again. Below a round trip, with its
        queueing, everything is sent twice.
    ask_s
        Seconds without a new segment of a message until its receiver asks for those missing; None: half of
        ``timeout_s``. An acknowledgement is repeated no more often than that, for copies that come.
    give_up_s
        Seconds from the sending of a message until its sender gives it up; then the placement fails, and the
        message is named. A message that waits for a path is given up too.

    Raises
    ------
    ScenarioError
        If a value is out of its range.

    Examples
    --------
    >>> SelectiveRepeat(timeout_s=0.4).asks_after_s
    0.2
    """

    timeout_s: float = 1.0
    ask_s: float | None = None
    give_up_s: float = 120.0

    def __post_init__(self) -> None:
        check_number("transport.recovery.timeout_s", self.timeout_s, least=_LEAST_S, most=_MOST_S)
        if self.ask_s is not None:
            check_number("transport.recovery.ask_s", self.ask_s, least=_LEAST_S, most=self.timeout_s)
        check_number("transport.recovery.give_up_s", self.give_up_s, least=self.timeout_s, most=_MOST_S)

    @property
    def asks_after_s(self) -> float:
        """Seconds until a receiver asks, looked up."""
        return self.timeout_s * _ASK_SHARE if self.ask_s is None else self.ask_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Udp:
    """Messages as datagrams.

    Parameters
    ----------
    recovery
        How what is lost is sent again; None: it is not, and a placement that loses a message fails.
    detection_s
        Seconds from the failure of a satellite until everyone is told, and what was dispatched there is
        dispatched again to another satellite where the expert lives; less than ``recovery.give_up_s``, if
        there is recovery. None: nobody is ever told.

    Raises
    ------
    ScenarioError
        If ``recovery`` is something else, or ``detection_s`` out of its range.
    """

    recovery: SelectiveRepeat | None = None
    detection_s: float | None = None

    def __post_init__(self) -> None:
        if self.recovery is not None:
            check_kind("transport.recovery", self.recovery, SelectiveRepeat, "SelectiveRepeat(), or None")
        _check_detection(self.detection_s)
        if self.recovery is not None and self.detection_s is not None:
            require(
                self.detection_s < self.recovery.give_up_s,
                f"transport.detection_s: {self.detection_s!r} given, must be less than recovery.give_up_s, "
                f"{self.recovery.give_up_s!r}, or messages are given up before; detect failures sooner",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tcp:
    """Messages over persistent TCP connections: ns-3's sockets.

    Parameters
    ----------
    congestion_control
        One of :data:`CONGESTION_CONTROLS`.
    buffer_bytes
        Capacity of each send and each receive buffer; what does not fit waits at its sender.
    initial_window
        Congestion window of a new connection, in packets.
    minimum_timeout_s
        Least seconds until a packet is sent again, above 0.2: that is how long ns-3's receivers may put off
        an acknowledgement. They double with each repetition.
    retries
        How often a packet is sent again without any acknowledgement, until its connection, and all messages
        on it, are given up and the placement fails; 15 as in Linux. Also, how often it is tried again to open
        a connection.
    detection_s
        As of :class:`Udp`.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    congestion_control: str = "TcpCubic"
    buffer_bytes: int = 4_194_304
    initial_window: int = 10
    minimum_timeout_s: float = 1.0
    retries: int = 15
    detection_s: float | None = None

    def __post_init__(self) -> None:
        check_kind("transport.congestion_control", self.congestion_control, str, "a name")
        look_up("transport.congestion_control", self.congestion_control, dict.fromkeys(CONGESTION_CONTROLS))
        check_whole("transport.buffer_bytes", self.buffer_bytes, least=_SMALLEST_BUFFER, most=_LARGEST_BUFFER)
        check_whole("transport.initial_window", self.initial_window, least=1, most=_LARGEST_BUFFER)
        check_number(
            "transport.minimum_timeout_s", self.minimum_timeout_s, above=_DELAYED_ACK_S, most=_MOST_S
        )
        check_whole("transport.retries", self.retries, least=1, most=_MOST_RETRIES)
        _check_detection(self.detection_s)


def _check_detection(detection_s: float | None) -> None:
    if detection_s is not None:
        check_number("transport.detection_s", detection_s, least=0, most=_MOST_S)


Transport = Udp | Tcp


def check_transport(transport: object) -> None:
    """Raise unless a scenario's transport is one.

    Parameters
    ----------
    transport
        What the user gave.

    Raises
    ------
    ScenarioError
        If it is none.
    """
    require(
        isinstance(transport, (Udp, Tcp)),
        f"transport: {transport!r} given, must be Udp(), with or without recovery, or Tcp()",
    )
