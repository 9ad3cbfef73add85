"""What is run in each regime: a scenario's own sky, model and placements under three kinds of work."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.links import LossPolicy
from spacemoe_ns3.pipeline import Experiment, rework
from spacemoe_ns3.scenario import Scenario
from spacemoe_ns3.traffic import EvenlySpread, PoissonArrivals, Traffic
from spacemoe_ns3.transport import SelectiveRepeat, Tcp, Udp

DEFAULT_LOAD = 0.5  # of the capacity of the busiest resource
DEFAULT_LOSS = 0.05  # of the packets on every link
LOADED_STEPS = 400
_APART = 2.0  # sequences start at least so many times their expected latency apart, or they are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One kind of work.

    Parameters
    ----------
    name
        Its name; one of :data:`spacemoe_ns3.validation_results.REGIMES`, or that of a load.
    experiment
        What is run.
    words
        What that is, in words.
    steps_per_s
        Steps that arrive in a second, at random and one by one; None where they arrive otherwise, and
        queueing theory has no estimate.
    """

    name: str
    experiment: Experiment
    words: str
    steps_per_s: float | None = None


def idle(scenario: Scenario, experiment: Experiment, *, slowest_s: float) -> Regime:
    """Return the idle network: steps one at a time, nothing lost, nothing else under way.

    Parameters
    ----------
    scenario, experiment
        What to validate.
    slowest_s
        Latency of a step of the slowest placement, by the formula.
    """
    decoding = scenario.decoding
    slots = experiment.sky.timeline.slots
    apart_s = slots.end_ns / NANOSECONDS_PER_SECOND / len(decoding.sequence_tokens())
    words = f"{decoding.tokens} tokens, {decoding.tokens_per_sequence} in a sequence, spread over the span"
    if apart_s < _APART * slowest_s * decoding.tokens_per_sequence:
        decoding = replace(decoding, tokens_per_sequence=decoding.tokens)
        words = f"{decoding.tokens} tokens, one after the other"
    alone = Traffic(prompt_tokens=scenario.traffic.prompt_tokens)
    quiet = replace(scenario, traffic=alone, transport=Udp(), decoding=decoding)
    return Regime(
        name="idle",
        experiment=rework(experiment, quiet, policy=LossPolicy.REROUTE, packet_error_rate=None),
        words=f"{words}; nothing is lost",
    )


def loaded(
    scenario: Scenario,
    experiment: Experiment,
    *,
    load: float,
    capacity_per_s: float,
    steps: int,
    start_s: float,
) -> Regime:
    """Return steps that arrive at random at a share of the capacity, each a sequence of its own.

    Parameters
    ----------
    scenario, experiment
        What to validate.
    load
        Share of the capacity.
    capacity_per_s
        Steps a second that the busiest resource can serve.
    steps
        Number of steps.
    start_s
        When the first may arrive.
    """
    rate_per_s = load * capacity_per_s
    busy = replace(
        scenario,
        traffic=replace(
            scenario.traffic,
            arrivals=PoissonArrivals(sequences_per_s=rate_per_s, start_s=start_s),
            batch=1,
            queue_jobs=None,
        ),
        transport=Udp(),
        decoding=replace(scenario.decoding, tokens=steps, tokens_per_sequence=1),
    )
    return Regime(
        name="loaded",
        steps_per_s=rate_per_s,
        experiment=rework(experiment, busy, policy=LossPolicy.REROUTE, packet_error_rate=None),
        words=f"{steps} steps, Poisson, {rate_per_s:.3g} a second, {load:.0%} of the capacity by the formula",
    )


def own_load(scenario: Scenario, experiment: Experiment) -> Regime | None:
    """Return the scenario's own traffic without losses, or None if that is one token at a time."""
    if isinstance(scenario.traffic.arrivals, EvenlySpread) and not scenario.traffic.background:
        return None
    busy = replace(scenario, transport=Udp())
    return Regime(
        name="loaded",
        experiment=rework(experiment, busy, policy=LossPolicy.REROUTE, packet_error_rate=None),
        words="the scenario's own traffic",
    )


def lossy(scenario: Scenario, experiment: Experiment, *, slowest_s: float) -> Regime:
    """Return the scenario's own losses and transport, or packets lost on every link and sent again.

    Parameters
    ----------
    scenario, experiment
        What to validate.
    slowest_s
        Latency of a step of the slowest placement, by the formula.
    """
    timeline = experiment.sky.timeline
    rate, own = timeline.packet_error_rate, scenario.transport
    is_lossy = rate is not None and bool(np.any(rate > 0))
    recovers = isinstance(own, Tcp) or own.recovery is not None
    if not is_lossy:
        rate = np.full(len(timeline.ends), DEFAULT_LOSS)
    transport = own
    if not recovers:
        timeout_s = max(slowest_s / experiment.workload.layers, 1e-3) * 2
        recovery = SelectiveRepeat(timeout_s=timeout_s, give_up_s=max(120.0, 100 * timeout_s))
        transport = Udp(recovery=recovery, detection_s=own.detection_s)
    alone = Traffic(prompt_tokens=scenario.traffic.prompt_tokens)
    failing = replace(scenario, traffic=alone, transport=transport)
    return Regime(
        name="lossy",
        experiment=rework(experiment, failing, policy=timeline.policy, packet_error_rate=rate),
        words=(
            (
                "packets lost as the scenario says"
                if is_lossy
                else f"{DEFAULT_LOSS:.0%} of packets lost on every link"
            )
            + f"; links that go down: {timeline.policy.value}; transport: {transport}"
        ),
    )
