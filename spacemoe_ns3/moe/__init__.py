"""The model and its work: architecture, activation, computing times, the tokens of a run."""

from spacemoe_ns3.moe.compute import COMPUTERS, Computer, Hardware
from spacemoe_ns3.moe.gating import Activation, ActivationSets, activation_sets, draw_activations
from spacemoe_ns3.moe.model import MoEModel
from spacemoe_ns3.moe.workload import Decoding, Workload, build_workload
from spacemoe_ns3.moe.zoo import ZOO, model_named

__all__ = [
    "COMPUTERS",
    "ZOO",
    "Activation",
    "ActivationSets",
    "Computer",
    "Decoding",
    "Hardware",
    "MoEModel",
    "Workload",
    "activation_sets",
    "build_workload",
    "draw_activations",
    "model_named",
]
