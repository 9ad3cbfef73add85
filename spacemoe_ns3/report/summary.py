"""``summary.json``: the run in one object. Keys are only ever added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from spacemoe_ns3.constants import FIRST_ADDRESS, FIRST_EXPERT_PORT, FIRST_GATEWAY_PORT
from spacemoe_ns3.constellation import SlotGrid
from spacemoe_ns3.errors import SpacemoeError
from spacemoe_ns3.moe import MoEModel, Skew
from spacemoe_ns3.results import EngineResult, PlacementResult
from spacemoe_ns3.schema import SCHEMA_VERSION


def summary(
    *,
    scenario: str,
    seed: int,
    satellites: int,
    links: int,
    results: list[PlacementResult],
    failures: Mapping[str, SpacemoeError],
    remarks: Sequence[str],
    skew: Skew,
    epoch: str,
    slots: SlotGrid,
    model: MoEModel,
    draws_sha256: str,
) -> dict[str, Any]:
    """Return the summary of a run.

    Parameters
    ----------
    scenario, seed
        Name of the scenario, and the seed used.
    satellites, links
        Number of satellites and of laser links.
    results
        What was found out, a placement each.
    failures
        Placements whose simulation failed, and why.
    remarks
        What a user must know of satellites and links.
    skew
        How uneven the activation of experts is, layer by layer.
    epoch
        Time zero, ISO 8601, UTC.
    slots
        The time slots.
    model
        What was placed.
    draws_sha256
        Of the experts that tokens activate (see :meth:`spacemoe_ns3.moe.Workload.draws_sha256`).

    Returns
    -------
    An object for JSON; the same run gives the same object. Times are seconds; a value that was not asked
    for is None.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario": scenario,
        "seed": seed,
        "satellites": satellites,
        "links": links,
        "epoch": epoch,
        "slots": slots.count,
        "slot_ns": slots.slot_ns,
        "end_ns": slots.end_ns,
        "model": {
            "name": model.name,
            "layers": model.moe_layers,
            "experts": model.experts,
            "top_k": model.top_k,
        },
        "draws_sha256": draws_sha256,
        "addressing": {
            "satellite_0": ".".join(str(byte) for byte in FIRST_ADDRESS.to_bytes(4, "big")),
            "gateway_port_0": FIRST_GATEWAY_PORT,
            "expert_port_0": FIRST_EXPERT_PORT,
        },
        "activation": {
            name: values.tolist()
            for name, values in (
                ("max_over_mean", skew.max_over_mean),
                ("min_over_mean", skew.min_over_mean),
                ("cv", skew.cv),
                ("gini", skew.gini),
            )
        },
        "placements": [_placement(result) for result in results],
        "failures": [
            {"name": name, "error": str(error), "traffic": getattr(error, "account", None)}
            for name, error in failures.items()
        ],
        "remarks": list(remarks),
    }


def _placement(result: PlacementResult) -> dict[str, Any]:
    analytic, packet = result.analytic, result.packet
    either, moves = packet or analytic, result.placement.moves
    return {
        "name": result.placement.name,
        **_expected(result),
        "analytic_s_per_token": analytic.s_per_token if analytic else None,
        "packet_s_per_token": packet.s_per_token if packet else None,
        "tokens": len(either.tokens["latency_ns"]) if either else 0,
        "breakdown_s": packet.breakdown_s() if packet else None,
        "analytic_breakdown_s": analytic.breakdown_s() if analytic else None,
        "traffic": packet.account.as_dict() if packet and packet.account else None,
        "background": _background(packet),
        "hosts": {
            "gateways": result.placement.gateways.tolist(),
            "experts": result.placement.experts.tolist(),
        },
        "moves": None if moves is None else asdict(moves),
    }


def _background(packet: EngineResult | None) -> dict[str, Any] | None:
    """Return the account of background traffic; None where there is none."""
    if packet is None or packet.account is None or packet.account.background is None:
        return None
    return packet.account.background.as_dict()


def _expected(result: PlacementResult) -> dict[str, Any]:
    """Return what the formula expects; None where it was not asked for."""
    expected = result.expected
    if expected is None:
        keys = ("expected_s_per_token", "expected", "bound_s")
        return dict.fromkeys(keys)
    return {
        "expected_s_per_token": expected.s_per_token,
        "expected": {
            "breakdown_s": dict(expected.parts_s),
            "layers_s": expected.layers_s.tolist(),
            "is_exact": expected.is_exact,
            "half_width_95_s": expected.half_width_s,
            "quantiles_s": {f"{share:g}": value for share, value in expected.quantiles_s.items()},
            "waiting_probability": expected.waiting_probability,
        },
        "bound_s": result.bound_s,
    }
