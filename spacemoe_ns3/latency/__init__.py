"""The delay kernels that placement and the analytic engine share."""

from spacemoe_ns3.latency.frozen import (
    GatewayDelays,
    MessageDelays,
    expected_path_latency,
    frozen_message_delays,
    mean_least_delays,
    sampled_delays,
)
from spacemoe_ns3.latency.kernels import light_time_ns, segment_wire_bits, transmission_ns

__all__ = [
    "GatewayDelays",
    "MessageDelays",
    "expected_path_latency",
    "frozen_message_delays",
    "light_time_ns",
    "mean_least_delays",
    "sampled_delays",
    "segment_wire_bits",
    "transmission_ns",
]
