"""The expected latency of a layer: the one formula that placement and the analytic engine share.

``T_l = c_gateway + E[max over activated e of (delay(g_l, x_l(e)) + c_expert + delay(x_l(e), g_l+1))]``
(arXiv 2605.00515) with the delays of each slot frozen. Activated experts that share a satellite are computed
one after the other: the last of m of them is ready ``(m - 1) c_expert`` later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.latency import GatewayDelays
from spacemoe_ns3.moe import ActivationSets, Computing, Gating
from spacemoe_ns3.placement.base import Hosts, Placement

_MOST_AT_ONCE = 4_000_000  # values of an array: memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways of hidden states through each expert in each slot; arrays of shape (T, L, E), seconds.

    Parameters
    ----------
    total_s
        From the layer's gateway to the expert and on to the next gateway, its computing included.
    propagation_s, waiting_s
        Light times, and waiting for a slot with a path.
    computing_s
        Of the expert.
    hosts
        Satellites that serve the experts, shape (T, L, E), or (1, L, E) if they never change.
    """

    total_s: np.ndarray
    propagation_s: np.ndarray
    waiting_s: np.ndarray
    computing_s: np.ndarray
    hosts: np.ndarray

    def shares(self) -> np.ndarray:
        """Return which layers have experts that ever share a satellite, shape (L,)."""
        ordered = np.sort(self.hosts, axis=2)
        shared: np.ndarray = (ordered[:, :, 1:] == ordered[:, :, :-1]).any(axis=(0, 2))
        return shared


def ways_of(placement: Placement | Hosts, *, delays: GatewayDelays, computing: Computing) -> Ways:
    """Return the ways of a placement.

    Parameters
    ----------
    placement
        Who hosts what.
    delays
        Message delays between each layer's gateway and everyone.
    computing
        Computing times on every satellite.
    """
    hosts = placement.experts[np.newaxis] if placement.dispatch is None else placement.dispatch
    slot = np.arange(delays.outbound.total_s.shape[0])[:, np.newaxis, np.newaxis]
    layer = np.arange(hosts.shape[1])[:, np.newaxis]
    onward = (layer + 1) % hosts.shape[1]

    def both(out: np.ndarray | None, back: np.ndarray | None) -> np.ndarray | float:
        there = 0.0 if out is None else out[slot, layer, hosts]
        return there if back is None else there + back[slot, onward, hosts]

    out, back = delays.outbound, delays.inbound
    shape = (len(slot), *hosts.shape[1:])
    computing_s = computing.experts_ns(hosts, placement.gateways) / NANOSECONDS_PER_SECOND
    return Ways(
        total_s=both(out.total_s, back.total_s) + computing_s,
        propagation_s=np.broadcast_to(both(out.propagation_s, back.propagation_s), shape),
        waiting_s=np.broadcast_to(both(out.waiting_s, back.waiting_s), shape),
        computing_s=np.broadcast_to(computing_s, shape),
        hosts=hosts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stragglers:
    """Whom a layer waits for.

    Parameters
    ----------
    probability
        That an expert is the last of the activated ones, shape (T, L, E), each sum over E being 1.
    sharing_s
        How long it waits in the mean for the computer that it shares with other activated experts, shape
        (T, L), seconds.
    """

    probability: np.ndarray
    sharing_s: np.ndarray

    def mean_s(self, values_s: np.ndarray) -> np.ndarray:
        """Return the mean of some values, shape (T, L, E), over stragglers and slots, shape (L,)."""
        mean: np.ndarray = self.in_slots_s(values_s).mean(axis=0)
        return mean

    def in_slots_s(self, values_s: np.ndarray) -> np.ndarray:
        """Return the mean of some values, shape (T, L, E), over stragglers, shape (T, L).

        Values of an expert that is never the last do not count, be they infinite.
        """
        counted = np.where(self.probability > 0, values_s, 0.0)
        in_slots: np.ndarray = np.einsum("tle,tle->tl", self.probability, counted)
        return in_slots


def stragglers(ways: Ways, gating: Gating) -> Stragglers | None:
    """Return whom each layer waits for, exactly.

    Parameters
    ----------
    ways
        The ways through the experts.
    gating
        Which experts tokens activate.

    Returns
    -------
    Stragglers; None where experts share satellites and there are too many sets of them to enumerate.
    """
    shares = ways.shares()
    probability = np.empty_like(ways.total_s)
    sharing_s = np.zeros(probability.shape[:2])
    if shares.any():
        sets = gating.sets()
        if sets is None:
            return None
        for layer in np.flatnonzero(shares):
            found = _last_of_sharing(ways, int(layer), sets)
            probability[:, layer], sharing_s[:, layer] = found
    if not shares.all():
        apart = gating.straggler_probability(ways.total_s)
        probability[:, ~shares] = apart[:, ~shares]
    return Stragglers(probability=probability, sharing_s=sharing_s)


def _last_of_sharing(ways: Ways, layer: int, sets: ActivationSets) -> tuple[np.ndarray, np.ndarray]:
    """Return who is last, shape (T, E), and how long the last waits for its computer, shape (T,)."""
    members, chance = sets.members[layer], sets.probability[layer]
    slots, _, experts = ways.total_s.shape
    probability, sharing_s = np.zeros((slots, experts)), np.zeros(slots)
    at_once = max(1, _MOST_AT_ONCE // members.size)
    for first in range(0, slots, at_once):
        chosen = slice(first, first + at_once)
        hosts = ways.hosts[:1, layer] if len(ways.hosts) == 1 else ways.hosts[chosen, layer]
        behind = others_before(hosts[:, members]) * ways.computing_s[chosen, layer][:, members]
        finish = ways.total_s[chosen, layer][:, members] + behind
        last = finish.argmax(axis=2)[..., np.newaxis]  # (t, n, 1)
        who = np.take_along_axis(np.broadcast_to(members, finish.shape), last, axis=2)[..., 0]
        waits = np.take_along_axis(behind, last, axis=2)[..., 0]
        slot = np.broadcast_to(np.arange(len(who))[:, np.newaxis], who.shape)
        np.add.at(probability[chosen], (slot, who), np.broadcast_to(chance, who.shape))
        sharing_s[chosen] = waits @ chance
    return probability, sharing_s


def others_before(hosts: np.ndarray) -> np.ndarray:
    """Return how many earlier ones of some activated experts share each one's satellite.

    Parameters
    ----------
    hosts
        Satellites, shape (..., K).

    Returns
    -------
    Counts of the same shape.

    Examples
    --------
    >>> others_before(np.array([[7, 3, 7, 7]]))
    array([[0, 0, 1, 2]])
    """
    top_k = hosts.shape[-1]
    count = np.zeros(hosts.shape, np.int64)
    for later in range(1, top_k):
        for earlier in range(later):
            count[..., later] += hosts[..., later] == hosts[..., earlier]
    return count


def expected_layers_s(
    hosts: Placement | Hosts, *, delays: GatewayDelays, computing: Computing, gating: Gating
) -> np.ndarray | None:
    """Return the expected latency of each layer after its gateway has computed.

    What algorithms minimise: exact, the maximum over the activated experts included.

    Parameters
    ----------
    hosts
        Who hosts what.
    delays, computing, gating
        Delays, computing times, and which experts tokens activate.

    Returns
    -------
    Seconds, shape (L,); None where it cannot be enumerated (see :func:`stragglers`).
    """
    ways = ways_of(hosts, delays=delays, computing=computing)
    last = stragglers(ways, gating)
    if last is None:
        return None
    layers: np.ndarray = last.mean_s(ways.total_s) + last.sharing_s.mean(axis=0)
    return layers
