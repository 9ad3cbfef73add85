"""What can go wrong, as a tree.

::

    SpacemoeError
    ├─ InputError            what the user gave cannot be used; nothing has been written
    │  ├─ ScenarioError      a scenario file, or a value in it
    │  ├─ PlacementError     the hosts do not fit the constellation
    │  └─ OutputError        the run's folder cannot be made
    ├─ SimulationError       one placement's simulation failed; the others' results stand
    │  └─ UndeliveredError   a message can never arrive
    ├─ WriteError            results could not be written
    └─ InstallationError     ns-3 or the compiled modules are missing

Every message gives the value, the rule and the remedy, with the path of the field.
"""

from __future__ import annotations

from typing import Any


class SpacemoeError(Exception):
    """Any failure that this package explains."""


class InputError(SpacemoeError):
    """What the user gave cannot be used; nothing has been written."""


class ScenarioError(InputError):
    """A scenario file, or a value in it, breaks a rule."""


class PlacementError(InputError):
    """The hosts that a placement needs do not fit the constellation."""


class OutputError(InputError):
    """The run's folder cannot be made, or holds something already."""


class SimulationError(SpacemoeError):
    """One placement's simulation failed; the others' results stand."""


class UndeliveredError(SimulationError):
    """A message can never arrive.

    Parameters
    ----------
    message
        The sentence.
    account
        What was sent, received, dropped by reason and in flight, if packets were simulated.
    """

    def __init__(self, message: str, *, account: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.account = account


class WriteError(SpacemoeError):
    """Results could not be written."""


class InstallationError(SpacemoeError):
    """Something that the package needs is not installed."""


def require(condition: bool, message: str) -> None:
    """Raise a :class:`ScenarioError` unless a rule holds.

    Parameters
    ----------
    condition
        Whether the rule holds.
    message
        Path of the field, value, rule, remedy.

    Raises
    ------
    ScenarioError
        If ``condition`` is false.

    Examples
    --------
    >>> require(0 >= 1, "constellation.planes: 0 given, must be at least 1")
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: constellation.planes: 0 given, must be at least 1
    """
    if not condition:
        raise ScenarioError(message)
