"""Which computer each satellite carries."""

from __future__ import annotations

from dataclasses import dataclass

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.computers import COMPUTERS, Computer, computer_named

__all__ = ["COMPUTERS", "Computer", "Hardware", "OnBoard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBoard:
    """A computer that some satellites carry, whatever they host.

    Parameters
    ----------
    computer
        A :class:`Computer` or the name of one.
    satellites
        Which satellites, by number, distinct and at least one.

    Raises
    ------
    ScenarioError
        If the name is not known or the satellites break a rule.
    """

    computer: str | Computer
    satellites: tuple[int, ...]

    def __post_init__(self) -> None:
        path = "hardware.satellites"
        computer_named(self.computer, field=f"{path}.computer")
        words = "a tuple of numbers; a single one needs a comma behind it"
        check_kind(f"{path}.satellites", self.satellites, tuple, words)
        require(len(self.satellites) > 0, f"{path}.satellites: none given, must be at least one satellite")
        for satellite in self.satellites:
            check_whole(f"{path}.satellites", satellite, least=0)
        _require_distinct(self.satellites)

    @property
    def carried(self) -> Computer:
        """The computer, looked up."""
        return computer_named(self.computer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """Which computer each satellite carries: one, which serves all that the satellite hosts.

    A satellite that ``satellites`` names carries what it says there; of the others, those that host a gateway
    carry the gateway computer, and the rest the expert computer.

    Parameters
    ----------
    gateway, expert
        A :class:`Computer` or the name of one, for gateways and for experts.
    satellites
        Computers of particular satellites, each satellite once.
    roofline
        Whether a job takes the longer of computing and reading memory, instead of computing alone as in the
        paper. Every computer needs a memory bandwidth then.

    Raises
    ------
    ScenarioError
        If a name is not known (names the nearest), a satellite is named twice, or a bandwidth is missing.

    Examples
    --------
    >>> hardware = Hardware(
    ...     gateway="h100", expert="jetson-agx-orin",
    ...     satellites=(OnBoard(computer="a100", satellites=(3, 4)),), roofline=True,
    ... )
    >>> [computer.name for computer in hardware.computers]
    ['h100', 'jetson-agx-orin', 'a100']
    """

    gateway: str | Computer
    expert: str | Computer
    satellites: tuple[OnBoard, ...] = ()
    roofline: bool = False

    def __post_init__(self) -> None:
        computer_named(self.gateway, field="hardware.gateway")
        computer_named(self.expert, field="hardware.expert")
        check_kind("hardware.roofline", self.roofline, bool, "True or False")
        words = "a tuple of OnBoard; a single one needs a comma behind it"
        check_kind("hardware.satellites", self.satellites, tuple, words)
        for each in self.satellites:
            check_kind("hardware.satellites", each, OnBoard, words)
        _require_distinct(tuple(number for each in self.satellites for number in each.satellites))
        if self.roofline:
            for computer in self.computers:
                computer.require_bandwidth()

    @property
    def gateway_computer(self) -> Computer:
        """Computer of the gateways."""
        return computer_named(self.gateway)

    @property
    def expert_computer(self) -> Computer:
        """Computer of the experts."""
        return computer_named(self.expert)

    @property
    def computers(self) -> tuple[Computer, ...]:
        """Every kind of computer: of gateways, of experts, then those of ``satellites`` in order."""
        named = (each.carried for each in self.satellites)
        return (self.gateway_computer, self.expert_computer, *named)


def _require_distinct(satellites: tuple[int, ...]) -> None:
    seen: set[int] = set()
    for satellite in satellites:
        require(
            satellite not in seen,
            f"hardware.satellites: satellite {satellite} given twice, carries one computer; name it once",
        )
        seen.add(satellite)
