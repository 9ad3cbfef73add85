"""The formula: expected over everything, and on the draws that the packets used."""

from spacemoe_ns3.analytic.expected import expected_latency
from spacemoe_ns3.analytic.frozen import frozen_replay
from spacemoe_ns3.analytic.queueing import mean_wait_s
from spacemoe_ns3.analytic.replay import replay
from spacemoe_ns3.analytic.sampled import SampledTokens, sample_tokens

__all__ = [
    "SampledTokens",
    "expected_latency",
    "frozen_replay",
    "mean_wait_s",
    "replay",
    "sample_tokens",
]
