"""What a scenario says of its laser links."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from spacemoe_ns3.checks import check_kind, check_number, check_whole, look_up
from spacemoe_ns3.errors import require
from spacemoe_ns3.links.link_budget import OpticalLinkBudget
from spacemoe_ns3.links.outages import OutageModel
from spacemoe_ns3.links.routing.base import NextHopFunction, Router
from spacemoe_ns3.links.routing.registry import ROUTERS, router_named
from spacemoe_ns3.links.topology import LinkKind, PlusGrid, Topology

HIGHEST_BPS = 1e15  # beyond it, packets take no whole nanosecond
_LARGEST_MTU = 65_535
_LONGEST_QUEUE = 2**32 - 1  # ns-3's QueueSize
_SMALLEST_MTU = 68  # RFC 791: every link must carry this much
_MOST_TERMINALS = 250  # a forwarding table's ports have one byte


class LossPolicy(enum.Enum):
    """What becomes of packets when a link goes down; docs/links.md has the table."""

    DROP = "drop"
    DELIVER = "deliver"
    REROUTE = "reroute"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaserLinks:
    """The laser links of a scenario: which, when up, how fast, and what becomes of packets.

    Parameters
    ----------
    topology
        Which satellites point at each other.
    terminals
        Most links that a satellite has at one time.
    rate_bps
        Bits a second, each direction: a number; or a mapping from kinds of links (``"intra-plane"``,
        ``"cross-plane"``, ``"seam"``, ``"inter-shell"``) and from pairs of satellites, which go first, to
        numbers, that covers every link; or an optical link budget, which gives each link a rate by its range.
    packet_error_rate
        Probability that a packet is corrupted on a link, each by itself: a number, or a mapping like that of
        ``rate_bps``, in which links that it does not name have none. The receiving satellite drops the
        packet; the formula knows nothing of it.
    max_range_km
        A link is feasible up to this length; None: any.
    grazing_altitude_km
        A link is feasible while its line of sight stays above this altitude.
    max_angular_rate_rad_s
        A link is feasible while its line of sight turns slower than this, in the orbital frames of both
        ends; None: any.
    sun_exclusion_deg
        A link is feasible while neither receiver looks closer to the Sun than this; None: any. A satellite in
        the Earth's shadow sees no Sun.
    cross_plane_latitude_deg
        Links between planes are feasible while both ends are within this latitude, north and south; None:
        any.
    acquisition_s
        For how long a link must have been feasible, and assigned, before it carries data. Links of the first
        slot have been acquired before; an outage of a link is no reason to acquire it anew, a failed
        satellite is.
    outages
        Why links are down that geometry would let be up.
    on_loss
        What becomes of packets when a link goes down: ``"drop"``, ``"deliver"`` or ``"reroute"``.
    routing
        Name of a routing protocol, or one with its settings, or a function of one's own
        (:class:`spacemoe_ns3.links.routing.Router`).
    mtu_bytes
        Largest IPv4 packet, 68 to 65535.
    queue_packets
        Capacity of each transmit queue, in packets.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    topology: Topology = PlusGrid()
    terminals: int = 4
    rate_bps: float | Mapping[str | tuple[int, int], float] | OpticalLinkBudget = 100e9
    packet_error_rate: float | Mapping[str | tuple[int, int], float] = 0.0
    max_range_km: float | None = None
    grazing_altitude_km: float = 80.0
    max_angular_rate_rad_s: float | None = 0.12
    sun_exclusion_deg: float | None = None
    cross_plane_latitude_deg: float | None = None
    acquisition_s: float = 0.0
    outages: tuple[OutageModel, ...] = ()
    on_loss: str = "reroute"
    routing: str | Router | NextHopFunction = "least-delay"
    mtu_bytes: int = 9000
    queue_packets: int = 1000

    def __post_init__(self) -> None:
        require(
            hasattr(self.topology, "wire"),
            f"links.topology: {self.topology!r} given, must be a topology, such as PlusGrid()",
        )
        check_whole("links.terminals", self.terminals, least=1, most=_MOST_TERMINALS)
        self._check_rates()
        check_number("links.grazing_altitude_km", self.grazing_altitude_km)
        for field, most in (
            ("max_range_km", None),
            ("max_angular_rate_rad_s", None),
            ("sun_exclusion_deg", 180),
            ("cross_plane_latitude_deg", 90),
        ):
            if getattr(self, field) is not None:
                check_number(f"links.{field}", getattr(self, field), above=0, most=most)
        check_number("links.acquisition_s", self.acquisition_s, least=0)
        check_kind(
            "links.outages", self.outages, (tuple, list), "a tuple of outages; one needs a comma behind it"
        )
        for number, outage in enumerate(self.outages):
            require(
                hasattr(outage, "draw"),
                f"links.outages[{number}]: {outage!r} given, must be an outage, such as Bernoulli()",
            )
        check_kind("links.on_loss", self.on_loss, str, "a name")
        look_up("links.on_loss", self.on_loss, {policy.value: policy for policy in LossPolicy})
        if isinstance(self.routing, str):
            look_up("links.routing", self.routing, ROUTERS)
        else:
            require(
                callable(self.routing) or hasattr(self.routing, "next_hops"),
                f"links.routing: {self.routing!r} given, must be a name, a routing protocol or a function",
            )
        check_whole("links.mtu_bytes", self.mtu_bytes, least=_SMALLEST_MTU, most=_LARGEST_MTU)
        check_whole("links.queue_packets", self.queue_packets, least=1, most=_LONGEST_QUEUE)

    def _check_rates(self) -> None:
        if not isinstance(self.rate_bps, OpticalLinkBudget):
            _check_by_link("rate_bps", self.rate_bps, least=1, most=HIGHEST_BPS)
        _check_by_link("packet_error_rate", self.packet_error_rate, least=0, most=1)

    @property
    def policy(self) -> LossPolicy:
        """The loss policy, looked up."""
        return LossPolicy(self.on_loss)

    @property
    def router(self) -> Router:
        """The routing protocol, looked up."""
        return router_named(self.routing)


def _check_by_link(
    field: str, values: float | Mapping[str | tuple[int, int], float], *, least: float, most: float
) -> None:
    """Raise unless values are a number, or a mapping of numbers from kinds of links and from pairs."""
    path = f"links.{field}"
    if not isinstance(values, Mapping):
        check_number(path, values, least=least, most=most)
        return
    kinds = {kind.words: kind for kind in LinkKind}
    for key, value in values.items():
        if isinstance(key, str):
            look_up(path, key, kinds)
        else:
            require(
                isinstance(key, tuple) and len(key) == 2,
                f"{path}: {key!r} given, must be a kind of link, or a pair of satellites",
            )
            require(
                key[0] == key[1] or key[::-1] not in values,
                f"{path}: {key} and {key[::-1]} given, which are one link; leave one out",
            )
        check_number(f"{path}[{key!r}]", value, least=least, most=most)
