"""Outages of single links by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spacemoe_ns3.checks import check_kind, check_number, look_up
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.constellation.slots import SlotGrid
from spacemoe_ns3.links.outages.base import LONGEST_MEAN_S, OUTAGE, SlotMask, spells

_STARTS = {"stationary": True, "up": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bernoulli:
    """Every link fails anew in every slot, independently: the space weather of arXiv 2605.00515.

    Parameters
    ----------
    survival_probability
        Probability that a link is up in a slot.

    Raises
    ------
    ScenarioError
        If the probability is not above 0 and at most 1.
    """

    survival_probability: float = 0.95
    reason: ClassVar[str] = OUTAGE

    def __post_init__(self) -> None:
        check_number("links.outages.survival_probability", self.survival_probability, above=0, most=1)

    def draw(
        self, *, slots: SlotGrid, ends: np.ndarray, satellites: int, random: np.random.Generator
    ) -> np.ndarray:
        """Return which links are out: see :meth:`OutageModel.draw`."""
        return random.random((slots.count, len(ends))) >= self.survival_probability


@dataclass(frozen=True, slots=True, kw_only=True)
class GilbertElliott:
    """Every link is up and down in turns that last exponentially long, independently of the others.

    A Markov chain of two states in continuous time (Gilbert, Bell Syst. Tech. J. 39, 1253, 1960; Elliott,
    ibid. 42, 1977, 1963), whose bad state loses everything. A link counts as out in a slot if it is down
    at the slot's middle, where geometry is evaluated too: so the share of slots that are out is the share
    of time, however short the fades. Longer spans and other slots cut the same fades of a seed.

    Parameters
    ----------
    mean_up_s, mean_down_s
        Mean duration of a turn in seconds.
    starts
        ``"stationary"``: a link is down at time zero with its long-run probability,
        ``mean_down_s / (mean_up_s + mean_down_s)``; ``"up"``: no link is.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    mean_up_s: float
    mean_down_s: float
    starts: str = "stationary"
    reason: ClassVar[str] = OUTAGE

    def __post_init__(self) -> None:
        check_number("links.outages.mean_up_s", self.mean_up_s, above=0, most=LONGEST_MEAN_S)
        check_number("links.outages.mean_down_s", self.mean_down_s, above=0, most=LONGEST_MEAN_S)
        check_kind("links.outages.starts", self.starts, str, "'stationary' or 'up'")
        look_up("links.outages.starts", self.starts, _STARTS)

    def draw(
        self, *, slots: SlotGrid, ends: np.ndarray, satellites: int, random: np.random.Generator
    ) -> np.ndarray:
        """Return which links are out: see :meth:`OutageModel.draw`."""
        middles_s = slots.middles_ns() / NANOSECONDS_PER_SECOND
        mask = SlotMask(slots, len(ends))
        for link, from_s, until_s in spells(
            "links.outages.mean_up_s",
            number=len(ends),
            mean_up_s=self.mean_up_s,
            mean_down_s=self.mean_down_s,
            is_stationary=_STARTS[self.starts],
            end_s=slots.end_ns / NANOSECONDS_PER_SECOND,
            random=random,
        ):
            mask.add(link, np.searchsorted(middles_s, from_s), np.searchsorted(middles_s, until_s))
        return mask.down()
