"""A placement while it is searched for: who hosts what, what each layer costs, what each change would."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.placement.search_space import SearchSpace

WORTH_S = 1e-10  # smaller gains are rounding
_GATEWAY_CHOICES = 32  # nearest satellites that a gateway may move to
_GATEWAY_TRIES = 3
_ARRAYS = (
    "gateways",
    "near",
    "ways_s",
    "own_s",
    "expert_s",
    "sharers",
    "costs_s",
    "gates",
    "held",
    "gate_bytes",
)


def replacement_costs_s(ways_s: np.ndarray, own_s: np.ndarray, last_place: np.ndarray) -> np.ndarray:
    """Return what a layer costs with one of its hosts replaced.

    Parameters
    ----------
    ways_s
        Of the satellites to put in, shape (C,).
    own_s
        Of the hosts, ascending, shape (E,).
    last_place
        Probability that each place's expert is the last, shape (E,).

    Returns
    -------
    Cost with the host of the first axis replaced by the satellite of the second, shape (E, C): a sum over
    places in order, hosts between the two moving up or down by one.
    """
    experts = len(own_s)
    place = np.arange(experts)
    others_s = own_s[place[:-1] + (place[:-1] >= place[:, np.newaxis])]  # (E, E - 1): row i without i
    zero = np.zeros((experts, 1))
    before = np.concatenate([zero, np.cumsum(last_place[:-1] * others_s, axis=1)], axis=1)
    behind = (last_place[1:] * others_s)[:, ::-1].cumsum(axis=1)[:, ::-1]
    behind = np.concatenate([behind, zero], axis=1)
    rank = np.searchsorted(own_s, ways_s)
    rank = rank - (place[:, np.newaxis] < rank)  # among the others
    row = place[:, np.newaxis]
    cost_s: np.ndarray = before[row, rank] + last_place[rank] * ways_s + behind[row, rank]
    return cost_s


def _earlier_alike(hosts: np.ndarray) -> np.ndarray:
    """Return how many earlier ones of some hosts are the same satellite, shape (E,)."""
    order = np.argsort(hosts, kind="stable")
    ordered = hosts[order]
    first = np.searchsorted(ordered, ordered)
    count = np.empty_like(hosts)
    count[order] = np.arange(len(hosts)) - first
    return count


@dataclass(slots=True, kw_only=True)
class RingState:
    """Gateways and hosts of all layers on mean delays.

    Parameters
    ----------
    space
        The problem.
    gateways
        Indices of satellites, shape (L,).
    near
        Hosts of each layer's experts, shape (L, E); kept in order of their ways, those of experts behind
        others of the layer on the same satellite prolonged.
    """

    space: SearchSpace
    gateways: np.ndarray
    near: np.ndarray
    ways_s: np.ndarray = field(init=False)
    own_s: np.ndarray = field(init=False)
    expert_s: np.ndarray = field(init=False)
    sharers: np.ndarray = field(init=False)
    costs_s: np.ndarray = field(init=False)
    tables: list[np.ndarray | None] = field(init=False)
    gates: np.ndarray = field(init=False)
    held: np.ndarray = field(init=False)
    gate_bytes: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        space, size = self.space, len(self.space.satellites)
        self.gateways, self.near = self.gateways.copy(), self.near.copy()
        self.gates = np.bincount(self.gateways, minlength=size)
        self.held = np.bincount(self.near.ravel(), minlength=size)
        self.gate_bytes = np.bincount(self.gateways, weights=space.gateway_bytes, minlength=size)
        has_gateway, layers = self._has_gateway(), range(space.layers)
        self.ways_s = np.stack([space.way_s(layer, self.gateways, has_gateway) for layer in layers])
        self.expert_s = np.stack([space.expert_s(layer, has_gateway) for layer in layers])
        self.sharers = np.zeros((space.layers, size), np.int32)
        np.add.at(self.sharers, (np.arange(space.layers)[:, np.newaxis], self.near), 1)
        self.own_s = np.zeros(self.near.shape)
        self.costs_s = np.zeros(space.layers)
        self.tables = [None] * space.layers
        self.refresh(range(space.layers))

    @property
    def total_s(self) -> float:
        """What all layers cost."""
        return float(self.costs_s.sum())

    def copy(self) -> RingState:
        """Return a state that changes on its own."""
        twin: RingState = object.__new__(RingState)
        twin.space = self.space
        for name in _ARRAYS:
            setattr(twin, name, getattr(self, name).copy())
        twin.tables = list(self.tables)  # never changed in place
        return twin

    def become(self, other: RingState) -> None:
        """Take over another state of the same problem; that one is not to be used any more."""
        for name in (*_ARRAYS, "tables"):
            setattr(self, name, getattr(other, name))

    def refresh(self, layers: range | set[int]) -> None:
        """Bring order and cost of some layers up to date with their ways."""
        for layer in layers:
            hosts = self.near[layer]
            own_s = self.ways_s[layer, hosts]
            if not self.space.is_exclusive:
                own_s = own_s + self.space.queue[_earlier_alike(hosts)] * self.expert_s[layer, hosts]
            order = np.argsort(own_s, kind="stable")
            self.near[layer], self.own_s[layer] = hosts[order], own_s[order]
            self.costs_s[layer] = self.space.last_place[layer] @ self.own_s[layer]
            self.tables[layer] = None

    def table(self, layer: int) -> np.ndarray:
        """Return what a layer costs with each host replaced by each satellite, shape (E, C).

        Of several experts on a satellite, the last in order goes; infinite for the others.
        """
        table = self.tables[layer]
        if table is None:
            table = self._replacements_s(layer, slice(None))
            if not self.space.is_exclusive:
                hosts = self.near[layer]
                table[_earlier_alike(hosts) + 1 < self.sharers[layer, hosts]] = np.inf
            self.tables[layer] = table
        return table

    def _replacements_s(self, layer: int, where: np.ndarray | slice) -> np.ndarray:
        """Return what a layer costs with each host replaced by one more expert on some satellites."""
        ways_s = self.ways_s[layer, where]
        if not self.space.is_exclusive:
            ways_s = ways_s + self.space.queue[self.sharers[layer, where]] * self.expert_s[layer, where]
        return replacement_costs_s(ways_s, self.own_s[layer], self.space.last_place[layer])

    def fits_expert(self) -> np.ndarray:
        """Return which satellites have room for one more expert, shape (C,)."""
        return self.space.fits_expert(held=self.held, gates=self.gates, gate_bytes=self.gate_bytes)

    def fits_gateway(self, layer: int, *, freed: int = 0) -> np.ndarray:
        """Return which satellites have room for the gateway of a layer if experts left, shape (C,)."""
        space = self.space
        held = np.maximum(self.held - freed, 0)
        used_bytes = self.gate_bytes + space.gateway_bytes[layer] + held * space.expert_bytes
        fits: np.ndarray = (held + self.gates < space.places) & (used_bytes <= space.capacity_bytes[1])
        return fits

    def improve_experts(self, layer: int) -> set[int]:
        """Move hosts of a layer to satellites with room, or exchange them with other layers'.

        Returns
        -------
        The layers that changed; none if no single move or exchange gains.
        """
        gains = self._best_changes(layer)
        if not gains:
            return set()
        before_s = self.total_s
        for chosen in (gains, gains[:1]):
            trial = self.copy() if len(chosen) > 1 else self
            changed = trial._apply(layer, chosen)
            if trial.total_s < before_s - WORTH_S:
                if trial is not self:
                    self.become(trial)
                return changed
        return changed  # equal within rounding

    def _best_changes(self, layer: int) -> list[tuple[float, int, int, int]]:
        """Return the best change of each host that gains: gain, place, satellite, the other's place or -1."""
        space, hosts, table = self.space, self.near[layer], self.table(layer)
        experts = space.experts
        others = self.near.ravel()
        swap_s = table[:, others] - self.costs_s[layer]  # (E, L E)
        theirs_s = np.concatenate([self.table(each)[:, hosts] for each in range(space.layers)])
        swap_s = swap_s + (theirs_s - np.repeat(self.costs_s, experts)[:, np.newaxis]).T
        swap_s[:, layer * experts : (layer + 1) * experts] = np.inf
        free = np.flatnonzero(self.fits_expert())
        move_s = table[:, free] - self.costs_s[layer]
        changes = []
        for place in range(experts):
            other = int(swap_s[place].argmin())
            best = (float(swap_s[place, other]), place, int(others[other]), other)
            if len(free):
                target = int(move_s[place].argmin())
                best = min(best, (float(move_s[place, target]), place, int(free[target]), -1))
            if best[0] < -WORTH_S:
                changes.append(best)
        return sorted(changes)

    def _apply(self, layer: int, changes: list[tuple[float, int, int, int]]) -> set[int]:
        """Make changes that do not meet, and return the layers that changed."""
        hosts = self.near[layer].copy()
        changed, targets = {layer}, set()
        for _, place, satellite, other in changes:
            theirs = other // self.space.experts if other >= 0 else layer
            if satellite in targets or (theirs != layer and theirs in changed):
                continue
            if other >= 0:
                self._rehost(theirs, other % self.space.experts, int(hosts[place]))
                changed.add(theirs)
            else:
                self.held[hosts[place]] -= 1
                self.held[satellite] += 1
            self._rehost(layer, place, satellite)
            targets.add(satellite)
        self.refresh(changed)
        return changed

    def _rehost(self, layer: int, place: int, satellite: int) -> None:
        """Put the expert of a place elsewhere."""
        # One by one: it may be the same satellite.
        self.sharers[layer, self.near[layer, place]] -= 1
        self.sharers[layer, satellite] += 1
        self.near[layer, place] = satellite

    def improve_gateway(self, layer: int) -> set[int]:
        """Move the gateway of a layer; an expert in its way takes its place.

        Returns
        -------
        The layers that changed; none if no move gains.
        """
        targets, exchanges = self.gateway_targets(layer, most=_GATEWAY_CHOICES)
        if not len(targets):
            return set()
        gain_s = self._gateway_gains_s(layer, targets, exchanges)
        before_s = self.total_s
        for choice in np.argsort(gain_s, kind="stable")[:_GATEWAY_TRIES]:
            if gain_s[choice] >= -WORTH_S:
                break
            trial = self.copy()
            changed = trial.move_gateway(layer, int(targets[choice]), int(exchanges[choice]))
            if trial.total_s < before_s - WORTH_S:
                self.become(trial)
                return changed
        return set()

    def gateway_targets(self, layer: int, *, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where the gateway of a layer can go.

        Returns
        -------
        targets
            The nearest satellites that can take it, at most ``most``.
        exchanges
            The place (layer times E and place) of the expert that goes the other way; -1 for none.
        """
        space, old = self.space, int(self.gateways[layer])
        near = np.argsort(space.delay_s[old], kind="stable")[: most + 1]
        near = near[near != old]
        left = 0 if self.gates[old] == 1 else 1  # the computer that stays behind
        spare_bytes = space.capacity_bytes[left, old] - (self.gate_bytes[old] - space.gateway_bytes[layer])
        stays = spare_bytes >= self.held[old] * space.expert_bytes
        takes = spare_bytes >= (self.held[old] + 1) * space.expert_bytes
        free = self.fits_gateway(layer)[near] & stays
        possible = self.fits_gateway(layer, freed=1)[near] & (self.held[near] > 0) & takes & ~free
        exchanges = np.full(len(near), -1)
        for choice in np.flatnonzero(possible):
            exchanges[choice] = self._exchange(int(near[choice]), old)
        can = free | (exchanges >= 0)
        return near[can], exchanges[can]

    def _exchange(self, satellite: int, old: int) -> int:
        """Return which expert on a satellite best moves to another, -1 if none can."""
        experts = self.space.experts
        layers, places = np.nonzero(self.near == satellite)
        where = zip(layers.tolist(), places.tolist(), strict=True)
        gain_s = [self.table(layer)[place, old] - self.costs_s[layer] for layer, place in where]
        best = int(np.argmin(gain_s))
        return int(layers[best]) * experts + int(places[best])

    def _gateway_gains_s(self, layer: int, targets: np.ndarray, exchanges: np.ndarray) -> np.ndarray:
        """Return what moves of a gateway gain, but for computers that change their roles, shape (n,)."""
        space, old = self.space, int(self.gateways[layer])
        layers = space.layers
        delay_s, before = space.delay_s, (layer - 1) % layers
        exchanged = np.where(exchanges >= 0, exchanges // space.experts, -1)
        place = exchanges % space.experts
        gain_s = np.zeros(len(targets))
        for each in {before, layer}:
            onward = (each + 1) % layers
            own = self.near[each]
            hosts = np.repeat(own[np.newaxis], len(targets), axis=0)
            mine = np.flatnonzero(exchanged == each)
            hosts[mine, place[mine]] = old
            near, far = int(self.gateways[each]), int(self.gateways[onward])
            there_s = delay_s[targets[:, np.newaxis] if each == layer else near, hosts]
            on_s = delay_s[hosts, targets[:, np.newaxis] if onward == layer else far]
            computing_s = self.own_s[each] - delay_s[near, own] - delay_s[own, far]
            ways_s = np.sort(there_s + on_s + computing_s, axis=1)
            gain_s += ways_s @ space.last_place[each] - self.costs_s[each]
        for choice in np.flatnonzero((exchanged >= 0) & (exchanged != before) & (exchanged != layer)):
            theirs = int(exchanged[choice])
            gain_s[choice] += self.table(theirs)[place[choice], old] - self.costs_s[theirs]
        return gain_s

    def move_gateway(self, layer: int, satellite: int, exchange: int = -1) -> set[int]:
        """Move the gateway of a layer, an expert the other way, and return the layers that changed."""
        space, old = self.space, int(self.gateways[layer])
        changed = {layer, (layer - 1) % space.layers}
        if exchange >= 0:
            self._rehost(exchange // space.experts, exchange % space.experts, old)
            self.held[[old, satellite]] += (1, -1)
            changed.add(exchange // space.experts)
        self.gateways[layer] = satellite
        self.gates[[old, satellite]] += (-1, 1)
        self.gate_bytes[[old, satellite]] += (-space.gateway_bytes[layer], space.gateway_bytes[layer])
        for each in {layer, (layer - 1) % space.layers}:
            self.ways_s[each] = space.way_s(each, self.gateways, self._has_gateway())
            self.expert_s[each] = space.expert_s(each, self._has_gateway())
        if not space.is_exclusive:
            changed |= self._change_computers(layer, np.array([old, satellite]))
        self.refresh(changed)
        return changed

    def _change_computers(self, moved: int, where: np.ndarray) -> set[int]:
        """Bring ways over two satellites up to date in layers without the moved gateway; return whose hosts
        these are.
        """
        space, hosting = self.space, set()
        has_gateway = self._has_gateway()
        for layer in set(range(space.layers)) - {moved, (moved - 1) % space.layers}:
            ways_s = space.way_s(layer, self.gateways, has_gateway, where)
            if (ways_s == self.ways_s[layer, where]).all():
                continue
            self.ways_s[layer, where] = ways_s
            self.expert_s[layer, where] = space.expert_s(layer, has_gateway, where)
            if np.isin(where, self.near[layer]).any():
                hosting.add(layer)
                continue
            table = self.tables[layer]
            if table is not None:
                table = table.copy()
                replaced_s = self._replacements_s(layer, where)
                table[:, where] = np.where(np.isinf(table[:, where]), np.inf, replaced_s)
                self.tables[layer] = table
        return hosting

    def _has_gateway(self) -> np.ndarray:
        """Return which satellites have the computer of a gateway, shape (C,)."""
        has: np.ndarray = self.gates > 0
        return has
