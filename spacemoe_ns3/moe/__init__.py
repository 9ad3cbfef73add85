"""The model and its work: architecture, activation, computing times, the tokens of a run."""

from spacemoe_ns3.moe.activation import (
    ActivationLaw,
    ActivationSets,
    Dirichlet,
    Gating,
    MeasuredCounts,
    PowerLaw,
    ReplayedTrace,
    RoutingTrace,
    Skew,
    SuccessiveSampling,
    Uniform,
    Weights,
    Zipf,
    activation_sets,
    draw_activations,
    skew_of,
)
from spacemoe_ns3.moe.attention import GroupedQueryAttention, LatentAttention
from spacemoe_ns3.moe.compute import COMPUTERS, Computer, Hardware, OnBoard
from spacemoe_ns3.moe.computing import Computing, Footprint, build_computing, build_footprint
from spacemoe_ns3.moe.model import MoEModel, Work
from spacemoe_ns3.moe.precision import Precision
from spacemoe_ns3.moe.workload import Decoding, Workload, build_workload
from spacemoe_ns3.moe.zoo import ZOO, model_named

__all__ = [
    "COMPUTERS",
    "ZOO",
    "ActivationLaw",
    "ActivationSets",
    "Computer",
    "Computing",
    "Decoding",
    "Dirichlet",
    "Footprint",
    "Gating",
    "GroupedQueryAttention",
    "Hardware",
    "LatentAttention",
    "MeasuredCounts",
    "MoEModel",
    "OnBoard",
    "PowerLaw",
    "Precision",
    "ReplayedTrace",
    "RoutingTrace",
    "Skew",
    "SuccessiveSampling",
    "Uniform",
    "Weights",
    "Work",
    "Workload",
    "Zipf",
    "activation_sets",
    "build_computing",
    "build_footprint",
    "build_workload",
    "draw_activations",
    "model_named",
    "skew_of",
]
