"""On-board computers, and how long the parts of a token take on them."""

from __future__ import annotations

from dataclasses import dataclass

from spacemoe_ns3.checks import check_number, look_up
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND, SECONDS_PER_YEAR
from spacemoe_ns3.errors import require


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """A computer: FLOPs only, as in the paper.

    Parameters
    ----------
    name
        Name of the computer.
    peak_flops
        Peak floating-point operations a second.
    utilisation
        Share of the peak that is reached, above 0 and at most 1.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    name: str
    peak_flops: float
    utilisation: float = 1.0

    def __post_init__(self) -> None:
        check_number("computer.peak_flops", self.peak_flops, least=1)
        check_number("computer.utilisation", self.utilisation, above=0, most=1)

    def duration_ns(self, flops: float) -> int:
        """Return how long some FLOPs take, in whole nanoseconds; a ScenarioError if that is over a year."""
        duration_s = flops / (self.peak_flops * self.utilisation)
        require(
            duration_s < SECONDS_PER_YEAR,
            f"hardware: {self.name} needs {duration_s:.3g} s for {flops:.3g} FLOPs of a token, at most a "
            "year is allowed; choose a faster computer",
        )
        return round(duration_s * NANOSECONDS_PER_SECOND)


# Figures as the SpaceMoE paper (arXiv 2605.00515) quotes them; it uses 70 % of the SBC-2A72. Where it
# gives no utilisation, the same 70 % is our assumption. The iX10's figure is an upper bound, in TOPS.
COMPUTERS: dict[str, Computer] = {
    computer.name: computer
    for computer in (
        Computer(name="rad5545", peak_flops=3.7e9, utilisation=0.7),
        Computer(name="sbc-2a72", peak_flops=10.4e9, utilisation=0.7),
        Computer(name="spacecloud-ix10", peak_flops=26e12, utilisation=0.7),
    )
}


def _computer(choice: str | Computer, field: str) -> Computer:
    if isinstance(choice, Computer):
        return choice
    return look_up(f"hardware.{field}", choice, COMPUTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """Which computer the satellites carry.

    Parameters
    ----------
    gateway, expert
        A :class:`Computer` or the name of one, for gateways and for experts.

    Raises
    ------
    ScenarioError
        If a name is not known; names the nearest.
    """

    gateway: str | Computer
    expert: str | Computer

    def __post_init__(self) -> None:
        _computer(self.gateway, "gateway")
        _computer(self.expert, "expert")

    @property
    def gateway_computer(self) -> Computer:
        """Computer of the gateways."""
        return _computer(self.gateway, "gateway")

    @property
    def expert_computer(self) -> Computer:
        """Computer of the experts."""
        return _computer(self.expert, "expert")
