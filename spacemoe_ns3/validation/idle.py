"""Regime 1, the idle network: one step at a time, nothing lost. Both engines must agree.

Compared with the packets of each step, from the very start that the packets had:

- *formula*: the exact replay, with the step's own messages sharing transmitters and computers;
- *alone*: the same with each message alone in the network, as the published formula has it;
- *frozen*: each message alone, over the links as they stand in the middle of the slot in which a layer
  begins, as the published formula has it too. Its difference from *alone* is the error of freezing.
"""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.analytic import frozen_replay, replay
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.results import PARTS, EngineResult, account_for
from spacemoe_ns3.validation.packets import Simulated
from spacemoe_ns3.validation_results import Check, RegimeResult

ONE_MICROSECOND = 1_000.0  # what a token may differ by, in nanoseconds


def compare_idle(simulated: Simulated) -> RegimeResult:
    """Compare packets with the formula, step by step and layer by layer.

    Parameters
    ----------
    simulated
        A case, with its result.
    """
    packet, experiment, placement = simulated.result, simulated.case.experiment, simulated.case.placement
    assert packet is not None
    workload, routes = experiment.workload, experiment.routes_to(placement)
    starts_ns = packet.tokens["start_ns"]

    def formula(*, shares_lasers: bool) -> EngineResult:
        trace = replay(
            workload=workload,
            placement=placement,
            routes=routes,
            starts_ns=starts_ns,
            shares_lasers=shares_lasers,
        )
        return account_for(
            trace,
            placement=placement,
            activations=workload.activations,
            token_rows=workload.token_rows(),
        )

    exact, alone = formula(shares_lasers=True), formula(shares_lasers=False)
    layer_starts_ns = packet.layers["start_ns"].reshape(workload.tokens, workload.layers)
    frozen_ns = _frozen_ns(simulated, layer_starts_ns)
    tokens = {
        "sequence": packet.tokens["sequence"],
        "token": packet.tokens["token"],
        "start_ns": starts_ns,
        "packets_ns": packet.tokens["latency_ns"],
        "formula_ns": exact.tokens["latency_ns"],
        "difference_ns": packet.tokens["latency_ns"] - exact.tokens["latency_ns"],
        "alone_ns": alone.tokens["latency_ns"],
        "frozen_ns": frozen_ns,
    }
    layers = {
        **{name: packet.layers[name] for name in ("sequence", "token", "layer", "start_ns")},
        "packets_ns": packet.layers["latency_ns"],
        "formula_ns": exact.layers["latency_ns"],
        **{
            f"{part}_difference_ns": packet.layers[f"{part}_ns"] - exact.layers[f"{part}_ns"]
            for part in PARTS
        },
    }
    return RegimeResult(
        placement=placement.name,
        regime="idle",
        figures=_figures(tokens, layers),
        checks=_checks(tokens),
        tokens=tokens,
        layers=layers,
    )


def _frozen_ns(simulated: Simulated, layer_starts_ns: np.ndarray) -> np.ndarray:
    """Return what each step takes by slot-frozen delays, shape (N,); not a number where there are none."""
    experiment, placement = simulated.case.experiment, simulated.case.placement
    workload = experiment.workload
    if (workload.widths > 1).any():
        return np.full(workload.tokens, np.nan)
    layers_ns = frozen_replay(
        workload=workload,
        placement=placement,
        delays=experiment.problem.gateway_delays(placement.gateways),
        slot_ns=experiment.sky.timeline.slots.slot_ns,
        layer_starts_ns=layer_starts_ns,
    )
    total_ns: np.ndarray = layers_ns.sum(axis=1) + workload.computing.head_at_ns(int(placement.gateways[0]))
    return total_ns


def _figures(tokens: dict[str, np.ndarray], layers: dict[str, np.ndarray]) -> dict[str, float]:
    """Return what the comparison adds up to, in seconds; errors are those of the formula."""
    second = NANOSECONDS_PER_SECOND
    own = tokens["formula_ns"] - tokens["alone_ns"]
    freezing = tokens["frozen_ns"] - tokens["alone_ns"]
    return {
        "tokens": len(own),
        "packets_s": float(tokens["packets_ns"].mean()) / second,
        "formula_s": float(tokens["formula_ns"].mean()) / second,
        "equal_tokens": int((tokens["difference_ns"] == 0).sum()),
        "worst_token_s": float(np.abs(tokens["difference_ns"]).max()) / second,
        "worst_layer_s": float(np.abs(layers["packets_ns"] - layers["formula_ns"]).max()) / second,
        "own_messages_s": float(own.mean()) / second,
        "own_messages_worst_s": float(own.max()) / second,
        "freezing_s": float(freezing.mean()) / second,
        "freezing_worst_s": float(np.abs(freezing).max()) / second,
    }


def _checks(tokens: dict[str, np.ndarray]) -> tuple[Check, ...]:
    return (
        Check(
            name="largest difference of a token",
            value=float(np.abs(tokens["difference_ns"]).max()),
            limit=ONE_MICROSECOND,
            unit="ns",
        ),
    )
