r"""What no placement can beat: for each layer the nearest hosts there are, between the best two gateways.

With D(a, b) the mean over all slots of the least delay from a to b, a layer between the gateways a and b
whose experts stay on satellites x(e) takes, after its gateway has computed,

    mean over slots and A of max over e in A of (d(a, x(e)) + c + d(x(e), b))
        >= mean over A of max over e in A of v(x(e)),   v(s) = D(a, s) + c(s) + D(s, b),

as the mean of a maximum is at least the maximum of the means. For fixed v the right side is an integral over
y of ``1 - P(all of A on satellites with v <= y)``; with m(y) such places that probability is at most that of
the most favourable m(y) experts, W(m). So the layer takes at least ``sum over r of (W(r) - W(r - 1)) v_(r)``,
with v_(1) <= v_(2) <= ... over places; and, as K experts are computed, at least until K computations are done
if they are spread over the places as well as possible. The least over all a and b bounds every layer.

That holds for experts that stay where they are. If they are chosen slot by slot (replicas, re-placement), a
layer still takes ``D(a, b) + c``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.moe import Gating, SuccessiveSampling
from spacemoe_ns3.moe.computing import kinds_at
from spacemoe_ns3.placement.base import PlacementProblem
from spacemoe_ns3.placement.local_search import ROUNDING
from spacemoe_ns3.placement.subnets import too_little_room

_MOST_TABULATED = 16  # experts of a table over all subsets
_MOST_AT_ONCE = 4_000_000  # values of an array: memory
_FIRST_LIMIT_S, _FIRST_SATELLITES = 0.02, 10  # a few hops, which reach so many satellites
_LONGEST_LIMIT_S = 10.0  # longer than any path: where there is none, the bound would grow for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What no placement can beat.

    Parameters
    ----------
    computing_s
        Of all gateways and the head, on the fastest computers that there are, in seconds.
    static_layers_s
        Of each layer after its gateway has computed, if experts stay where they are, in seconds, shape (L,).
    moving_layers_s
        Likewise if they are chosen slot by slot, in seconds, shape (L,).
    """

    computing_s: float
    static_layers_s: np.ndarray
    moving_layers_s: np.ndarray

    def token_s(self, *, is_static: bool = True) -> float:
        """Return the least expected latency of a token, in seconds.

        Parameters
        ----------
        is_static
            Whether experts stay where they are (see :attr:`Placement.is_static`).
        """
        layers_s = self.static_layers_s if is_static else self.moving_layers_s
        return self.computing_s + float(layers_s.sum())


def lower_bound_s(problem: PlacementProblem) -> Bound:
    """Return what no placement can beat.

    Parameters
    ----------
    problem
        What to place, and where.

    Returns
    -------
    The bound; see the module for its proof.

    Raises
    ------
    PlacementError
        If the satellites have no room for a layer.
    """
    fastest = _Fastest.of(problem)
    weights = prefix_weights(problem.gating)
    needed = 2 + -(-problem.experts // max(int(fastest.places.max(initial=0)), 1))
    limit_s = _FIRST_LIMIT_S * math.sqrt(max(needed / _FIRST_SATELLITES, 1.0))  # as the radius of an area
    while True:
        # Longer delays count as the limit, which leaves the bound valid: there are two on each way.
        static_s, moving_s = _layers_s(problem, fastest, weights, limit_s)
        if not np.isfinite(static_s).all():
            raise PlacementError(too_little_room(problem))
        needed_s = float((static_s - fastest.expert_s.min(axis=1)).max())
        if needed_s < limit_s * (1 - ROUNDING) or limit_s > _LONGEST_LIMIT_S:
            break
        limit_s *= 2
    return Bound(
        computing_s=float(fastest.gateway_s.sum()) + fastest.head_s,
        static_layers_s=static_s,
        moving_layers_s=moving_s,
    )


def prefix_weights(gating: Gating) -> np.ndarray:
    """Return how likely all activated experts are among the most favourable r, but not r - 1.

    Exact for successive sampling, where the r experts of the greatest weights are the most favourable ones:
    giving one's clock the rate of a faster one makes the K-th ring among them earlier, and the first ring of
    the others later. Exact for any law with up to 16 experts; else, as K times the indicator that all are
    among some is at most the number of activated ones there, at most the sum of the r greatest activation
    probabilities over K.

    Parameters
    ----------
    gating
        Which experts tokens activate.

    Returns
    -------
    For r = 1 to E, shape (L, E), each layer's summing to 1.
    """
    layers, experts = gating.layers, gating.experts
    activated = gating.activation_probability()
    if experts <= _MOST_TABULATED:
        masks = np.arange(2**experts)
        sizes = sum(masks >> expert & 1 for expert in range(experts))
        most = np.zeros((experts + 1, layers))
        np.maximum.at(most, sizes, gating.containment().T)
        return np.diff(most.T, axis=1)
    if isinstance(gating, SuccessiveSampling):
        order = np.argsort(-activated, axis=1, kind="stable")
        rank = np.argsort(order, axis=1).astype(float)
        last = gating.straggler_probability(rank[np.newaxis])[0]
        by_rank: np.ndarray = np.take_along_axis(last, order, axis=1)
        return by_rank
    greatest = -np.sort(-activated, axis=1)
    most = np.minimum(np.cumsum(greatest, axis=1) / gating.top_k, 1.0)
    most[:, : gating.top_k - 1] = 0.0
    return np.diff(most, axis=1, prepend=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fastest:
    """The most that M members of the shell can do.

    Computing times in seconds: of gateways ``gateway_s``, shape (L,), of the head ``head_s``, and of an
    expert on each member ``expert_s``, shape (L, M). Whether members may host a gateway, ``can_be_gateway``,
    shape (M,), or two, ``can_be_both``; how many experts, ``places``, shape (M,).
    """

    gateway_s: np.ndarray
    head_s: float
    expert_s: np.ndarray
    can_be_gateway: np.ndarray
    can_be_both: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, problem: PlacementProblem) -> _Fastest:
        members, computing, footprint = problem.members, problem.computing, problem.footprint
        as_gateway = kinds_at(computing.kind, members, members)
        as_expert = kinds_at(computing.kind, members, members[:0])
        limit = problem.hosts_per_satellite
        expert_ns, capacity = computing.expert_ns[as_expert].T, footprint.capacity_bytes[as_expert]
        gateway_capacity = footprint.capacity_bytes[as_gateway]
        if limit != 1:
            expert_ns = np.minimum(expert_ns, computing.expert_ns[as_gateway].T)
            capacity = np.maximum(capacity, gateway_capacity)
        by_memory = np.minimum(capacity / max(footprint.expert_bytes, 1), problem.experts)
        least_bytes = int(footprint.gateway_bytes.min())
        can_be_gateway = least_bytes <= gateway_capacity
        if problem.layers == 1:
            can_be_both = can_be_gateway
        else:
            can_be_both = (2 * least_bytes <= gateway_capacity) & (limit != 1)
        return cls(
            gateway_s=computing.gateway_ns[as_gateway].min(axis=0) / NANOSECONDS_PER_SECOND,
            head_s=int(computing.head_ns[as_gateway].min()) / NANOSECONDS_PER_SECOND,
            expert_s=expert_ns / NANOSECONDS_PER_SECOND,
            can_be_gateway=can_be_gateway,
            can_be_both=can_be_both,
            places=np.minimum(by_memory.astype(np.int64), problem.experts if limit is None else limit),
        )


def _layers_s(
    problem: PlacementProblem, fastest: _Fastest, weights: np.ndarray, limit_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return bounds of each layer for experts that stay and that move, each of shape (L,), seconds."""
    first, second = _pairs(problem, fastest)
    delay_s = problem.mean_delays(limit_s)
    delay_to_s = np.ascontiguousarray(delay_s.T)
    static_s, moving_s = np.full(problem.layers, np.inf), np.full(problem.layers, np.inf)
    for expert_s in np.unique(fastest.expert_s, axis=0):
        layers = (fastest.expert_s == expert_s).all(axis=1)
        shortest_s = delay_s[first, second] + expert_s.min()
        moving_s[layers] = shortest_s.min(initial=np.inf)
        order = np.argsort(shortest_s, kind="stable")
        at_once = max(1, _MOST_AT_ONCE // len(expert_s))
        for start in range(0, len(order), at_once):
            pairs = order[start : start + at_once]
            if shortest_s[pairs[0]] >= min(static_s[layers].max(), limit_s * (1 - ROUNDING) + expert_s.min()):
                # Neither these nor the others have less.
                static_s[layers] = np.minimum(static_s[layers], shortest_s[pairs[0]])
                break
            v_s = delay_s[first[pairs]] + expert_s + delay_to_s[second[pairs]]
            least_s = _least_s(problem, fastest, v_s, expert_s.min(), first[pairs], second[pairs])
            have_room = np.isfinite(least_s[:, -1])
            found_s = (least_s[have_room] @ weights[layers].T).min(axis=0, initial=np.inf)
            static_s[layers] = np.minimum(static_s[layers], found_s)
    return static_s, moving_s


def _pairs(problem: PlacementProblem, fastest: _Fastest) -> tuple[np.ndarray, np.ndarray]:
    """Return which members may host successive gateways."""
    can = fastest.can_be_gateway
    allowed = can[:, np.newaxis] & can
    if problem.layers == 1:
        allowed[:] = False
    np.fill_diagonal(allowed, fastest.can_be_both)
    first, second = np.nonzero(allowed)
    return first, second


def _least_s(
    problem: PlacementProblem,
    fastest: _Fastest,
    v_s: np.ndarray,
    least_computing_s: float,
    first: np.ndarray,
    second: np.ndarray,
) -> np.ndarray:
    """Return v over the E best places between n pairs of gateways, ascending, shape (n, E), seconds.

    ``v_s`` is of each member, shape (n, M); changed in place.
    """
    experts, top_k = problem.experts, problem.gating.top_k
    v_s[:, fastest.places == 0] = np.inf
    if problem.hosts_per_satellite == 1:
        pair = np.arange(len(first))
        v_s[pair, first] = v_s[pair, second] = np.inf
    if v_s.shape[1] < experts:
        v_s = np.pad(v_s, ((0, 0), (0, experts - v_s.shape[1])), constant_values=np.inf)
    v_s.partition(experts - 1, axis=1)
    v_s = np.sort(v_s[:, :experts], axis=1)
    room = int(fastest.places.max(initial=0))
    if room <= 1:
        return v_s
    # As if every satellite had the room of the roomiest.
    least_s = v_s[:, np.arange(experts) // room]
    behind_s = np.arange(min(room, top_k)) * least_computing_s
    done_s = (v_s[:, :top_k, np.newaxis] + behind_s).reshape(len(v_s), -1)
    done_s.partition(top_k - 1, axis=1)
    at_least_s: np.ndarray = np.maximum(least_s, done_s[:, [top_k - 1]])
    return at_least_s
