"""Results by hand, for what the report makes of them."""

import numpy as np
import pytest
from builders import hosts
from report.skies import LINKS, PLACES, SHELLS, sky

from spacemoe_ns3.results import DROP_REASONS, PARTS, Account, EngineResult, ExpectedLatency, PlacementResult
from spacemoe_ns3.schema import TABLES

TOKENS, LAYERS = 4, 3


def engine(*, seed, account=None):
    """Tokens and layers with a part a column, drawn at random."""
    random = np.random.default_rng(seed)

    def table(name, rows, keys):
        parts = {f"{part}_ns": random.integers(1, 10**9, rows) for part in PARTS}
        return filled(name, {**keys, "latency_ns": sum(parts.values()), **parts}, random=random)

    steps = {"sequence": np.array([0, 0, 1, 1]), "token": np.array([0, 1, 0, 1])}
    by_layer = {name: np.repeat(values, LAYERS) for name, values in steps.items()}
    return EngineResult(
        tokens=table("tokens", TOKENS, steps),
        layers=table("layers", TOKENS * LAYERS, {**by_layer, "layer": np.tile(np.arange(LAYERS), TOKENS)}),
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
        "link_intervals": filled("link_intervals", {"slot": np.arange(3)}, random=random),
        "satellites": filled("satellites", {"satellite": np.arange(5)}, random=random),
        "traffic": filled("traffic", {"kind": np.array(["result", "dispatch"])}, random=random),
    }


def filled(name, given, *, random):
    """The columns of a table: those given, and the others drawn at random."""
    rows = len(next(iter(given.values())))
    draw = {
        "name": lambda: np.array(["a", "b"])[random.integers(0, 2, rows)],
        "int": lambda: random.integers(0, 10**6, rows),
        "float": lambda: random.random(rows),
    }
    others = [column for column in TABLES[name].columns if column.name not in ("placement", "engine")]
    return {column.name: given.get(column.name, draw[column.kind]()) for column in others}


def carried(random):
    """What two links carried, each direction, drawn at random."""
    ends = {"from_satellite": np.array([0, 1, 1, 2]), "to_satellite": np.array([1, 0, 2, 1])}
    return filled("links", ends, random=random)


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
