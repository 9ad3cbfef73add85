"""Networks for cases worked by hand: a byte takes a nanosecond on a link, and light a round time."""

from __future__ import annotations

from collections.abc import Sequence

from exact.scenarios import PPP_IPV4_UDP_BYTES, TraceScenario, at_rest, shortest_paths

LIGHT_NS = 10_000  # of every link of a line or a star
BYTE_A_NS_BPS = 8_000_000_000
PACKET_NS = 1_000  # that a packet of 1000 bytes takes at that rate
PAYLOAD_BYTES = 1_000 - PPP_IPV4_UDP_BYTES


def network(
    places_ns: Sequence[tuple[float, float, float]],
    links: Sequence[tuple[int, int]],
    *,
    slots: int = 1,
    slot_ns: int = 10_000_000,
    rates_bps: Sequence[Sequence[int]] | None = None,
    ports: Sequence[Sequence[Sequence[int]]] | None = None,
    **others: object,
) -> TraceScenario:
    """Return a network at rest; tables are shortest paths over the links that are up, if not given."""
    rates = tuple(map(tuple, rates_bps)) if rates_bps else ((BYTE_A_NS_BPS,) * len(links),) * slots
    tables = (
        tuple(tuple(map(tuple, table)) for table in ports)
        if ports
        else tuple(
            shortest_paths(len(places_ns), tuple(links), [1.0 if rate else None for rate in row])
            for row in rates
        )
    )
    return TraceScenario(
        **at_rest(list(places_ns)),
        links=tuple(links),
        slot_ns=slot_ns,
        rates_bps=rates,
        ports=tables,
        horizon_ns=others.pop("horizon_ns", len(rates) * slot_ns),  # type: ignore[arg-type]
        **others,  # type: ignore[arg-type]
    )


def line(satellites: int, **others: object) -> TraceScenario:
    """Return satellites in a row; link n is from n to n + 1."""
    return network(
        [(n * LIGHT_NS, 0, 0) for n in range(satellites)],
        [(n, n + 1) for n in range(satellites - 1)],
        **others,  # type: ignore[arg-type]
    )


def star(arms: Sequence[int], **others: object) -> TraceScenario:
    """Return satellite 0 with up to six others around it, linked to it in the order given."""
    directions = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
    places = [(0, 0, 0), *directions[: len(arms)]]
    return network(
        [(x * LIGHT_NS, y * LIGHT_NS, z * LIGHT_NS) for x, y, z in places],
        [(arm, 0) for arm in arms],
        **others,  # type: ignore[arg-type]
    )


# A triangle: the direct link 0 from satellite 0 to 1, and the way round by satellite 2 over links 1 and 2;
# 3 is behind 0. Each side takes LIGHT_NS.
TRIANGLE_NS = ((0, 0, 0), (LIGHT_NS, 0, 0), (LIGHT_NS / 2, LIGHT_NS * 0.75**0.5, 0), (-LIGHT_NS, 0, 0))
TRIANGLE_LINKS = ((0, 1), (0, 2), (2, 1), (3, 0))


def triangle(*, up: Sequence[Sequence[int]], slot_ns: int, **others: object) -> TraceScenario:
    """Return the triangle; ``up`` is 1 or 0 by slot for the links of its three sides."""
    rates = [[BYTE_A_NS_BPS * state for state in (*sides, 1)] for sides in up]
    return network(
        TRIANGLE_NS,
        TRIANGLE_LINKS,
        rates_bps=rates,
        slot_ns=slot_ns,
        **others,  # type: ignore[arg-type]
    )
