"""What the ``model`` command prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from spacemoe_ns3.moe.account import ComputerAccount, Duration, ModelAccount
from spacemoe_ns3.moe.attention import LatentAttention
from spacemoe_ns3.moe.model import MoEModel, Work

_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BILLION = 1e9
_NONE = "-"
_TOTAL = "all"


def render_model(found: ModelAccount, *, console: Console) -> None:
    """Print the account of a model.

    Parameters
    ----------
    found
        The account.
    console
        Where to.
    """
    model, context = found.model, found.context_tokens
    console.print(_headline(model))
    for title, table in (
        ("Parameters", _parameters(found)),
        (f"Work of one decoded token at a context of {context:,}", _work(found.decode, found)),
        (f"Work of reading a sequence of {context:,} tokens, causal", _work(found.prefill, None)),
        ("Memory", _memory(found)),
    ):
        console.print(f"\n{title}\n")
        console.print(table)
    console.print(
        f"\nWithout the causal mask the sequence takes {_scaled(found.prefill_without_mask, 'FLOP')}. "
        f"The hidden state of a token is a message of {model.message_bytes:,} bytes."
    )
    if found.computers:
        console.print("\nComputing time of one decoded token\n")
        console.print(_times(found.computers))
        console.print(
            "\nBy FLOPs alone, and by roofline: c, computing binds; m, reading memory does. A token: all "
            "gateways, an expert of each layer and the head, one after the other."
        )
    for each in found.computers:
        if each.misfits:
            needs = ", ".join(f"{name} ({_scaled(size, 'B')})" for name, size in each.misfits)
            console.print(f"Note: {each.computer.name} has too little memory for {needs}")


def render_models(models: Iterable[MoEModel], *, console: Console) -> None:
    """Print a row a model."""
    table = _table("model", "layers", "experts", "top-k", "attention", "total\n10^9", "active\n10^9", left=4)
    for model in models:
        shared = f" + {model.shared_experts}" if model.shared_experts else ""
        dense = f"{model.dense_layers} + " if model.dense_layers else ""
        table.add_row(
            model.name,
            f"{dense}{model.moe_layers}",
            f"{model.experts}{shared}",
            str(model.top_k),
            _attention_words(model),
            f"{model.parameters() / _BILLION:.3f}",
            f"{model.parameters(active_only=True) / _BILLION:.3f}",
        )
    console.print(table)
    console.print(
        "\nLayers: dense + with experts. Experts of a layer: routed + shared. Attention: query heads / key "
        "and value heads x width, w: window of some layers; or latent: widths of the latent vector + rotary "
        "key."
    )


def models_summary(models: Iterable[MoEModel]) -> list[dict[str, Any]]:
    """Return a list of models as an object for JSON."""
    return [_architecture(model) for model in models]


def model_summary(found: ModelAccount) -> dict[str, Any]:
    """Return the account of a model as an object for JSON, in SI units."""
    return {
        **_architecture(found.model),
        "context_tokens": found.context_tokens,
        "message_bytes": found.model.message_bytes,
        "parts": {
            part.name: {"number": part.number, "active": part.active, "parameters": part.parameters}
            for part in found.parts
        },
        "decode": {name: _work_summary(work) for name, work in found.decode.items()},
        "prefill": {name: _work_summary(work) for name, work in found.prefill.items()},
        "prefill_without_mask_flops": found.prefill_without_mask,
        "memory": {
            "weight_bytes": found.weight_bytes,
            "expert_bytes": found.model.expert_memory_bytes(),
            "gateway_bytes": list(found.gateway_bytes),
            "cache_bytes": list(found.cache_bytes),
            "cache_bytes_per_token": list(found.cache_bytes_per_token),
        },
        "computers": [_computer_summary(each) for each in found.computers],
    }


def _architecture(model: MoEModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "layers": model.layers,
        "dense_layers": model.dense_layers,
        "hidden": model.hidden,
        "experts": model.experts,
        "shared_experts": model.shared_experts,
        "top_k": model.top_k,
        "vocabulary": model.vocabulary,
        "total_parameters": model.parameters(),
        "active_parameters": model.parameters(active_only=True),
    }


def _work_summary(work: Work) -> dict[str, float]:
    return {"flops": work.flops, "bytes": work.bytes}


def _computer_summary(found: ComputerAccount) -> dict[str, Any]:
    return {
        "name": found.computer.name,
        "source": found.computer.source,
        "misfits": dict(found.misfits),
        "gateways": [_duration_summary(each) for each in found.gateways],
        "expert": _duration_summary(found.expert),
        "head": _duration_summary(found.head),
        "token_s": {
            "flops": found.token_s(roofline=False),
            "roofline": found.token_s(roofline=True),
        },
    }


def _duration_summary(duration: Duration) -> dict[str, Any]:
    return {
        "flops_s": duration.computing_s,
        "roofline_s": duration.roofline_s,
        "binds": duration.binds,
    }


def _table(*headings: str, left: int = 0) -> Table:
    """Return a table whose first column, and one more, are flush left."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place in {0, left} else "right", overflow="fold")
    return table


def _headline(model: MoEModel) -> str:
    dense = f"{model.dense_layers} dense layers and " if model.dense_layers else ""
    shared = f" and {model.shared_experts} shared" if model.shared_experts else ""
    return (
        f"{model.name}: {dense}{model.moe_layers} layers of {model.experts} experts{shared}; a token "
        f"activates {model.top_k}; hidden state {model.hidden} wide; {_attention_words(model)} attention"
    )


def _attention_words(model: MoEModel) -> str:
    attention = model.attention
    if isinstance(attention, LatentAttention):
        return f"latent {attention.kv_rank}+{attention.rope_dim}"
    window = f" w{attention.window}" if attention.window else ""
    return f"{attention.heads}/{attention.kv_heads}x{attention.head_dim}{window}"


def _parameters(found: ModelAccount) -> Table:
    table = _table("part", "number", "active", "each", "total", "active\ntotal")
    for part in found.parts:
        table.add_row(
            part.name,
            f"{part.number:,}",
            f"{part.active:,}",
            _scaled(part.parameters),
            _scaled(part.number * part.parameters),
            _scaled(part.active * part.parameters),
        )
    table.add_row(
        _TOTAL,
        "",
        "",
        "",
        _scaled(found.model.parameters()),
        _scaled(found.model.parameters(active_only=True)),
    )
    return table


def _work(parts: dict[str, Work], found: ModelAccount | None) -> Table:
    """Return a table of work by part; with an account, also that of one of each."""
    each = ("each\nFLOP", "each\nbytes") if found else ()
    table = _table("part", *each, "all\nFLOP", "all\nbytes")
    active = {part.name: part.active for part in found.parts} if found else {}
    total = Work(0, 0)
    for name, work in parts.items():
        total += work
        one = work.times(1 / active.get(name, 1))
        single = (_scaled(one.flops), _scaled(one.bytes, "B")) if found else ()
        table.add_row(name, *single, _scaled(work.flops), _scaled(work.bytes, "B"))
    table.add_row(_TOTAL, *([""] * len(each)), _scaled(total.flops), _scaled(total.bytes, "B"))
    return table


def _memory(found: ModelAccount) -> Table:
    table = _table("", "weights", f"KV cache of\n{found.context_tokens:,} tokens", "KV cache\nof a token")
    columns = (found.gateway_bytes, found.cache_bytes, found.cache_bytes_per_token)
    table.add_row("gateway of layer 0", *(_scaled(column[0], "B") for column in columns))
    table.add_row("each other gateway", *(_span(column[1:]) for column in columns))
    table.add_row("each routed expert", _scaled(found.model.expert_memory_bytes(), "B"), _NONE, _NONE)
    sums = (found.weight_bytes, sum(found.cache_bytes), sum(found.cache_bytes_per_token))
    table.add_row("whole model", *(_scaled(each, "B") for each in sums))
    return table


def _span(values: Sequence[float]) -> str:
    """Write the least and the greatest, or one where they are written alike."""
    least, greatest = _scaled(min(values), "B"), _scaled(max(values), "B")
    return least if least == greatest else f"{least} - {greatest}"


def _times(computers: Sequence[ComputerAccount]) -> Table:
    table = _table(
        "computer", "by", "gateway of\nlayer 0", "longest\nother", "expert", "head", "token", left=1
    )
    for found in computers:
        rest = found.gateways[1:]
        table.add_row(
            found.computer.name,
            "FLOPs",
            _time(found.gateways[0].computing_s),
            _time(max(each.computing_s for each in rest)),
            _time(found.expert.computing_s),
            _time(found.head.computing_s),
            _time(found.token_s(roofline=False)),
        )
        if found.head.roofline_s is None:
            table.add_row("", "roofline", *[_NONE] * 5)
            continue
        longest = max(rest, key=lambda each: each.roofline_s or 0)
        table.add_row(
            "",
            "roofline",
            *(_bound(each) for each in (found.gateways[0], longest, found.expert, found.head)),
            _time(found.token_s(roofline=True)),
        )
    return table


def _bound(duration: Duration) -> str:
    return f"{_time(duration.roofline_s)} {(duration.binds or ' ')[0]}"


def _time(seconds: float | None) -> str:
    """Write a time to three digits."""
    if seconds is None:
        return _NONE
    for unit, name in _TIMES:
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds / _TIMES[-1][0]:.3g} ns"


def _scaled(value: float, unit: str = "") -> str:
    """Write a number to four digits with a decimal prefix."""
    for size, prefix in _PREFIXES:
        if value >= size:
            is_whole = size == 1 and value == int(value)
            number = f"{value:.0f}" if is_whole else f"{value / size:#.4g}"
            return f"{number} {prefix}{unit}".rstrip()
    return f"{value:.3g} {unit}".rstrip()
