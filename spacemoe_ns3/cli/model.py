"""``spacemoe-ns3 model``: the parameters, work and memory of a model."""

from __future__ import annotations

import click

from spacemoe_ns3.cli.common import READING_EXIT_CODES, console_of, examples, print_json
from spacemoe_ns3.cli.complete import ComputerName, ModelName
from spacemoe_ns3.cli.options import json_option

_EXAMPLES = examples(
    "model --list",
    "model mixtral-8x7b",
    "model deepseek-v3 --context 32768 --computer h100",
    "model downloads/my-model/config.json --json",
)
_MOST_CONTEXT_TOKENS = 10_000_000


@click.command(epilog=_EXAMPLES + READING_EXIT_CODES)
@click.argument("model", metavar="[NAME|CONFIG.JSON]", required=False, type=ModelName())
@click.option("--list", "is_list", is_flag=True, help="List the models that are known by name.")
@click.option(
    "--context",
    metavar="N",
    type=click.IntRange(min=1, max=_MOST_CONTEXT_TOKENS),
    default=4096,
    show_default=True,
    help="Positions before a decoded token, and tokens of a sequence that is read.",
)
@click.option(
    "--computer",
    "computers",
    multiple=True,
    metavar="NAME",
    type=ComputerName(),
    help="Computer to give times on; repeatable.  [default: all that are known by name]",
)
@json_option
def model(
    *, model: str | None, is_list: bool, context: int, computers: tuple[str, ...], as_json: bool
) -> None:
    """Account for a model: parameters, FLOPs, bytes, memory, times.

    The model is one that is known by name, or the one that a local config.json of a Hugging Face repository
    describes. Prints its parameters by part, the FLOPs and bytes of decoding a token and of reading a
    sequence, the memory of gateways, experts and KV cache, the length of a hidden state on the wire, and how
    long the parts take on computers.
    """
    from spacemoe_ns3.moe import COMPUTERS, ZOO, model_named
    from spacemoe_ns3.moe.account import account
    from spacemoe_ns3.moe.computers import computer_named
    from spacemoe_ns3.report.model import model_summary, models_summary, render_model, render_models

    if is_list == (model is not None):
        raise click.UsageError("Name one model, or give --list.")
    if is_list:
        if as_json:
            print_json(models_summary(ZOO.values()))
        else:
            render_models(ZOO.values(), console=console_of())
        return
    found = account(
        model_named(model or ""),
        context_tokens=context,
        computers=[computer_named(name, field="--computer") for name in computers or COMPUTERS],
    )
    if as_json:
        print_json(model_summary(found))
    else:
        render_model(found, console=console_of())
