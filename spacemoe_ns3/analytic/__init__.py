"""The formula: expected over everything, and on the draws that the packets used."""

from spacemoe_ns3.analytic.expected import expected_s_per_token
from spacemoe_ns3.analytic.replay import replay

__all__ = ["expected_s_per_token", "replay"]
