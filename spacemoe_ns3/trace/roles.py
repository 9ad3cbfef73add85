"""What each satellite is, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_MOST_IN_SHORT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What a satellite hosts.

    Parameters
    ----------
    hosted
        Layer and expert of each, -1 for the gateway, in order.
    """

    hosted: tuple[tuple[int, int], ...]

    @property
    def is_gateway(self) -> bool:
        """Whether it hosts a gateway."""
        return any(expert < 0 for _, expert in self.hosted)

    @property
    def short(self) -> str:
        """Its first roles, and how many more there are."""
        more = len(self.hosted) - _MOST_IN_SHORT
        return self._words(_MOST_IN_SHORT) + (f", {more} more" if more > 0 else "")

    @property
    def long(self) -> str:
        """All its roles."""
        return self._words(len(self.hosted))

    def _words(self, count: int) -> str:
        return ", ".join(
            f"layer {layer} gateway" if expert < 0 else f"layer {layer} expert {expert}"
            for layer, expert in self.hosted[:count]
        )


def roles_of(hosts: Mapping[str, np.ndarray]) -> dict[int, Roles]:
    """Return the roles of the satellites that host something, in the order of the first of them.

    Parameters
    ----------
    hosts
        Columns of the table ``hosts``, rows of one placement.

    Examples
    --------
    >>> hosts = {"layer": [0, 0, 1], "expert": [-1, 0, -1], "satellite": [4, 7, 4]}
    >>> roles = roles_of({name: np.array(values) for name, values in hosts.items()})
    >>> [(satellite, each.short) for satellite, each in roles.items()]
    [(4, 'layer 0 gateway, layer 1 gateway'), (7, 'layer 0 expert 0')]
    """
    found: dict[int, list[tuple[int, int]]] = {}
    for row in np.lexsort((hosts["expert"], hosts["layer"])):
        place = int(hosts["layer"][row]), int(hosts["expert"][row])
        found.setdefault(int(hosts["satellite"][row]), []).append(place)
    return {satellite: Roles(hosted=tuple(hosted)) for satellite, hosted in found.items()}
