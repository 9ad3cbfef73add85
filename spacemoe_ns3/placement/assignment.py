"""The hosts of all experts at once, the gateways being given: an integer linear programme on mean delays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spacemoe_ns3.placement.ring_state import RingState

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST_EXPERTS = 16  # of a layer: programmes for more take minutes
_COPIES = 3  # times the experts of a layer: nearest places that may be chosen
_GAP, _NODES = 1e-3, 100  # where HiGHS stops: a count, not a time, so that results can be repeated


def pack(state: RingState) -> RingState:
    """Choose the hosts of all experts at once, the gateways being given.

    Copy i of layer l is the m-th place on a satellite, of way ``v_li`` = mean way + estimated wait behind
    m - 1 others; copies are in order of way. The experts' places j are in order of activation; ``q_lj`` is
    the probability that place j's expert is the last activated one; ``y_lji`` is 1 if place j is on one of
    the copies up to i. Minimise the sum of ``q_lj v_li (y_lji - y_lj,i-1)``, subject to

    - ``y_lj,i-1 <= y_lji``: a step, and ``y_lj,last = 1``;
    - ``y_l,j+1,i <= y_lj,i-1``: places are on different copies, in order;
    - on each satellite, the steps at its copies in all layers are at most its room.

    Without the last it is a closure problem and integral by itself. HiGHS stops within 0.1 % of the optimum,
    or after 100 nodes.

    Parameters
    ----------
    state
        Gateways, and hosts, which are among the choices.

    Returns
    -------
    The state with the hosts chosen, or the given one if that is not worse.

    References
    ----------
    Huangfu & Hall 2018, Parallelizing the dual revised simplex method, Mathematical Programming Computation
    10 (HiGHS).
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    space = state.space
    copies = [_copies(state, layer) for layer in range(space.layers)]
    count = copies[0][0].size
    shape = (space.layers, space.experts, count)
    ways_s = np.stack([way_s for _, way_s in copies])
    # Sum by parts: v_i (y_i - y_i-1) over i is v_last y_last less the rises of v times y.
    rises_s = np.diff(ways_s, axis=1, append=0.0)
    objective = -space.last_place[:, :, np.newaxis] * rises_s[:, np.newaxis]
    objective[:, :, -1] = 0.0
    lower = np.zeros(shape)
    lower[:, :, -1] = 1.0
    scale = 1.0 / max(float(np.abs(objective).max()), 1e-12)
    rows, upper = _constraints(state, np.stack([where for where, _ in copies]), shape)
    found = milp(
        objective.ravel() * scale,
        integrality=np.ones(objective.size),
        bounds=Bounds(lower.ravel(), 1.0),
        constraints=LinearConstraint(rows, -np.inf, upper),
        options={"mip_rel_gap": _GAP, "node_limit": _NODES},
    )
    if found.x is None:  # nothing found within the limit
        return state
    taken = np.diff(np.rint(found.x).reshape(shape), axis=2, prepend=0.0).argmax(axis=2)
    near = np.stack([where[taken[layer]] for layer, (where, _) in enumerate(copies)])
    packed = RingState(space=space, gateways=state.gateways, near=near)
    return packed if packed.total_s < state.total_s else state


def _copies(state: RingState, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """Return satellites and ways in seconds of the places that a layer's experts may take, by way."""
    space, hosts = state.space, state.near[layer]
    count = min(_COPIES * space.experts, int(_room(state).sum()))
    near = np.argsort(state.ways_s[layer], kind="stable")
    near = np.concatenate([hosts, near[_room(state)[near] > 0][:count]])
    satellites = np.unique(near)
    depth = np.minimum(_room(state)[satellites], space.experts)
    where = np.repeat(satellites, depth)
    behind = np.arange(len(where)) - np.repeat(np.cumsum(depth) - depth, depth)
    way_s = state.ways_s[layer, where] + space.queue[behind] * state.expert_s[layer, where]
    is_taken = behind < state.sharers[layer, where]  # the state's own hosts, so that there is a solution
    order = np.lexsort((way_s, ~is_taken))[: max(count, space.experts)]
    order = order[np.argsort(way_s[order], kind="stable")]
    return where[order], way_s[order]


def _room(state: RingState) -> np.ndarray:
    """Return how many experts each satellite can take beside its gateways, shape (C,)."""
    space = state.space
    capacity_bytes = np.where(state.gates > 0, space.capacity_bytes[1], space.capacity_bytes[0])
    most = space.layers * space.experts
    by_memory = np.clip((capacity_bytes - state.gate_bytes) / max(space.expert_bytes, 1.0), 0, most)
    by_places = np.minimum(np.floor(by_memory), space.places - state.gates)
    room: np.ndarray = np.clip(by_places, 0, most).astype(np.int64)
    return room


def _constraints(
    state: RingState, where: np.ndarray, shape: tuple[int, int, int]
) -> tuple[csr_matrix, np.ndarray]:
    """Return a sparse matrix and upper bounds: steps, order, room; ``where`` is of shape (L, copies)."""
    from scipy.sparse import coo_matrix, vstack

    index = np.arange(int(np.prod(shape))).reshape(shape)

    def at_most(less: np.ndarray, more: np.ndarray) -> csr_matrix:
        row = np.arange(less.size)
        values = np.concatenate([np.ones(less.size), -np.ones(less.size)])
        columns = np.concatenate([less.ravel(), more.ravel()])
        return coo_matrix((values, (np.concatenate([row, row]), columns)), shape=(less.size, index.size))

    steps = at_most(index[:, :, :-1], index[:, :, 1:])
    order = at_most(index[:, 1:, 1:], index[:, :-1, :-1])
    never = index[:, 1:, 0].ravel()  # a later place on the very first copy
    first = coo_matrix((np.ones(never.size), (np.arange(never.size), never)), shape=(never.size, index.size))
    satellites, row = np.unique(where, return_inverse=True)
    row = np.broadcast_to(row.reshape(where.shape)[:, np.newaxis], shape)
    rows = np.concatenate([row.ravel(), row[:, :, 1:].ravel()])
    columns = np.concatenate([index.ravel(), index[:, :, :-1].ravel()])
    values = np.concatenate([np.ones(index.size), -np.ones(index[:, :, 1:].size)])
    room = coo_matrix((values, (rows, columns)), shape=(len(satellites), index.size))
    others = steps.shape[0] + order.shape[0] + never.size
    upper = np.concatenate([np.zeros(others), _room(state)[satellites]])
    return vstack([steps, order, first, room]).tocsr(), upper
