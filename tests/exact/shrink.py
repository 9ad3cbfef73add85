"""Make a scenario smaller for as long as what is wrong with it stays wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from exact.scenarios import Burst, TraceScenario

PLAIN: tuple[dict[str, object], ...] = (
    {"packets": 1},
    {"replies": 0},
    {"copies": 1},
    {"think_ns": 0},
    {"step": 0},
    {"has_ledger": False},
    {"ttl": 64},
    {"port": 9},
)
SIMPLE: tuple[dict[str, object], ...] = (
    {"takes_counters": False},
    {"captures": ()},
    {"errors": ()},
    {"transfers": ()},
    {"queue": "100p"},
    {"policy": "Deliver"},
)


def _smaller(scenario: TraceScenario) -> Iterator[TraceScenario]:
    """Return scenarios that are a little smaller, the largest steps first."""
    bursts = scenario.bursts
    size = len(bursts) // 2
    while size > 0:
        for first in range(0, len(bursts), size):
            yield replace(scenario, bursts=bursts[:first] + bursts[first + size :])
        size //= 2
    for change in SIMPLE:
        yield replace(scenario, **change)  # type: ignore[arg-type]
    for place in range(len(scenario.transfers)):
        yield replace(scenario, transfers=scenario.transfers[:place] + scenario.transfers[place + 1 :])
    for place, burst in enumerate(bursts):
        for plain in _plainer(burst):
            yield replace(scenario, bursts=(*bursts[:place], plain, *bursts[place + 1 :]))
    for slots in {len(scenario.ports) // 2, len(scenario.ports) - 1} - {0}:
        yield replace(
            scenario,
            ports=scenario.ports[:slots],
            rates_bps=scenario.rates_bps[:slots],
            horizon_ns=min(scenario.horizon_ns, slots * scenario.slot_ns),
        )
    if scenario.velocities_m_s[0][0] != (0.0, 0.0, 0.0):
        still = tuple((0.0, 0.0, 0.0) for _ in scenario.positions_m[0])
        yield replace(scenario, positions_m=(scenario.positions_m[0],) * 2, velocities_m_s=(still, still))
    steady = (scenario.rates_bps[0],) * len(scenario.rates_bps)
    yield replace(scenario, rates_bps=steady)
    yield replace(scenario, ports=(scenario.ports[0],) * len(scenario.ports))


def _plainer(burst: Burst) -> Iterator[Burst]:
    """Return bursts that do less."""
    for change in PLAIN:
        yield replace(burst, **change)  # type: ignore[arg-type]
    for name, least in (("packets", 1), ("replies", 0), ("copies", 1)):
        if getattr(burst, name) > least:
            yield replace(burst, **{name: getattr(burst, name) - 1})


def shrink(scenario: TraceScenario, is_wrong: Callable[[TraceScenario], bool]) -> TraceScenario:
    """Return the smallest scenario found that is still wrong."""
    while True:
        for smaller in _smaller(scenario):
            if smaller != scenario and is_wrong(smaller):
                scenario = smaller
                break
        else:
            return scenario
