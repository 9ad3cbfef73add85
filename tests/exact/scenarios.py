"""A small network with all that is sent in it, as the program ``fabric-traces`` reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

LIGHT_M_NS = 0.299792458  # that light passes in a nanosecond
PPP_IPV4_UDP_BYTES = 2 + 20 + 8
HEADER_BYTES = 20  # of a payload, at least: it says what the packet is
NO_PORT = 255
LISTENING_PORT = 9
STOCK_TTL = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """UDP packets that a satellite hands over at one instant, from one event."""

    at_ns: int
    sender: int
    receiver: int
    payload_bytes: int
    packets: int = 1
    port: int = LISTENING_PORT  # nobody listens at others
    ttl: int = STOCK_TTL
    replies: int = 0  # how often a packet causes another one
    copies: int = 1  # how many packets each one that is received causes
    step: int = 0  # who gets them: 0 for the sender, else the satellite so many further on
    think_ns: int = 0  # how long the receiver waits before it sends them
    has_ledger: bool = False

    def __post_init__(self) -> None:
        assert self.sender != self.receiver
        assert self.payload_bytes >= HEADER_BYTES

    def line(self) -> str:
        return (
            f"burst {self.at_ns} {self.sender} {self.receiver} {self.port} {self.payload_bytes} "
            f"{self.packets} {self.ttl} {self.replies} {self.copies} {self.step} {self.think_ns} "
            f"{int(self.has_ledger)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A TCP connection that sends bytes one way."""

    at_ns: int
    sender: int
    receiver: int
    size_bytes: int
    segment_bytes: int = 1000

    def line(self) -> str:
        return f"transfer {self.at_ns} {self.sender} {self.receiver} {self.size_bytes} {self.segment_bytes}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """A link that corrupts packets."""

    link: int
    rate: float
    stream: int

    def line(self) -> str:
        return f"errors {self.link} {self.rate!r} {self.stream}"


Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceScenario:
    """A network and what is sent in it; a link's ends take the next port of each satellite."""

    positions_m: tuple[tuple[Vector, ...], ...]  # [knot][satellite]
    velocities_m_s: tuple[tuple[Vector, ...], ...]  # [knot][satellite]
    step_ns: int = 50_000_000_000
    links: tuple[tuple[int, int], ...]
    slot_ns: int
    rates_bps: tuple[tuple[int, ...], ...]  # [slot][link], 0 where a link is down
    ports: tuple[tuple[tuple[int, ...], ...], ...]  # [slot][destination][satellite]
    mtu_bytes: int = 1500
    queue: str = "100p"
    policy: str = "Reroute"
    horizon_ns: int
    takes_counters: bool = False
    errors: tuple[Errors, ...] = ()
    bursts: tuple[Burst, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    captures: tuple[tuple[int, int], ...] = field(default=())  # satellite and port

    def __post_init__(self) -> None:
        satellites = self.satellites
        assert all(len(knot) == satellites for knot in self.positions_m + self.velocities_m_s)
        assert all(len(rates) == len(self.links) for rates in self.rates_bps)
        assert len(self.rates_bps) == len(self.ports)
        assert len(self.ports) * self.slot_ns >= self.horizon_ns, "the tables end before the simulation"

    @property
    def satellites(self) -> int:
        """Return their number."""
        return len(self.positions_m[0])

    def text(self, *, engine: str, endpoints: str, folder: str = "") -> str:
        """Return it as the program reads it; captures are written to a folder."""

        def numbers(nested: object) -> str:
            if isinstance(nested, tuple):
                return " ".join(numbers(inner) for inner in nested)
            return repr(nested)

        captures = self.captures if folder else ()
        return "\n".join(
            [
                f"engine {engine} {endpoints}",
                f"satellites {self.satellites} {len(self.positions_m)} {self.step_ns}",
                numbers(self.positions_m),
                numbers(self.velocities_m_s),
                *(f"link {a} {b}" for a, b in self.links),
                f"slots {len(self.ports)} {self.slot_ns}",
                numbers(self.rates_bps),
                numbers(self.ports),
                f"network {self.mtu_bytes} {self.queue} {self.policy} {self.horizon_ns}",
                f"{int(self.takes_counters)}",
                *(part.line() for part in self.errors + self.bursts + self.transfers),
                *(
                    f"capture {satellite} {port} {folder}/{satellite}-{port}.pcap"
                    for satellite, port in captures
                ),
                "run\n",
            ]
        )


def at_rest(places_ns: list[tuple[float, float, float]]) -> dict[str, tuple[tuple[Vector, ...], ...]]:
    """Return knots of satellites that do not move, from places in light nanoseconds."""
    places = tuple((x * LIGHT_M_NS, y * LIGHT_M_NS, z * LIGHT_M_NS) for x, y, z in places_ns)
    still = tuple((0.0, 0.0, 0.0) for _ in places)
    return {"positions_m": (places, places), "velocities_m_s": (still, still)}


def ports_of(satellites: int, links: tuple[tuple[int, int], ...]) -> list[list[tuple[int, int]]]:
    """Return the link and the neighbour behind each port of each satellite."""
    ports: list[list[tuple[int, int]]] = [[] for _ in range(satellites)]
    for link, (a, b) in enumerate(links):
        ports[a].append((link, b))
        ports[b].append((link, a))
    return ports


def shortest_paths(
    satellites: int, links: tuple[tuple[int, int], ...], costs: list[float | None]
) -> tuple[tuple[int, ...], ...]:
    """Return ports ``[destination][satellite]`` along the least cost; a link of cost None is not used."""
    ports = ports_of(satellites, links)
    tables = []
    for destination in range(satellites):
        cost = [float("inf")] * satellites
        row = [NO_PORT] * satellites
        cost[destination] = 0.0
        for _ in range(satellites):
            for satellite in range(satellites):
                for port, (link, neighbour) in enumerate(ports[satellite]):
                    step = costs[link]
                    if (
                        satellite != destination
                        and step is not None
                        and cost[neighbour] + step < cost[satellite]
                    ):
                        cost[satellite] = cost[neighbour] + step
                        row[satellite] = port
        tables.append(tuple(row))
    return tuple(tables)
