"""What a placement costs, for algorithms that compare several."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import PlacementError, ScenarioError
from spacemoe_ns3.placement.base import Hosts, Placement, PlacementProblem, Placer
from spacemoe_ns3.placement.objective import expected_layers_s, others_before, stragglers, ways_of
from spacemoe_ns3.placement.spacemoe import SpaceMoE

_TOKENS, _SEED = 4096, 1  # that stand for all where sets cannot be enumerated


def expected_s(problem: PlacementProblem, hosts: Hosts | Placement) -> float:
    """Return the expected latency of a token, gateways' computing included, head left out.

    Parameters
    ----------
    problem, hosts
        What is placed, and who hosts it.

    Returns
    -------
    Seconds. Exact over all slots; where experts share satellites and their sets cannot be enumerated, the
    mean of 4,096 tokens, the same ones for all placements of a problem.
    """
    layers_s = expected_layers_s(
        hosts,
        delays=problem.gateway_delays(hosts.gateways),
        computing=problem.computing,
        gating=problem.gating,
    )
    if layers_s is None:
        layers_s = _sampled_layers_s(problem, hosts)
    gateways_ns = problem.computing.gateways_ns(hosts.gateways)
    return float(layers_s.sum() + gateways_ns.sum() / NANOSECONDS_PER_SECOND)


def _sampled_layers_s(problem: PlacementProblem, hosts: Hosts | Placement) -> np.ndarray:
    """Return the mean latency of each layer after its gateway has computed over some tokens, shape (L,)."""
    ways = ways_of(hosts, delays=problem.gateway_delays(hosts.gateways), computing=problem.computing)
    activated = np.sort(problem.gating.draw(_TOKENS, np.random.default_rng(_SEED)).astype(np.int64), axis=2)
    slots = len(ways.total_s)
    slot = (np.arange(_TOKENS) * slots // _TOKENS)[:, np.newaxis, np.newaxis]
    layer = np.arange(problem.layers)[:, np.newaxis]
    chosen = ways.hosts[slot if len(ways.hosts) > 1 else 0, layer, activated]
    behind_s = others_before(chosen) * ways.computing_s[slot, layer, activated]
    mean_s: np.ndarray = (ways.total_s[slot, layer, activated] + behind_s).max(axis=2).mean(axis=0)
    return mean_s


def slot_layers_s(problem: PlacementProblem, hosts: Hosts | Placement) -> np.ndarray | None:
    """Return the expected latency of each layer in each slot after its gateway has computed.

    Parameters
    ----------
    problem, hosts
        What is placed, and who hosts it.

    Returns
    -------
    Seconds, shape (T, L), the mean over activations; None where experts share satellites and their sets
    cannot be enumerated.
    """
    delays = problem.gateway_delays(hosts.gateways)
    ways = ways_of(hosts, delays=delays, computing=problem.computing)
    last = stragglers(ways, problem.gating)
    if last is None:
        return None
    in_slots_s: np.ndarray = last.in_slots_s(ways.total_s) + last.sharing_s
    return in_slots_s


def check_base(path: str, base: object) -> None:
    """Raise unless what an algorithm starts from is an algorithm itself.

    Parameters
    ----------
    path
        Path of the field.
    base
        What the user gave.

    Raises
    ------
    ScenarioError
        If it is none.
    """
    if isinstance(base, type) or not isinstance(base, Placer):
        raise ScenarioError(f"{path}: {base!r} given, must be an algorithm, such as SpaceMoE()")


def spacemoe_if_any(problem: PlacementProblem) -> Hosts | None:
    """Return SpaceMoE's hosts, None if it cannot place the model."""
    try:
        return SpaceMoE()(problem, np.random.default_rng(0))  # nothing in it is random
    except PlacementError:
        return None


def best_of(problem: PlacementProblem, candidates: list[Hosts | None]) -> Hosts | None:
    """Return the placement with the least expected latency.

    Parameters
    ----------
    problem
        What is placed.
    candidates
        Placements, of equal ones the favourite first; None is passed over.

    Returns
    -------
    One of them, None if there is none.
    """
    found = [hosts for hosts in candidates if hosts is not None]
    return min(found, key=lambda hosts: expected_s(problem, hosts), default=None)
