"""Joint: gateways and experts placed together, on a compact patch of the shell."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Place gateways and experts together.

    The ring of layers need not go round the Earth. Cells of about E + 1 satellites, two-dimensional, lie side
    by side in a closed tour; of many tours (numbers and shapes of cells, positions) the best is annealed:
    gateways move, experts move and are exchanged between layers. All this on mean delays over *all* slots,
    where a layer costs the expected maximum over the activated experts' mean ways, exact for experts in order
    of activation on hosts in order of way. For up to 16 experts a layer, all hosts are then chosen anew for
    the best gateways by an integer linear programme, if satellites host one thing each
    (:func:`.assignment.pack`), and in each of the best states found, experts are moved until no single move
    or exchange gains in the exact objective, slot by slot. The best of the results, and of SpaceMoE's (arXiv
    2605.00515), in that objective is returned.

    Where the problem has room for several hosts a satellite, hosts of different layers share satellites
    freely, as a token is in one layer at a time; experts of one layer where the wait for each other seems to
    cost less than the way to the next satellite (:func:`.search_space.queue_lengths`).

    Parameters
    ----------
    effort
        Exchanges of hosts that the search looks at, in thousand millions, above 0: 1 takes about ten seconds.
    samples
        Slots to average delays over in a shell of more than 2,000 satellites, of which the middle is
        searched, at least 1.

    Raises
    ------
    ScenarioError
        If a value is out of its range.

    Examples
    --------
    >>> Joint().name, Joint(effort=0.25).name
    ('joint', 'joint-250m')
    """

    effort: float = 1.0
    samples: int = 24

    def __post_init__(self) -> None:
        check_number("placements.joint.effort", self.effort, above=0)
        check_whole("placements.joint.samples", self.samples, least=1)

    @property
    def name(self) -> str:
        """Name of the algorithm, with its effort in millions where that is not the usual one."""
        return "joint" if self.effort == 1.0 else f"joint-{self.effort * 1000:.0f}m"

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
            If neither a tour of gateways with experts around them nor SpaceMoE fits.
        """
        space = search_space(problem, samples=self.samples)
        candidates = [*self._found(problem, space, random), spacemoe_if_any(problem)]
        best = best_of(problem, candidates)
        if best is None:
            raise PlacementError(
                f"placement {self.name}: no closed tour of {problem.layers} gateways with {problem.experts} "
                f"experts each fits {len(space.satellites)} satellites, nor does spacemoe; raise "
                "hosts_per_satellite or use more satellites"
            )
        return best

    def _found(
        self, problem: PlacementProblem, space: SearchSpace, random: np.random.Generator
    ) -> list[Hosts]:
        """Return what the search finds, nothing if it cannot begin."""
        budget = Budget(exchanges=_STARTING * self.effort * _EXCHANGES)
        starts = best_starts(problem, space, budget)
        if not starts:
            return []
        budget.exchanges += (1 - _STARTING) * self.effort * _EXCHANGES
        states = anneal(starts[0], random, budget)
        if space.is_exclusive and space.experts <= MOST_EXPERTS:
            states[0] = pack(states[0])
        return [polished(problem, space, state) for state in states]
