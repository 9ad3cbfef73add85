"""Regime 2, under load: what the packets have beyond the formula is queueing; is it what theory expects?

Every layer is compared with the formula from the very moment at which the packets began it, so that nothing
but queueing behind other steps, and what follows from it, is in the difference.
"""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.analytic import replay
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.results import EngineResult, TokenTrace
from spacemoe_ns3.validation.demand import demand_of
from spacemoe_ns3.validation.packets import Simulated
from spacemoe_ns3.validation.queues import queue_table
from spacemoe_ns3.validation_results import Check, RegimeResult

LATENCY_WITHIN = 0.05  # what theory may miss the mean latency by, as a share of it
QUEUEING_WITHIN = 0.5  # and by what the mean queueing may be above it, as a share of that
HARDLY_ANY = 1e-3  # of the latency: less queueing than that counts as much


def compare_loaded(simulated: Simulated) -> RegimeResult:
    """Compare packets under load with the formula, and their queueing with queueing theory.

    Parameters
    ----------
    simulated
        A case, with its result.
    """
    steps_per_s = simulated.case.regime.steps_per_s
    packet, experiment, placement = simulated.result, simulated.case.experiment, simulated.case.placement
    assert packet is not None
    workload = experiment.workload
    starts_ns = packet.layers["start_ns"].reshape(workload.tokens, workload.layers)
    trace = replay(
        workload=workload,
        placement=placement,
        routes=experiment.routes_to(placement),
        layer_starts_ns=starts_ns,
    )
    slot = int(np.median(starts_ns) // experiment.sky.timeline.slots.slot_ns)
    demand = demand_of(experiment, placement, slot=slot)
    tokens, layers = _tables(packet, trace, starts_ns)
    if steps_per_s is not None:
        tokens["estimate_ns"] = tokens["formula_ns"] + demand.queueing_ns(
            trace, workload.activations, steps_per_s=steps_per_s
        )
    return RegimeResult(
        placement=placement.name,
        regime="loaded",
        figures=_figures(tokens) | {"load": float(demand.busy_s.max() * (steps_per_s or np.nan))},
        checks=_checks(tokens, layers),
        tokens=tokens,
        layers=layers,
        queues=queue_table(simulated, demand),
    )


def _tables(
    packet: EngineResult, trace: TokenTrace, starts_ns: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the comparison by step and by layer; the formula begins each layer when the packets did."""
    layer_ns = trace.layer_end() - starts_ns
    formula_ns = layer_ns.sum(axis=1) + trace.head_finished - trace.head_started
    tokens = {
        "sequence": packet.tokens["sequence"],
        "token": packet.tokens["token"],
        "start_ns": packet.tokens["start_ns"],
        "packets_ns": packet.tokens["latency_ns"],
        "formula_ns": formula_ns,
        "difference_ns": packet.tokens["latency_ns"] - formula_ns,
        "queueing_ns": packet.tokens["queueing_ns"],
    }
    layers = {
        **{name: packet.layers[name] for name in ("sequence", "token", "layer", "start_ns")},
        "packets_ns": packet.layers["latency_ns"],
        "formula_ns": layer_ns.ravel(),
        "difference_ns": packet.layers["latency_ns"] - layer_ns.ravel(),
        "queueing_ns": packet.layers["queueing_ns"],
    }
    return tokens, layers


def _figures(tokens: dict[str, np.ndarray]) -> dict[str, float]:
    """Return means in seconds, and the packets' tail."""
    second = NANOSECONDS_PER_SECOND
    figures = {
        "tokens": len(tokens["packets_ns"]),
        "packets_s": float(tokens["packets_ns"].mean()) / second,
        "packets_p99_s": float(np.quantile(tokens["packets_ns"], 0.99)) / second,
        "formula_s": float(tokens["formula_ns"].mean()) / second,
        "difference_s": float(tokens["difference_ns"].mean()) / second,
        "queueing_s": float(tokens["queueing_ns"].mean()) / second,
    }
    if "estimate_ns" in tokens:
        figures["estimate_s"] = float(tokens["estimate_ns"].mean()) / second
    return figures


def _checks(tokens: dict[str, np.ndarray], layers: dict[str, np.ndarray]) -> tuple[Check, ...]:
    """Hold packets to the formula from below, and the theory to the packets."""
    checks = [
        Check(
            name="layers faster than an idle network allows",
            value=float((layers["difference_ns"] < 0).sum()),
            limit=0.0,
            unit="layers",
        )
    ]
    if "estimate_ns" in tokens:
        latency = float(tokens["packets_ns"].mean())
        beyond = latency - float(tokens["estimate_ns"].mean())
        queueing = max(float(tokens["difference_ns"].mean()), HARDLY_ANY * latency)
        checks += [
            Check(
                name="theory's miss of the mean latency",
                value=abs(beyond) / latency,
                limit=LATENCY_WITHIN,
                unit="of it",
            ),
            Check(
                name="mean queueing beyond theory",
                value=max(beyond, 0.0) / queueing,
                limit=QUEUEING_WITHIN,
                unit="of it",
            ),
        ]
    return tuple(checks)
