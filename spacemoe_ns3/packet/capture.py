"""Which link ends to capture, in the words of the command line."""

from __future__ import annotations

import re
import resource
from dataclasses import dataclass

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import LinkTimeline
from spacemoe_ns3.nearest import nearest
from spacemoe_ns3.placement import Placement

MOST_CAPTURES = 900
"""Captures of a simulation: each is an open file, of which a process customarily has 1024."""

DEFAULT_CAPTURE_BYTES = 100_000_000
"""Longest capture unless the user says otherwise."""

_FORMS = (
    "layer:LAYER, gateway:LAYER, expert:LAYER:EXPERT, satellite:SATELLITE, link:SATELLITE-SATELLITE or all"
)
_EXAMPLES = {
    "layer": "layer:0",
    "gateway": "gateway:0",
    "expert": "expert:0:0",
    "satellite": "satellite:0",
    "link": "link:0-1",
    "all": "all",
}
_OTHER_FILES = 100  # that are open in a simulation, libraries among them: more than there are
_MOST_ROLES = 3  # in the name of a file
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
_LEAST_BYTES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePoint:
    """One end of a link.

    Parameters
    ----------
    satellite, port
        The end.
    peer
        The satellite at the other end.
    roles
        What the satellite is in the placement, such as ``"gateway-0"``, that which was asked for first.
    file_name
        Of the capture: the roles, both satellites with their names, and the port.
    """

    satellite: int
    port: int
    peer: int
    roles: tuple[str, ...]
    file_name: str


def parse_captures(
    wishes: tuple[str, ...], *, placement: Placement, timeline: LinkTimeline
) -> tuple[CapturePoint, ...]:
    """Turn wishes into link ends.

    Parameters
    ----------
    wishes
        Such as ``"gateway:0"``: all links of the gateway of layer 0. An expert that lives on several
        satellites is captured on all of them; of a layer, so are its gateway, all its experts and the gateway
        of the next.
    placement
        Who hosts what.
    timeline
        The links.

    Returns
    -------
    The link ends, each once.

    Raises
    ------
    ScenarioError
        If a wish has no known form, or names something that does not exist, or more is wished for than
        :data:`MOST_CAPTURES`.
    """
    points: dict[tuple[int, int], CapturePoint] = {}
    neighbour, _ = timeline.ports()
    names = timeline.layout.names
    roles = _roles(placement)
    for wish in wishes:
        places, peer, asked = _Wish(wish, placement=placement, timeline=timeline).resolve()
        for satellite in places:
            for port, other in enumerate(neighbour[satellite].tolist()):
                if other < 0 or peer not in (None, other) or (satellite, port) in points:
                    continue
                mine = sorted(roles.get(satellite, ()), key=lambda role: role not in asked)
                points[satellite, port] = CapturePoint(
                    satellite=satellite,
                    port=port,
                    peer=other,
                    roles=tuple(mine),
                    file_name=_file_name(mine, satellite, port, other, names),
                )
    most = most_captures()
    if len(points) > most:
        raise ScenarioError(
            f"--pcap {' '.join(wishes)}: {len(points)} captures, one for each end of a link; at most {most} "
            "files can be open; capture a layer, a gateway or an expert"
        )
    return tuple(points.values())


def most_captures() -> int:
    """Return how many captures a simulation may have: :data:`MOST_CAPTURES`, or what this process may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        MOST_CAPTURES if hard == resource.RLIM_INFINITY else max(0, min(MOST_CAPTURES, hard - _OTHER_FILES))
    )


def open_files(count: int) -> None:
    """Let this process open so many captures, as far as it may.

    Parameters
    ----------
    count
        How many, at most :func:`most_captures`, or it may not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))


def parse_size(text: str) -> int:
    """Return the bytes that a size on the command line stands for.

    Parameters
    ----------
    text
        A number of bytes, of thousands (``K``), millions (``M``) or thousands of millions (``G``).

    Raises
    ------
    ScenarioError
        If it is none, or below a thousand.

    Examples
    --------
    >>> parse_size("1.5M")
    1500000
    >>> parse_size("20")
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: --pcap-max-bytes 20: must be at least 1K, such as 64K, 10M or 1.5G
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMG]?)B?", text.strip().upper())
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    if size < _LEAST_BYTES:
        raise ScenarioError(f"--pcap-max-bytes {text}: must be at least 1K, such as 64K, 10M or 1.5G")
    return size


def _roles(placement: Placement) -> dict[int, list[str]]:
    """Return what satellites are: gateways and experts, by satellite."""
    roles: dict[int, list[str]] = {}
    for layer, satellite in enumerate(placement.gateways.tolist()):
        roles.setdefault(satellite, []).append(f"gateway-{layer}")
    for layer, expert, satellite in placement.residents().tolist():
        roles.setdefault(satellite, []).append(f"expert-{layer}-{expert}")
    return roles


def _file_name(roles: list[str], satellite: int, port: int, peer: int, names: tuple[str, ...]) -> str:
    """Return the name of the file of what a satellite sends through a laser and receives from it."""
    more = [f"{len(roles) - _MOST_ROLES}-more"] if len(roles) > _MOST_ROLES else []
    label = "+".join([*roles[:_MOST_ROLES], *more])
    here, there = (
        f"satellite-{each}_{re.sub(r'[^A-Za-z0-9.-]+', '-', names[each])}" for each in (satellite, peer)
    )
    return f"{label}{'_' if label else ''}{here}_laser-{port}_to-and-from_{there}.pcap"


class _Wish:
    """A wish, and what there is to wish for."""

    def __init__(self, wish: str, *, placement: Placement, timeline: LinkTimeline) -> None:
        self._wish = wish
        self._placement = placement
        self._timeline = timeline
        self._layers, self._experts = placement.experts.shape

    def resolve(self) -> tuple[list[int], int | None, tuple[str, ...]]:
        """Return the satellites, the peer if one link is meant, and the roles that are asked for."""
        kind, _, rest = self._wish.partition(":")
        numbers = [int(number) for number in re.findall(r"\d+", rest)]
        match kind, numbers:
            case "all", [] if self._wish == "all":
                return list(range(self._timeline.satellites)), None, ()
            case "gateway", [layer] if rest == f"{layer}":
                self._check(layer, self._layers, "layers", f"gateway:{self._layers - 1}")
                return self._hosting(f"gateway-{layer}")
            case "expert", [layer, expert] if rest == f"{layer}:{expert}":
                self._check(layer, self._layers, "layers", f"expert:{self._layers - 1}:{expert}")
                self._check(expert, self._experts, "experts a layer", f"expert:{layer}:{self._experts - 1}")
                return self._hosting(f"expert-{layer}-{expert}")
            case "layer", [layer] if rest == f"{layer}":
                self._check(layer, self._layers, "layers", f"layer:{self._layers - 1}")
                experts = [f"expert-{layer}-{expert}" for expert in range(self._experts)]
                return self._hosting(f"gateway-{layer}", *experts, f"gateway-{(layer + 1) % self._layers}")
            case "satellite", _ if rest:
                field = f"--pcap {self._wish}"
                return self._timeline.layout.find(rest, field=field), None, ()
            case "link", [satellite, peer] if rest == f"{satellite}-{peer}":
                return [satellite], self._neighbour(satellite, peer), ()
        raise ScenarioError(f"--pcap {self._wish}: must be {_FORMS}{self._nearest(kind, rest)}")

    def _hosting(self, *roles: str) -> tuple[list[int], None, tuple[str, ...]]:
        """Return the satellites that have one of some roles: role by role, those of one ascending."""
        held = sorted(_roles(self._placement).items())
        found = [satellite for role in roles for satellite, mine in held if role in mine]
        return list(dict.fromkeys(found)), None, roles

    def _neighbour(self, satellite: int, peer: int) -> int:
        """Return the peer of a link, if there is that link."""
        satellites = self._timeline.satellites
        for number in (satellite, peer):
            self._check(number, satellites, "satellites", None)
        neighbour, _ = self._timeline.ports()
        there = sorted(other for other in neighbour[satellite].tolist() if other >= 0)
        if peer not in there:
            near = ", ".join(f"link:{satellite}-{other}" for other in there) or "another satellite"
            raise ScenarioError(f"--pcap {self._wish}: there is no such link; did you mean one of {near}?")
        return peer

    def _check(self, number: int, count: int, what: str, nearest: str | None) -> None:
        if number >= count:
            meant = f"; did you mean {nearest}?" if nearest else ""
            raise ScenarioError(
                f"--pcap {self._wish}: there are {count} {what}, numbered 0 to {count - 1}{meant}"
            )

    @staticmethod
    def _nearest(kind: str, rest: str) -> str:
        near = nearest(kind, _EXAMPLES)
        if not near:
            return ""
        is_other = near[0] != kind and near[0] != "all" and rest
        return f"; did you mean {f'{near[0]}:{rest}' if is_other else _EXAMPLES[near[0]]}?"
