"""Small networks at random, with as many ties as can be: round times, equal links, bursts, quick answers."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from exact.scenarios import (
    HEADER_BYTES,
    LISTENING_PORT,
    NO_PORT,
    PPP_IPV4_UDP_BYTES,
    STOCK_TTL,
    Burst,
    Errors,
    TraceScenario,
    Transfer,
    Vector,
    at_rest,
    ports_of,
    shortest_paths,
)

GRAINS_NS = (1, 10, 100, 1_000, 10_000, 100_000)  # most times of a scenario are multiples of one of these
BYTES_A_GRAIN = 100  # that the usual link sends
FASTEST_BPS = 100_000_000_000
NOBODY = 10  # a UDP port
TCP_HORIZON_NS = 600_000_000
MOST_SLOTS = 40
MOST_PACKETS = 150  # handed over by bursts, or answers to them
MOST_WITH_LOOPS = 25  # the same, where packets may go round in circles until their time to live ends

Cell = tuple[int, int, int]


def random_scenario(random: Random) -> TraceScenario:
    """Draw a scenario."""
    return _Draw(random).scenario()


class _Draw:
    """The parts of one scenario, each drawn when those before it are known."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.grain_ns = random.choice(GRAINS_NS)
        self.satellites = random.randint(2, 8)
        # In lockstep: links, packets and rates are such that all happens at multiples of the grain.
        self.is_in_step = self.happens(0.6)
        self.cells, self.links = self._draw_lattice() if self.is_in_step else self._draw_graph()
        self.has_tcp = self.happens(0.2)
        self.sends_ns = self.grain_ns * random.choice((20, 100, 400))
        self.horizon_ns = self.sends_ns * random.choice((2, 4, 8)) + self.grain_ns * random.randint(0, 300)
        if self.has_tcp:
            self.horizon_ns = max(self.horizon_ns, TCP_HORIZON_NS)
        self.slot_ns = max(
            self.grain_ns * random.choice((1, 5, 20, 50, 100, 1000)), -(-self.horizon_ns // MOST_SLOTS)
        )
        self.slots = -(-self.horizon_ns // self.slot_ns)

    def happens(self, probability: float) -> bool:
        return probability > 0 and self.random.random() < probability

    def _draw_lattice(self) -> tuple[list[Cell], tuple[tuple[int, int], ...]]:
        """Draw neighbours on a lattice, linked where they are a side apart."""
        random = self.random
        cells: list[Cell] = [(1, 1, 1)]
        while len(cells) < self.satellites:
            move = random.choice(((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)))
            x, y, z = (at + step for at, step in zip(random.choice((cells[0], *cells)), move, strict=True))
            if (x, y, z) not in cells:
                cells.append((x, y, z))
        links = [
            random.choice(((a, b), (b, a)))
            for b in range(self.satellites)
            for a in range(b)
            if sum(abs(p - q) for p, q in zip(cells[a], cells[b], strict=True)) == 1
        ]
        random.shuffle(links)
        if self.happens(0.1):
            links.append(random.choice(links))
        return cells, tuple(links)

    def _draw_graph(self) -> tuple[list[Cell], tuple[tuple[int, int], ...]]:
        """Draw places, and a connected graph, at times with parallel links."""
        random, count = self.random, self.satellites
        links = []
        for satellite in range(1, count):
            other = random.choice((satellite - 1, 0, random.randrange(satellite)))
            links.append((satellite, other) if self.happens(0.5) else (other, satellite))
        for _ in range(random.choice((0, 1, 2, count))):
            a, b = random.sample(range(count), 2)
            if self.happens(0.3) or ((a, b) not in links and (b, a) not in links):
                links.append((a, b))
        cells = [(x, y, z) for x in range(3) for y in range(3) for z in range(2)]
        return random.sample(cells, count), tuple(links)

    def motion(self) -> dict[str, object]:
        """Draw where the satellites are: on a lattice at rest, or anywhere and moving."""
        random = self.random
        side_ns = self.grain_ns * random.choice((1, 1, 3, 10, 50))
        cells = random.sample(
            [(x, y, z) for x in range(3) for y in range(3) for z in range(2)], self.satellites
        )
        if self.happens(0.6):
            return dict(at_rest([(x * side_ns, y * side_ns, z * side_ns) for x, y, z in cells]))

        def around(size: float) -> Vector:
            x, y, z = (size * (2 * random.random() - 1) for _ in range(3))
            return x, y, z

        # Far enough from each other that they do not meet: 8 km/s for a second are 8 km.
        side_m = max(side_ns * 0.3, 50_000.0)
        starts = [
            tuple(side_m * (cell + 0.3 * move) for cell, move in zip(at, around(1), strict=True))
            for at in cells
        ]
        speeds = [around(7_500.0 if side_m > 200_000 else 2_000.0) for _ in self.cells]
        knots = [
            tuple(
                tuple(place + knot * speed * 50.0 for place, speed in zip(start, velocity, strict=True))
                for start, velocity in zip(starts, speeds, strict=True)
            )
            for knot in range(3)
        ]
        return {"positions_m": tuple(knots), "velocities_m_s": (tuple(speeds),) * 3}

    def rates(self) -> tuple[tuple[int, ...], ...]:
        """Draw the links' rates by slot: all the same, or each its own; steady or not; at times down."""
        random = self.random
        usual_bps = 8 * BYTES_A_GRAIN * 1_000_000_000 // self.grain_ns

        def draw() -> int:
            rate = random.choice(
                (usual_bps, usual_bps // 2, usual_bps * 2, usual_bps // 10, usual_bps * 10 // 7)
            )
            if self.has_tcp:
                rate = max(rate, 2_000_000)
            return min(rate, FASTEST_BPS)

        steady = (
            [draw()] * len(self.links)
            if self.happens(0.8 if self.is_in_step else 0.4)
            else [draw() for _ in self.links]
        )
        changes = random.choice((0.0, 0.0, 0.3))
        outage = random.choice((0.0, 0.1, 0.4))
        self.up = [[not self.happens(outage) for _ in self.links] for _ in range(self.slots)]
        return tuple(
            tuple(
                (draw() if self.happens(changes) else rate) if is_up else 0
                for rate, is_up in zip(steady, up, strict=True)
            )
            for up in self.up
        )

    def tables(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """Draw the forwarding tables by slot: shortest paths, at times with holes, loops, or out of date."""
        random = self.random
        ports = ports_of(self.satellites, self.links)
        is_drawn_anew = self.happens(0.5)
        is_late = self.happens(0.15)
        has_holes = self.happens(0.3)
        self.has_loops = self.happens(0.1)
        costs = [random.choice((1.0, 1.5, 2.0)) for _ in self.links]
        tables = []
        for slot in range(self.slots):
            if is_drawn_anew:
                costs = [random.choice((1.0, 1.5, 2.0)) for _ in self.links]
            up = self.up[max(slot - 1, 0) if is_late else slot]
            shortest = shortest_paths(
                self.satellites, self.links, [c if u else None for c, u in zip(costs, up, strict=True)]
            )
            table = [list(row) for row in shortest]
            for _ in range(random.randint(0, 2 * self.satellites) if self.has_loops else 0):
                destination, satellite = random.sample(range(self.satellites), 2)
                table[destination][satellite] = random.randrange(len(ports[satellite]))
            for _ in range(random.randint(0, 2 * self.satellites) if has_holes else 0):
                destination, satellite = random.sample(range(self.satellites), 2)
                table[destination][satellite] = NO_PORT
            tables.append(tuple(tuple(row) for row in table))
        return tuple(tables)

    def bursts(self) -> tuple[Burst, ...]:
        """Draw what UDP sends: bursts by themselves, and many satellites at one instant."""
        random = self.random
        most = MOST_WITH_LOOPS if self.has_loops else MOST_PACKETS
        sizes = (100, 100, 200, 1000) if self.is_in_step else (50, 100, 100, 200, 500, 1000, 1502)
        self.payloads = [size - PPP_IPV4_UDP_BYTES for size in sizes]
        self.payload = random.choice(self.payloads)
        self.is_of_one_size = self.happens(0.8 if self.is_in_step else 0.5)
        self.answers = random.choice((0.0, 0.3, 1.0))
        together = random.choice((0.0, 0.5, 1.0))
        bursts: list[Burst] = []
        while most > 0 and len(bursts) < 60:
            burst = self.burst()
            drawn = self.together(burst) if self.happens(together) else [burst]
            most -= sum(one.packets * sum(one.copies**n for n in range(one.replies + 1)) for one in drawn)
            bursts += drawn
            if self.happens(0.05):
                break
        return tuple(bursts)

    def burst(self) -> Burst:
        """Draw a burst."""
        random = self.random
        sender, receiver = random.sample(range(self.satellites), 2)
        has_answers = self.happens(self.answers)
        if not self.is_of_one_size:
            self.payload = random.choice(self.payloads)
            if not self.is_in_step and self.happens(0.2):
                self.payload = random.randint(HEADER_BYTES, 1472)
        is_large = self.happens(0.03)
        return Burst(
            at_ns=self.moment(),
            sender=sender,
            receiver=receiver,
            payload_bytes=random.randint(1473, 5000) if is_large else self.payload,
            packets=random.choice((1, 1, 2, 3, 10)),
            port=NOBODY if self.happens(0.03) else LISTENING_PORT,
            ttl=random.randint(1, 3) if self.happens(0.05) else STOCK_TTL,
            replies=random.randint(1, 3) if has_answers else 0,
            copies=random.choice((1, 1, 2)) if has_answers else 1,
            step=random.choice((0, 0, random.randrange(self.satellites))),
            think_ns=self.grain_ns * random.choice((0, 0, 1, random.randint(1, 50))),
            has_ledger=not is_large and self.happens(0.7),
        )

    def together(self, burst: Burst) -> list[Burst]:
        """Let others send at that instant too, to one satellite or each to another, in any order."""
        random = self.random
        senders = random.sample(range(self.satellites), random.randint(2, self.satellites))
        is_to_one = self.happens(0.6)
        packets = random.choice((1, 1, 2))
        return [
            replace(
                burst,
                sender=sender,
                receiver=burst.receiver if is_to_one else (sender + 1 + burst.step) % self.satellites,
                packets=packets,
            )
            for sender in senders
            if sender != (burst.receiver if is_to_one else (sender + 1 + burst.step) % self.satellites)
        ]

    def moment(self) -> int:
        """Draw when a burst is sent: at a round time, at the start of a slot, or at any nanosecond."""
        latest = self.sends_ns // self.grain_ns
        kind = self.random.random()
        if kind < (0.8 if self.is_in_step else 0.6):
            return self.grain_ns * self.random.randint(0, self.random.choice((2, 10, latest)))
        if kind < (1 if self.is_in_step else 0.8):
            return self.slot_ns * self.random.randint(0, self.sends_ns // self.slot_ns)
        return self.random.randint(0, self.sends_ns)

    def transfers(self) -> tuple[Transfer, ...]:
        """Draw what TCP sends."""
        random = self.random
        if not self.has_tcp:
            return ()
        drawn = []
        for _ in range(random.randint(1, 3)):
            sender, receiver = random.sample(range(self.satellites), 2)
            drawn.append(
                Transfer(
                    at_ns=self.moment(),
                    sender=sender,
                    receiver=receiver,
                    size_bytes=random.choice((1, 1000, 20_000, 100_000)),
                    segment_bytes=random.choice((500, 1000, 1448)),
                )
            )
        return tuple(drawn)

    def scenario(self) -> TraceScenario:
        random = self.random
        packets = random.choice(("1p", "2p", "3p", "5p", "20p", "100p", "100p"))
        rates_bps = self.rates()
        ports = self.tables()
        captured = [
            (satellite, port)
            for satellite, behind in enumerate(ports_of(self.satellites, self.links))
            for port in range(len(behind))
        ]
        return TraceScenario(
            **self.motion(),  # type: ignore[arg-type]
            links=self.links,
            slot_ns=self.slot_ns,
            rates_bps=rates_bps,
            ports=ports,
            queue=packets if self.happens(0.8) else random.choice(("150B", "1000B", "3004B", "20000B")),
            policy=random.choice(("Drop", "Deliver", "Reroute", "Reroute")),
            horizon_ns=self.horizon_ns,
            takes_counters=self.happens(0.5),
            errors=tuple(
                Errors(link=link, rate=random.choice((0.05, 0.5, 1.0)), stream=10 + 2 * link)
                for link in range(len(self.links))
                if self.happens(0.3)
            )
            if self.happens(0.15)
            else (),
            bursts=self.bursts(),
            transfers=self.transfers(),
            captures=tuple(random.sample(captured, random.randint(1, 2))) if self.happens(0.1) else (),
        )
