"""Where the parameters, bytes and FLOPs of a model are, and how long its parts take on a computer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spacemoe_ns3.moe.computers import Computer
from spacemoe_ns3.moe.model import MoEModel, Work

HALF_OF_THE_POSITIONS = 0.5  # a token looks back at, in the mean over a causal sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAccount:
    """A kind of part.

    Parameters
    ----------
    name
        Name of the kind.
    number, active
        How many the model has, and how many a token passes through.
    parameters
        Parameters of one.
    """

    name: str
    number: int
    active: int
    parameters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long a job takes.

    Parameters
    ----------
    computing_s
        Seconds of computing.
    reading_s
        Seconds of reading memory; None where the bandwidth is not known.
    """

    computing_s: float
    reading_s: float | None

    @property
    def roofline_s(self) -> float | None:
        """The longer of the two; None where the bandwidth is not known."""
        return None if self.reading_s is None else max(self.computing_s, self.reading_s)

    @property
    def binds(self) -> str | None:
        """Which side of the roofline is the longer: ``"compute"`` or ``"memory"``."""
        if self.reading_s is None:
            return None
        return "memory" if self.reading_s > self.computing_s else "compute"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputerAccount:
    """How long the parts of decoding one token take on a computer.

    Parameters
    ----------
    computer
        The computer.
    gateways
        Each layer's gateway, L of them.
    expert, head
        One routed expert; the language-model head.
    misfits
        What the memory is too small for, and the bytes that it needs.
    """

    computer: Computer
    gateways: tuple[Duration, ...]
    expert: Duration
    head: Duration
    misfits: tuple[tuple[str, int], ...] = ()

    def token_s(self, *, roofline: bool) -> float | None:
        """Return the seconds of a token's way through all layers, whose experts compute side by side."""
        way = [*self.gateways, self.head, *[self.expert] * len(self.gateways)]
        seconds = [part.roofline_s if roofline else part.computing_s for part in way]
        known = [each for each in seconds if each is not None]
        return sum(known) if len(known) == len(seconds) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAccount:
    """A model, accounted for.

    Parameters
    ----------
    model
        The model.
    context_tokens
        Positions before a decoded token, and tokens of a sequence that is read.
    parts
        Its kinds of parts.
    decode, prefill
        Work of decoding one token, and of reading a whole sequence with a causal mask, by kind of part.
    prefill_without_mask
        FLOPs of reading a sequence, each position looking at all.
    gateway_bytes
        Weights of each layer's gateway, L of them.
    cache_bytes
        KV cache of a sequence at each layer's gateway, L of them.
    cache_bytes_per_token
        What the first tokens of a sequence add to it; a full window adds nothing more.
    computers
        Times on computers.
    """

    model: MoEModel
    context_tokens: int
    parts: tuple[PartAccount, ...]
    decode: dict[str, Work]
    prefill: dict[str, Work]
    prefill_without_mask: float
    gateway_bytes: tuple[int, ...]
    cache_bytes: tuple[int, ...]
    cache_bytes_per_token: tuple[int, ...]
    computers: tuple[ComputerAccount, ...]

    @property
    def weight_bytes(self) -> int:
        """Weights of the whole model."""
        experts = self.model.moe_layers * self.model.experts * self.model.expert_memory_bytes()
        return sum(self.gateway_bytes) + experts


def account(model: MoEModel, *, context_tokens: int, computers: Sequence[Computer] = ()) -> ModelAccount:
    """Account for a model.

    Parameters
    ----------
    model
        The model.
    context_tokens
        Positions before a decoded token, and tokens of a sequence that is read.
    computers
        Computers to give times on.

    Returns
    -------
    The account.

    Examples
    --------
    >>> from spacemoe_ns3.moe.zoo import model_named
    >>> found = account(model_named("llama-moe-3.5b"), context_tokens=4096)
    >>> f"{found.prefill_without_mask / 1e12:.3f} TFLOP"
    '36.335 TFLOP'
    """
    layers = range(model.moe_layers)
    active = model.parameters_by_part(active_only=True)
    return ModelAccount(
        model=model,
        context_tokens=context_tokens,
        parts=tuple(
            PartAccount(name=name, number=number, active=active[name][0], parameters=size)
            for name, (number, size) in model.parameters_by_part().items()
            if number * size
        ),
        decode=decode_by_part(model, context_tokens),
        prefill=prefill_by_part(model, context_tokens),
        prefill_without_mask=sum(
            work.flops for work in prefill_by_part(model, context_tokens, causal=False).values()
        ),
        gateway_bytes=tuple(model.gateway_memory_bytes(layer, 0) for layer in layers),
        cache_bytes=tuple(model.cache_memory_bytes(layer, context_tokens) for layer in layers),
        cache_bytes_per_token=tuple(model.cache_memory_bytes(layer, 1) for layer in layers),
        computers=tuple(_times(model, context_tokens, computer) for computer in computers),
    )


def decode_by_part(model: MoEModel, context_tokens: float) -> dict[str, Work]:
    """Return the work of decoding one token, by kind of part; it sums to :meth:`MoEModel.token_work`."""
    attention = Work(0, 0)
    for layer in range(model.layers):
        attention += model.attention_work(context_tokens, layer=layer)
    parts = {
        "attention": attention,
        "router": model.router_work().times(model.moe_layers),
        "routed expert": model.expert_work().times(model.moe_layers * model.top_k),
        "shared expert": model.shared_work().times(model.moe_layers),
        "dense FFN": model.dense_work().times(model.dense_layers),
        "input embedding": model.embedding_work(),
        "head": model.head_work(),
    }
    return {name: work for name, work in parts.items() if work != Work(0, 0)}


def prefill_by_part(model: MoEModel, tokens: int, *, causal: bool = True) -> dict[str, Work]:
    """Return the work of reading a whole sequence, by kind of part.

    Parameters
    ----------
    model
        The model.
    tokens
        Tokens of the sequence.
    causal
        Whether a token looks back only, at half the positions in the mean; otherwise each looks at all.

    Returns
    -------
    FLOPs over all tokens, the head at every one of them; bytes with each weight read once, of as many experts
    as the tokens can activate, and the KV cache once.
    """
    parts = {}
    for name, work in decode_by_part(model, 0).items():
        parts[name] = Work(work.flops * tokens, work.bytes)
    scores, cache = 0.0, 0.0
    for layer in range(model.layers):
        positions = _mean_positions(tokens, model.attention.window_of(layer), causal=causal)
        scores += tokens * positions * model.attention.prefill_flops_per_position
        cache += model.attention_work(tokens, layer=layer).bytes - model.attention_work(0, layer=layer).bytes
    parts["attention"] += Work(scores, cache)
    touched = min(model.experts, model.top_k * tokens)
    expert = model.expert_work()
    parts["routed expert"] = Work(parts["routed expert"].flops, expert.bytes * model.moe_layers * touched)
    rows = min(tokens, model.vocabulary)
    parts["input embedding"] = model.embedding_work().times(rows)
    return parts


def _mean_positions(tokens: int, window: int | None, *, causal: bool) -> float:
    """Return how many positions a token of a sequence looks at in the mean."""
    reach = tokens if window is None else min(tokens, window)
    if not causal:
        return reach
    # The first `reach` tokens look at half of that in the mean, the others at all of it.
    return reach - HALF_OF_THE_POSITIONS * reach * reach / tokens


def _times(model: MoEModel, context_tokens: int, computer: Computer) -> ComputerAccount:
    return ComputerAccount(
        computer=computer,
        gateways=tuple(
            _duration(computer, model.gateway_work(layer, context_tokens))
            for layer in range(model.moe_layers)
        ),
        expert=_duration(computer, model.expert_work()),
        head=_duration(computer, model.head_work()),
        misfits=_misfits(model, context_tokens, computer),
    )


def _misfits(model: MoEModel, context_tokens: int, computer: Computer) -> tuple[tuple[str, int], ...]:
    """Return what does not fit the memory of a computer, each by itself."""
    needed = [
        ("the gateway of layer 0", model.gateway_memory_bytes(0, context_tokens)),
        (
            "another gateway",
            max(model.gateway_memory_bytes(layer, context_tokens) for layer in range(1, model.moe_layers)),
        ),
        ("an expert", model.expert_memory_bytes()),
    ]
    if computer.memory_bytes is None:
        return ()
    return tuple((name, size) for name, size in needed if size > computer.memory_bytes)


def _duration(computer: Computer, work: Work) -> Duration:
    is_known = computer.memory_bandwidth_bytes_s is not None
    return Duration(
        computing_s=computer.computing_s(work), reading_s=computer.reading_s(work) if is_known else None
    )
