"""Which experts a token activates: laws of a scenario, draws and exact probabilities of a run."""

from spacemoe_ns3.moe.activation.base import ActivationLaw, Gating
from spacemoe_ns3.moe.activation.inverse import weights_for
from spacemoe_ns3.moe.activation.laws import Dirichlet, PowerLaw, Uniform, Weights, Zipf
from spacemoe_ns3.moe.activation.measured import MeasuredCounts, RoutingTrace
from spacemoe_ns3.moe.activation.sets import ActivationSets, activation_sets
from spacemoe_ns3.moe.activation.skew import Skew, skew_of
from spacemoe_ns3.moe.activation.successive_sampling import SuccessiveSampling, draw_activations
from spacemoe_ns3.moe.activation.trace import ReplayedTrace
from spacemoe_ns3.moe.activation.trace_file import read_counts, read_trace

__all__ = [
    "ActivationLaw",
    "ActivationSets",
    "Dirichlet",
    "Gating",
    "MeasuredCounts",
    "PowerLaw",
    "ReplayedTrace",
    "RoutingTrace",
    "Skew",
    "SuccessiveSampling",
    "Uniform",
    "Weights",
    "Zipf",
    "activation_sets",
    "draw_activations",
    "read_counts",
    "read_trace",
    "skew_of",
    "weights_for",
]
