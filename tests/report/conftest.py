"""Results by hand, for what the report makes of them."""

import numpy as np
import pytest
from builders import hosts
from report.skies import LINKS, PLACES, SHELLS, sky

from spacemoe_ns3.packet.plan import LINK_COLUMNS
from spacemoe_ns3.results import DROP_REASONS, PARTS, Account, EngineResult, ExpectedLatency, PlacementResult

TOKENS, LAYERS = 4, 3


def engine(*, seed, account=None):
    """Tokens and layers with a part a column, drawn at random."""
    random = np.random.default_rng(seed)

    def table(rows, keys):
        parts = {f"{part}_ns": random.integers(1, 10**9, rows) for part in PARTS}
        return {**keys, "latency_ns": sum(parts.values()), **parts}

    return EngineResult(
        tokens=table(TOKENS, {"sequence": np.array([0, 0, 1, 1]), "token": np.array([0, 1, 0, 1])}),
        layers=table(TOKENS * LAYERS, {"layer": np.tile(np.arange(LAYERS), TOKENS)}),
        account=account,
        **({} if account is None else of_packets(random)),
    )


def expectation(s_per_token, *, half_width_s=0.0):
    """An expectation of a whole number of eighths, so that its parts sum without rounding."""
    parts_s = {**dict.fromkeys(PARTS, 0.125), "propagation": s_per_token - 0.125 * (len(PARTS) - 1)}
    return ExpectedLatency(
        parts_s=parts_s,
        layers_s=np.full(LAYERS, s_per_token / LAYERS),
        half_width_s=half_width_s,
        quantiles_s={0.5: s_per_token, 0.99: 2 * s_per_token},
        waiting_probability=0.25,
    )


def of_packets(random):
    """The tables that the packets alone have."""
    return {
        "links": carried(random),
        "link_intervals": {"slot": np.arange(3), "queue_mean": random.random(3)},
        "satellites": {"satellite": np.arange(5), "busy_share": random.random(5)},
        "traffic": {"kind": np.array(["result", "dispatch"]), "messages": random.integers(1, 99, 2)},
    }


def carried(random):
    """What two links carried, each direction, drawn at random."""
    columns = {name: random.integers(0, 10**6, 4) for name in LINK_COLUMNS}
    ends = {"from_satellite": np.array([0, 1, 1, 2]), "to_satellite": np.array([1, 0, 2, 1])}
    return {**ends, **columns, "utilisation": random.random(4)}


@pytest.fixture
def results():
    """Two placements: one by both engines, one by the formula alone."""
    dropped = {**dict.fromkeys(DROP_REASONS, (0, 0, 0)), "cut": (1, 1, 500)}
    account = Account(sent=(36, 72, 9000), received=(35, 70, 8000), dropped=dropped)
    near = hosts(name="spacemoe", gateways=[0, 5, 10], experts=[[1, 2], [6, 7], [11, 12]])
    far = hosts(name="rand-place", gateways=[9, 4, 3], experts=[[8, 2], [6, 1], [11, 0]])
    return [
        PlacementResult(
            placement=near,
            expected=expectation(1.25),
            bound_s=1.0,
            analytic=engine(seed=1),
            packet=engine(seed=2, account=account),
        ),
        PlacementResult(
            placement=far,
            expected=expectation(2.5, half_width_s=0.01),
            bound_s=None,
            analytic=engine(seed=3),
            packet=None,
        ),
    ]


@pytest.fixture
def some_sky():
    """Return a sky with links of all kinds, in all conditions."""
    return sky(PLACES, links=LINKS, shell=SHELLS)
