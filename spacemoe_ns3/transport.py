"""What a scenario says of its transport: how messages get through although packets are lost."""

from __future__ import annotations

from dataclasses import dataclass

from spacemoe_ns3.checks import check_kind, check_number
from spacemoe_ns3.errors import require

_LEAST_S = 1e-9  # ns-3 counts nanoseconds
_MOST_S = 1e6
_ASK_SHARE = 0.5  # of the timeout, until a receiver asks


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

    Raises
    ------
    ScenarioError
        If ``recovery`` is something else.
    """

    recovery: SelectiveRepeat | None = None

    def __post_init__(self) -> None:
        if self.recovery is not None:
            check_kind("transport.recovery", self.recovery, SelectiveRepeat, "SelectiveRepeat(), or None")


Transport = Udp


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
        isinstance(transport, Udp),
        f"transport: {transport!r} given, must be Udp(), with or without recovery",
    )
