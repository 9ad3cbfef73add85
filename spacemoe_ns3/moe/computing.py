"""How long each part of a token takes on each computer, and how much memory it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.compute import Hardware
from spacemoe_ns3.moe.model import MoEModel, Work

BY_ROLE = -1  # of a satellite whose computer depends on what it hosts
GATEWAY_KIND, EXPERT_KIND = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading memory takes under the roofline, beside computing; arrays of shape (C, L), int64.

    Weights are read once for all tokens of a job, the KV cache once a token.

    Parameters
    ----------
    flops_ns
        Computing of one token in nanoseconds.
    weights_ns
        Reading the weights.
    cache_ns
        Reading what each token needs of its own.
    """

    flops_ns: np.ndarray
    weights_ns: np.ndarray
    cache_ns: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Computing:
    """Computing times on C kinds of computers, and which satellite has which.

    A satellite has one computer, which serves all that it hosts. Kind 0 is that of satellites that host a
    gateway, kind 1 that of the others, further kinds those of satellites that a scenario names.

    Parameters
    ----------
    gateway_ns
        Of each layer's gateway in nanoseconds, shape (C, L), int64.
    expert_ns
        Of one expert of each layer, shape (C, L), int64.
    head_ns
        Of the language-model head, shape (C,), int64.
    kind
        Of each satellite's computer, shape (S,), -1 where it depends on what it hosts; None if it does
        everywhere.
    prefill_ns
        Of each layer's gateway on a whole prompt, shape (C, L), int64; None where nothing is prefilled.
    gateway_reading, expert_reading, head_reading
        Under the roofline, what the times above consist of, those of the head of shape (C, 1); None: n tokens
        take n times as long as one.
    """

    gateway_ns: np.ndarray
    expert_ns: np.ndarray
    head_ns: np.ndarray
    kind: np.ndarray | None = None
    prefill_ns: np.ndarray | None = None
    gateway_reading: Reading | None = None
    expert_reading: Reading | None = None
    head_reading: Reading | None = None

    def gateways_ns(self, gateways: np.ndarray, tokens: int = 1) -> np.ndarray:
        """Return the computing time of each layer's gateway.

        Parameters
        ----------
        gateways
            Satellites, shape (L,).
        tokens
            Decoded together, of as many sequences.

        Returns
        -------
        Nanoseconds, shape (L,), int64.
        """
        kinds = kinds_at(self.kind, gateways, gateways)
        layers = np.arange(len(gateways))
        return _of_tokens(self.gateway_ns[kinds, layers], self.gateway_reading, (kinds, layers), tokens)

    def prefill_gateways_ns(self, gateways: np.ndarray) -> np.ndarray:
        """Return the computing time of each layer's gateway on a prompt, as :meth:`gateways_ns`.

        Raises
        ------
        ValueError
            If nothing is prefilled.
        """
        if self.prefill_ns is None:
            raise ValueError("computing: no prompt has been given to prefill")
        times: np.ndarray = self.prefill_ns[kinds_at(self.kind, gateways, gateways), np.arange(len(gateways))]
        return times

    def head_at_ns(self, gateway: int, tokens: int = 1) -> int:
        """Return the computing time of the head at the gateway of layer 0, a satellite, in nanoseconds."""
        here = np.array([gateway])
        kinds = kinds_at(self.kind, here, here)
        times = _of_tokens(self.head_ns[kinds], self.head_reading, (kinds, np.zeros(1, np.intp)), tokens)
        return int(times[0])

    def experts_ns(self, experts: np.ndarray, gateways: np.ndarray) -> np.ndarray:
        """Return the computing time of an expert on each host.

        Parameters
        ----------
        experts
            Satellites, shape (..., L, E).
        gateways
            Satellites, shape (L,).

        Returns
        -------
        Nanoseconds, the shape of ``experts``, int64.
        """
        layer = np.arange(experts.shape[-2])[:, np.newaxis]
        times: np.ndarray = self.expert_ns[kinds_at(self.kind, experts, gateways), layer]
        return times

    def at_ns(
        self, hosts: np.ndarray, *, layer: int, gateways: np.ndarray, tokens: np.ndarray | int = 1
    ) -> np.ndarray:
        """Return the computing time of an expert of one layer on some satellites.

        Parameters
        ----------
        hosts
            Satellites, of any shape.
        layer
            Which layer.
        gateways
            Satellites, shape (L,).
        tokens
            That the expert computes in one job, at least 1; broadcasts to that shape.

        Returns
        -------
        Nanoseconds, the shape of ``hosts``, int64.
        """
        kinds = kinds_at(self.kind, hosts, gateways)
        return _of_tokens(self.expert_ns[kinds, layer], self.expert_reading, (kinds, layer), tokens)

    def residents_ns(
        self, residents: np.ndarray, gateways: np.ndarray, tokens: np.ndarray | int = 1
    ) -> np.ndarray:
        """Return the computing time of each resident.

        Parameters
        ----------
        residents
            Layer, expert, satellite, shape (n, 3).
        gateways
            Satellites, shape (L,).
        tokens
            That the expert computes in one job, at least 1; broadcasts to shape (n,).

        Returns
        -------
        Nanoseconds, shape (n,), int64.
        """
        layer, _, satellite = residents.T
        kinds = kinds_at(self.kind, satellite, gateways)
        return _of_tokens(self.expert_ns[kinds, layer], self.expert_reading, (kinds, layer), tokens)

    def everywhere_ns(self, gateways: np.ndarray, *, satellites: int) -> np.ndarray:
        """Return the computing time of an expert of each layer on every satellite.

        Parameters
        ----------
        gateways
            Satellites, shape (L,).
        satellites
            Number of satellites S.

        Returns
        -------
        Nanoseconds, shape (L, S), int64.
        """
        times: np.ndarray = self.expert_ns[kinds_at(self.kind, np.arange(satellites), gateways)].T
        return times


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """The memory that the parts of a model need, and that satellites have.

    Parameters
    ----------
    gateway_bytes
        Weights and KV cache of each layer's gateway, shape (L,), int64.
    expert_bytes
        Weights of one expert.
    capacity_bytes
        Memory of each kind of computer, shape (C,), infinite where it is not known; kinds as in
        :class:`Computing`.
    kind
        Of each satellite's computer, as in :class:`Computing`.
    """

    gateway_bytes: np.ndarray
    expert_bytes: int
    capacity_bytes: np.ndarray
    kind: np.ndarray | None = None

    def capacities_bytes(self, gateways: np.ndarray, *, satellites: int) -> np.ndarray:
        """Return the memory of every satellite, shape (S,), when these, shape (L,), host gateways."""
        capacities: np.ndarray = self.capacity_bytes[kinds_at(self.kind, np.arange(satellites), gateways)]
        return capacities


def _of_tokens(
    one_ns: np.ndarray, reading: Reading | None, where: tuple[Any, ...], tokens: np.ndarray | int
) -> np.ndarray:
    """Return what n tokens take, from what one takes and consists of."""
    if reading is None:
        return np.asarray(one_ns * tokens, np.int64)
    return np.maximum(
        tokens * reading.flops_ns[where], reading.weights_ns[where] + tokens * reading.cache_ns[where]
    )


def build_computing(
    *, hardware: Hardware, model: MoEModel, context_tokens: int, satellites: int, prompt_tokens: int = 0
) -> Computing:
    """Return how long the parts of a token take on every satellite.

    Parameters
    ----------
    hardware, model
        What the scenario says.
    context_tokens
        Positions that attention looks back at.
    satellites
        Number of satellites S.
    prompt_tokens
        Tokens that are prefilled together, each attending to those before it; 0: none are.

    Raises
    ------
    ScenarioError
        If a computer is given to a satellite that there is not, or takes over a year.
    """
    works = [model.gateway_work(layer, context_tokens) for layer in range(model.moe_layers)]
    expert, head, roofline = model.expert_work(), model.head_work(), hardware.roofline
    gateway_ns, expert_ns, head_ns = [], [], []
    for computer in hardware.computers:
        gateway_ns.append([computer.duration_ns(work, roofline=roofline) for work in works])
        expert_ns.append([computer.duration_ns(expert, roofline=roofline)] * model.moe_layers)
        head_ns.append(computer.duration_ns(head, roofline=roofline))
    weights = [model.gateway_work(layer, 0).bytes for layer in range(model.moe_layers)]
    readings = {}
    if roofline:
        readings = {
            "gateway_reading": _reading(hardware, works, weights),
            "expert_reading": _reading(hardware, [expert] * model.moe_layers, [expert.bytes] * model.moe_layers),
            "head_reading": _reading(hardware, [head], [head.bytes]),
        }
    return Computing(
        gateway_ns=np.array(gateway_ns, np.int64),
        expert_ns=np.array(expert_ns, np.int64),
        head_ns=np.array(head_ns, np.int64),
        kind=_kind_of_each(hardware, satellites),
        prefill_ns=_prefill_ns(hardware, model, prompt_tokens) if prompt_tokens else None,
        **readings,
    )


def _reading(hardware: Hardware, works: Sequence[Work], weights_bytes: Sequence[float]) -> Reading:
    """Return what jobs consist of: computing, reading weights, reading the rest of their bytes."""

    def table(job_of: Callable[[Work, float], Work], *, roofline: bool) -> np.ndarray:
        jobs = [job_of(work, weights) for work, weights in zip(works, weights_bytes, strict=True)]
        rows = [[computer.duration_ns(job, roofline=roofline) for job in jobs] for computer in hardware.computers]
        return np.array(rows, np.int64)

    weights_ns = table(lambda _, weights: Work(0, weights), roofline=True)
    return Reading(
        flops_ns=table(lambda work, _: work, roofline=False),
        weights_ns=weights_ns,
        cache_ns=table(lambda work, _: Work(0, work.bytes), roofline=True) - weights_ns,
    )


def _prefill_ns(hardware: Hardware, model: MoEModel, prompt_tokens: int) -> np.ndarray:
    """Return what each layer's gateway takes on a prompt, shape (C, L): causal, so half of it on average."""
    mean_context = (prompt_tokens + 1) / 2
    works = []
    for layer in range(model.moe_layers):
        each = model.gateway_work(layer, mean_context)
        read = model.gateway_work(layer, prompt_tokens).bytes  # weights once, and the cache of the prompt once
        works.append(Work(prompt_tokens * each.flops, read))
    rows = [
        [computer.duration_ns(work, roofline=hardware.roofline) for work in works]
        for computer in hardware.computers
    ]
    return np.array(rows, np.int64)


def build_footprint(
    *, hardware: Hardware, model: MoEModel, context_tokens: int, satellites: int
) -> Footprint:
    """Return the memory that the parts of a model need, and that satellites have.

    Parameters
    ----------
    hardware, model
        What the scenario says.
    context_tokens
        Positions in the KV cache.
    satellites
        Number of satellites S.

    Raises
    ------
    ScenarioError
        If a computer is given to a satellite that there is not.
    """
    capacities = [
        np.inf if computer.memory_bytes is None else computer.memory_bytes for computer in hardware.computers
    ]
    layers = range(model.moe_layers)
    return Footprint(
        gateway_bytes=np.array([model.gateway_memory_bytes(layer, context_tokens) for layer in layers]),
        expert_bytes=model.expert_memory_bytes(),
        capacity_bytes=np.array(capacities, float),
        kind=_kind_of_each(hardware, satellites),
    )


def _kind_of_each(hardware: Hardware, satellites: int) -> np.ndarray | None:
    """Return the kind of each satellite's computer, shape (S,); None if it depends on the role everywhere."""
    if not hardware.satellites:
        return None
    kind = np.full(satellites, BY_ROLE, np.int16)
    for place, each in enumerate(hardware.satellites):
        require(
            max(each.satellites) < satellites,
            f"hardware.satellites: satellite {max(each.satellites)} given, the constellation has "
            f"{satellites}, from 0; name one of them",
        )
        kind[list(each.satellites)] = EXPERT_KIND + 1 + place
    return kind


def kinds_at(kind: np.ndarray | None, satellites: np.ndarray, gateways: np.ndarray) -> np.ndarray:
    """Return the kinds of computers of some satellites.

    Parameters
    ----------
    kind
        Of each satellite, shape (S,), -1 where it depends on what it hosts; None if it does everywhere.
    satellites
        Which, of any shape.
    gateways
        Satellites that host a gateway.

    Returns
    -------
    Kinds, the shape of ``satellites``.
    """
    by_role = np.where(np.isin(satellites, gateways), GATEWAY_KIND, EXPERT_KIND)
    if kind is None:
        return by_role
    return np.where(kind[satellites] == BY_ROLE, by_role, kind[satellites])
