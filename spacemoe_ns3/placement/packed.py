"""Packed: several experts, layers, or the whole model on a satellite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement.assignment import MOST_EXPERTS, pack
from spacemoe_ns3.placement.base import Hosts, PlacementProblem
from spacemoe_ns3.placement.polish import polished
from spacemoe_ns3.placement.ring_search import Budget, anneal, best_starts
from spacemoe_ns3.placement.scoring import best_of, spacemoe_if_any
from spacemoe_ns3.placement.search_space import SearchSpace, search_space

_EXCHANGES = 1e9  # that an effort of 1 looks at
_STARTING = 0.2  # share of the effort for descents from starts
_STARTS, _FINISHED = 3, 5  # tours of different numbers of sites that are annealed, and worked out


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Place several gateways and experts on a satellite, within its memory and the room it is given.

    Sharing a satellite costs its experts of one layer waiting, as one computer serves them one after the
    other; spreading costs light time; layers that share a satellite cost nothing, as a token is in one layer
    at a time, and between gateways on one satellite there is no way at all. Three steps:

    1. Gateways: closed tours through sites of one up to all layers each, with experts around them; the best
       of the three best numbers of sites are annealed as in :class:`.joint.Joint`.
    2. Experts, the gateways being given: an integer linear programme (:func:`.assignment.pack`), where waits
       for a shared computer are estimated. For more than 16 experts a layer the search's own exchanges stand
       instead.
    3. Experts are moved until no single move or exchange gains in the exact objective, slot by slot, waiting
       included.

    The best of the results, and of SpaceMoE's, in the exact objective is returned.

    Parameters
    ----------
    effort
        Exchanges of hosts that the search looks at, in thousand millions, above 0.
    samples
        Slots to average delays over in a shell of more than 2,000 satellites, at least 1.

    Raises
    ------
    ScenarioError
        If a value is out of its range.

    Examples
    --------
    >>> Packed().name
    'packed'
    """

    effort: float = 1.0
    samples: int = 24

    def __post_init__(self) -> None:
        check_number("placements.packed.effort", self.effort, above=0)
        check_whole("placements.packed.samples", self.samples, least=1)

    @property
    def name(self) -> str:
        """Name of the algorithm, with its effort in millions where that is not the usual one."""
        return "packed" if self.effort == 1.0 else f"packed-{self.effort * 1000:.0f}m"

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Place a model.

        Parameters
        ----------
        problem
            What to place, and where.
        random
            The stream of the annealing.

        Raises
        ------
        PlacementError
            If nothing fits.
        """
        space = search_space(problem, samples=self.samples)
        best = best_of(problem, [*self._found(problem, space, random), spacemoe_if_any(problem)])
        if best is None:
            raise PlacementError(
                f"placement {self.name}: {problem.layers} gateways with {problem.experts} experts each do "
                f"not fit {len(space.satellites)} satellites; raise hosts_per_satellite, or use more "
                "satellites or computers with more memory"
            )
        return best

    def _found(
        self, problem: PlacementProblem, space: SearchSpace, random: np.random.Generator
    ) -> list[Hosts]:
        """Return what the search finds, nothing if it cannot begin."""
        budget = Budget(exchanges=_STARTING * self.effort * _EXCHANGES)
        states = []
        starts = best_starts(problem, space, budget, apart=True)[:_STARTS]
        for start in starts:
            share = Budget(exchanges=(1 - _STARTING) * self.effort * _EXCHANGES / len(starts))
            best, *others = anneal(start, random, share)
            states += [pack(best) if space.experts <= MOST_EXPERTS else best, *others]
        states = sorted(states, key=lambda each: each.total_s)[:_FINISHED]
        return [polished(problem, space, state) for state in states]
