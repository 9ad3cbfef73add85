"""How long each part of a token takes on each computer, and how much memory it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.compute import Hardware
from spacemoe_ns3.moe.model import MoEModel, Work

BY_ROLE = -1  # of a satellite whose computer depends on what it hosts
GATEWAY_KIND, EXPERT_KIND = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How long a kind of job takes for several tokens at once, by what limits it; seconds, of one shape.

    Parameters
    ----------
    computing_s
        Of computing, for each token.
    once_s
        Of reading what is read once for all tokens: weights. Zero where memory does not limit.
    each_s
        Of reading what is read for each token: its sequence's KV cache. Zero where memory does not limit.
    """

    computing_s: np.ndarray
    once_s: np.ndarray
    each_s: np.ndarray

    def duration_ns(self, where: tuple[np.ndarray, ...], tokens: np.ndarray) -> np.ndarray:
        """Return the longer of computing and reading in nanoseconds, at some places of the arrays."""
        reading_s = np.where(tokens > 0, self.once_s[where] + tokens * self.each_s[where], 0.0)
        longer_s = np.maximum(tokens * self.computing_s[where], reading_s)
        whole: np.ndarray = np.rint(longer_s * NANOSECONDS_PER_SECOND).astype(np.int64)
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Computing:
    """Computing times on C kinds of computers, and which satellite has which.

    A satellite has one computer, which serves all that it hosts. Kind 0 is that of satellites that host a
    gateway, kind 1 that of the others, further kinds those of satellites that a scenario names.

    Parameters
    ----------
    gateway_ns
        Of each layer's gateway for one token in nanoseconds, shape (C, L), int64.
    expert_ns
        Of one expert of each layer for one token, shape (C, L), int64.
    head_ns
        Of the language-model head for one token, shape (C,), int64.
    kind
        Of each satellite's computer, shape (S,), -1 where it depends on what it hosts; None if it does
        everywhere.
    growth
        Of ``"gateway"``, ``"expert"`` and ``"head"``, how long they take for several tokens; what is not
        there takes as many times longer.
    prefill_ns
        Of each layer's gateway for a prompt in nanoseconds, shape (C, L), int64, by the prompt's tokens.
    """

    gateway_ns: np.ndarray
    expert_ns: np.ndarray
    head_ns: np.ndarray
    kind: np.ndarray | None = None
    growth: Mapping[str, Growth] = field(default_factory=dict)
    prefill_ns: Mapping[int, np.ndarray] = field(default_factory=dict)

    def gateways_ns(self, gateways: np.ndarray, tokens: int | np.ndarray = 1) -> np.ndarray:
        """Return the computing time of each layer's gateway for decode steps that it serves together.

        Parameters
        ----------
        gateways
            Satellites, shape (L,).
        tokens
            Steps of one token each; broadcasts with (L,).

        Returns
        -------
        Nanoseconds, shape (L,) or that of ``tokens``, int64.
        """
        where = kinds_at(self.kind, gateways, gateways), np.arange(len(gateways))
        return self._grown("gateway", self.gateway_ns, where, tokens)

    def prefill_gateways_ns(self, gateways: np.ndarray, width: int) -> np.ndarray:
        """Return the computing time of each layer's gateway for a prompt.

        Parameters
        ----------
        gateways
            Satellites, shape (L,).
        width
            Tokens of the prompt.

        Returns
        -------
        Nanoseconds, shape (L,), int64.

        Raises
        ------
        ScenarioError
            If the times for such a prompt are not known.
        """
        require(
            width in self.prefill_ns,
            f"traffic.prompt_tokens: {width} given, there are computing times for prompts of "
            f"{', '.join(map(str, sorted(self.prefill_ns))) or 'no'} tokens; build_computing() with them",
        )
        times: np.ndarray = self.prefill_ns[width][
            kinds_at(self.kind, gateways, gateways), np.arange(len(gateways))
        ]
        return times

    def steps_ns(self, gateways: np.ndarray, widths: np.ndarray) -> np.ndarray:
        """Return the computing time of each layer's gateway for each step by itself.

        Parameters
        ----------
        gateways
            Satellites, shape (L,).
        widths
            Tokens of each step, shape (N,): one, or those of a prompt.

        Returns
        -------
        Nanoseconds, shape (N, L), int64.
        """
        times = np.empty((len(widths), len(gateways)), np.int64)
        for width in np.unique(widths).tolist():
            alone = self.gateways_ns(gateways) if width == 1 else self.prefill_gateways_ns(gateways, width)
            times[widths == width] = alone
        return times

    def head_at_ns(self, gateway: int, tokens: int = 1) -> int:
        """Return the computing time of the head at the gateway of layer 0.

        Parameters
        ----------
        gateway
            A satellite.
        tokens
            Steps that it serves together; of a prompt the last token counts only.

        Returns
        -------
        Nanoseconds.
        """
        here = np.array([gateway])
        where = (kinds_at(self.kind, here, here),)
        return int(self._grown("head", self.head_ns, where, tokens)[0])

    def _grown(
        self, part: str, one_ns: np.ndarray, where: tuple[np.ndarray, ...], tokens: int | np.ndarray
    ) -> np.ndarray:
        """Return the times of a kind of job at some places of its array, for numbers of tokens."""
        alone: np.ndarray = one_ns[where]
        if isinstance(tokens, int) and tokens == 1:
            return alone
        tokens = np.asarray(tokens, np.int64)
        times: np.ndarray = alone * tokens
        if part in self.growth:
            times = np.where(tokens == 1, alone, self.growth[part].duration_ns(where, tokens))
        return times

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
        self,
        hosts: np.ndarray,
        *,
        layer: int | np.ndarray,
        gateways: np.ndarray,
        tokens: int | np.ndarray = 1,
    ) -> np.ndarray:
        """Return the computing time of an expert on some satellites.

        Parameters
        ----------
        hosts
            Satellites, of any shape.
        layer
            Which layer; broadcasts with ``hosts``.
        gateways
            Satellites, shape (L,).
        tokens
            On how many tokens at once; broadcasts with ``hosts``. None take no time.

        Returns
        -------
        Nanoseconds, the shape to which all broadcast, int64.
        """
        where = kinds_at(self.kind, hosts, gateways), np.asarray(layer)
        return self._grown("expert", self.expert_ns, where, tokens)

    def residents_ns(
        self, residents: np.ndarray, gateways: np.ndarray, tokens: int | np.ndarray = 1
    ) -> np.ndarray:
        """Return the computing time of each resident.

        Parameters
        ----------
        residents
            Layer, expert, satellite, shape (n, 3).
        gateways
            Satellites, shape (L,).
        tokens
            On how many tokens at once; broadcasts with (n,).

        Returns
        -------
        Nanoseconds, shape (n,) or that to which both broadcast, int64.
        """
        layer, _, satellite = residents.T
        return self.at_ns(satellite, layer=layer, gateways=gateways, tokens=tokens)

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


def build_computing(
    *,
    hardware: Hardware,
    model: MoEModel,
    context_tokens: int,
    satellites: int,
    batch: int = 1,
    prompt_tokens: int = 0,
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
    batch
        Decode steps that are served together at most.
    prompt_tokens
        Tokens of a prompt; 0 without one.

    Raises
    ------
    ScenarioError
        If a computer is given to a satellite that there is not, or takes over a year.
    """
    layers = range(model.moe_layers)
    gateways = [model.gateway_work(layer, context_tokens) for layer in layers]
    caches = [
        Work(0, work.bytes - model.gateway_work(layer, 0).bytes)
        for layer, work in zip(layers, gateways, strict=True)
    ]
    # A row of the embedding is read for each token as well.
    caches[0] += model.embedding_work()
    experts, head = [model.expert_work()] * len(layers), model.head_work()
    none = Work(0, 0)
    most = max(batch, prompt_tokens)
    for work in (*gateways, *experts, head):
        _durations_ns(hardware, [work.times(most)])  # or no clock would hold the time
    heads = _growth(hardware, [head], [none])
    wide = {}
    if prompt_tokens > 1:
        prompts = [model.gateway_prefill_work(layer, prompt_tokens) for layer in layers]
        wide[prompt_tokens] = _durations_ns(hardware, prompts)
    return Computing(
        gateway_ns=_durations_ns(hardware, gateways),
        expert_ns=_durations_ns(hardware, experts),
        head_ns=_durations_ns(hardware, [head])[:, 0],
        kind=_kind_of_each(hardware, satellites),
        growth={
            "gateway": _growth(hardware, gateways, caches),
            "expert": _growth(hardware, experts, [none] * len(layers)),
            "head": Growth(
                computing_s=heads.computing_s[:, 0], once_s=heads.once_s[:, 0], each_s=heads.each_s[:, 0]
            ),
        },
        prefill_ns=wide,
    )


def _durations_ns(hardware: Hardware, works: list[Work]) -> np.ndarray:
    """Return how long n jobs take on each kind of computer, shape (C, n), int64."""
    return np.array(
        [
            [computer.duration_ns(work, roofline=hardware.roofline) for work in works]
            for computer in hardware.computers
        ],
        np.int64,
    )


def _growth(hardware: Hardware, works: list[Work], each: list[Work]) -> Growth:
    """Return how n jobs grow, shape (C, n); ``each`` is what of their reading is for each token."""

    def reading_s(bytes_read: list[float]) -> np.ndarray:
        if not hardware.roofline:
            return np.zeros((len(hardware.computers), len(bytes_read)))
        return np.array(
            [[computer.reading_s(Work(0, count)) for count in bytes_read] for computer in hardware.computers]
        )

    return Growth(
        computing_s=np.array(
            [[computer.computing_s(work) for work in works] for computer in hardware.computers]
        ),
        once_s=reading_s([work.bytes - mine.bytes for work, mine in zip(works, each, strict=True)]),
        each_s=reading_s([mine.bytes for mine in each]),
    )


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
