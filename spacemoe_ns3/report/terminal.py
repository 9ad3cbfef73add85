"""The table that a run prints."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console

from spacemoe_ns3.moe import Skew
from spacemoe_ns3.report.pieces import print_in_pieces
from spacemoe_ns3.results import PARTS, EngineResult, ExpectedLatency, PlacementResult

_MICROSECONDS = 1e6
_MILLISECONDS = 1e3
_NONE = "-"
_RARE = ("retransmission", "transport")  # shown where there is any


def render_table(results: list[PlacementResult], *, console: Console) -> None:
    """Print a row a placement.

    Where the console is too narrow the table is printed in pieces; numbers are never cut.

    Parameters
    ----------
    results
        What was found out, a placement each; the first is the one whose speed-up is shown.
    console
        Where to.
    """
    latency, parts = _latency_columns(results), _part_columns(results)
    console.print("Mean latency of a token\n")
    print_in_pieces([result.placement.name for result in results], [latency, parts], console=console)
    console.print(
        "expected: the formula over all slots, link states and activations; ±: half width of its 95 % "
        "confidence interval, where activations were sampled; over bound: by how much it is above what no "
        "static placement can be faster than; analytic: on the packets' draws; difference: packets less "
        f"analytic; speed-up: how many times faster {results[0].placement.name} is. The parts, compute "
        "and so on, are the packets', or the formula's where none were sent.\n"
    )
    others = [line for result in results for line in _background_lines(result)]
    if others:
        console.print("Background traffic, packets:", *others, sep="\n", end="\n\n", soft_wrap=True)
    waiting = [
        f"{result.placement.name} {result.expected.waiting_probability:.2%}"
        for result in results
        if result.expected and result.expected.waiting_probability > 0
    ]
    if waiting:
        console.print(
            f"Tokens that wait for a slot with a path, expected: {', '.join(waiting)}.\n", soft_wrap=True
        )


def _background_lines(result: PlacementResult) -> list[str]:
    """Return what became of background traffic beside a placement, in a line; nothing without any."""
    account = result.packet.account if result.packet else None
    if account is None or account.background is None:
        return []
    packets = account.background.as_dict()["packets"]
    reasons = ", ".join(f"{count} {reason}" for reason, count in packets["dropped_by_reason"].items())
    return [
        f"{result.placement.name}: {packets['sent']} sent = {packets['received']} received + "
        f"{packets['dropped']} dropped{f' ({reasons})' if reasons else ''} + {packets['in_flight']} in flight"
    ]


def render_skew(skew: Skew, *, console: Console) -> None:
    """Print how uneven the activation of experts is, in one line.

    Parameters
    ----------
    skew
        Layer by layer.
    console
        Where to.
    """
    console.print(
        "Activation of experts, mean over layers: most active / mean "
        f"{skew.max_over_mean.mean():.2f}, least active / mean {skew.min_over_mean.mean():.2f}, coefficient "
        f"of variation {skew.cv.mean():.2f}, Gini {skew.gini.mean():.2f}",
        soft_wrap=True,
    )


def _latency_columns(results: list[PlacementResult]) -> dict[str, list[str]]:
    first = _either(results[0]).s_per_token
    columns: dict[str, list[str]] = {
        "expected\ns": [_expected(result.expected) for result in results],
        "±\ns": [_interval(result.expected) for result in results],
        "over bound\n%": [_over_bound(result) for result in results],
        "analytic\ns": [_seconds(result.analytic) for result in results],
        "packets\ns": [_seconds(result.packet) for result in results],
        "difference\nµs": [_difference(result) for result in results],
        "speed-up\n": [f"{_either(result).s_per_token / first:.2f} ×" for result in results],
    }
    if all(value == _NONE for value in columns["±\ns"]):
        del columns["±\ns"]
    return columns


def _seconds(engine: EngineResult | None) -> str:
    return f"{engine.s_per_token:.4f}" if engine else _NONE


def _difference(result: PlacementResult) -> str:
    if not (result.packet and result.analytic):
        return _NONE
    return f"{(result.packet.s_per_token - result.analytic.s_per_token) * _MICROSECONDS:+.3f}"


def _expected(expected: ExpectedLatency | None) -> str:
    return _NONE if expected is None else f"{expected.s_per_token:.4f}"


def _interval(expected: ExpectedLatency | None) -> str:
    """Return the half width of the confidence interval of what was sampled."""
    return _NONE if expected is None or expected.is_exact else f"{expected.half_width_s:.4f}"


def _over_bound(result: PlacementResult) -> str:
    if result.expected is None or result.bound_s is None:
        return _NONE
    return f"{(result.expected.s_per_token / result.bound_s - 1) * 100:.1f}"


def _part_columns(results: list[PlacementResult]) -> dict[str, list[str]]:
    breakdowns = [_either(result).breakdown_s() for result in results]
    shown = [part for part in PARTS if part not in _RARE or any(each[part] for each in breakdowns)]
    return {
        f"{part}\nms": [f"{breakdown[part] * _MILLISECONDS:.3f}" for breakdown in breakdowns]
        for part in shown
    }


def _either(result: PlacementResult) -> EngineResult:
    """Return the packets' result, or else the formula's."""
    return result.packet or result.analytic or _nothing()


def _nothing() -> NoReturn:
    raise ValueError("a result of neither engine")
